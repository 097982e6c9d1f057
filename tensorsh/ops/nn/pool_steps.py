"""Pooling of float32 planes as machine code, where windows lie inside of them and their padding."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from .pool_rules import Geometry
from .windows import Ints, pad

Array = np.ndarray[Any, Any]
Tables = tuple[Array, Array, Array]

FLOAT32, INT64 = np.dtype(np.float32), np.dtype(np.int64)

LARGEST = KernelCode(written("pool_routines", "largest"), "aaaaaiiiii")
PICK = KernelCode(written("pool_routines", "pick"), "aaaiii")
SCATTER = KernelCode(written("pool_routines", "scatter"), "aaaiii")
AVERAGE = KernelCode(written("pool_routines", "average"), "aaaaiiiiid")
SPREAD = KernelCode(written("pool_routines", "spread"), "aaaaaiiiid")
#: windows that are looked at together
LEAST = 8
#: calls of NumPy, and how often they go over the elements
CALLS, PASSES = 10, 6


def largest(x: Any, g: Geometry, out: Ints) -> Array | None:
    """The flat position of each window's largest number, if there is machine code."""
    if any(g.padding) and len(out) < 3 and simple(x):
        return _largest_of_padded(x, g, out)
    looked = _together(x, g, out)
    if looked is None or not LARGEST.ready(CALLS * CALL + 4 * PASSES * x.size):
        return None
    tables, sizes = looked
    found = np.empty((*x.shape[: -len(out)], *out), INT64)
    LARGEST(x, found, *tables, *sizes, len(tables[2]))
    return found


def _largest_of_padded(x: Array, g: Geometry, out: Ints) -> Array | None:
    """The same of windows that reach beyond a plane; None where a window has nothing but what is least of all."""
    padded = pad(x, g.padding, -np.inf)
    found = largest(padded, g._replace(padding=(0,) * len(out)), out)
    if found is None:
        return None
    place, inside, step = found, np.zeros((), INT64), 1
    n = len(out)
    for size, wide, before in zip(x.shape[-n:][::-1], padded.shape[-n:][::-1], g.padding[::-1], strict=True):
        place, at = np.divmod(place, wide)
        at -= before
        if at.min() < 0 or at.max() >= size:
            return None
        inside, step = inside + at * step, step * size
    return inside


def average(x: Any, g: Geometry, out: Ints, divisor: int | None) -> Array | None:
    """The sum of each window over the divisor, how many numbers it has if None, if there is machine code."""
    looked = _together(x, g, out)
    if looked is None or not AVERAGE.ready(CALLS * CALL + 2 * PASSES * x.size):
        return None
    (starts, _, offsets), sizes = looked
    found = np.empty((*x.shape[: -len(out)], *out), FLOAT32)
    AVERAGE(x, found, starts, offsets, *sizes, len(offsets), len(offsets) if divisor is None else divisor)
    return found


def _together(x: Any, g: Geometry, out: Ints) -> tuple[Tables, tuple[int, int, int, int]] | None:
    """`_windows` of so many planes that `LEAST` can be looked at together, if there are; and sizes for machine code.

    These are how many planes there are, numbers of one, planes taken at a time, windows of one.
    """
    if len(out) > 2 or any(g.padding) or not simple(x) or not x.size:
        return None
    lead, spatial = x.shape[: -len(out)], x.shape[-len(out) :]
    planes, windows = math.prod(lead), math.prod(out)
    group = min(-(-LEAST // windows), planes)
    tables = _windows(spatial, out, g[:4], group)
    if tables is None or group * windows < LEAST:
        return None
    return tables, (planes, math.prod(spatial), group, windows)


def spread(values: Any, g: Geometry, spatial: Ints, divisor: int | None) -> Array | None:
    """The gradient of that."""
    if len(spatial) > 2 or any(g.padding) or not simple(values) or not values.size:
        return None
    lead, out = values.shape[: -len(spatial)], values.shape[-len(spatial) :]
    planes, size, windows = math.prod(lead), math.prod(spatial), math.prod(out)
    tables = _windows(spatial, out, g[:4], 1)
    if tables is None or not SPREAD.ready(CALLS * CALL + 2 * PASSES * planes * size):
        return None
    found = np.empty((*lead, *spatial), FLOAT32)
    starts, _, offsets = tables
    by = len(offsets) if divisor is None else divisor
    shares = np.empty(windows, FLOAT32)
    backwards = offsets[::-1].copy()  # so that an element's windows come in their order
    SPREAD(values, found, shares, starts, backwards, planes, size, windows, len(offsets), by)
    return found


@lru_cache(maxsize=64)
def _windows(spatial: Ints, out: Ints, geometry: tuple[Ints, ...], group: int) -> Tables | None:
    """Where windows begin in so many planes, and each in its own; their numbers from there on. None where windows hang
    over."""
    kernel, stride, _, dilation = geometry
    ends = [(n - 1) * s + d * (k - 1) for n, s, d, k in zip(out, stride, dilation, kernel, strict=True)]
    if any(end >= size for end, size in zip(ends, spatial, strict=True)):
        return None
    places = _flat(out, stride, spatial)
    starts = np.arange(group)[:, None] * math.prod(spatial) + places
    return starts.reshape(-1), np.tile(places, group), _flat(kernel, dilation, spatial)


def _flat(counts: Ints, steps: Ints, spatial: Ints) -> Array:
    """Flat positions of so many numbers in each dimension, so far apart."""
    places = np.arange(counts[-1]) * steps[-1]
    if len(counts) == 2:
        places = (np.arange(counts[0]) * steps[0] * spatial[-1])[:, None] + places
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
    SCATTER(values, indices, found, planes, size, indices.size // planes)
    return found


def _positions(indices: Any, size: int) -> bool:
    """Whether these are positions in planes of so many numbers, as machine code can have them."""
    if type(indices) is not np.ndarray or indices.dtype is not INT64 or not indices.flags.c_contiguous:
        return False
    return indices.size > 0 and bool(indices.min() >= 0 and indices.max() < size)
