"""The error function of many float32 numbers: erf(x) = tanh(x · P(x²)), P of degree 6.

SciPy's takes each number by itself; NumPy's tanh is vectorised.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.numerics.erf_polynomial import P
from ..rules.families import FLOAT32

Array = np.ndarray[Any, Any]

#: elements up to which SciPy's is asked
MOST = 4096


def erf(x: Array, out: Array | None = None) -> Array:
    """The error function; SciPy's for small arrays and other dtypes."""
    if x.dtype is FLOAT32 and x.size > MOST:
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
