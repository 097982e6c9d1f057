"""`:apropos WORD`: where a word is: in names, in the first lines of their help, in topics and error codes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from ...engine.records.op import registry
from ...lang.names.namespace import Namespace
from ...session import Session
from .errors import codes
from .page import Page
from .texts import language, said, sections, topics

#: more than so many in one group are too many to read
MOST = 40


def apropos(session: Session, word: str, page: Page, commands: dict[str, Any]) -> str | None:
    """What is found, in groups; None if nothing is."""
    wanted = word.lower()

    def has(*texts: str) -> bool:
        return any(wanted in text.lower() for text in texts)

    tongue = language()
    told = [(each.usage, said(each.summary, tongue)) for each in commands.values()]
    groups = {
        "Topics": list(_topics(has)),
        "Commands": [row for row in told if has(*row)],
        "Operations": list(_operations(has, wanted)),
        "Classes and functions": list(_library(has)),
        "Errors": [(c.name, c.meaning) for c in codes(language()) if has(c.name, c.meaning)],
        "Variables": [(name, type(session[name]).__name__) for name in session.names() if has(name)],
    }
    lines: list[str] = []
    for title, found in groups.items():
        if found:
            lines += ["", *page.heading(said(title, tongue)), *page.table(found[:MOST])]
            if len(found) > MOST:
                lines += page.filled("  " + said("and {n} more", tongue).format(n=len(found) - MOST))
    return "\n".join(lines[1:]) if lines else None


def _topics(has: Callable[..., bool]) -> Iterator[tuple[str, str]]:
    for each in topics(language()).values():
        if has(each.name, each.summary, *each.also, each.text):
            yield each.name, each.summary
    for name, text in sections("statements.md", language()).items():
        if has(name, text):
            yield name, said("a statement", language())


def _operations(has: Callable[..., bool], wanted: str) -> Iterator[tuple[str, str]]:
    """Operations by name, then those whose first line has the word."""
    from . import first_lines

    registry.load_all()
    names = sorted(registry.names(), key=lambda name: (wanted not in name.lower(), name.lower()))
    seen: set[int] = set()
    for name in names:
        record = registry.get(name)
        if name.startswith("Tensor._") or name.endswith("_") or id(record) in seen:
            continue
        for spelled, first in first_lines([name]):
            if has(name, first):
                seen.add(id(record))
                yield spelled, first


#: namespaces of PyTorch's library that are looked through
LIBRARY = ("nn", "nn.init", "nn.utils", "optim", "optim.lr_scheduler", "utils.data", "distributions", "func")


def _library(has: Callable[..., bool]) -> Iterator[tuple[str, str]]:
    """Classes and functions of the library; what is not imported yet is looked for by its name alone."""
    from ...lang.names.namespace import torch

    for path in LIBRARY:
        space: Any = torch
        for part in path.split("."):
            space = space.get(part)
        for name in sorted(space.names()):
            if name in registry.names() or name.startswith("_"):
                continue
            value = space.get(name)
            if isinstance(value, Namespace) or not callable(value):
                continue
            doc = (inspect.getdoc(value) or "").split("\n")[0]
            if has(name, doc):
                yield f"{path}.{name}", doc
