"""Orthogonal polynomials by their recurrences, as PyTorch computes them.

A row says how a family begins, how P(k+1) follows from P(k) and P(k-1), its values at the ends of its
interval, and the closed form inside it, which is exact for high degrees. Degrees are truncated to whole
numbers; a negative one gives 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.records.op import op
from ..rules.families import one_tensor
from .error_functions import real_floats

Array = Any


def evaluate(
    x: Array,
    degree: Array,
    first: Callable[[Array], Array],
    step: Callable[[Array, int, Array, Array], Array],
    ends: Callable[[Array, Array], tuple[Array, Array]] | None = None,
    closed: Callable[[Array, Array], tuple[Array, Array]] | None = None,
    limit: int | None = None,
) -> Array:
    """P of each degree at each x, in the dtype of x.

    `first(x)` is P₁; `step(x, k, q, p)` is P(k+1) of q = P(k) and p = P(k-1). `ends(x, n)` and
    `closed(x, n)` give (where they hold, the values); above degree `limit` there is no value.
    """
    x, degree = np.broadcast_arrays(x, degree)
    whole = np.where(np.isfinite(degree), degree, -1)
    n = np.clip(np.trunc(whole), -1, 2.0**62).astype(np.int64)
    out = np.where(n == 0, 1, np.where(n < 0, 0, first(x))).astype(x.dtype)
    todo = n > 1
    if limit is not None:
        beyond = n > limit
        out[beyond] = np.nan
        todo &= ~beyond
    for rule in (closed, ends):
        if rule is not None:
            where, values = rule(x, n)
            where &= n >= 0
            out = np.where(where, values, out).astype(x.dtype)
            todo &= ~where
    return by_recurrence(out, x, n, todo, first, step)


def by_recurrence(out, x, n, todo, first, step):
    """Fill in the elements `todo`, those of degree 2 and more that no closed form gave."""
    at, order = x[todo], n[todo]
    p, q = np.ones_like(at), first(at)
    values = q.copy()
    k = 1
    open_ = order > k
    while open_.any():
        p, q = q, step(at, k, q, p)
        k += 1
        values[order == k] = q[order == k]
        lost = np.isnan(q) & open_
        values[lost] = np.nan
        open_ = (order > k) & ~lost
    out[todo] = values
    return out


# ------------------------------------------------------------------ ends of the interval, closed forms


def signs(n):
    """(-1)ⁿ."""
    return np.where(n % 2 == 0, 1, -1)


def at_ends(
    low: float, right: Callable[[Array], Array], left: Callable[[Array], Array]
) -> Callable[[Array, Array], tuple[Array, Array]]:
    """The values at 1 and at the lower end of the interval."""
    return lambda x, n: ((x == 1) | (x == low), np.where(x == 1, right(n), left(n) * signs(n)))


def inside(
    above: int, shifted: bool, form: Callable[[Array, Array], Array]
) -> Callable[[Array, Array], tuple[Array, Array]]:
    """The closed form in the open interval, for degrees above `above`; `form(angle, n)`."""

    def rule(x, n):
        t = x + x - 1 if shifted else x
        return (n > above) & (np.abs(t) < 1), form(np.arccos(t), n.astype(x.dtype))

    return rule


def cosine(angle, n):
    return np.cos(n * angle)


def sine_ratio(angle, n):
    return np.sin((n + 1) * angle) / np.sin(angle)


def half_cosine(angle, n):
    return np.cos((n + 0.5).astype(angle.dtype) * angle) / np.cos(angle / 2)


def half_sine(angle, n):
    return np.sin((n + 0.5).astype(angle.dtype) * angle) / np.sin(angle / 2)


def one(n):
    return np.ones_like(n)


def chebyshev(x, k, q, p):
    return (x + x) * q - p


def shifted_chebyshev(x, k, q, p):
    t = x + x - 1
    return (t + t) * q - p


# ------------------------------------------------------------------ the families


def hermite_limit(x):
    return 128 if np.asarray(x).dtype == np.float32 else 512


FAMILIES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "chebyshev_polynomial_t": (
        {
            "first": lambda x: x,
            "step": chebyshev,
            "ends": at_ends(-1, one, one),
            "closed": inside(6, False, cosine),
        },
        "Chebyshev's polynomials of the first kind, Tₙ.",
        "[0.5, 2.], 3",
        "[-1., 26.]",
    ),
    "chebyshev_polynomial_u": (
        {
            "first": lambda x: x + x,
            "step": chebyshev,
            "ends": at_ends(-1, lambda n: n + 1, lambda n: n + 1),
            "closed": inside(8, False, sine_ratio),
        },
        "Chebyshev's polynomials of the second kind, Uₙ.",
        "[0.5, 2.], 3",
        "[-1., 56.]",
    ),
    "chebyshev_polynomial_v": (
        {
            "first": lambda x: x + x - 1,
            "step": chebyshev,
            "ends": at_ends(-1, one, lambda n: n + n + 1),
            "closed": inside(8, False, half_cosine),
        },
        "Chebyshev's polynomials of the third kind, Vₙ.",
        "[0.5, 2.], 3",
        "[-1., 41.]",
    ),
    "chebyshev_polynomial_w": (
        {
            "first": lambda x: x + x + 1,
            "step": chebyshev,
            "ends": at_ends(-1, lambda n: n + n + 1, one),
            "closed": inside(8, False, half_sine),
        },
        "Chebyshev's polynomials of the fourth kind, Wₙ.",
        "[0.5, 2.], 3",
        "[-1., 71.]",
    ),
    "shifted_chebyshev_polynomial_t": (
        {
            "first": lambda x: x + x - 1,
            "step": shifted_chebyshev,
            "ends": at_ends(0, one, one),
            "closed": inside(6, True, cosine),
        },
        "Chebyshev's polynomials of the first kind on [0, 1].",
        "[0.5, 2.], 2",
        "[-1., 17.]",
    ),
    "shifted_chebyshev_polynomial_u": (
        {
            "first": lambda x: (x + x - 1) + (x + x - 1),
            "step": shifted_chebyshev,
            "ends": at_ends(0, lambda n: n + 1, lambda n: n + 1),
            "closed": inside(6, True, sine_ratio),
        },
        "Chebyshev's polynomials of the second kind on [0, 1].",
        "[0.5, 2.], 2",
        "[-1., 35.]",
    ),
    "shifted_chebyshev_polynomial_v": (
        {
            "first": lambda x: (x + x - 1) + (x + x - 1) - 1,
            "step": shifted_chebyshev,
            "ends": at_ends(0, one, lambda n: n + n + 1),
            "closed": inside(6, True, half_cosine),
        },
        "Chebyshev's polynomials of the third kind on [0, 1].",
        "[0.5, 2.], 2",
        "[-1., 29.]",
    ),
    "shifted_chebyshev_polynomial_w": (
        {
            "first": lambda x: (x + x - 1) + (x + x - 1) + 1,
            "step": shifted_chebyshev,
            "ends": at_ends(0, lambda n: n + n + 1, one),
            "closed": inside(4, True, half_sine),
        },
        "Chebyshev's polynomials of the fourth kind on [0, 1].",
        "[0.5, 2.], 2",
        "[-1., 41.]",
    ),
    "hermite_polynomial_h": (
        {
            "first": lambda x: x + x,
            "step": lambda x, k, q, p: (x + x) * q - np.asarray(2 * k, x.dtype) * p,
            "limit": hermite_limit,
        },
        "The physicist's Hermite polynomials, Hₙ.",
        "[0.5, 2.], 3",
        "[-5., 40.]",
    ),
    "hermite_polynomial_he": (
        {
            "first": lambda x: x,
            "step": lambda x, k, q, p: x * q - np.asarray(k, x.dtype) * p,
            "limit": hermite_limit,
        },
        "The probabilist's Hermite polynomials, Heₙ.",
        "[1., 2.], 3",
        "[-2.,  2.]",
    ),
    "laguerre_polynomial_l": (
        {
            "first": lambda x: 1 - x,
            "step": lambda x, k, q, p: (((k + k) + (1 - x)) * q - k * p) / (k + 1),
            "ends": lambda x, n: (x == 0, np.ones_like(x)),
        },
        "Laguerre's polynomials, Lₙ.",
        "[1., 2.], 2",
        "[-0.5000, -1.0000]",
    ),
    "legendre_polynomial_p": (
        {
            "first": lambda x: x,
            "step": lambda x, k, q, p: ((k + k + 1) * x * q - k * p) / (k + 1),
            "ends": at_ends(-1, one, one),
        },
        "Legendre's polynomials, Pₙ.",
        "[1., 2.], 2",
        "[1.0000, 5.5000]",
    ),
}


def family(name: str, rules: dict[str, Any], meaning: str, at: str, shown: str) -> None:
    """`special.NAME(input, n)`: the polynomial of degree n at each element."""
    fixed = {k: v for k, v in rules.items() if k != "limit"}
    limit = rules.get("limit")

    def kernel(x, n):
        return evaluate(x, n, limit=limit and limit(x), **fixed)

    op(
        f"special.{name}(Tensor|Number input, Tensor|Number n)",
        batching="aligned",
        infer=real_floats(f"{name}_cpu", half=False),
        check=one_tensor(f"special.{name}"),
        promote="float",
        nondifferentiable=True,
        doc=f"{meaning}\n\n>>> special.{name}({at})\ntensor({shown})\n",
    )(kernel)


for name, row in FAMILIES.items():
    family(name, *row)
