"""Max pooling of float32 planes as machine code, where windows lie inside of them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from .pool_rules import Geometry
from .windows import Ints

Array = np.ndarray[Any, Any]

FLOAT32, INT64 = np.dtype(np.float32), np.dtype(np.int64)

LARGEST = KernelCode(written("pool_routines", "largest"), "aaa" + "i" * 8)
PICK = KernelCode(written("pool_routines", "pick"), "aaaiii")
SCATTER = KernelCode(written("pool_routines", "scatter"), "aaaaiii")
#: calls of NumPy, and how often they go over the elements
CALLS, PASSES = 10, 6


def largest(x: Any, g: Geometry, out: Ints) -> Array | None:
    """The flat position of each window's largest number, if there is machine code."""
    if len(out) > 2 or any(g.padding) or not simple(x) or not x.size:
        return None
    spatial = x.shape[-len(out) :]
    ends = [(n - 1) * s + d * (k - 1) for n, s, d, k in zip(out, g.stride, g.dilation, g.kernel, strict=True)]
    inside = all(end < size for end, size in zip(ends, spatial, strict=True))
    if not inside or not LARGEST.ready(CALLS * CALL + 4 * PASSES * x.size):
        return None
    found = np.empty((*x.shape[: -len(out)], *out), INT64)
    height, width = spatial if len(out) == 2 else (1, *spatial)
    rows, columns = out if len(out) == 2 else (1, *out)
    down, across = g.stride if len(out) == 2 else (1, *g.stride)
    offsets = _offsets(tuple(g.kernel), tuple(g.dilation), width)
    planes = x.size // (height * width)
    LARGEST(x, found, offsets, planes, height * width, width, rows, columns, down, across, len(offsets))
    return found


@lru_cache(maxsize=64)
def _offsets(kernel: Ints, dilation: Ints, width: int) -> Array:
    """How far the numbers of a window are from its first."""
    places = np.arange(kernel[-1]) * dilation[-1]
    if len(kernel) == 2:
        places = (np.arange(kernel[0]) * dilation[0] * width)[:, None] + places
    return np.ascontiguousarray(places.reshape(-1), INT64)


def pick(x: Any, indices: Any, dims: int) -> Array | None:
    """The numbers at flat positions of the last `dims` dimensions, if there is machine code."""
    planes, size = math.prod(x.shape[: x.ndim - dims]), math.prod(x.shape[x.ndim - dims :])
    if not simple(x) or not _positions(indices, size) or not PICK.ready(CALLS * CALL + PASSES * indices.size):
        return None
    found = np.empty(indices.shape, FLOAT32)
    PICK(x, indices, found, planes, size, indices.size // planes)
    return found


def scatter(values: Any, indices: Any, lead: Ints, spatial: Ints) -> Array | None:
    """Zeros, to which values are added at flat positions, if there is machine code."""
    planes, size = math.prod(lead), math.prod(spatial)
    if not simple(values) or not _positions(indices, size):
        return None
    if not SCATTER.ready(CALLS * CALL + PASSES * planes * size):
        return None
    found = np.empty((*lead, *spatial), FLOAT32)
    SCATTER(values, indices, found, np.empty(size), planes, size, indices.size // planes)
    return found


def _positions(indices: Any, size: int) -> bool:
    """Whether these are positions in planes of so many numbers, as machine code can have them."""
    if type(indices) is not np.ndarray or indices.dtype is not INT64 or not indices.flags.c_contiguous:
        return False
    return indices.size > 0 and bool(indices.min() >= 0 and indices.max() < size)
