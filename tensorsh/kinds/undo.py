"""What the notes of all kinds share, with which `lang.undo.snapshot` undoes what a failed statement changed.

A note gives what the value leads to, and tells the snapshot how to put it back; that says whether anything had
changed. Nothing of a program's own is called for it, but the hashes of what a changed set or dictionary held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import is_
from typing import Any, Protocol

from .kind import ATOMS

Undo = Callable[[], bool]  # says whether there was anything to put back
Again = Callable[[Any], Any]  # what is to stand where something stood


class Notes(Protocol):
    """What takes the notes."""

    looks: bool  # nothing is to be put back: only what is led to matters
    stands: bool  # it is returned to from before and after
    unheld: list[Any]  # iterators that cannot be made again
    iterators: list[tuple[Any, Any]]  # those that can, and what they are made of
    relays: list[Any]

    def mentioned(self, function: Any) -> list[Any]:
        """The variables that a function of the program names, where that is how they are found."""

    def become(self, thing: Any, kind: type) -> None:
        """Make a thing one of another class, a sealed one of the library's too."""

    def widen(self) -> None:
        """What a thing leads to cannot be told: everything has to be noted."""

    def add(self, thing: Any, undo: Undo) -> None:
        """How to put a thing back."""

    def first(self, thing: Any, undo: Undo) -> None:
        """How to put back what others depend on."""

    def late(self, thing: Any, undo: Undo) -> None:
        """How to put back what asks others for their hashes."""


def inside(items: Iterable[Any]) -> Iterable[Any]:
    """Those of some items that can lead to what changes."""
    if ATOMS.issuperset(map(type, items)):
        return ()
    return [item for item in items if type(item) not in ATOMS]


def same(items: Any, before: Any) -> bool:
    """Whether two collections of one length hold the very same things in one order."""
    return len(before) == len(items) and all(map(is_, items, before))
