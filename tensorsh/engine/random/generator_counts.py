"""Counts, drawn by rejection: Poisson and binomial numbers as PyTorch's CPU draws them.

Each takes float64 uniforms (two words) from `uniform()` until one is accepted, so how many words a count
costs depends on the draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Uniform = Callable[[], float]


def log(x: float) -> float:
    return math.log(x) if x else -math.inf


def poisson_count(uniform: Uniform, rate: float) -> int:
    """Below 10 the number of uniforms whose product stays above exp(-rate) (Knuth), from 10 on
    transformed rejection (Hörmann 1993)."""
    if rate == 0.0:
        return 0
    if rate == math.inf:
        return -(2**63)
    if rate < 10.0:
        floor, product, count = math.exp(-rate), uniform(), 0
        while product > floor:
            product *= uniform()
            count += 1
        return count
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    log_rate, log_inverse_alpha = math.log(rate), math.log(1.1239 + 1.1328 / (b - 3.4))
    v_r = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = uniform() - 0.5
        v = uniform()
        us = 0.5 - abs(u)
        count = math.floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= v_r:
            return count
        if count < 0 or (us < 0.013 and v > us):
            continue
        if log(v) + log_inverse_alpha - math.log(a / (us * us) + b) <= (
            -rate + count * log_rate - math.lgamma(count + 1)
        ):
            return count


def binomial_count(uniform: Uniform, n: Any, p: Any) -> Any:
    """`n` and `p` are NumPy numbers of the result's dtype, in which the constants are rounded.

    A probability above 1/2 counts the failures. Fewer than 10 expected: geometric waiting times until
    they exceed `n`; else transformed rejection (Hörmann 1993).
    """
    kind = type(p)
    if n <= 0 or p <= 0:
        return 0
    if p >= 1:
        return n
    if p <= 0.5:
        return _transformed(uniform, n, p) if n * p >= 10 else _waiting_times(uniform, n, p)
    if p > 0.5:
        q = kind(1.0 - float(p))
        return n - (_transformed(uniform, n, q) if n * q >= 10 else _waiting_times(uniform, n, q))
    return math.nan


def _waiting_times(uniform: Uniform, n: Any, p: Any) -> int:
    log_failure, total, count = float(np.log1p(-p)), 0.0, 0
    while True:
        total += math.ceil(log(u) / log_failure) if (u := uniform()) else math.inf
        if total > n:
            return count
        count += 1


def _transformed(uniform: Uniform, n: Any, p: Any) -> Any:
    kind, one = type(p), type(p)(1)
    deviation = float(np.sqrt(n * p * (one - p)))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * float(p)
    centre = float(n * p) + 0.5
    v_r = 0.92 - 4.2 / b
    odds = float(p / (one - p))
    alpha = (2.83 + 5.1 / b) * deviation
    mode = float(np.floor((n + one) * p))
    size = float(n)
    while True:
        u = uniform() - 0.5
        v = uniform()
        us = 0.5 - abs(u)
        k = float(kind(math.floor((2 * a / us + b) * u + centre))) if us else math.inf
        if k < 0 or k > size:
            continue
        if us >= 0.07 and v <= v_r:
            return k
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (size - mode + 1)))
            + (size + 1) * math.log((size - mode + 1) / (size - k + 1))
            + (k + 0.5) * math.log(odds * (size - k + 1) / (k + 1))
            + _stirling_tail(mode)
            + _stirling_tail(size - mode)
            - _stirling_tail(k)
            - _stirling_tail(size - k)
        )
        if log(v * alpha / (a / (us * us) + b)) <= bound:
            return k


def _stirling_tail(k: float) -> float:
    """log(k!) minus Stirling's approximation of it."""
    if k <= 9:
        return _TAILS[int(k)]
    squared = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / squared) / squared) / (k + 1)


_TAILS = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
    0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287,
)  # fmt: skip
