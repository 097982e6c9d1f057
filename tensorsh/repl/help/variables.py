"""Variables as text: all about one, and the table of all of them."""

from __future__ import annotations

import re
from typing import Any

from ...engine.values.columns import columns_of
from ...engine.values.tensor import Tensor
from ...lang.faults.places import describe
from ...services.signatures import signature, variables
from ...session import Session
from ...text.printing import texts
from .page import Page


def variable(name: str, value: Any, page: Page) -> str:
    """`x?`: everything about a value but its elements."""
    if not isinstance(value, Tensor):
        text = shortened(texts.repr(value), 500)
        return f"{page.paint(name, 'message')}: {describe(value)}\n{text}"
    size = value.spec.numel * value.dtype.itemsize
    facts = [
        ("dtype", value.dtype.name),
        ("shape", str(list(value.shape))),
        ("device", str(value.device)),
        ("size", f"{value.spec.numel} elements, {size} bytes"),
        ("requires_grad", str(value.requires_grad)),
    ]
    if value.grad_fn is not None:
        facts.append(("grad_fn", value.grad_fn.name()))
    if value.requires_grad and value.is_leaf:
        facts.append(("grad", "none yet" if value.grad_slot is None else describe(value.grad_slot)))
    return "\n".join([f"{page.paint(name, 'message')}: tensor", *page.table(facts)])


def table_of_variables(session: Session, page: Page) -> str:
    """`:vars`: a row for each variable."""
    rows = [(name, *_row(session[name])) for name in variables(session)]
    if not rows:
        return "no variables"
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = []
    for row in rows:
        cells = [cell.ljust(size) for cell, size in zip(row, widths, strict=True)]
        plain = "  ".join(cells).rstrip()
        plain = shortened(plain, page.width)
        lines.append(page.paint(plain[: len(row[0])], "message") + plain[len(row[0]) :])
    return "\n".join(lines)


def _row(value: Any) -> tuple[str, str]:
    """(what it is, what else is to know)."""
    if not isinstance(value, Tensor):
        if isinstance(value, bool | int | float | complex):
            return type(value).__name__, texts.repr(value)
        if describe(value) == "module":
            return "module", value.__name__
        if callable(value) and hasattr(value, "__name__"):
            called = signature(value, value.__name__)
            return "class" if isinstance(value, type) else "function", str(called or value.__name__)
        return describe(value), shortened(re.sub(r"\s+", " ", texts.repr(value)), 60)
    notes = []
    if value.grad_fn is not None:
        notes.append(value.grad_fn.name())
    elif value.requires_grad:
        notes.append("requires_grad, " + ("no grad yet" if value.grad_slot is None else "has grad"))
    if (columns := columns_of(value)) is not None:
        notes.append(shortened(", ".join(columns.names), 60))
    return describe(value), "  ".join(notes)


def shortened(text: str, length: int) -> str:
    """At most `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"
