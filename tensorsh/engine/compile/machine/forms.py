"""What each array of a group is to one row of it."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..fuse import Group
from ..steps import Step
from ..values import Number, Value

#: an array has an element for each one of the row, one for the row, those of one row for all rows, one for all
FULL, COLUMN, VECTOR, SCALAR = "full", "column", "vector", "scalar"

Shape = tuple[int, ...]


class Unknown(Exception):
    """The group does something that there is no machine code for."""


class Forms:
    """How the arrays of a group are seen as `rows` rows of `length` elements.

    The rows are those that sums along rows leave; where there are none, and nothing else tells rows apart, the
    group is `flat`: a block is one row.

    >>> # layer_norm of (32, 128, 768): 4096 rows of 768; tanh(a * b) of (1000, 1000): flat
    """

    def __init__(self, group: Group):
        self.group = group
        steps = group.inner
        self.shape: Shape = max((step.outs[0].shape for step in steps), key=prod)
        for step in steps:
            if step.kind in ("reduce", "product") and prod(step.args[0].shape) > prod(self.shape):
                self.shape = step.args[0].shape
        for fold in group.folds:
            if prod(fold.args[0].shape) > prod(self.shape):
                self.shape = fold.args[0].shape
        self.size = prod(self.shape)
        for depth in self._depths():
            self.depth = depth
            self.rows = prod(self.shape[:depth])
            self.length = self.size // self.rows
            self.flat = self.length == 1
            if self._fit():
                return
        raise Unknown("rows of several kinds")

    def of(self, v: Any, whole: Value) -> str:
        """The form of an array that is broadcast to the shape of `whole`."""
        if type(v) is not Value:
            return SCALAR
        if self.group.sliced(v):
            return self._sliced(v)
        if v.size == 1:
            return SCALAR
        row = v.shape
        while row and row[0] == 1:
            row = row[1:]
        if not self.flat and prod(row) == self.length and whole.shape[len(whole.shape) - len(row) :] == row:
            return VECTOR
        raise Unknown("an array broadcast within a row")

    def _sliced(self, v: Value) -> str:
        if v.size == self.size:
            along = zip(v.shape[self.depth :], v.strides[self.depth :], strict=True)
            spread = v.shape == self.shape and all(n == 1 or not stride for n, stride in along)
            return COLUMN if spread and not self.flat else FULL
        if v.size == self.rows:
            leading = v.shape[: self.depth]
            if leading == self.shape[: self.depth] and prod(v.shape[self.depth :]) == 1:
                return COLUMN
        raise Unknown("rows of several lengths")

    def _depths(self) -> list[int]:
        """How many leading dimensions may count the rows, the likeliest first."""
        for step in self.group.inner:
            if step.kind in ("reduce", "product"):
                axes, x = _axes(step), step.args[0]
                depth = x.ndim - len(axes)
                if axes != tuple(range(depth, x.ndim)) or x.shape != self.shape:
                    raise Unknown("a sum across rows")
                return [depth]
        ndim = len(self.shape)
        return [ndim, *range(ndim - 1, 0, -1)]

    def _fit(self) -> bool:
        try:
            for step in self.group.inner:
                x, whole = step.args[0], whole_of(step)
                for v in (*step.args, *step.outs):
                    self.of(v, whole)
                if step.kind in ("reduce", "product"):
                    if _axes(step) != tuple(range(self.depth, x.ndim)) or x.size != self.size or self.flat:
                        return False
                if step.kind == "view" and not self._is_same(x, step.outs[0]):
                    return False
            for fold in self.group.folds:
                self.folded(fold)
        except Unknown:
            return False
        return True

    def _is_same(self, x: Value, view: Value) -> bool:
        """Whether a view has the same numbers for each row: in another shape, or one number spread out."""
        form = self._sliced(view)
        return self._sliced(x) == form and (
            form == COLUMN or (view.flags.c_contiguous and x.size == view.size)
        )

    def folded(self, fold: Step) -> str:
        """What a sum over all rows leaves: VECTOR or SCALAR."""
        x, out, axes = fold.args[0], fold.outs[0], fold.options[0]
        form = self.of(x, x)
        if out.size == 1 and (form == COLUMN or self.flat or len(axes) == x.ndim):
            return SCALAR
        if form == FULL and x.shape == self.shape and tuple(sorted(axes)) == tuple(range(self.depth)):
            return VECTOR
        raise Unknown("a sum over some of the rows")


def whole_of(step: Step) -> Value:
    """What the arguments of a step are broadcast to: what it reduces, or its result."""
    return step.args[0] if step.kind in ("reduce", "product") else step.outs[0]


def _axes(step: Step) -> tuple[int, ...]:
    """The dimensions that a sum along rows runs over."""
    ndim = step.args[0].ndim
    return (ndim - 1,) if step.kind == "product" else tuple(sorted(step.options[0]))


def constant(a: Any) -> Any:
    """The number that an argument always is; None if it may be another."""
    if type(a) is Number:
        return None
    if type(a) is not Value:
        return a
    source = a.source
    if isinstance(source, np.ndarray) and source.size:
        first = source.reshape(-1)[0]
        if not any(source.strides) or (source.size <= 1 << 16 and bool((source == first).all())):
            return first
    return None
