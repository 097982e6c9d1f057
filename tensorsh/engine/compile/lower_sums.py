"""Sums and means as calls into memory of ours, in the order of additions that `ops.cascade` keeps to."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..parallel import LARGE
from . import lower_classes
from .values import Value, reshape, turn

#: beyond this many elements the order of additions is NumPy's own
GRAIN = 32768
LANES = {"f4": 8, "f8": 4}


def sum_all(trace: Any, x: Any, dtype: Any) -> Any:
    return total(trace, x, None, False) if dtype is None else None


def sum_dim(trace: Any, x: Any, dim: Any, keepdim: Any, dtype: Any) -> Any:
    if dtype is not None:
        return None
    spread = lower_classes.row_sum(trace, x, dim, keepdim)
    return total(trace, x, dim, keepdim) if spread is None else spread


def mean_all(trace: Any, x: Any, dtype: Any) -> Any:
    return mean(trace, x, None, False) if dtype is None else None


def mean_dim(trace: Any, x: Any, dim: Any, keepdim: Any, dtype: Any) -> Any:
    return mean(trace, x, dim, keepdim) if dtype is None else None


def axes_of(x: Value, dim: Any) -> tuple[int, ...]:
    dims = dim if isinstance(dim, tuple | list) else (dim,)
    return tuple(d % max(x.ndim, 1) for d in dims) if dim is not None and dims else tuple(range(x.ndim))


def mean(trace: Any, x: Value, dim: Any, keepdim: bool) -> Any:
    found = total(trace, x, dim, keepdim)
    if found is None:
        return None
    n = prod(x.shape[a] for a in axes_of(x, dim))
    return trace.ufunc(np.divide, found, np.asarray(n, x.dtype)) if n else None


def total(trace: Any, x: Value, dim: Any, keepdim: bool) -> Any:
    """The sum over `dim`; None where the kernel itself has to do it."""
    if x.dtype.str[1:] not in LANES or not x.ndim or not x.size:
        return None
    axes = tuple(sorted(axes_of(x, dim)))
    if x.size >= LARGE and x.flags.c_contiguous:
        return trace.reduce(np.add, x, axes, keepdim)
    if x.ndim == 2 and x.flags.f_contiguous and not x.flags.c_contiguous:
        turned = trace.view(turn, x, label="turn")
        out = total(trace, turned, tuple(1 - a for a in axes), keepdim)
        return out if out is None or out.ndim < 2 else trace.view(turn, out, label="turn")
    first, last = axes[0], axes[-1]
    if last - first != len(axes) - 1 or not x.flags.c_contiguous:
        return None
    n, m = prod(x.shape[first : last + 1]), prod(x.shape[last + 1 :])
    if n <= 4 or (m == 1 and x.size >= GRAIN):
        out = trace.reduce(np.add, x, axes, keepdim)
        return out
    if m == 1:
        found = rows(trace, reshaped(trace, x, (-1, n) if first else (n,)))
    elif first and prod(x.shape[:first]) != 1:
        return None
    else:
        found = columns(trace, reshaped(trace, x, (n, m)))
    if found is None:
        return None
    kept = tuple(
        1 if first <= d <= last else s for d, s in enumerate(x.shape) if keepdim or not first <= d <= last
    )
    return reshaped(trace, found, kept)


def part(x: Any, start: int, stop: int) -> Any:
    return x[start:stop]


def last(x: Any) -> Any:
    return x[-1, ...]


def reshaped(trace: Any, x: Value, shape: tuple[int, ...]) -> Value:
    return x if x.shape == shape else trace.view(reshape, x, shape, label="reshape")


def levels(trace: Any, v: Value) -> Value:
    """`cascade.levels`: over axis 0 in blocks of 16, three levels deep."""
    rest = None
    for _ in range(3):
        n = v.shape[0]
        if n < 16:
            break
        whole = n & ~15
        if whole < n:
            left = trace.reduce(np.add, trace.view(part, v, whole, n, label="part"), (0,), False)
            rest = left if rest is None else trace.ufunc(np.add, rest, left)
            v = trace.view(part, v, 0, whole, label="part")
        v = trace.reduce(np.add, reshaped(trace, v, (n >> 4, 16, *v.shape[1:])), (1,), False)
    found = trace.reduce(np.add, v, (0,), False)
    return found if rest is None else trace.ufunc(np.add, rest, found)


def four(trace: Any, v: Value) -> Value:
    """`cascade.four`: over axis 0, every fourth element in a group of its own."""
    n = v.shape[0]
    if n < 5:
        return trace.reduce(np.add, v, (0,), False)
    even = n & ~3
    groups = levels(
        trace, reshaped(trace, trace.view(part, v, 0, even, label="part"), (n >> 2, 4, *v.shape[1:]))
    )
    if even == n:
        return trace.reduce(np.add, groups, (0,), False)
    found = trace.view(last, trace.view(part, groups, 0, 1, label="part"), label="row")
    for i in range(even, n):
        found = trace.ufunc(
            np.add, found, trace.view(last, trace.view(part, v, i, i + 1, label="part"), label="row")
        )
    for i in range(1, 4):
        found = trace.ufunc(
            np.add, found, trace.view(last, trace.view(part, groups, i, i + 1, label="part"), label="row")
        )
    return found


def rows(trace: Any, x: Value) -> Any:
    """`cascade.rows` for one row; several go to the kernel unless they are short."""
    lanes = LANES[x.dtype.str[1:]]
    n = x.shape[-1]
    if x.ndim > 1:
        if x.shape[0] != 1:
            return None
        x = reshaped(trace, x, (n,))
        found = rows(trace, x)
        return None if found is None else reshaped(trace, found, (1,))
    if n < lanes or n % lanes:
        return None
    per_lane = four(trace, reshaped(trace, x, (n // lanes, lanes)))
    return trace.view(last, trace.scan(np.add, per_lane), label="last")


def columns(trace: Any, x: Value) -> Any:
    """`cascade.columns` of one matrix."""
    m = x.shape[1]
    lanes = LANES[x.dtype.str[1:]]
    wide = m - m % (4 * lanes if m >= lanes else 4)
    if wide == m:
        return levels(trace, x)
    return four(trace, x) if wide == 0 else None
