"""Which way round single precision turns singular vectors, for NumPy computes them in double.

A small matrix is brought to an upper bidiagonal one by reflections, and that to a diagonal one by plane rotations
(implicit QR steps: LAPACK's `bdsqr`). In single precision less is left when numbers count as 0, so that there are fewer
steps, and with them other signs. So one row is taken through the steps in double precision, as many as single precision
would take. Found by comparing signs with PyTorch 2.13: all agree up to 10 rows or columns, nearly all up to 25.
"""

from __future__ import annotations

from math import copysign, hypot, sqrt
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: rows or columns from which on signs differ, up to which there are no other steps; matrices that are looked at
LEAST, MOST, MATRICES = 3, 25, 64
#: single precision's unit of rounding, smallest normal number, and what counts as 0 of a singular value
EPS, SMALLEST = 2.0**-24, 2.0**-126
TOLERANCE = 10 * EPS


def turned(a: Array, u: Array) -> Array | None:
    """Which columns of U (..., m, k) of the matrices (..., m, n) single precision has the other way round, (..., k)."""
    k = min(a.shape[-2:])
    if not LEAST <= k <= MOST or not 0 < a.size // (a.shape[-2] * a.shape[-1]) <= MATRICES:
        return None
    row = np.cos(np.arange(a.shape[-2])) + 0.5  # a row as good as any: hardly a vector is orthogonal to it
    found = np.zeros((*a.shape[:-2], k), np.bool_)
    for place in np.ndindex(a.shape[:-2]):
        try:
            entries = Diagonalising(*_upper_bidiagonal(a[place].astype(np.float64), row)).result()
        except ArithmeticError:  # of numbers too large or too small to be squared
            entries = None
        if entries is not None:
            found[place] = (row @ u[place].astype(np.float64)[:, :k]) * entries < 0
    return found


def _upper_bidiagonal(a: Array, row: Array) -> tuple[list[float], list[float], list[float]]:
    """The diagonal, what is above it, and `row` U, of B = Uᵀ A V."""
    m, n = a.shape
    if m > n and m >= 3 * n // 2:
        q, a = np.linalg.qr(a)
        row = row @ q
    z, diagonal, beside = row.copy(), [], []
    wide = m < n
    for i in range(min(m, n)):
        first, other = (a[i:, i:].T, a[i + 1 :, i:]) if wide else (a[i:, i:], a[i:, i + 1 :].T)
        v, tau, beta = reflection(first[:, 0])
        diagonal.append(beta)
        first -= tau * np.outer(v, v @ first)
        if not wide:
            z[i:] -= tau * (z[i:] @ v) * v
        if i + 1 < min(m, n):
            v, tau, beta = reflection(other[:, 0])
            beside.append(beta)
            other -= tau * np.outer(v, v @ other)
            if wide:
                z[i + 1 :] -= tau * (z[i + 1 :] @ v) * v
    z = z[: min(m, n)]
    return (diagonal, beside, (z @ _from_lower(diagonal, beside)).tolist() if wide else z.tolist())


def _from_lower(d: list[float], e: list[float]) -> Array:
    """Make a lower bidiagonal matrix an upper one, in place; the rotations that do it."""
    turns = []
    for i in range(len(d) - 1):
        c, s, d[i] = rotation(d[i], e[i])
        e[i], d[i + 1] = s * d[i + 1], c * d[i + 1]
        turns.append((c, s))
    both = np.eye(len(d))
    for j, (c, s) in reversed(list(enumerate(turns))):
        both[j], both[j + 1] = c * both[j] - s * both[j + 1], c * both[j + 1] + s * both[j]
    return both


def reflection(x: Array) -> tuple[Array, float, float]:
    """v, tau, beta of the Householder reflection 1 - tau v vᵀ that makes x to (beta, 0, …)."""
    first, rest = float(x[0]), sqrt(float((x[1:] ** 2).sum()))
    if rest == 0:
        return np.zeros_like(x), 0.0, first
    beta = -copysign(hypot(first, rest), first)
    v = x / (first - beta)
    v[0] = 1
    return v, (beta - first) / beta, beta


