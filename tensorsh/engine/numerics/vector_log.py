"""log(x) and log(1 + x) of float32 numbers as PyTorch's vector loops compute them (Sleef's of one unit's error).

Log-softmax, softplus, log-sigmoid and mish take them, whose last digit is not always that of the nearest float. With
x = 2^e · m, m between 3/4 and 3/2, and q = (m - 1) / (m + 1), log x = e · log 2 + 2q + q³ · p(q²). The library carries
two floats for each sum, so all but the last term is exact in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import alike, in_machine_code, whole
from .element_functions import LOG, LOG1P

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

#: log 2 as two floats have it
LOG_2 = float(np.float32(0.69314718246459960938)) + float(np.float32(-1.904654323148236017e-09))
#: of the polynomial p, from the highest power
POLYNOMIAL = tuple(float(np.float32(c)) for c in (0.3027294874, 0.3996108174, 0.6666694880))
#: where m begins, as the number that 1 is for it
TO_ONE = np.float32(1 / 0.75)
#: log(1 + x) of what lies beyond is infinite to the library
GREATEST = 1e38
LARGEST = float(np.finfo(np.float32).max)

ONE, TWO = np.float32(1), np.float32(2)


@in_machine_code
@whole(alike)
def log(x: Array, out: Array) -> Array:
    """The logarithm of each element of a float32 array, none of which is 0 or denormal."""
    if LOG.fill(out, x):
        return out
    e = _exponent(x)
    m = (x.view(np.int32) - (e << 23)).view(FLOAT32)
    return _sum(e, m - ONE, ONE, m, x, LARGEST, out)


@in_machine_code
@whole(alike)
def log1p(x: Array, out: Array) -> Array:
    """The logarithm of one more than each element of a float32 array, none of which is negative."""
    if LOG1P.fill(out, x):
        return out
    e = _exponent(x + ONE)
    scale = ((127 - e) << 23).view(FLOAT32)
    m = x.astype(FLOAT64)
    m *= scale
    m += scale - ONE
    single = m.astype(FLOAT32)
    return _sum(e, single, TWO, single, x, GREATEST, out)


def _exponent(x: Array) -> Array:
    return ((x * TO_ONE).view(np.int32) >> 23) - 127


def _sum(e: Array, above: Array, one: np.float32, below: Array, x: Array, end: float, out: Array) -> Array:
    """The logarithm from the exponent and q = above / (one + below); beyond `end` infinite, of nan nan."""
    finite = x <= end
    beyond = None if finite.all() else x + FLOAT32.type(np.inf)  # `out` may be x
    divisor = one + below
    q = above * (ONE / divisor)
    square = q * q
    wide = square.astype(FLOAT64)
    first, *others = POLYNOMIAL
    p: Any = np.float32(first)
    for each in others:
        p = (p * wide + each).astype(FLOAT32)
    total = below.astype(FLOAT64)
    total += one
    np.divide(above, total, total)
    total *= 2
    total += e * LOG_2
    square *= q
    square *= p
    total += square
    out[...] = total
    if beyond is not None:
        np.copyto(out, beyond, where=~finite)
    return out
