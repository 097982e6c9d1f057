"""What is known of a matrix with one number at one place of each row and zeros elsewhere: the gradient of a loss of
classes. Its rows need no adding up, and it is subtracted from by one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..numerics import vector_exp
from ..numerics.class_places import put_one, put_one_less
from .values import Value

if TYPE_CHECKING:
    from .tape import Tape


#: the index of the last column, which stays a column
LAST = (..., slice(-1, None, None))


class OneHot:
    """Such matrices of a tape.

    hot    the id of the Value → its number and its places
    sums   the id of running sums along rows → what they are of
    """

    def __init__(self, tape: Tape):
        self.tape = tape
        self.hot: dict[int, tuple[Value, Value]] = {}
        self.sums: dict[int, Value] = {}

    def made(self, function: Any, args: tuple[Any, ...], out: Value) -> None:
        if function is put_one:
            self.hot[id(out)] = args[0], args[1]

    def less(self, x: Any, y: Any) -> Value | None:
        """`x - y`, if x is such a matrix."""
        known = self.hot.get(id(x))
        if known is None or type(y) is not Value or y.shape != x.shape or y.dtype != x.dtype:
            return None
        return self.tape.call(put_one_less, (y, *known), x.shape, x.dtype)

    def total(self, x: Value, axes: tuple[int, ...], keepdims: bool) -> Value | None:
        """The sums of its rows: 0 is added as they would, which makes -0.0 positive."""
        known = self.hot.get(id(x))
        if known is None or axes != (1,) or x.shape[1] == 1:
            return None
        shape = (x.shape[0], 1) if keepdims else x.shape[:1]
        number = self.tape.ufunc(np.add, known[0], x.dtype.type(0))
        return self.tape.view(spread, number, shape, label="spread")

    def call(self, function: Any, args: tuple[Any, ...]) -> Value | None:
        return self.total(args[0], (1,), True) if function is vector_exp.row_totals else None

    def scanned(self, function: Any, x: Value, axis: int, out: Value) -> None:
        if function is np.add and axis == 1 and id(x) in self.hot:
            self.sums[id(out)] = x

    def last(self, x: Value, at: Any) -> Value | None:
        """The last column of running sums."""
        whole = self.sums.get(id(x))
        return self.total(whole, (1,), True) if whole is not None and at == LAST else None


def spread(x: Any, shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(x, shape)
