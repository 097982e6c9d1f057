"""The gradients of layer normalisation as PyTorch's vector loops compute them, digit by digit.

Sums over a row go lane by lane (`vector_exp.row_sums`); the gradient of a row is a line in it, x · b + c, beside
grad / σ, each sum of a product rounded once; the weight's gradient is summed row after row.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..engine.dtype import EXACT
from .gelu_steps import FLOAT32, fma
from .vector_exp import row_sums

Array = np.ndarray[Any, Any]

#: more rows are added at once
ROWS = 192
#: columns whose products with each other are taken together
BLOCK = 16


def takes(size: int, rows: int) -> bool:
    """Whether the gradients of so many float32 numbers are computed here."""
    return 0 < size <= EXACT and 0 < rows <= ROWS


def layer_norm_backward(
    grad: Array, x: Array, mean: Array, rstd: Array, weight: Array | None
) -> tuple[Array, Array, Array]:
    """The gradients of rows, weight and bias."""
    share = np.float32(1) / np.float32(x.shape[1])
    if weight is None:
        total, along = row_sums(grad), row_sums(grad, x)
    else:
        total, along = row_sums(grad, weight), row_sums(grad * x, weight)
    slope = fma(total, mean, -along) * rstd * rstd * rstd * share
    start = fma(-slope, mean, -(total * rstd * share))
    scaled = rstd * grad
    if weight is not None:
        scaled *= weight
    normal = fma(rstd, x, -rstd * mean)
    of_bias = np.add.reduce(grad, axis=0) if x.shape[1] > 1 else np.add.accumulate(grad)[-1]
    return fma(slope, x, scaled) + start, sums_of_products(grad, normal), of_bias


def sums_of_products(x: Array, y: Array) -> Array:
    """The sum of the products over rows, row after row, each rounded with the sum.

    BLAS computes each element of a small product of matrices so, the first one stored by columns. So columns are
    multiplied with each other, a few with a few, and those with themselves are what is wanted.
    """
    return _by_products(x, y) if _chains() else _row_by_row(x, y)


def _row_by_row(x: Array, y: Array) -> Array:
    total = np.zeros(x.shape[1], FLOAT32)
    for a, b in zip(x, y, strict=True):
        total = fma(a, b, total)
    return total


def _by_products(x: Array, y: Array) -> Array:
    n, columns = x.shape
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    whole = columns // BLOCK * BLOCK
    found = np.empty(columns, FLOAT32)
    if whole:
        left, right = (each[:, :whole].reshape(n, -1, BLOCK) for each in (x, y))
        squares = np.matmul(left.transpose(1, 2, 0), right.transpose(1, 0, 2))
        found[:whole] = squares.diagonal(axis1=1, axis2=2).reshape(-1)
    if whole < columns:
        left, right = x[:, whole:], y[:, whole:]
        if left.shape[1] == 1:  # a product of vectors is added in another order
            left, right = left.repeat(2, axis=1), right.repeat(2, axis=1)
        found[whole:] = np.matmul(left.T, right).diagonal()[: columns - whole]
    return found


@cache
def _chains() -> bool:
    """Whether NumPy's BLAS does so, which is a matter of the processor."""
    x, y = (np.sin(np.arange(48 * 41, dtype=FLOAT32) * k).reshape(48, 41) for k in (3, 7))
    return np.array_equal(_by_products(x, y), _row_by_row(x, y))
