"""The undo journal: a failed statement leaves tensors, gradients and random numbers as they were.

While a statement runs, whoever changes something in place first records how to undo it. The first
change of an array copies it once; later changes in the same statement cost a dictionary lookup. Arrays
and tensors are held weakly: what nobody else holds any more (the temporaries of a training loop that is
one statement) needs no undoing, and its copy goes with it.

What a statement has changed is a `Segment`, which may be kept. Undoing one while the journal is active records
how to do it again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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


class Segment:
    """Changes in the order they came: what changed, and what takes each back."""

    __slots__ = ("seen", "undo")

    def __init__(self) -> None:
        self.seen: dict[Any, Any] = {}  # (id, aspect) → the thing, or a reference that clears the entry
        self.undo: dict[Any, partial[None]] = {}

    def things(self) -> frozenset[int]:
        """The ids of what has changed."""
        return frozenset(key[0] for key in self.seen)

    def roll_back(self) -> None:
        """Undo, last change first."""
        while self.undo:
            self.undo.popitem()[1]()
        self.seen.clear()


class Journal:
    """`start` tells what is older than the running statement: nodes with a smaller sequence number."""

    __slots__ = ("_segment", "active", "listened", "start")

    def __init__(self) -> None:
        self.active = False
        self.start = 0
        self.listened = (
            False  # whether functions of the program hang on graphs, so that a walk may do anything
        )
        self._segment = Segment()

    def begin(self) -> None:
        """Start a statement."""
        self.active = True
        self.start = next(sequence)

    def commit(self) -> None:
        """The statement succeeded: forget."""
        self.active = False
        segment = self._segment
        if segment.undo or segment.seen:
            segment.undo.clear()
            segment.seen.clear()

    def take(self) -> Segment:
        """The statement succeeded: what it has changed."""
        self.active = False
        segment, self._segment = self._segment, Segment()
        return segment

    def rollback(self) -> None:
        """The statement failed: undo."""
        self.active = False
        self._segment.roll_back()

    def things(self) -> frozenset[int]:
        """The ids of what has changed."""
        return self._segment.things()

    def record(self, get: Callable[[], Any], put: Callable[[Any], Any], of: Any = None) -> None:
        """Before something changes that `get` gives and `put` puts back; of a thing `of` only the first time."""
        if not self.active:
            return
        segment = self._segment
        key: Any = next(sequence)
        if of is not None:
            key = id(of), ""
            if key in segment.seen:
                return
            segment.seen[key] = of
        segment.undo[key] = partial(self._put, get, put, of, get())

    def _put(self, get: Callable[[], Any], put: Callable[[Any], Any], of: Any, before: Any) -> None:
        if self.active:
            self.record(get, put, of)
        put(before)

    def save_setting(self, thing: Any, name: str) -> None:
        """Before an attribute of something changes that lives as long as the session."""
        self.record(partial(getattr, thing, name), partial(setattr, thing, name))

    def save_count(self, counter: list[int]) -> None:
        """Before a count changes that tensors share."""
        key = (id(counter), "")
        if self.active and key not in self._segment.seen:
            self._segment.seen[key] = counter
            self._segment.undo[key] = partial(self._put_count, counter, counter[0])

    def _put_count(self, counter: list[int], before: int) -> None:
        if self.active:
            self.save_count(counter)
        counter[0] = before

    def _watch(self, thing: Any, aspect: str) -> Any:
        """A weak reference to what changes for the first time, None for a later change.

        When the thing dies, its entry and its undo die with it.
        """
        key = (id(thing), aspect)
        seen, undo = self._segment.seen, self._segment.undo
        if key in seen:
            return None

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
            self._segment.undo[id(array), ""] = partial(self._put_array, watched, array.copy())

    def _put_array(self, watched: Any, before: np.ndarray[Any, Any]) -> None:
        array = watched()
        if self.active:
            self.save_array(array)
        np.copyto(array, before)

    def save_attributes(self, thing: Any, *names: str) -> None:
        """Before attributes of `thing` are rebound."""
        if not self.active:
            return
        watched = self._watch(thing, names[0])
        if watched is not None:
            before = [getattr(thing, name) for name in names]
            self._segment.undo[id(thing), names[0]] = partial(self._put_attributes, watched, names, before)

    def _put_attributes(self, watched: Any, names: tuple[str, ...], before: list[Any]) -> None:
        thing = watched()
        if self.active:
            self.save_attributes(thing, *names)
        for name, value in zip(names, before, strict=True):
            setattr(thing, name, value)

    def save_memory(self, memory: dict[str, Any]) -> None:
        """Before what an optimiser remembers of a parameter changes."""
        self.record(partial(copied, memory), partial(put_back, memory), memory)


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
