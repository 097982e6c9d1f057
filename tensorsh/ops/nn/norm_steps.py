"""Layer normalisation and its gradients as PyTorch's vector loops compute them, digit by digit.

Sums over a row go lane by lane (`vector_exp.row_sums`); the gradient of a row is a line in it, x · b + c, beside
grad / σ, each sum of a product rounded once; the weight's gradient is summed row after row. Of rows of up to some
thousand numbers, all of it is one function of machine code.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.readers import alike, whole
from ...engine.numerics.fma import multiply_add
from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from ...engine.numerics.moments import LANES, PIECE, PIECES, moments
from ..elementwise.vector_functions import row_sums
from ..reduce.fused_sums import one_by_one, sums_of_products

Array = np.ndarray[Any, Any]

#: more elements take too long
MOST_ELEMENTS = 1 << 23


def takes(size: int, rows: int) -> bool:
    """Whether the gradients of so many float32 numbers are computed here."""
    return 0 < size <= MOST_ELEMENTS and rows > 0


#: calls of NumPy, and how often they go over the elements
CALLS, PASSES = 60, 30

FORWARD = KernelCode(written("norm_routines", "layer_norm"), "aaaaiid")
BACKWARD = KernelCode(written("norm_routines", "layer_norm_backward"), "aaaaaaiid")


def takes_rows(x: Any) -> bool:
    """Whether the rows of float32 numbers are normalised here."""
    return x.dtype == np.float32 and 0 < x.size <= MOST_ELEMENTS and x.shape[1] < LANES * (PIECE * PIECES + 1)


@whole(alike)
def layer_norm(x: Array, weight: Array, bias: Array, eps: float, out: Array) -> Array:
    """Rows (N, n) standardised, times the weight (n), plus the bias."""
    if simple(x, weight, bias, out) and FORWARD.ready(x.size * PASSES + CALL * CALLS):
        FORWARD(x, weight, bias, out, *x.shape, eps)
        return out
    mean, variance = moments(x)
    out[...] = multiply_add((x - mean) * _rstd(variance, eps), weight, bias)
    return out


def _rstd(variance: Array, eps: float) -> Array:
    found: Array = 1 / np.sqrt(variance + np.float32(eps))
    return found


def layer_norm_backward(
    grad: Array, x: Array, weight: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """The gradients of rows, weight and bias."""
    if takes_rows(x) and simple(grad, x, weight) and BACKWARD.ready(x.size * PASSES + CALL * CALLS):
        of_rows, of_weight, of_bias = (
            np.empty_like(x),
            np.zeros(x.shape[1:], x.dtype),
            np.empty(x.shape[1:], x.dtype),
        )
        BACKWARD(grad, x, weight, of_rows, of_weight, of_bias, *x.shape, eps)
        return of_rows, of_weight, of_bias
    mean, variance = moments(x)
    return _gradients(grad, x, mean, _rstd(variance, eps), weight)


def _gradients(
    grad: Array, x: Array, mean: Array, rstd: Array, weight: Array | None
) -> tuple[Array, Array, Array]:
    share = np.float32(1) / np.float32(x.shape[1])
    if weight is None:
        total, along = row_sums(grad), row_sums(grad, x)
    else:
        total, along = row_sums(grad, weight), row_sums(grad * x, weight)
    slope = multiply_add(total, mean, -along) * rstd * rstd * rstd * share
    start = multiply_add(-slope, mean, -(total * rstd * share))
    scaled = rstd * grad
    if weight is not None:
        scaled *= weight
    normal = multiply_add(rstd, x, -rstd * mean)
    return multiply_add(slope, x, scaled) + start, sums_of_products(grad, normal), one_by_one(grad, 0)
