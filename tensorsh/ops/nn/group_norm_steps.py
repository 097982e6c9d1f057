"""The gradients of group normalisation as PyTorch's loops compute them, digit by digit.

Of each plane (a channel of a sample) Σ grad and Σ grad · x are summed by vectors; these sums, times the weights, are
added up over a group, eight channels at a time, then four, then one by one. The gradient of a group is a line in x
beside grad · weight / σ.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.numerics.fma import multiply_add
from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from ..elementwise.vector_functions import LANES, row_sums

Array = np.ndarray[Any, Any]

SUMS = KernelCode(written("norm_routines", "plane_sums"), "aaaaii")
#: what they cost without machine code, as `made_later` counts
CALLS, PASSES = 10, 4
#: more elements take too long
MOST_ELEMENTS = 1 << 20
#: products that are rounded by themselves, of what fills no vector
FOURS = 4


def backward(
    grad: Array, x: Array, mean: Array, rstd: Array, weight: Array | None
) -> tuple[Array, Array, Array]:
    """The gradients of x (N, C, P), of weight and of bias; mean and rstd are those of groups, (N, G)."""
    n, channels, size = x.shape
    groups = mean.shape[1]
    each = channels // groups
    along, total = _plane_sums(grad, x)
    scale = np.ones(channels, x.dtype) if weight is None else weight
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


def _plane_sums(grad: Array, x: Array) -> tuple[Array, Array]:
    """Σ grad · x and Σ grad of each plane."""
    if simple(grad, x) and x.size and SUMS.ready(CALLS * CALL + PASSES * x.size):
        along, total = np.empty(x.shape[:2], x.dtype), np.empty(x.shape[:2], x.dtype)
        SUMS(grad, x, along, total, along.size, x.shape[2])
        return along, total
    return row_sums(grad * x)[..., 0], row_sums(grad)[..., 0]


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
