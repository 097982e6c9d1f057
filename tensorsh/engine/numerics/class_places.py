"""Where each row's class is in a matrix of classes, as a flat place, and what losses do there."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import reader_of, whole
from .kernel_code import KernelCode, written
from .made_later import CALL
from .questions import Question

Array = np.ndarray[Any, Any]

#: the places as machine code; what NumPy's calls for them cost
PLACES, PLACES_CALLS = KernelCode(written("index_routines", "class_places"), "aaaii"), 3


class ClassesFit(Question):
    """The question whether every target is a class, none out of range; it guards a program.

    answer   the flat place of each row's class, as of the last time they all were
    """

    __slots__ = ("answer", "classes", "starts", "wrong")

    def __init__(self, rows: int, classes: int):
        super().__init__()
        self.classes = classes
        self.starts = np.arange(rows, dtype=np.int64) * classes
        self.answer = np.empty(rows, np.int64)
        self.wrong = np.zeros(1, np.int64)

    def holds(self, target: Array) -> bool:
        """Write the places; whether they are some."""
        rows = len(self.starts)
        if PLACES.ready(rows + CALL * PLACES_CALLS) and target.strides == (8,):
            PLACES(target, self.answer, self.wrong, rows, self.classes)
            return not self.wrong[0]
        if not fit(target, self.classes):
            return False
        np.add(target, self.starts, self.answer)
        return True

    def of_all(self) -> AllClasses:
        """The question about what the targets are picked from."""
        return AllClasses(self.classes)

    def answered(self, target: Array) -> Array:
        return target + self.starts


class AllClasses(Question):
    """The question whether every element of a tensor is a class."""

    __slots__ = ("classes",)

    def __init__(self, classes: int):
        super().__init__()
        self.classes = classes

    def __eq__(self, other: object) -> bool:
        return type(other) is AllClasses and other.classes == self.classes

    __hash__ = None  # type: ignore[assignment]

    def holds(self, array: Array) -> bool:
        whole = array.dtype == np.int64
        return whole and not (array.size and (array.min() < 0 or array.max() >= self.classes))


def fit(target: Array, classes: int) -> bool:
    """Whether every element is a class: 0 to `classes` - 1."""
    return not target.size or bool(target.view(np.uint64).max() < classes)


def places(shape: tuple[int, ...], target: Array) -> Array | None:
    """The flat place of each row's class in a matrix of this shape; None where the targets are not all classes."""
    if len(shape) != 2 or target.dtype != np.int64 or not target.flags.c_contiguous or not target.size:
        return None
    reader = reader_of(target)
    if reader is not None:
        return reader.asks(ClassesFit, target, *shape)
    if not fit(target, shape[1]):
        return None
    return target + np.arange(shape[0], dtype=np.int64) * shape[1]


@whole(lambda x, at: at.shape)
def pick(x: Array, at: Array, out: Array | None = None) -> Array:
    """The elements of a contiguous matrix at flat places, one of each row."""
    return x.reshape(-1).take(at, None, out, "clip")


def one_hot(value: Array, at: Array, shape: tuple[int, ...]) -> Array:
    """A matrix with `value` at one place of each row, 0 elsewhere."""
    reader = reader_of(value, at)
    if reader is not None:
        return reader.call(put_one, (value, at), shape, value.dtype)
    return put_one(value, at, np.empty(shape, value.dtype))


def put_one(value: Array, at: Array, out: Array) -> Array:
    """`one_hot` into an array."""
    out.fill(0)
    out.reshape(-1)[at] = value
    return out


def put_one_less(x: Array, value: Array, at: Array, out: Array) -> Array:
    """`one_hot(value, at) - x` into an array."""
    np.subtract(0, x, out)
    flat = out.reshape(-1)
    flat[at] += value
    return out


#: functions of a matrix and, as their last argument, the flat place of one element of each row
PLACED = (pick, put_one, put_one_less)
