"""The order in which a tensor's elements lie in memory.

A tensor made like another one has its elements in the same order, and a tensor that is filled with random
numbers gets them in this order: both decide what PyTorch's `rand_like(x.t())` is. Of
results `view` and `stride` tell it.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import eq
from typing import Any

import numpy as np

from ...engine.core.readers import reader_of

Array = np.ndarray[Any, Any]


def memory_order(x: Array) -> tuple[int, ...]:
    """The dimensions from the outermost in memory to the innermost.

    A dimension of stride 0 could be anywhere and stays where it is; of two with one stride, the larger is
    the outer one.
    """
    if x.flags.c_contiguous:
        return tuple(range(x.ndim))
    order = list(reversed(range(x.ndim)))  # innermost first
    for i in range(1, x.ndim):
        at = i
        for before in reversed(range(i)):
            a, b = order[before], order[at]
            if not x.strides[a] or not x.strides[b]:
                continue
            if (x.strides[a], x.shape[a]) > (x.strides[b], x.shape[b]):
                order[before], order[at], at = b, a, before
            elif x.strides[a] < x.strides[b]:
                break
    return tuple(reversed(order))


def laid_out_like(x: Array, make: Callable[[tuple[int, ...]], Array]) -> Array:
    """What `make(shape)` gives, called so that the result has the shape of `x` and its order in memory."""
    order = memory_order(x)
    return back(make(tuple([x.shape[d] for d in order])), order)


def back(x: Array, order: tuple[int, ...]) -> Array:
    """Dimensions that were brought into `order`, where they were before."""
    if all(map(eq, order, range(len(order)))):
        return x
    return x.transpose(np.argsort(order))


def row_by_row(found: Any) -> Any:
    """The same elements row by row; images that have their channels last keep them there."""
    read = reader_of(found) is not None
    if not (read or type(found) is np.ndarray) or found.flags.c_contiguous:
        return found
    if found.ndim in (4, 5) and found.strides[1] == found.itemsize and found.shape[1] > 1:
        return found
    return found.copy() if read else np.ascontiguousarray(found)


def laid_out(found: Any, like: Any) -> Any:
    """The same elements with their dimensions in the order of another array of the shape; else row by row."""
    if found.shape != like.shape or like.flags.c_contiguous:
        return np.ascontiguousarray(found)
    out = np.empty_like(like, found.dtype)
    out[...] = found
    return out
