"""The gradients of layer normalisation as PyTorch's vector loops compute them, digit by digit.

Sums over a row go lane by lane (`vector_exp.row_sums`); the gradient of a row is a line in it, x · b + c, beside
grad / σ, each sum of a product rounded once; the weight's gradient is summed row after row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.numerics.fma import multiply_add
from ..elementwise.vector_functions import row_sums
from ..reduce.fused_sums import one_by_one, sums_of_products

Array = np.ndarray[Any, Any]

#: more elements take too long
MOST_ELEMENTS = 1 << 17


def takes(size: int, rows: int) -> bool:
    """Whether the gradients of so many float32 numbers are computed here."""
    return 0 < size <= MOST_ELEMENTS and rows > 0


def layer_norm_backward(
    grad: Array, x: Array, mean: Array, rstd: Array, weight: Array | None
) -> tuple[Array, Array, Array]:
    """The gradients of rows, weight and bias."""
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