class Diagonalising:
    """The implicit QR steps on an upper bidiagonal matrix: `d` its diagonal, `e` above it, `z` a row times U."""

    def __init__(self, d: list[float], e: list[float], z: list[float]):
        self.d, self.e, self.z = d, e, z
        self.left = 12 * len(d) ** 2

    def result(self) -> list[float] | None:
        """The row, by falling singular values; None if there is no end."""
        d, e = self.d, self.e
        zero = self.threshold()
        last, before, way = len(d) - 1, (-1, -1), 1
        while last > 0:
            self.left -= 1
            if self.left < 0:
                return None
            first = next((k + 1 for k in reversed(range(last)) if abs(e[k]) <= zero), 0)
            if first:
                e[first - 1] = 0.0
            if first == last:
                last -= 1
                continue
            if first == last - 1:
                self.two(first)
                last -= 2
                continue
            if first > before[1] or last < before[0]:
                way = 1 if abs(d[first]) >= abs(d[last]) else -1
            at, end = (first, last) if way == 1 else (last, first)
            smallest = self.converged(at, end, way)
            if smallest is None:
                continue
            before = first, last
            largest = max(map(abs, [*d[first : last + 1], *e[first:last]]))
            shift = self.shift(at, end, way, smallest / largest)
            self.sweep(at, end, way, shift)
            beside = end - way + (0 if way == 1 else -1)
            if abs(e[beside]) <= zero:
                e[beside] = 0.0
        return [self.z[k] for k in sorted(range(len(d)), key=lambda k: -abs(d[k]))]

    def threshold(self) -> float:
        """What counts as 0 beside the diagonal, from an estimate of the smallest singular value."""
        d, e = self.d, self.e
        smallest = mu = abs(d[0])
        for i in range(1, len(d)):
            mu = abs(d[i]) * (mu / (mu + abs(e[i - 1]))) if mu else 0.0
            smallest = min(smallest, mu)
        return max(TOLERANCE * smallest / sqrt(len(d)), 6 * len(d) ** 2 * SMALLEST)

    def converged(self, at: int, end: int, way: int) -> float | None:
        """The estimate of the smallest singular value of a block; None where the block falls apart instead."""
        d, e = self.d, self.e
        below = 0 if way == 1 else -1
        if abs(e[end - way + below]) <= TOLERANCE * abs(d[end]):
            e[end - way + below] = 0.0
            return None
        smallest = mu = abs(d[at])
        for k in range(at, end, way):
            if abs(e[k + below]) <= TOLERANCE * mu:
                e[k + below] = 0.0
                return None
            mu = abs(d[k + way]) * (mu / (mu + abs(e[k + below])))
            smallest = min(smallest, mu)
        return smallest

    def shift(self, at: int, end: int, way: int, ratio: float) -> float:
        """The smaller singular value of the last two rows; 0 where it would cost digits."""
        d, e = self.d, self.e
        if len(d) * TOLERANCE * ratio <= max(EPS, 0.01 * TOLERANCE):
            return 0.0
        shift = smaller_of_two(d[end - way], e[end - way + (0 if way == 1 else -1)], d[end])
        return 0.0 if d[at] and (shift / d[at]) ** 2 < EPS else shift

    def sweep(self, at: int, end: int, way: int, shift: float) -> None:
        """Rotations from `at` to `end`, alternately from the right and from the left."""
        d, e = self.d, self.e
        below = 0 if way == 1 else -1
        if not shift:
            right = left = 1.0
            of_left = 0.0
            for i in range(at, end, way):
                right, of_right, r = rotation(d[i] * right, e[i + below])
                if i != at:
                    e[i - way + below] = of_left * r
                left, of_left, d[i] = rotation(left * r, d[i + way] * of_right)
                self.rotate(i, way, (left, of_left), (right, of_right))
            rest = d[end] * right
            d[end], e[end - way + below] = rest * left, rest * of_left
            return
        f, g = (abs(d[at]) - shift) * (copysign(1.0, d[at]) + shift / d[at]), e[at + below]
        for i in range(at, end, way):
            right, of_right, r = rotation(f, g)
            if i != at:
                e[i - way + below] = r
            f = right * d[i] + of_right * e[i + below]
            e[i + below] = right * e[i + below] - of_right * d[i]
            g = of_right * d[i + way]
            d[i + way] *= right
            left, of_left, d[i] = rotation(f, g)
            f = left * e[i + below] + of_left * d[i + way]
            d[i + way] = left * d[i + way] - of_left * e[i + below]
            if i != end - way:
                g = of_left * e[i + way + below]
                e[i + way + below] *= left
            self.rotate(i, way, (left, of_left), (right, of_right))
        e[end - way + below] = f

    def rotate(self, i: int, way: int, left: tuple[float, float], right: tuple[float, float]) -> None:
        """What a step does to U: upwards, left and right change places."""
        z = self.z
        j, (c, s) = (i, left) if way == 1 else (i - 1, (right[0], -right[1]))
        z[j], z[j + 1] = s * z[j + 1] + c * z[j], c * z[j + 1] - s * z[j]

    def two(self, k: int) -> None:
        """The last two rows of a block."""
        d, e, z = self.d, self.e, self.z
        d[k], d[k + 1], c, s = of_two(d[k], e[k], d[k + 1])
        e[k] = 0.0
        z[k], z[k + 1] = c * z[k] + s * z[k + 1], c * z[k + 1] - s * z[k]


