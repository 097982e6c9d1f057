"""`:help` and `:vars` as text: about operations (from their records), variables, statements, the shell."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ..engine.dtype import DType
from ..engine.op import Op, registry
from ..engine.tensor import Tensor
from ..errors import NameNotFound
from ..lang.faults import describe
from ..lang.host import Dual
from ..lang.namespace import Kind, Namespace, did_you_mean
from ..render.paint import Paint
from ..session import Session, texts
from .lookup import UNKNOWN, is_method, resolve, signature
from .scan import KEYWORDS, SOFT_KEYWORDS, place

if TYPE_CHECKING:
    from .commands import Command

#: what tensorsh has that is neither an operation nor Python's: forms, and what they mean
TOPICS = {
    "backward": (
        "backward y\nbackward y with [1., 0.1]\nbackward y retain        # or: create",
        "Add the gradient of y to the leaves it was computed from. `with` weights the elements of a y that "
        "is not one number; `retain` keeps the graph for a second time, `create` records the gradient too.",
    ),
    "grad": (
        "grad w\ngrad y wrt x\ngrad y wrt (w, b)",
        "The gradient accumulated in w; or dy/dx, which accumulates nothing. A part of any expression: "
        "w -= 0.1 * grad w.",
    ),
    "wrt": ("grad y wrt x\nexplain y wrt x", "With respect to: names what the derivative is taken by."),
    "graph": ("graph y", "The computation graph of y: leaves, operations, shapes, what each saved."),
    "explain": (
        "explain y wrt x",
        "The chain rule, step by step: each local derivative as a formula, its value, and the product.",
    ),
    "param": (
        "param w = randn(3)\nparam w: float32[d, 1] = randn(d, 1)",
        "A leaf with requires_grad: backward fills its .grad.",
    ),
    "as": ("x as float16\n(x @ w) as float64 on meta", "A conversion of dtype, device or both."),
    "on": (
        "randn(2, 3) on meta\nx: float32[2, 3] on cpu = …",
        "Where a tensor is: cpu, or meta (shapes without values).",
    ),
    "import": ('import "other.tsh"', "Run another file once; its names land here."),
}
TOPICS["retain"] = TOPICS["create"] = TOPICS["backward"]

START = """\
Numbers in brackets are a tensor: `x = [1., 2.]`. Everything PyTorch has keeps its name: `x.sum()`,
`torch.tanh(x)`, `F.relu(x)`. `param w = …`, `backward y`, `grad w`, `grad y wrt x`, `explain y wrt x`."""
KEYS = (
    ("Tab", "complete"),
    ("Enter", "run, or go on where more is to come; an empty line ends a block"),
    ("Alt-Enter", "run as it is"),
    ("Up, Ctrl-R", "earlier inputs, search in them"),
    ("Ctrl-C", "clear the input; interrupt what runs"),
    ("Ctrl-X Ctrl-E", "edit the input in $EDITOR"),
    ("Ctrl-D", "leave"),
)


def overview(commands: Mapping[str, Command], paint: Paint) -> str:
    """`:help` alone."""
    rows = [(each.usage, each.summary) for each in commands.values()]
    rows += [("name?", "the same as :help name")]
    return "\n".join([START, "", *_table(rows, paint), "", *_table(KEYS, paint)])


def about(session: Session, name: str, paint: Paint) -> str:
    """`:help NAME`; NameNotFound with a near name."""
    parts = []
    value = _value(session, name)
    if name in TOPICS and name not in session:
        forms, text = TOPICS[name]
        parts.append(
            "\n".join([*(paint(form, "message") for form in forms.split("\n")), "", *wrap(text, 90)])
        )
    if value is not UNKNOWN:
        parts.append(_described(session, name, value, paint))
    elif name in KEYWORDS and name not in TOPICS:
        parts.append(f"`{name}` is a keyword, as in Python.")
    if parts:
        return "\n\n".join(parts)
    if name in session:
        return variable(name, session[name], paint)
    known = {*session.names(), *session.builtin_names(), *KEYWORDS, *SOFT_KEYWORDS}
    raise NameNotFound(f"there is no help on '{name}'", help=did_you_mean(name, known))


def _value(session: Session, name: str) -> Any:
    """What the name stands for; a name that only methods have is the method."""
    chain = place(name + ".").receiver
    value = resolve(session, chain)
    if value is UNKNOWN and len(chain) == 1:
        value = registry.get(f"Tensor.{name}", UNKNOWN)
    if value is UNKNOWN and len(chain) == 2 and chain[0] == "Tensor":
        value = registry.get(name, UNKNOWN)
    return value


def _described(session: Session, name: str, value: Any, paint: Paint) -> str:
    if isinstance(value, Dual):
        value = value.op
    method = is_method(session, place(name + ".").receiver) and not name.startswith("Tensor.")
    record = getattr(value, "__func__", value)
    if isinstance(record, Op):
        return operation(record, name.rpartition(".")[2], paint)
    if isinstance(value, Namespace):
        inside = ", ".join(sorted(value.names(), key=str.lower))
        return "\n".join([paint(value.title, "message"), "", *wrap(inside, 90)])
    if isinstance(value, DType):
        return f"{paint(repr(value), 'message')}: {value.bits} bits"
    if isinstance(value, Kind):
        return f"{paint(value.title, 'message')}: a type"
    if not callable(value) or (name in session and not hasattr(value, "__name__")):
        return variable(name, value, paint)
    called = signature(value, name.rpartition(".")[2], method=method)
    lines = [paint(str(called) if called else name, "message")]
    doc = inspect.getdoc(value)
    if doc and not _is_generic(value):
        lines += ["", doc]
    elif name in session:
        lines += ["", "a function of this session"]
    return "\n".join(lines)


def _is_generic(value: Any) -> bool:
    """An object whose docstring is its class's says nothing about this one."""
    return (
        not hasattr(value, "__code__")
        and not isinstance(value, type)
        and not inspect.isbuiltin(value)
        and (type(value).__call__.__doc__ is None)
    )


