"""Batch normalisation digit by digit, as PyTorch's loops add.

The statistics of a channel are summed in float64, one number after the other; those of a matrix (N, C), whose rows
lie beside each other, in float32, row after row, each square and sum rounded once. The gradient needs two sums of a
channel, Σ g and Σ g (x - mean): each plane is summed in eight lanes, the planes in float64; all in float64 where g
does not lie in one piece, as what `sum()` passes on. Of what lies in one piece all of it is machine code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core.parallel import BLOCK, spread
from ...engine.numerics.element_functions import PLANE_GRADIENT
from ...engine.numerics.fma import multiply_add
from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from ..activation.gelu_steps import FLOAT32, FLOAT64
from ..reduce.fused_sums import one_by_one, sums_of_products

Array = np.ndarray[Any, Any]

LANES = 8
#: more numbers take plain sums
MOST_ELEMENTS = 1 << 23

#: calls of NumPy, and how often they go over the elements
CALLS, PASSES = 30, 16

MOMENTS = KernelCode(written("batch_norm_routines", "moments"), "aaaiiiii", shared=True)
FORWARD = KernelCode(written("batch_norm_routines", "batch_norm"), "aaaaaaiiiiid", shared=True)
BACKWARD = KernelCode(written("batch_norm_routines", "batch_norm_backward"), "aaaaaaiiiiid", shared=True)
#: the same of matrices (N, C)
ROW_MOMENTS = KernelCode(written("batch_norm_row_routines", "moments"), "aaaiiii", shared=True)
ROW_FORWARD = KernelCode(written("batch_norm_row_routines", "batch_norm"), "aaaaaaiiiid", shared=True)
ROW_BACKWARD = KernelCode(
    written("batch_norm_row_routines", "batch_norm_backward"), "aaaaaaaaiiiid", shared=True
)


def takes(dtype: Any, size: int) -> bool:
    """Whether the sums of an array are those of this file."""
    return dtype == FLOAT32 and 0 < size <= MOST_ELEMENTS


def _ready(code: KernelCode, x: Any, *more: Any) -> bool:
    """Whether there is machine code for (N, C, …) and what comes with it."""
    return simple(x, *more) and x.size > 0 and code.ready(CALLS * CALL + PASSES * x.size)


def _sizes(x: Array) -> tuple[int, ...]:
    return x.shape if x.ndim == 2 else (x.shape[0], x.shape[1], math.prod(x.shape[2:]))


def _share(work: Callable[[int, int], None], x: Array) -> None:
    """`work` of channels, eight of them or several times eight at a time."""
    channels = x.shape[1]
    eights = -(-channels // LANES)
    spread(
        lambda lo, hi: work(lo * LANES, min(hi * LANES, channels)), eights, max(BLOCK * eights // x.size, 1)
    )


def _each(given: Array | None, like: Array, default: Any) -> Array:
    """A number of each channel."""
    return default(like.shape[1], FLOAT32) if given is None else given


def forward(x: Array, weight: Array | None, bias: Array | None, eps: float) -> Array | None:
    """(N, C, …) standardised by its own statistics, times the weight, plus the bias, if there is machine code."""
    weight, bias = _each(weight, x, np.ones), _each(bias, x, np.zeros)
    code = ROW_FORWARD if x.ndim == 2 else FORWARD
    if not _ready(code, x, weight, bias):
        return None
    out, memory = np.empty_like(x), np.empty((2, x.shape[1]), FLOAT32)
    _share(lambda lo, hi: code(x, weight, bias, out, *memory, *_sizes(x), lo, hi, eps), x)
    return out


def backward(grad: Array, x: Array, weight: Array | None, eps: float) -> tuple[Array, Array, Array] | None:
    """The gradients of a batch that was standardised by its own statistics, of weight and bias, if there is."""
    weight = _each(weight, x, np.ones)
    code = ROW_BACKWARD if x.ndim == 2 else BACKWARD
    if not _ready(code, x, grad, weight):
        return None
    found = np.empty_like(x), np.empty(x.shape[1], FLOAT32), np.empty(x.shape[1], FLOAT32)
    memory = np.empty((2, x.shape[1]), FLOAT32) if x.ndim == 2 else ()
    _share(lambda lo, hi: code(grad, x, weight, *found, *memory, *_sizes(x), lo, hi, eps), x)
    return found


def moments(x: Array) -> tuple[Array, Array]:
    """(mean, sum of squared deviations) of each channel of (N, C, …)."""
    code = ROW_MOMENTS if x.ndim == 2 else MOMENTS
    if _ready(code, x):
        found = np.empty(x.shape[1], FLOAT32), np.empty(x.shape[1], FLOAT32)
        _share(lambda lo, hi: code(x, *found, *_sizes(x), lo, hi), x)
        return found
    if x.ndim == 2:
        mean = one_by_one(x, 0) / FLOAT32.type(len(x))
        centred = x - mean
        return mean, sums_of_products(centred, centred)
    # here a reader stops: programs call it as it is
    planes = np.ascontiguousarray(x).reshape(*x.shape[:2], -1)
    mean = (_wide_sums(planes) / (x.size // x.shape[1])).astype(FLOAT32)
    centred = planes - mean[:, None]
    centred *= centred
    return mean, _wide_sums(centred).astype(FLOAT32)


def _wide_sums(planes: Array) -> Array:
    """The sums of the channels of (N, C, P) in float64, one number after the other, from zero on."""
    rows = planes.transpose(0, 2, 1).astype(FLOAT64, order="C")
    return one_by_one(rows.reshape(-1, planes.shape[1]), 0) + 0.0


def rstd(variance: Array, eps: float) -> Array:
    """One over the standard deviation."""
    return (1 / np.sqrt(variance.astype(FLOAT64) + eps)).astype(FLOAT32)


def backward_sums(grad: Array, x: Array, mean: Array) -> tuple[Array, Array]:
    """Σ grad and Σ grad (x - mean) of each channel."""
    if not grad.flags.c_contiguous:
        channels, rest = (-1, *[1] * (x.ndim - 2)), (0, *range(2, x.ndim))
        products = (x - mean.reshape(channels)) * grad
        return grad.sum(rest, dtype=FLOAT64), products.sum(rest, dtype=FLOAT64)
    if x.ndim == 2:
        along = sums_of_products(x - mean, grad)
        return one_by_one(grad, 0).astype(FLOAT64), along.astype(FLOAT64)
    planes = (x.reshape(*x.shape[:2], -1) - mean[:, None], grad.reshape(*x.shape[:2], -1))
    total = _plane_sums(planes[1], planes[1], None)
    return total.sum(0, dtype=FLOAT64), _plane_sums(planes[0] * planes[1], *planes).sum(0, dtype=FLOAT64)


def input_gradient(
    grad: Array, x: Array, mean: Array, rstd: Array, sums: tuple[Array, Array], weight: Array | None
) -> Array:
    """The gradient of a batch that was standardised by its own statistics."""
    count = x.size // x.shape[1]
    along, total = sums[1].astype(FLOAT32), (sums[0] / count).astype(FLOAT32)
    slope = along * rstd * rstd / FLOAT32.type(count)
    if x.ndim > 2 and grad.flags.c_contiguous and x.flags.c_contiguous:
        found = np.empty_like(x)
        rows = (-1, math.prod(x.shape[2:]))
        each = (mean, total, slope, rstd, np.ones_like(rstd) if weight is None else weight)
        numbers = [np.tile(a, len(x)) for a in each]
        if PLANE_GRADIENT.fill(found.reshape(rows), grad.reshape(rows), x.reshape(rows), *numbers):
            return found
    channels = (-1, *[1] * (x.ndim - 2))
    centred, shifted = x - mean.reshape(channels), grad - total.reshape(channels)
    if not grad.flags.c_contiguous:
        out = shifted - centred * slope.reshape(channels)
    else:
        out = multiply_add(-centred, slope.reshape(channels), shifted)
    if (
        grad.flags.c_contiguous and x.ndim == 2 and (rest := x.shape[1] % LANES)
    ):  # the columns after the last eight are rounded twice
        out[:, -rest:] = shifted[:, -rest:] - centred[:, -rest:] * slope[-rest:]
    out *= rstd.reshape(channels)
    if weight is not None:
        out *= weight.reshape(channels)
    return out


def _plane_sums(values: Array, a: Array, b: Array | None) -> Array:
    """Sums over the last dimension of (N, C, P): `values`, which are `a`, or `a * b` rounded."""
    size = values.shape[-1]
    if size < LANES:
        return one_by_one(values, -1)
    whole = size - size % LANES
    lanes = one_by_one(values[..., :whole].reshape(*values.shape[:2], -1, LANES), 2)
    if whole < size:
        lanes = lanes.copy()
        last = lanes[..., : size - whole]
        last[...] = last + a[..., whole:] if b is None else multiply_add(a[..., whole:], b[..., whole:], last)
    for width in (4, 2, 1):
        lanes = lanes[..., :width] + lanes[..., width:]
    return lanes[..., 0]
