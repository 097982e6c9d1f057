"""`numpy.lib.stride_tricks` over memory that is there: a view may repeat and overlap elements, and leads nowhere else.

NumPy's own functions make an object that says where it lies, which programs have none of; these go through
`np.ndarray(shape, dtype, buffer, offset, strides)`, which is looked after by `numpy_memory`.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy import ndarray

from .numpy_memory import Array, _address


def as_strided(
    x: Any, shape: Any = None, strides: Any = None, subok: bool = False, writeable: bool = True
) -> Array:
    """The memory of an array with another shape and other strides; ValueError if that leads out of it."""
    array = np.asanyarray(x) if subok else np.asarray(x)
    whole: Any = array
    while isinstance(whole.base, ndarray):
        whole = whole.base
    if not (whole.flags.c_contiguous or whole.flags.f_contiguous):
        whole = array = np.ascontiguousarray(array)
    shape = array.shape if shape is None else shape
    strides = array.strides if strides is None else tuple([operator.index(step) for step in strides])
    begin = _address(array) - _address(whole)
    found: Array = np.ndarray(shape, array.dtype, whole, begin, strides)
    if found.flags.writeable and not (writeable and array.flags.writeable):
        found.flags.writeable = False
    return found


def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Array:
    """All windows of a shape in an array, one after the other: the places first, then the elements of a window."""
    sizes = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    array = np.asanyarray(x) if subok else np.asarray(x)
    if np.any(np.array(sizes) < 0):
        raise ValueError("`window_shape` cannot contain negative values")
    if axis is None:
        axes = tuple(range(array.ndim))
        if len(sizes) != len(axes):
            raise ValueError(
                f"Since axis is `None`, must provide window_shape for all dimensions of `x`; got {len(sizes)} "
                f"window_shape elements and `x.ndim` is {array.ndim}."
            )
    else:
        given = axis if np.iterable(axis) else (axis,)
        axes = tuple([_axis(each, array.ndim) for each in given])
        if len(sizes) != len(axes):
            raise ValueError(
                "Must provide matching length window_shape and axis; got "
                f"{len(sizes)} window_shape elements and {len(axes)} axes elements."
            )
    places = list(array.shape)
    for each, size in zip(axes, sizes, strict=True):
        if places[each] < size:
            raise ValueError("window shape cannot be larger than input array shape")
        places[each] -= size - 1
    steps = (*array.strides, *[array.strides[each] for each in axes])
    return as_strided(array, (*places, *sizes), steps, subok, writeable)


def _axis(axis: Any, ndim: int) -> int:
    """The axis counted from the front; AxisError if there is none."""
    at = operator.index(axis)
    if not -ndim <= at < ndim:
        raise np.exceptions.AxisError(at, ndim)
    return at % ndim


def functions(modules: Any) -> dict[str, Any]:
    """What a program has of `numpy.lib.stride_tricks`."""
    return {"as_strided": as_strided, "sliding_window_view": sliding_window_view}
