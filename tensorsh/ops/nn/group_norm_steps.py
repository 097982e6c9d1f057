"""Group normalisation and its gradients as PyTorch's loops compute them, digit by digit.

Of each plane (a channel of a sample) Σ grad and Σ grad · x are summed by vectors; these sums, times the weights, are
added up over a group, eight channels at a time, then four, then one by one. The gradient of a group is a line in x
beside grad · weight / σ. All of it is machine code, by samples, which threads share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core.parallel import BLOCK, spread
from ...engine.core.readers import alike, whole
from ...engine.numerics.fma import multiply_add
from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from ...engine.numerics.moments import moments
from ..elementwise.vector_functions import LANES, row_sums
from .batch_norm_steps import rstd

Array = np.ndarray[Any, Any]

FORWARD = KernelCode(written("norm_routines", "group_norm"), "aaaaiiiid", shared=True)
BACKWARD = KernelCode(written("norm_routines", "group_norm_backward"), "aaaaaaaiiiid", shared=True)
PARAMETERS = KernelCode(written("norm_routines", "group_norm_parameters"), "aaaaaiii")
#: what they cost without machine code, as `made_later` counts
CALLS, PASSES = 60, 24
#: more elements take too long
MOST_ELEMENTS = 1 << 23
#: products that are rounded by themselves, of what fills no vector
FOURS = 4


def takes(size: int) -> bool:
    """Whether an array of so many float32 numbers is normalised here."""
    return 0 < size <= MOST_ELEMENTS


@whole(alike)
def forward(x: Array, groups: int, weight: Array, bias: Array, eps: float, out: Array) -> Array:
    """(N, C, P) standardised by the statistics of groups of channels, times a weight (C,), plus a bias (C,)."""
    n, channels, size = x.shape
    each = channels // groups
    if _ready(FORWARD, x, weight, bias, out):

        def work(lo: int, hi: int) -> None:
            FORWARD(x[lo:hi], weight, bias, out[lo:hi], hi - lo, groups, each, size, eps)

        _share(work, x)
        return out
    mean, variance = moments(x.reshape(n * groups, each * size))
    scale, middle = (a.reshape(n, groups).repeat(each, 1) for a in (rstd(variance, eps), mean))
    scale = scale * weight
    out[...] = multiply_add(x, scale[..., None], multiply_add(-scale, middle, bias)[..., None])
    return out


def backward(
    grad: Array, x: Array, groups: int, weight: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """The gradients of x (N, C, P), of weight and of bias."""
    n, channels, size = x.shape
    scale = np.ones(channels, x.dtype) if weight is None else weight
    if not (_ready(BACKWARD, x, grad, scale) and PARAMETERS.ready(PASSES * x.size)):
        mean, variance = (a.reshape(n, groups) for a in moments(x.reshape(n * groups, -1)))
        over = rstd(variance, eps) if x.dtype == np.float32 else 1 / np.sqrt(variance + x.dtype.type(eps))
        return _gradients(grad, x, mean, over, scale)
    each = channels // groups
    dx, along, total = np.empty_like(x), np.empty((n, channels), x.dtype), np.empty((n, channels), x.dtype)
    rstds = np.empty((n, groups), x.dtype)
    dweight, dbias = np.zeros(channels, x.dtype), np.zeros(channels, x.dtype)

    def work(lo: int, hi: int) -> None:
        arrays = (a[lo:hi] for a in (dx, along, total, rstds))
        BACKWARD(grad[lo:hi], x[lo:hi], scale, *arrays, hi - lo, groups, each, size, eps)

    _share(work, x)
    PARAMETERS(along, total, rstds, dweight, dbias, n, groups, each)
    return dx, dweight, dbias


def _ready(code: KernelCode, x: Any, *more: Any) -> bool:
    return simple(x, *more) and x.size > 0 and code.ready(CALLS * CALL + PASSES * x.size)


def _share(work: Callable[[int, int], None], x: Array) -> None:
    """`work` of samples, some at a time."""
    spread(work, len(x), max(BLOCK * len(x) // x.size, 1))


def _gradients(grad: Array, x: Array, mean: Array, rstd: Array, scale: Array) -> tuple[Array, Array, Array]:
    """The same by NumPy's calls; mean and rstd are those of groups, (N, G)."""
    n, channels, size = x.shape
    groups = mean.shape[1]
    each = channels // groups
    along, total = row_sums(grad * x)[..., 0], row_sums(grad)[..., 0]
    weights = np.broadcast_to(scale.reshape(1, groups, each), (n, groups, each))
    a, b = (_group_sums(sums.reshape(n, groups, each), weights) for sums in (along, total))
    one = x.dtype.type
    share = one(1) / one(each * size)
    slope = multiply_add(b, mean, -a) * rstd * rstd * rstd * share
    start = multiply_add(-(b * rstd), np.broadcast_to(share, b.shape), -slope * mean)
    rstd, mean, slope, start = (v.repeat(each, 1) for v in (rstd, mean, slope, start))
    dx = multiply_add((rstd * scale)[..., None], grad, slope[..., None] * x)
    dx += start[..., None]
    centred = multiply_add(-total, mean, along)
    dweight, dbias = np.zeros(channels, x.dtype), np.zeros(channels, x.dtype)
    for i in range(n):
        dweight = multiply_add(centred[i], rstd[i], dweight)
        dbias += total[i]
    return dx, dweight, dbias


def _group_sums(sums: Array, weights: Array) -> Array:
    """The sums over the channels of groups, (N, G, C / G), times their weights."""
    each = sums.shape[2]
    whole = each - each % LANES
    total = np.zeros(sums.shape[:2], sums.dtype)
    if whole:
        lanes = np.zeros((*sums.shape[:2], LANES), sums.dtype)
        for at in range(0, whole, LANES):
            lanes = multiply_add(sums[..., at : at + LANES], weights[..., at : at + LANES], lanes)
        for lane in range(LANES):
            total = total + lanes[..., lane]
    rounded = whole + (each - whole) // FOURS * FOURS
    for at in range(whole, each):
        if at < rounded:
            total = total + sums[..., at] * weights[..., at]
        else:
            total = multiply_add(sums[..., at], weights[..., at], total)
    return total