def rotation(f: float, g: float) -> tuple[float, float, float]:
    """c, s, r with c f + s g = r and c g = s f, where r has the sign of f (LAPACK's `lartg` from 3.10 on)."""
    if g == 0:
        return 1.0, 0.0, f
    if f == 0:
        return 0.0, copysign(1.0, g), abs(g)
    r = copysign(hypot(f, g), f)
    return f / r, g / r, r


def smaller_of_two(f: float, g: float, h: float) -> float:
    """The smaller singular value of [[f, g], [0, h]]."""
    low, high = sorted((abs(f), abs(h)))
    if not low:
        return 0.0
    total, difference, u = 1 + low / high, (high - low) / high, abs(g) / high
    return low * 2 / (hypot(total, u) + hypot(difference, u))


def of_two(f: float, g: float, h: float) -> tuple[float, float, float, float]:
    """The singular values of [[f, g], [0, h]], the larger first, and cosine and sine of its left vector: `lasv2`."""
    swapped = abs(h) > abs(f)
    a, b = (h, f) if swapped else (f, h)
    largest = 3 if swapped else 1
    if not g:
        return (h, f, 0.0, 1.0) if swapped else (f, h, 1.0, 0.0)
    if abs(g) > abs(a):
        largest = 2
    if abs(g) > abs(a) and abs(a) / abs(g) < EPS:
        high, low = abs(g), abs(a) / abs(g) * abs(b)
        left, of_left, right, of_right = 1.0, b / g, a / g, 1.0
    else:
        difference, m = abs(a) - abs(b), g / a
        part = difference / abs(a)
        t = 2 - part
        s, r = hypot(t, m), hypot(part, m)
        mean = 0.5 * (s + r)
        low, high = abs(b) / mean, abs(a) * mean
        t = (m / (s + t) + m / (r + part)) * (1 + mean)
        length = hypot(t, 2.0)
        right, of_right = 2 / length, t / length
        left, of_left = (right + of_right * m) / mean, (b / a) * of_right / mean
    if swapped:
        left, of_left, right, of_right = of_right, right, of_left, left
    sign = (right * left * f, of_right * left * g, of_right * of_left * h)[largest - 1]
    high = copysign(high, sign)
    return high, copysign(low, high * f * h), left, of_left
