"""Calls on small arrays as `straight` is told of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ...core.dtype import JOINED

#: an array of more elements is not small; nor is a matrix product of more multiplications
MOST = JOINED
MOST_PRODUCTS = 1 << 21


class Operand(NamedTuple):
    """An array as a step sees it.

    place   its address, or the name of the object, or, of a number, its text
    value   the number that it always is
    """

    place: int | str | None
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: Any
    value: Any = None
    number: bool = False

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize


class Call(NamedTuple):
    """A step: `kind`, `function` and `label` as there, `axis` that of a reduction."""

    kind: str
    function: Any
    label: str
    args: tuple[Operand, ...]
    out: Operand
    axis: int = 0


class Bases:
    """Where calls find their arrays, in the order in which they mention them.

    fixed     addresses, for the table that a function is given
    given     names of arrays and texts of numbers; `numbers` are the latter
    """

    def __init__(self, calls: Iterable[Call]) -> None:
        self.fixed: list[int] = []
        self.given: list[str] = []
        self.numbers: set[str] = set()
        seen: set[int | str | None] = {None}
        for call in calls:
            for x in (*call.args, call.out):
                if x.place in seen:
                    continue
                seen.add(x.place)
                if type(x.place) is int:
                    self.fixed.append(x.place)
                else:
                    self.given.append(str(x.place))
                    if x.number:
                        self.numbers.add(str(x.place))