def operation(record: Op, name: str, paint: Paint) -> str:
    """All that an operation's record says."""
    called = signature(record, name)
    lines = [paint(str(called), "message")]
    if record.doc:
        lines += ["", record.doc]
    facts = [("names", _spellings(record))]
    gradient = _gradient(record)
    if gradient:
        facts.append(("gradient", gradient))
    return "\n".join([*lines, "", *_table(facts, paint)])


def _spellings(record: Op) -> str:
    names = list(record.names)
    found = [f"x.{n.removeprefix('Tensor.')}" if n.startswith("Tensor.") else n for n in names]
    for n in names:
        method = n.removeprefix("Tensor.")
        if n.startswith("Tensor.") and f"Tensor.{method}_" in registry:
            found.append(f"x.{method}_")
    return ", ".join(dict.fromkeys(found))


def _gradient(record: Op) -> str:
    """Which inputs have a derivative, and the name of the backward node."""
    node = record.grad_fn if isinstance(record.grad_fn, str) else ""
    of = getattr(record, "of", record)
    if record.nondifferentiable:
        return "none: it is constant or has no derivative"
    if of.derivatives:
        inputs = [of.schema.parameters[i].name for i in sorted(of.derivatives)]
        return ", ".join(inputs) + (f"; grad_fn {node}" if node and of is record else "")
    if of.body is not None:
        return "" if of.factory else "through the operations it is made of"
    return "" if of.factory or not of.tensors else "not declared"


# ------------------------------------------------------------------ variables


def variable(name: str, value: Any, paint: Paint) -> str:
    """`x?`: everything about a value but its elements."""
    if not isinstance(value, Tensor):
        text = texts.repr(value)
        return (
            f"{paint(name, 'message')}: {describe(value)}\n{text if len(text) <= 500 else text[:499] + '…'}"
        )
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
        facts.append(("grad", "none yet" if value.grad is None else describe(value.grad)))
    return "\n".join([f"{paint(name, 'message')}: tensor", *_table(facts, paint)])


def variables(session: Session, width: int, paint: Paint) -> str:
    """`:vars`: a row for each variable."""
    rows = [(name, *_row(session[name])) for name in session.names() if name != "argv" or session[name]]
    if not rows:
        return "no variables"
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = []
    for row in rows:
        cells = [cell.ljust(size) for cell, size in zip(row, widths, strict=True)]
        plain = "  ".join(cells).rstrip()
        if len(plain) > width:
            plain = plain[: width - 1] + "…"
        lines.append(paint(plain[: len(row[0])], "message") + plain[len(row[0]) :])
    return "\n".join(lines)


def _row(value: Any) -> tuple[str, str]:
    """(what it is, what else is to know)."""
    if not isinstance(value, Tensor):
        if isinstance(value, bool | int | float | complex):
            return type(value).__name__, texts.repr(value)
        if callable(value) and hasattr(value, "__name__"):
            called = signature(value, value.__name__)
            return "function", str(called or value.__name__)
        text = re.sub(r"\s+", " ", texts.repr(value))
        return describe(value), text if len(text) <= 60 else text[:59] + "…"
    notes = []
    if value.grad_fn is not None:
        notes.append(value.grad_fn.name())
    elif value.requires_grad:
        notes.append("requires_grad, " + ("no grad yet" if value.grad is None else "has grad"))
    return describe(value), "  ".join(notes)


def _table(rows: Any, paint: Paint) -> list[str]:
    size = max(len(left) for left, _ in rows)
    return [f"  {paint(left.ljust(size), 'label')}  {right}" for left, right in rows]
