"""Eigenvectors of symmetric matrices with the signs that PyTorch's LAPACK (MKL) gives them.

A small matrix is brought to a tridiagonal one by reflections, whose eigenvectors come of plane rotations (implicit QL
and QR steps: `steqr`). MKL and NumPy's LAPACK do the same but for one thing: a rotation that makes (f, g) to (r, 0) may
have r or -r, and newer LAPACKs choose otherwise. So NumPy's vectors are right but for signs, and these are found by
taking one row through the rotations as MKL chooses them.

Found by comparing signs with PyTorch 2.13: all agree in double precision; in single precision rounding decides how many
rotations there are, and from ten rows on one matrix in eight differs.
"""

from __future__ import annotations

from math import hypot, sqrt
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: rows from which on signs differ; rows up to which eigenvectors come of rotations alone; matrices that are looked at
LEAST, MOST, MATRICES = 3, 25, 64


def signed(a: Array, vectors: Array, uplo: str) -> Array:
    """The eigenvectors (..., n, n) of matrices (`uplo` says which half counts), turned round where MKL's are."""
    n = a.shape[-1]
    if not LEAST <= n <= MOST or not 0 < a.size // n**2 <= MATRICES or not np.isfinite(a).all():
        return vectors
    out = vectors.copy()
    single = a.dtype in (np.float32, np.complex64)
    row = np.cos(np.arange(n)) + 0.5  # a row as good as any: hardly a vector is orthogonal to it
    for place in np.ndindex(a.shape[:-2]):
        wide = a[place].astype(np.complex128 if a.dtype.kind == "c" else np.float64)
        half = np.tril(wide) if uplo == "L" else np.triu(wide)[::-1, ::-1]  # MKL goes the other way round
        start = row if uplo == "L" else row[::-1]
        diagonal, beside, entries = tridiagonal(half, start)
        if uplo != "L":
            diagonal, beside, entries = diagonal[::-1], beside[::-1], entries[::-1]
        try:
            found = rotated(diagonal, beside, entries, 2.0**-24 if single else 2.0**-53)
        except ArithmeticError:  # of numbers too large or too small to be squared
            found = None
        if found is not None:
            here = row @ out[place]
            turned = (np.conj(here) * found).real < 0
            out[place][:, turned] *= -1
    return out


def tridiagonal(half: Array, row: Array) -> tuple[list[float], list[float], list[Any]]:
    """The diagonal, what is beside it, and `row` Q, for the matrix Q T Qᴴ of which the lower half is given."""
    a = half + np.tril(half, -1).conj().T
    n = len(a)
    diagonal, beside, z = [], [], row.astype(a.dtype)
    for i in range(n - 1):
        diagonal.append(float(a[i, i].real))
        x = a[i + 1 :, i]
        first, rest = x[0], sqrt(float((abs(x[1:]) ** 2).sum()))
        if rest == 0 and first.imag == 0:
            beside.append(float(first.real))
            continue
        beta = -signed_as(first.real, hypot(abs(first), rest))
        beside.append(beta)
        tau, v = (beta - first) / beta, x / (first - beta)
        v[0] = 1
        inner = a[i + 1 :, i + 1 :]
        w = tau * (inner @ v)
        w -= 0.5 * tau * np.vdot(w, v) * v
        inner -= np.outer(v, w.conj()) + np.outer(w, v.conj())
        z[i + 1 :] -= tau * (z[i + 1 :] @ v) * v.conj()
    diagonal.append(float(a[-1, -1].real))
    return diagonal, beside, z.tolist()


def rotated(d: list[float], e: list[float], z: list[Any], eps: float) -> list[Any] | None:
    """The row `z` times the eigenvectors of a tridiagonal matrix, by rising eigenvalues; None if there is no end."""
    steps = Steps(d, e, z, eps)
    start = 0
    while start < len(d):
        if start:
            e[start - 1] = 0.0
        end = steps.end_of_block(start)
        if end > start and not steps.block(start, end):
            return None
        start = end + 1
    return [z[k] for k in sorted(range(len(d)), key=d.__getitem__)]


