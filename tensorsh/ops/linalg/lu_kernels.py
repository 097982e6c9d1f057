"""LU decomposition on batches of NumPy arrays: LAPACK's, and what is made of its result.

Up to 8×8 the steps are taken here, with the roundings of PyTorch's LAPACK (MKL), which rounds every product: so a
determinant is -3.0000 where it is in PyTorch, and the solution of equations 2.0000 or 2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ...engine.core.spec import Spec
from .linalg_rules import Array, column_major, lapack, matrices

#: matrices up to this size are factored here
TINY = 8
#: right sides up to which equations with more than two unknowns are solved here
FEW = 8


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
        rest -= factor[..., None] * lu[..., k : k + 1, k + 1 :]
    return lu, pivots, info


def solves_here(a: Array, b: Array) -> bool:
    """Whether the equations A X = B are solved with the roundings of PyTorch's."""
    return tiny(a) and (a.shape[-1] <= 2 or b.shape[-1] <= FEW) and b.dtype == a.dtype


def solves_such(a: Spec, b: Spec) -> bool:
    """The same, asked of specs."""
    n = a.shape[-1]
    return a.dtype.is_floating_point and b.dtype is a.dtype and n <= TINY and (n <= 2 or b.shape[-1] <= FEW)


@np.errstate(all="ignore")
def _tiny_getrs(lu: Array, pivots: Array, b: Array) -> Array:
    """`getrs` of a batch at once: L Y = P B downwards, U X = Y upwards.

    The products of a row are added up and subtracted at once, and rows multiplied by one over their pivot; of
    eight unknowns each product is subtracted, and rows are divided.
    """
    n = lu.shape[-1]
    batch = np.broadcast_shapes(lu.shape[:-2], b.shape[:-2])
    x = column_major(np.array(np.broadcast_to(b, batch + b.shape[-2:])))
    for k in range(n):
        other = np.broadcast_to(pivots[..., k, None, None] - 1, (*batch, 1, x.shape[-1]))
        there, here = np.take_along_axis(x, other, -2), x[..., k : k + 1, :].copy()
        np.put_along_axis(x, other, here, -2)
        x[..., k : k + 1, :] = there
    for upper, rows in ((False, range(n)), (True, range(n - 1, -1, -1))):
        for at, i in enumerate(rows):
            known = [lu[..., i, j, None] * x[..., j, :] for j in rows[:at]]
            if n == TINY:
                for product in known:
                    x[..., i, :] -= product
            elif known:
                x[..., i, :] -= reduce(np.add, known)
            if upper:
                pivot = lu[..., i, i, None]
                x[..., i, :] = x[..., i, :] / pivot if n == TINY else x[..., i, :] * (1 / pivot)
    return x


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


@np.errstate(all="ignore")
def _tiny_transposed(lu: Array, pivots: Array, b: Array) -> Array:
    """The same of Aᵀ X = B: Uᵀ Y = B downwards, Lᵀ Z = Y upwards, and the rows of Z back in their places."""
    n = lu.shape[-1]
    batch = np.broadcast_shapes(lu.shape[:-2], b.shape[:-2])
    x = column_major(np.array(np.broadcast_to(b, batch + b.shape[-2:])))
    for i in range(n):
        if i:
            x[..., i, :] -= reduce(np.add, [lu[..., j, i, None] * x[..., j, :] for j in range(i)])
        x[..., i, :] = x[..., i, :] * (1 / lu[..., i, i, None])
    for i in range(n - 2, -1, -1):
        x[..., i, :] -= reduce(np.add, [lu[..., j, i, None] * x[..., j, :] for j in range(n - 1, i, -1)])
    for k in range(n - 1, -1, -1):
        other = np.broadcast_to(pivots[..., k, None, None] - 1, (*batch, 1, x.shape[-1]))
        there, here = np.take_along_axis(x, other, -2), x[..., k : k + 1, :].copy()
        np.put_along_axis(x, other, here, -2)
        x[..., k : k + 1, :] = there
    return x


def getrs(lu: Array, pivots: Array, b: Array, trans: int = 0) -> Array:
    """The solution of A X = B from A's factors; trans=1: of Aᵀ X = B, trans=2: of Aᴴ X = B."""
    if solves_here(lu, b):
        return _tiny_transposed(lu, pivots, b) if trans else _tiny_getrs(lu, pivots, b)
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
