"""The gradients of layer normalisation as PyTorch's vector loops compute them, digit by digit.

Sums over a row go lane by lane (`vector_exp.row_sums`); the gradient of a row is a line in it, x · b + c, beside
grad / σ, each sum of a product rounded once; the weight's gradient is summed row after row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.dtype import EXACT
from .gelu_steps import FLOAT32, fma
from .vector_exp import row_sums

Array = np.ndarray[Any, Any]

#: more rows are added at once
ROWS = 32


def takes(size: int, rows: int) -> bool:
    """Whether the gradients of so many float32 numbers are computed here."""
    return 0 < size <= EXACT and 0 < rows <= ROWS


def layer_norm_backward(
    grad: Array, x: Array, mean: Array, rstd: Array, weight: Array | None
) -> tuple[Array, Array, Array]:
    """The gradients of rows, weight and bias."""
    share = np.float32(1) / np.float32(x.shape[1])
    weighted = grad if weight is None else grad * weight
    products = grad * x if weight is None else grad * x * weight
    total, along = row_sums(weighted), row_sums(products)
    slope = fma(total, mean, -along) * rstd * rstd * rstd * share
    start = fma(-slope, mean, -(total * rstd * share))
    scaled = rstd * grad
    if weight is not None:
        scaled *= weight
    normal = fma(rstd, x, -rstd * mean)
    of_weight = np.zeros(x.shape[1], FLOAT32)
    for g, row in zip(grad, normal, strict=True):
        of_weight = fma(g, row, of_weight)
    return fma(slope, x, scaled) + start, of_weight, np.add.reduce(grad, axis=0)
