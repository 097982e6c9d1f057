"""Singular vectors with the signs that PyTorch's LAPACK (MKL) gives them.

A pair of singular vectors may be turned round, and which one LAPACK gives depends on the way it takes to a bidiagonal
matrix. MKL's and NumPy's (OpenBLAS) take other ways to that of a real matrix that is not square:

    half as tall again as wide   MKL goes by the QR decomposition, LAPACK's reference from 11/6 on
    11/6 as wide as tall         the reference goes by the LQ decomposition to an upper bidiagonal matrix, MKL
                                 straight to a lower one, as both do for what is less wide

Found by comparing signs with PyTorch 2.13: all of 1104 real matrices up to 12 x 23 in double precision agree. NumPy
computes in double whatever it is given; single precision's own signs are in `singular_signs`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .singular_signs import turned

Array = np.ndarray[Any, Any]

#: multiplications up to which the rows that complete an orthogonal matrix are found as MKL finds them
MOST = 1 << 26


def svd(a: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    """(U, S, Vᵀ) of real or complex matrices (..., m, n)."""
    u, s, vh = _in_double(a, full_matrices)
    turn = turned(a, u) if a.dtype == np.float32 else None
    if turn is not None:
        sign, k = np.where(turn, a.dtype.type(-1), a.dtype.type(1)), turn.shape[-1]
        u[..., :k] *= sign[..., None, :]
        vh[..., :k, :] *= sign[..., None]
    return u, s, vh


def _in_double(a: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    """With the signs that double precision gives."""
    m, n = a.shape[-2:]
    if a.dtype.kind == "f" and min(m, n) > 1 and a.size:
        if m > n and 3 * n // 2 <= m < 11 * n // 6:
            return _by_qr(a, full_matrices)
        if n > m and n >= 11 * m // 6:
            return _by_lower_bidiagonal(a, full_matrices)
    return np.linalg.svd(a, full_matrices)


def _by_qr(a: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    n = a.shape[-1]
    q, r = np.linalg.qr(a, "complete" if full_matrices else "reduced")
    u, s, vh = np.linalg.svd(r[..., :n, :], full_matrices=False)
    return np.concatenate([q[..., :n] @ u, q[..., n:]], -1), s, vh


def _by_lower_bidiagonal(a: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
    """Of a wide matrix L Qᵀ: a matrix with one column more than rows is brought to a lower bidiagonal one."""
    m, n = a.shape[-2:]
    q, r = np.linalg.qr(a.swapaxes(-1, -2))
    lower = r.swapaxes(-1, -2)
    if m == 2:  # too small for that; one reflection less is the first row the other way round
        turn = np.ones((*lower.shape[:-1], 1), a.dtype)
        turn[..., 0, 0][lower[..., 1, 0] != 0] = -1
        u, s, vh = np.linalg.svd(turn * lower)
        u = turn * u
    else:
        column = np.zeros((*lower.shape[:-1], 1), a.dtype)
        u, s, vh = np.linalg.svd(np.concatenate([lower, column], -1), full_matrices=False)
        vh = vh[..., :m]
    vh = vh @ q.swapaxes(-1, -2)
    if full_matrices:
        rest = _completing(a) if m * n * n <= MOST else np.linalg.svd(a)[2][..., m:, :]
        vh = np.concatenate([vh, rest], -2)
    return u, s, vh


def _completing(a: Array) -> Array:
    """The rows (..., n - m, n) that complete Vᵀ: those of the reflections that bring `a` to a bidiagonal matrix."""
    m, n = a.shape[-2:]
    left = a.copy()
    right = np.broadcast_to(np.eye(n, dtype=a.dtype), (*a.shape[:-2], n, n)).copy()
    for i in range(m):
        row = _reflection(left[..., i, i:])
        _reflect_rows(left[..., i + 1 :, i:], *row)
        _reflect_rows(right[..., i:], *row)
        below = left[..., i + 1 :, i:].swapaxes(-1, -2)
        if i + 1 < m:
            _reflect_rows(below, *_reflection(below[..., 0, :]))
    return right.swapaxes(-1, -2)[..., m:, :]


def _reflection(x: Array) -> tuple[Array, Array]:
    """v, tau of the Householder reflection 1 - tau v vᵀ that leaves only the first element of x (..., k)."""
    first, rest = x[..., 0], np.linalg.norm(x[..., 1:], axis=-1)
    beta = -np.copysign(np.hypot(first, rest), first)
    done = rest == 0
    tau = np.where(done, 0, (beta - first) / np.where(done, 1, beta))
    v = x / np.where(done, 1, first - beta)[..., None]
    v[..., 0] = 1
    return v, tau


def _reflect_rows(x: Array, v: Array, tau: Array) -> None:
    """x (1 - tau v vᵀ), in place, of the rows of x (..., r, k)."""
    x -= (x @ v[..., None]) * (tau[..., None] * v)[..., None, :]
