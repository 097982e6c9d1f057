"""Arrays as tensors: one that owns an array, one of a subclass, one that is full of a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import dtype as dt
from ..core.spec import Spec, spec
from .tensor import SLOTS, Tensor, make_tensor

_new = object.__new__


def as_class(kind: type[Tensor], array: np.ndarray[Any, Any], of: Spec, like: Tensor | None = None) -> Any:
    """A tensor of a subclass, outside any graph; or what `like` is, which nobody else has."""
    t = make_tensor(array, of) if like is None else like
    if kind is Tensor:
        return t
    other = _new(kind)
    for name in SLOTS:
        setattr(other, name, getattr(t, name))
    return other


def wrap(array: Any) -> Tensor:
    """A tensor that owns (or shares) this array; numbers become 0-d arrays."""
    dtype = dt.of(array) if is_stand_in(array) else None
    if dtype is None:
        array = np.asarray(array)
        dtype = dt.of(array)
        if array.dtype is not dtype.np:  # one that was pickled: kernels know the dtypes by who they are
            array = array.view(dtype.np)
    return make_tensor(array, spec(array.shape, dtype))


def is_stand_in(array: Any) -> bool:
    """Whether it stands for an array that a program will have (`compile.values.Value`)."""
    return type(array) is not np.ndarray and hasattr(array, "layout")


def layout(array: Any) -> np.ndarray[Any, Any]:
    """What shows the shape and strides of an array: itself, or what stands for it in a trace."""
    return array if isinstance(array, np.ndarray) else array.layout


def full_spec(of: Spec, value: float) -> Tensor:
    """A tensor of this spec filled with one number."""
    if of.is_meta:
        return make_tensor(of.placeholder, of)
    return make_tensor(np.full(of.shape, value, of.np), of)
