"""Tables of the library that each session has its own of: hooks for every module, rules that a program adds.

They are found where they are read, at no cost: when another session comes to run, what is in them is exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from . import context
from .context import Context

Table = TypeVar("Table", bound=dict[Any, Any])

_tables: list[tuple[dict[Any, Any], dict[Any, Any]]] = []  # each, and what it begins with
_in_force = context.outside  # whose they are now


def of_session(table: Table) -> Table:
    """This dictionary is a session's own; in each session it begins as it is now."""
    _tables.append((table, dict(table)))
    return table


@contextmanager
def using(owner: Context) -> Iterator[None]:
    """While a session runs the tables hold what is its own."""
    before = _in_force
    _hand_over(owner)
    try:
        yield
    finally:
        _hand_over(before)


def about_to_change(table: dict[Any, Any]) -> None:
    """Before entries come or go: a statement that fails leaves those that were there."""
    journal = context.current().journal
    if journal.active:

        def put(before: Any) -> None:
            table.clear()
            table.update(before)

        journal.record(table.copy, put, table)


def _hand_over(owner: Context) -> None:
    global _in_force
    if owner is _in_force:
        return
    _in_force.tables = [None if table == start == {} else table.copy() for table, start in _tables]
    for i, (table, start) in enumerate(_tables):
        kept = owner.tables[i] if i < len(owner.tables) else None
        if table or kept or start:
            table.clear()
            table.update(start if kept is None else kept)
    _in_force = owner
