"""LU decomposition on batches of NumPy arrays: LAPACK's, and what is made of its result.

Up to 8×8 the steps are taken here, with the roundings of PyTorch's LAPACK (MKL), so that the determinant of
`[[1, 2], [3, 4]]` is -2 to the last digit, and prints like it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.numerics.fma import combined
from .linalg_rules import Array, column_major, lapack, matrices

#: matrices up to this size are factored here
TINY = 8


def tiny(a: Array) -> bool:
    return a.dtype.kind == "f" and a.shape[-1] == a.shape[-2] <= TINY


@np.errstate(all="ignore")
def _tiny_getrf(a: Array) -> tuple[Array, Array, Array]:
    """`getrf` of a batch at once, column by column."""
    *batch, n, _ = a.shape
    lu = column_major(np.array(a))
    pivots, info = np.empty((*batch, n), np.int32), np.zeros(tuple(batch), np.int32)
    for k in range(n):
        pivot = np.abs(lu[..., k:, k]).argmax(-1)[..., None, None] + k
        pivots[..., k] = pivot[..., 0, 0] + 1
        upper = np.take_along_axis(lu, pivot, -2)
        np.put_along_axis(lu, pivot, lu[..., k : k + 1, :].copy(), -2)
        lu[..., k, :] = upper[..., 0, :]
        divisor, below = lu[..., k, k, None], lu[..., k + 1 :, k]
        info[(info == 0) & (divisor[..., 0] == 0)] = k + 1
        # MKL divides by the last pivot of the smallest matrices, and multiplies elsewhere
        factor = below / divisor if k + 2 == n <= 4 else below * (1 / divisor)
        lu[..., k + 1 :, k] = factor = np.where(divisor == 0, below, factor)
        rest = lu[..., k + 1 :, k + 1 :]
        combined(rest, -factor[..., None], lu[..., k : k + 1, k + 1 :], rest)
    return lu, pivots, info


@np.errstate(all="ignore")
def solve_two(a: Array, b: Array) -> tuple[Array, Array]:
    """The X with A X = B for 2×2 matrices, and for each A the position of its first zero pivot or 0."""
    lu, pivots, info = _tiny_getrf(a)
    exchanged = pivots[..., :1] == 2
    upper = np.where(exchanged, b[..., 1, :], b[..., 0, :])
    lower = np.where(exchanged, b[..., 0, :], b[..., 1, :])
    second = combined(lower, -lu[..., 1, 0, None], upper) * (1 / lu[..., 1, 1, None])
    first = combined(upper, -lu[..., 0, 1, None], second) * (1 / lu[..., 0, 0, None])
    return column_major(np.stack((first, second), -2)), info


def getrf(a: Array) -> tuple[Array, Array, Array]:
    """(L below the diagonal and U, 1-based row exchanges, 1-based position of the first zero pivot or 0)."""
    if tiny(a):
        return _tiny_getrf(a)
    *batch, m, n = a.shape
    lu = column_major(np.array(a))
    pivots = np.broadcast_to(np.arange(1, min(m, n) + 1, dtype=np.int32), (*batch, min(m, n))).copy()
    info = np.zeros(tuple(batch), np.int32)
    for index in matrices(a):
        lu[index], exchanges, info[index] = lapack("getrf", a)(a[index])
        pivots[index] = exchanges + 1
    return lu, pivots, info


def getrs(lu: Array, pivots: Array, b: Array, trans: int = 0) -> Array:
    """The solution of A X = B from A's factors; trans=1: of Aᵀ X = B, trans=2: of Aᴴ X = B."""
    return solve_each(lambda *of: lapack("getrs", lu)(*of, trans=trans), lu, pivots - 1, b)


def solve_each(routine: Callable[..., Any], factors: Array, pivots: Array, b: Array) -> Array:
    """What LAPACK's `routine(factors, pivots, b)` gives of each matrix; the batches are broadcast."""
    batch = np.broadcast_shapes(factors.shape[:-2], b.shape[:-2])
    out = column_major(np.array(np.broadcast_to(b, batch + b.shape[-2:])))
    if not out.size:
        return out
    factors = np.broadcast_to(factors, batch + factors.shape[-2:])
    pivots = np.broadcast_to(pivots, batch + pivots.shape[-1:])
    for index in np.ndindex(batch):
        out[index] = routine(factors[index], pivots[index], out[index])[0]
    return out


def permutation_sign(pivots: Array, dtype: np.dtype) -> Array:
    """+1 or -1: the determinant of the permutation that these row exchanges make."""
    exchanged = pivots != np.arange(1, pivots.shape[-1] + 1)
    return (1 - 2 * (exchanged.sum(-1) % 2)).astype(dtype)


def permutation(pivots: Array, m: int) -> Array:
    """The rows of A in the order of (L U): P[rows[i], i] = 1."""
    rows = np.broadcast_to(np.arange(m), (*pivots.shape[:-1], m)).copy()
    for index in np.ndindex(pivots.shape[:-1]):
        row = rows[index]
        for i, j in enumerate(pivots[index]):
            row[i], row[j - 1] = row[j - 1], row[i]
    return rows


def permutation_matrix(pivots: Array, m: int, dtype: np.dtype) -> Array:
    p = np.zeros((*pivots.shape[:-1], m, m), dtype)
    np.put_along_axis(p, permutation(pivots, m)[..., None, :], 1, -2)
    return p


def halves(lu: Array) -> tuple[Array, Array]:
    """L (unit diagonal, m × k) and U (k × n)."""
    k = min(lu.shape[-2:])
    low = np.tril(lu[..., :k], -1)
    diagonal = np.arange(k)
    low[..., diagonal, diagonal] = 1
    return low, np.triu(lu[..., :k, :])
