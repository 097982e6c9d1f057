"""The exponential of float32 numbers as PyTorch's vector loops compute it, and sums over their eight lanes.

The softmaxes, sigmoid and their gradients take exp from a vector library (Sleef), whose last digit is another
one than that of the nearest float for one number in ten. What a training prints after a hundred steps rests on
these digits, so small arrays follow the library step by step; every step is a fused multiply-add, which float64
computes exactly and rounds once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import dtype as dt
from ..engine.dtype import EXACT
from ..engine.fma import combined
from ..engine.tensor import Tensor
from .memory_order import back, memory_order

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

#: floats in a vector
LANES = 8

LOG2_E = np.float32(1 / np.log(2.0))
#: log 2 in two floats, the first with zeros at its end, so that small multiples of it are exact
LOG_2 = (-0.693145751953125, -1.428606765330187045e-06)
#: of the polynomial (e^s - 1 - s) / s², from the highest power
POLYNOMIAL = tuple(
    float(np.float32(c))
    for c in (
        0.000198527617612853646278381,
        0.00139304355252534151077271,
        0.00833336077630519866943359,
        0.0416664853692054748535156,
        0.166666671633720397949219,
        0.5,
    )
)
#: beyond these bounds the result is 0, and infinity
LEAST, GREATEST = np.float32(-104), np.float32(100)
ONE = np.float32(1)


def is_small(x: Array) -> bool:
    """Whether an array is computed here."""
    return x.dtype == FLOAT32 and 0 < x.size <= EXACT and x.ndim > 0


def takes(grad: Tensor, x: Tensor) -> bool:
    """Whether the gradient of an array is computed here."""
    spec = x.spec
    return spec.dtype is grad.spec.dtype is dt.float32 and 0 < spec.numel <= EXACT and spec.ndim > 0


def takes_rows(grad: Tensor, output: Tensor, dim: int) -> bool:
    """Whether a gradient over `dim`, the last dimension, is computed here."""
    return takes(grad, output) and dim % output.spec.ndim == output.spec.ndim - 1


def exp(x: Array) -> Array:
    """e to the power of each element, a new float32 array."""
    x = np.minimum(np.maximum(x, LEAST), GREATEST)  # what is no number stays so
    power = np.rint(x * LOG2_E)
    wide = power.astype(FLOAT64)
    rest = wide * LOG_2[0]
    rest += x
    wide *= LOG_2[1]
    wide += rest.astype(FLOAT32)
    s = wide.astype(FLOAT32)
    s_wide = s.astype(FLOAT64)
    first, second, *others = POLYNOMIAL
    np.multiply(s_wide, first, wide)
    wide += second
    for c in others:
        wide = wide.astype(FLOAT32).astype(FLOAT64)
        wide *= s_wide
        wide += c
    wide = wide.astype(FLOAT32).astype(FLOAT64)
    wide *= s * s
    wide += s_wide
    u = wide.astype(FLOAT32)
    u += ONE
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.ldexp(u, power.astype(np.int32))


def exp_each(x: Array) -> Array:
    """`exp` in a loop over all elements: two vectors at a time, what is left over one by one, correctly rounded."""
    if not x.flags.c_contiguous:  # in the order of memory
        order = memory_order(x)
        return back(exp_each(np.ascontiguousarray(x.transpose(order))), order)
    whole = x.size & -2 * LANES
    if not whole:
        return np.exp(x.astype(FLOAT64)).astype(FLOAT32)
    flat = x.reshape(-1)
    found = exp(flat[:whole])
    if whole < x.size:
        found = np.concatenate((found, np.exp(flat[whole:].astype(FLOAT64)).astype(FLOAT32)))
    return found.reshape(x.shape)


def row_sums(x: Array, y: Array | None = None) -> Array:
    """The sums of rows, the last dimension, which stays: lane by lane, then the lanes in halves.

    With `y` the sums of products; those that fill no vector are added with one rounding.
    """
    n = x.shape[-1]
    whole = n - n % LANES
    if y is not None:
        rest = x[..., whole:], y[..., whole:]
        x = x * y
    if n < LANES:
        return np.add.accumulate(x, axis=-1)[..., -1:]
    lanes = np.add.reduce(x[..., :whole].reshape(*x.shape[:-1], -1, LANES), axis=-2)
    if whole < n:
        first = lanes[..., : n - whole]
        first[...] = first + x[..., whole:] if y is None else combined(first, *rest)
    for half in (4, 2, 1):
        lanes = lanes[..., :half] + lanes[..., half:]
    return lanes
