"""The undo journal: a failed statement leaves tensors, gradients and random numbers as they were.

While a statement runs, whoever changes something in place first records how to undo it. The first
change of an array copies it once; later changes in the same statement cost a dictionary lookup. Arrays
and tensors are held weakly: what nobody else holds any more (the temporaries of a training loop that is
one statement) needs no undoing, and its copy goes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import ref

import numpy as np

#: numbers graph nodes and statements in the order they come
sequence = count()


def memory_of(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array that a view is a part of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class Journal:
    """`start` tells what is older than the running statement: nodes with a smaller sequence number."""

    __slots__ = ("_seen", "_undo", "active", "listened", "start")

    def __init__(self) -> None:
        self.active = False
        self.start = 0
        self.listened = (
            False  # whether functions of the program hang on graphs, so that a walk may do anything
        )
        self._undo: dict[Any, Callable[[], None]] = {}  # in the order of the changes
        self._seen: dict[Any, Any] = {}  # (id, aspect) → the thing, or a reference that clears the entry

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
            self._undo.popitem()[1]()
        self._seen.clear()

    def things(self) -> frozenset[int]:
        """The ids of what has changed."""
        return frozenset(key[0] for key in self._seen)

    def first(self, thing: Any, aspect: str = "") -> bool:
        """Whether this is the first time in this statement that (thing, aspect) changes."""
        key = (id(thing), aspect)
        if key in self._seen:
            return False
        self._seen[key] = thing
        return True

    def record(self, undo: Callable[[], None]) -> None:
        if self.active:
            self._undo[next(sequence)] = undo

    def _watch(self, thing: Any, aspect: str) -> Any:
        """A weak reference to what changes for the first time, None for a later change.

        When the thing dies, its entry and its undo die with it.
        """
        key = (id(thing), aspect)
        if key in self._seen:
            return None
        seen, undo = self._seen, self._undo

        def forget(_: Any) -> None:
            seen.pop(key, None)
            undo.pop(key, None)

        watched = seen[key] = ref(thing, forget)
        return watched

    def save_array(self, array: np.ndarray[Any, Any]) -> None:
        """Before the memory of `array` is written."""
        if not self.active:
            return
        array = memory_of(array)
        watched = self._watch(array, "")
        if watched is not None:
            before = array.copy()
            self._undo[id(array), ""] = lambda: np.copyto(watched(), before)

    def save_attributes(self, thing: Any, *names: str) -> None:
        """Before attributes of `thing` are rebound."""
        if not self.active:
            return
        watched = self._watch(thing, names[0])
        if watched is not None:
            before = [getattr(thing, name) for name in names]

            def undo() -> None:
                for name, value in zip(names, before, strict=True):
                    setattr(watched(), name, value)

            self._undo[id(thing), names[0]] = undo

    def save_memory(self, memory: dict[str, Any]) -> None:
        """Before what an optimiser remembers of a parameter changes."""
        if self.active and self.first(memory):
            before = copied(memory)
            self.record(lambda: put_back(memory, before))


def copied(memory: dict[str, Any]) -> dict[str, Any]:
    """A copy with arrays of its own."""
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in memory.items()}


def put_back(memory: dict[str, Any], before: dict[str, Any]) -> None:
    """What an optimiser remembers as it was, in the same arrays, which tensors may hold."""
    for key in [*memory]:
        if key not in before:
            del memory[key]
    for key, value in before.items():
        now = memory.get(key)
        if isinstance(value, np.ndarray) and isinstance(now, np.ndarray):
            np.copyto(now, value)
        else:
            memory[key] = value
