"""A `range` that C would go through for long."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from ..kinds import Kind, describe, kind_of
from .endless import cut

#: what is given out at once
PIECE = 10**6


class LongRange(Sequence[int]):
    """The same as its range to whoever asks, and cut into pieces to whoever loops."""

    __slots__ = ("_range",)

    def __init__(self, made: range):
        self._range = made

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return range

    @property
    def start(self) -> int:
        return self._range.start

    @property
    def stop(self) -> int:
        return self._range.stop

    @property
    def step(self) -> int:
        return self._range.step

    def __len__(self) -> int:
        return len(self._range)

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: Any) -> Any:
        found = self._range[index]
        return cut(found) if type(found) is range else found

    def __iter__(self) -> Iterator[int]:
        return _pieces(self._range)

    def __reversed__(self) -> Iterator[int]:
        return _pieces(self._range[::-1])

    def __contains__(self, value: object) -> bool:
        if type(value) in (int, bool):
            return value in self._range
        return any(value is each or value == each for each in self)

    def count(self, value: Any) -> int:
        if type(value) in (int, bool):
            return self._range.count(value)
        return sum(value is each or value == each for each in self)

    def index(self, value: Any, *_: Any) -> int:
        if type(value) in (int, bool):
            return self._range.index(value)
        for position, each in enumerate(self):
            if value is each or value == each:
                return position
        raise ValueError("sequence.index(x): x not in sequence")

    def __eq__(self, other: object) -> bool:
        return self._range == (other._range if type(other) is LongRange else other)

    def __hash__(self) -> int:
        return hash(self._range)

    def __repr__(self) -> str:
        return repr(self._range)

    def __reduce__(self) -> Any:
        return self._range.__reduce__()


def _pieces(whole: range) -> Iterator[int]:
    first, last, step = whole.start, whole.stop, whole.step
    return itertools.chain.from_iterable(map(partial(_piece, last, step), range(first, last, step * PIECE)))


def _piece(last: int, step: int, at: int) -> range:
    end = at + step * PIECE
    return range(at, min(end, last) if step > 0 else max(end, last), step)


LongRange.__name__ = LongRange.__qualname__ = "range"
LongRange.__module__ = "builtins"
_of_range = kind_of(range)
describe(
    LongRange,
    Kind(names=_of_range.names, parts=(), entries=enumerate, text=_of_range.text, json=_of_range.json),
)
