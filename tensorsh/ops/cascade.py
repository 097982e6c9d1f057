"""Float sums in PyTorch's order of additions, so that the last bit, and with it the print, agrees.

PyTorch adds a contiguous row in four groups of vector lanes (8 floats or 4 doubles); each lane adds in
blocks of 16, blocks of 16 of those, and so on; at the end come the elements that fill no vector and then
the lanes, one by one. Columns are added the same way without lanes. The rounding error grows with the
logarithm of the length. Beyond `GRAIN` elements PyTorch's order depends on its number of threads; there
NumPy's pairwise sum is as good.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: PyTorch shares sums of more elements among its threads
GRAIN = 32768

LANES = {"f4": 8, "f8": 4, "c8": 4, "c16": 2}


def levels(v: Array) -> Array:
    """The sum over axis 0 in blocks of 16, three levels deep."""
    total = None
    for _ in range(3):
        n = len(v)
        if n < 16:
            break
        whole = n & ~15
        if whole < n:
            rest = np.add.reduce(v[whole:], axis=0)
            total = rest if total is None else total + rest
        v = np.add.reduce(v[:whole].reshape(n >> 4, 16, *v.shape[1:]), axis=1)
    last = np.add.reduce(v, axis=0)
    return last if total is None else total + last


def four(v: Array) -> Array:
    """The sum over axis 0, every fourth element in a group of its own."""
    n = len(v)
    if n < 5:
        return np.add.reduce(v, axis=0)
    groups = levels(v[: n & ~3].reshape(n >> 2, 4, *v.shape[1:]))
    first = groups[0]
    for i in range(n & ~3, n):
        first = first + v[i]
    return first + groups[1] + groups[2] + groups[3]


def row(x: Array) -> Any:
    """The sum of a contiguous row of at least five elements."""
    n = len(x)
    lanes = LANES[x.dtype.str[1:]]
    if n < lanes:
        return four(x)
    filled = n // lanes
    whole = filled * lanes
    v = x[:whole].reshape(filled, lanes)
    if filled >= 64 or filled < 5:
        per_lane = four(v)
    else:  # the same, in fewer calls
        even = filled & ~3
        groups = np.add.reduce(v[:even].reshape(-1, 4, lanes), axis=0)
        for i in range(even, filled):
            groups[0] += v[i]
        per_lane = np.add.reduce(groups, axis=0)
    ends = np.concatenate((x[whole:], per_lane)) if whole < n else per_lane
    return np.add.accumulate(ends)[-1]


def rows(x: Array) -> Array:
    """The sums of contiguous rows, the last axis."""
    n = x.shape[-1]
    if x.ndim == 1:
        return row(x)
    lanes = LANES[x.dtype.str[1:]]
    v = np.ascontiguousarray(x.T)
    if n < lanes:
        return four(v).T
    whole = n - n % lanes
    per_lane = four(v[:whole].reshape(n // lanes, lanes, *v.shape[1:]))
    ends = np.concatenate((v[whole:], per_lane)) if whole < n else per_lane
    return np.add.accumulate(ends, axis=0)[-1].T


def columns(x: Array) -> Array:
    """The sums over axis 1 of (a, n, m) where the last axis is contiguous, and longer than 1."""
    m = x.shape[2]
    lanes = LANES[x.dtype.str[1:]]
    x = x.swapaxes(0, 1)
    wide = m - m % (4 * lanes if m >= lanes else 4)
    if wide == m:
        return levels(x)
    if wide == 0:
        return four(x)
    return np.concatenate((levels(x[..., :wide]), four(x[..., wide:])), axis=-1)


def total(x: Array, axes: tuple[int, ...], keepdim: bool) -> Array:
    """The sum over `axes`; in PyTorch's order where that is rows or columns of contiguous memory."""
    shape = x.shape
    ndim = len(shape)
    if ndim == 2 and x.flags.f_contiguous and not x.flags.c_contiguous:
        return total(x.T, tuple([1 - a for a in axes]), keepdim).T
    if not axes or x.dtype.str[1:] not in LANES or not x.flags.c_contiguous:
        return np.asarray(x.sum(axis=axes, keepdims=keepdim))
    first, last = min(axes), max(axes)
    if last - first == len(axes) - 1:
        n = prod(shape[first : last + 1])
        m = prod(shape[last + 1 :])
        if n > 4 and m:
            found = None
            if m == 1:
                if x.size < GRAIN:
                    found = rows(x.reshape(-1, n) if first else x.reshape(n))
            else:
                found = columns(x.reshape(-1, n, m))
            if found is not None:
                if keepdim:
                    kept = [1 if first <= d <= last else size for d, size in enumerate(shape)]
                else:
                    kept = [*shape[:first], *shape[last + 1 :]]
                return np.reshape(found, kept) if kept or ndim else found
    elif last == ndim - 1 and x.size < GRAIN:
        # rows first, then their sums one after the other
        inner = tuple([d for d in range(ndim) if d in axes and axes_follow(d, axes, ndim)])
        outer = tuple([d for d in axes if d not in inner])
        partial = total(x, inner, True)
        if outer == tuple(range(len(outer))) and partial.size:
            ends = partial.reshape(-1, *partial.shape[len(outer) :])
            found = np.add.accumulate(ends, axis=0)[-1]
            kept = [1 if d in axes else size for d, size in enumerate(shape) if keepdim or d not in axes]
            return found.reshape(kept)
    return np.asarray(x.sum(axis=axes, keepdims=keepdim))


def axes_follow(d: int, axes: tuple[int, ...], ndim: int) -> bool:
    """Whether all dimensions from `d` on are reduced."""
    return all(e in axes for e in range(d, ndim))
