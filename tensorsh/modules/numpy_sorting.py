"""Arrays of objects are sorted as copies: comparing two objects runs the program, which may change the array.

NumPy holds no references to what it compares: a program that puts others in their place meanwhile would go on with
objects that are gone. Those that take long are, too: an interrupt finds the array as it was (`numpy_long`). The order
is NumPy's own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import MethodDescriptorType
from typing import Any

from numpy import ndarray

from ..engine.core import sealed
from ..engine.run.aside import LARGE
from ..kinds.ownership import dict_of
from .numpy_long import long

Array = ndarray[Any, Any]


def guard_sorting() -> None:
    """Put these in the place of NumPy's own, once in a process."""
    with sealed.changing(ndarray):
        for name, wrapped in (
            ("sort", sorting), ("partition", sorting), ("argsort", ordering), ("argpartition", ordering),
            ("argmax", ordering), ("argmin", ordering),
        ):  # fmt: skip
            found = dict_of(ndarray)[name]
            if type(found) is MethodDescriptorType:
                type.__setattr__(ndarray, name, wrapped(found))


def sorting(found: Callable[..., None]) -> Callable[..., None]:
    """A method that changes the order of an array in place."""

    apart = long(found, LARGE)

    @wraps(found)
    def method(self: Array, /, *args: Any, **options: Any) -> None:
        large = self.size >= LARGE
        if not large and not self.dtype.hasobject:
            found(self, *args, **options)
            return
        copy = ndarray.copy(self)
        (apart if large else found)(copy, *args, **options)
        self[...] = copy

    return method


def ordering(found: Callable[..., Array]) -> Callable[..., Array]:
    """A method that says in which order the elements are, or which comes first or last."""

    apart = long(found, LARGE)

    @wraps(found)
    def method(self: Array, /, *args: Any, **options: Any) -> Array:
        if self.dtype.hasobject:
            return found(ndarray.copy(self), *args, **options)
        return apart(self, *args, **options) if self.size >= LARGE else found(self, *args, **options)

    return method
