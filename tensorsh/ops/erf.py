"""The error function of many float32 numbers: erf(x) = tanh(x · P(x²)), P of degree 6.

SciPy's takes each number by itself. NumPy's tanh is vectorised, and atanh(erf(x)) / x is so smooth in x²
that P, fitted for the least relative error of erf on |x| ≤ 4, keeps it below 3e-7, four units of the last
place. Beyond that P(x²) stays positive and tanh is 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .elementwise import FLOAT32, SMALL

Array = np.ndarray[Any, Any]

P = (
    1.12837927, 0.102769053, -0.00019182377, -0.000619790918, 8.76396756e-05, -5.6688531e-06, 1.4187333e-07,
)  # fmt: skip

#: the same for erf(x / √2), the normal distribution's
NORMAL_P = tuple(c * math.sqrt(0.5) ** (2 * i + 1) for i, c in enumerate(P))


def erf(x: Array, out: Array | None = None) -> Array:
    """The error function; SciPy's for small arrays and other dtypes."""
    if x.dtype is FLOAT32 and x.size > SMALL:
        return odd_tanh(x, x * x, P, out)
    import scipy.special

    return scipy.special.erf(x, out=out)


def odd_tanh(x: Array, square: Array, coefficients: tuple[float, ...], out: Array | None = None) -> Array:
    """tanh(x · polynomial in x²)."""
    *rest, last = coefficients
    out = np.multiply(square, last, out)
    for i, c in enumerate(reversed(rest)):
        if i:
            out *= square
        out += c
    out *= x
    return np.tanh(out, out if isinstance(out, np.ndarray) else None)  # 0-d: a scalar
