"""e^x - 1 and tanh of float32 numbers as PyTorch's vector loops compute them (Sleef's of one unit's error).

e^x = 2^q · (1 + t) with q = round(x / log 2), s = x - q · log 2 and t = s + s² · (1/2 + s · (1/6 + s · p(s))). It
carries two floats from the second term on, so all but p is exact in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import alike, whole

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

LOG2_E = np.float32(1 / np.log(2.0))
#: log 2 as two floats, of which each is multiplied by itself
LOG_2_PARTS = np.float32(0.693145751953125), np.float32(1.428606765330187e-06)
#: of p, from the highest power, and 1/6
POLYNOMIAL = tuple(
    np.float32(c) for c in (0.1980960224e-3, 0.1394256484e-2, 0.8333456703e-2, 0.4166637361e-1)
)
SIXTH = float(np.float32(0.16666665941423424))
#: where there is -1 below, and infinity above
LEAST, GREATEST = np.float32(-16.635532), np.float32(88.72283)
#: tanh is 1 above
SATURATED, ONE = np.float32(8.664339742), np.float32(1)


@whole(alike)
def expm1(x: Array, out: Array) -> Array:
    """e to the power of each element of a float32 array, less 1; `out` may be x."""
    with np.errstate(all="ignore"):
        power, t = _exp(np.minimum(np.maximum(x, LEAST), GREATEST))
        t *= power
        t += power - 1
        found = t.astype(FLOAT32)
    found[x > GREATEST] = np.inf
    found[x < LEAST] = -1
    np.copyto(found, x, where=x == 0)  # which keeps its sign
    out[...] = found
    return out


@whole(alike)
def tanh(x: Array, out: Array) -> Array:
    """The hyperbolic tangent of each element of a float32 array; `out` may be x."""
    size = np.abs(x)
    with np.errstate(all="ignore"):
        power, t = _exp(np.minimum(size, SATURATED + ONE))
        t *= power
        t += power - 1  # e^|x| - 1
        t *= t + 2  # e^2|x| - 1
        found = (t / (t + 2)).astype(FLOAT32)
    found[size > SATURATED] = 1
    np.copysign(found, x, found)
    out[...] = found
    return out


def _exp(x: Array) -> tuple[Array, Array]:
    """2^q and t, of which e^x is 2^q · (1 + t), as float64."""
    q = np.rint(x * LOG2_E)
    s = x.astype(FLOAT64)
    for part in LOG_2_PARTS:
        s -= q * part
    single = s.astype(FLOAT32).astype(FLOAT64)
    p: Any = POLYNOMIAL[0]
    for each in POLYNOMIAL[1:]:
        p = (p * single + each).astype(FLOAT32)
    t = s * p
    t += SIXTH
    t *= s
    t += 0.5
    t *= s
    t *= s
    t += s
    return np.exp2(q.astype(FLOAT64)), t
