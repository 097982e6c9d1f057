"""Memory formats: in which order the elements of a tensor lie in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ShapeError
from .titles import Titled, titled


class MemoryFormat(metaclass=Titled):
    """`torch.contiguous_format` and its like; the channels-last ones put dimension 1 last in memory."""

    __slots__ = ("name", "ndim")
    public: frozenset[str] = frozenset()

    def __init__(self, name: str, ndim: int | None = None):
        self.name = name
        self.ndim = ndim  # how many dimensions a channels-last tensor has

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def seen(self, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """`x` with its dimensions in the order they should have in memory."""
        if self.ndim is None:
            return x
        if x.ndim != self.ndim:
            raise ShapeError(f"required rank {self.ndim} tensor to use {self.name} format")
        return np.moveaxis(x, 1, -1)

    def holds(self, x: np.ndarray[Any, Any]) -> bool:
        """Whether the elements of `x` lie in this order."""
        if self.ndim is not None and x.ndim != self.ndim:
            return False
        return bool(self.seen(x).flags.c_contiguous)

    def copy(self, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """A copy of `x` whose elements lie in this order."""
        out = np.array(self.seen(x), order="C")
        return out if self.ndim is None else np.moveaxis(out, -1, 1)


titled(MemoryFormat, "torch.memory_format")


CONTIGUOUS = MemoryFormat("contiguous_format")
PRESERVE = MemoryFormat("preserve_format")
FORMATS = {
    f.name: f
    for f in (CONTIGUOUS, PRESERVE, MemoryFormat("channels_last", 4), MemoryFormat("channels_last_3d", 5))
}


def channels_last(x: np.ndarray[Any, Any]) -> bool:
    """Whether an array of pictures has its channels last in memory, by its strides alone as PyTorch sees it."""
    if x.ndim not in (4, 5) or x.flags.c_contiguous:
        return False
    strides, least = _strides(x), 0
    for d in (1, *reversed(range(2, x.ndim)), 0):
        if not x.shape[d] or strides[d] < least or (d == 0 and least == strides[1]):
            return False
        least = strides[d] * max(1, x.shape[d])
    return True


def _strides(x: np.ndarray[Any, Any]) -> list[int]:
    """The strides of an array; a dimension that was inserted has that of what follows it, where NumPy has none."""
    strides = list(x.strides)
    for d in reversed(range(x.ndim)):
        if x.shape[d] == 1 and not strides[d]:
            strides[d] = x.shape[d + 1] * strides[d + 1] if d + 1 < x.ndim else x.itemsize
    return strides


def suggested(x: np.ndarray[Any, Any]) -> MemoryFormat:
    """The format that PyTorch takes a tensor to have."""
    return LAST[x.ndim] if channels_last(x) else CONTIGUOUS


LAST = {f.ndim: f for f in FORMATS.values()}


def in_format_of(out: np.ndarray[Any, Any], *of: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A result with its channels last in memory where one of the arrays it was made of has."""
    if any(not x.flags.c_contiguous and channels_last(x) for x in of) and out.ndim in LAST:
        return LAST[out.ndim].copy(out)
    return out
