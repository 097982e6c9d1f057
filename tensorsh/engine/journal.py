"""The undo journal: a failed statement leaves tensors, gradients and random numbers as they were.

While a statement runs, whoever changes something in place first records how to undo it. The first
change of an array copies it once; later changes in the same statement cost a dictionary lookup.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

#: numbers graph nodes and statements in the order they come
sequence = count()


class Journal:
    """`start` tells what is older than the running statement: nodes with a smaller sequence number."""

    __slots__ = ("_seen", "_undo", "active", "start")

    def __init__(self) -> None:
        self.active = False
        self.start = 0
        self._undo: list[Callable[[], None]] = []
        self._seen: dict[Any, Any] = {}  # keeps what it names alive, so that no id is used twice

    def begin(self) -> None:
        """Start a statement."""
        self.active = True
        self.start = next(sequence)

    def commit(self) -> None:
        """The statement succeeded: forget."""
        self.active = False
        if self._undo or self._seen:
            self._undo.clear()
            self._seen.clear()

    def rollback(self) -> None:
        """The statement failed: undo, last change first."""
        self.active = False
        while self._undo:
            self._undo.pop()()
        self._seen.clear()

    def first(self, thing: Any, aspect: str = "") -> bool:
        """Whether this is the first time in this statement that (thing, aspect) changes."""
        key = (id(thing), aspect)
        if key in self._seen:
            return False
        self._seen[key] = thing
        return True

    def record(self, undo: Callable[[], None]) -> None:
        if self.active:
            self._undo.append(undo)

    def save_array(self, array: np.ndarray[Any, Any]) -> None:
        """Before the memory of `array` is written."""
        if not self.active:
            return
        while isinstance(array.base, np.ndarray):
            array = array.base
        if self.first(array):
            before = array.copy()
            self._undo.append(lambda: np.copyto(array, before))

    def save_attributes(self, thing: Any, *names: str) -> None:
        """Before attributes of `thing` are rebound."""
        if self.active and self.first(thing, names[0]):
            before = [getattr(thing, name) for name in names]

            def undo() -> None:
                for name, value in zip(names, before, strict=True):
                    setattr(thing, name, value)

            self._undo.append(undo)

    def save_list(self, items: list[Any], *, grows: bool = False) -> None:
        """Before a list changes; `grows` says that items are only appended."""
        if not self.active:
            return
        if grows:
            length = len(items)
            if self.first(items, "length"):
                self._undo.append(lambda: items.__delitem__(slice(length, None)))
        elif self.first(items):
            before = list(items)
            self._undo.append(lambda: items.__setitem__(slice(None), before))