class Steps:
    """The implicit QL and QR steps of LAPACK's `steqr`, on lists: `d` the diagonal, `e` beside it, `z` a row."""

    def __init__(self, d: list[float], e: list[float], z: list[Any], eps: float):
        self.d, self.e, self.z, self.eps = d, e, z, eps
        self.tiny = 2.3e-308 if eps < 1e-10 else 1.2e-38
        self.left = 30 * len(d)

    def end_of_block(self, start: int) -> int:
        """Where the matrix falls apart."""
        d, e = self.d, self.e
        for k in range(start, len(d) - 1):
            if abs(e[k]) <= sqrt(abs(d[k])) * sqrt(abs(d[k + 1])) * self.eps:
                e[k] = 0.0
                return k
        return len(d) - 1

    def block(self, start: int, end: int) -> bool:
        """Bring a block to its diagonal, from its smaller end on: upwards (QL) or downwards (QR)."""
        if abs(self.d[end]) < abs(self.d[start]):
            return self.sweeps(end, start, -1)
        return self.sweeps(start, end, 1)

    def sweeps(self, at: int, end: int, way: int) -> bool:
        """One eigenvalue after the other, from `at` to `end`; `way` is the direction."""
        d, e = self.d, self.e
        below = 0 if way == 1 else -1  # e[k + below] is between d[k] and d[k + way]
        while (end - at) * way >= 0:
            m = self.negligible(at, end, way)
            if m != end:
                e[m + below] = 0.0
            if m == at:
                at += way
                continue
            if m == at + way:
                low = min(at, m)
                d[low], d[low + 1], c, s = of_two(d[low], e[low], d[low + 1])
                self.rotate(low, c, s)
                e[low] = 0.0
                at += 2 * way
                continue
            self.left -= 1
            if self.left < 0:
                return False
            self.sweep(at, m, way)
        return True

    def negligible(self, at: int, end: int, way: int) -> int:
        """The first place from `at` on behind which what is beside the diagonal is as good as 0."""
        d, e = self.d, self.e
        below = 0 if way == 1 else -1
        for k in range(at, end, way):
            if e[k + below] ** 2 <= self.eps**2 * abs(d[k]) * abs(d[k + way]) + self.tiny:
                return k
        return end

    def sweep(self, at: int, m: int, way: int) -> None:
        """One step with Wilkinson's shift: rotations from `m` back to `at`."""
        d, e = self.d, self.e
        below = 0 if way == 1 else -1
        g = (d[at + way] - d[at]) / (2.0 * e[at + below])
        g = d[m] - d[at] + e[at + below] / (g + signed_as(g, hypot(g, 1.0)))
        s = c = 1.0
        p = 0.0
        for i in range(m - way, at - way, -way):
            f, b = s * e[i + below], c * e[i + below]
            c, s, r = rotation(g, f)
            if i != m - way:
                e[i + way + below] = r
            g = d[i + way] - p
            r = (d[i] - g) * s + 2.0 * c * b
            p = s * r
            d[i + way] = g + p
            g = c * r - b
            self.rotate(min(i, i + way), c, -way * s)
        d[at] -= p
        e[at + below] = g

    def rotate(self, j: int, c: float, s: float) -> None:
        z = self.z
        z[j], z[j + 1] = s * z[j + 1] + c * z[j], c * z[j + 1] - s * z[j]


def signed_as(x: float, size: float) -> float:
    """`size` with the sign of x, where MKL's compiler takes -0. for 0."""
    return size if x >= 0 else -size


def rotation(f: float, g: float) -> tuple[float, float, float]:
    """c, s, r with c f + s g = r and c g = s f, as LAPACK's `lartg` chose the sign of r before 3.10."""
    if g == 0:
        return 1.0, 0.0, f
    if f == 0:
        return 0.0, 1.0, g
    r = hypot(f, g)
    if abs(f) > abs(g) and f < 0:
        r = -r
    return f / r, g / r, r


def of_two(a: float, b: float, c: float) -> tuple[float, float, float, float]:
    """The eigenvalues of [[a, b], [b, c]], the larger by its size first, and its eigenvector: LAPACK's `laev2`."""
    total, difference, twice = a + c, a - c, 2.0 * b
    root = hypot(difference, twice)
    sign = -1 if total < 0 else 1
    larger, smaller = (a, c) if abs(a) > abs(c) else (c, a)
    first = 0.5 * (total + sign * root)
    second = (larger / first) * smaller - (b / first) * b if total else -0.5 * root
    other = 1 if difference >= 0 else -1
    cs = difference + other * root
    if abs(cs) > abs(twice):
        ratio = -twice / cs
        sine = 1.0 / sqrt(1.0 + ratio * ratio)
        cosine = ratio * sine
    elif twice == 0:
        cosine, sine = 1.0, 0.0
    else:
        ratio = -cs / twice
        cosine = 1.0 / sqrt(1.0 + ratio * ratio)
        sine = ratio * cosine
    return (first, second, -sine, cosine) if sign == other else (first, second, cosine, sine)
