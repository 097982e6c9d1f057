"""log(x) of single float32 numbers as the C library (glibc, from Arm's optimized routines) computes it.

x = 2^k · z, and 1/c and log c of the middle of the sixteenth that z is in: log x = k · log 2 + log c + log1p(z/c - 1),
the last by a polynomial, all in float64. One result in six hundred is not the nearest float.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: 1/c and log c
TABLE = """
    0x1.661ec79f8f3bep+0 -0x1.57bf7808caadep-2  0x1.571ed4aaf883dp+0 -0x1.2bef0a7c06ddbp-2
    0x1.49539f0f010bp+0  -0x1.01eae7f513a67p-2  0x1.3c995b0b80385p+0 -0x1.b31d8a68224e9p-3
    0x1.30d190c8864a5p+0 -0x1.6574f0ac07758p-3  0x1.25e227b0b8eap+0  -0x1.1aa2bc79c81p-3
    0x1.1bb4a4a1a343fp+0 -0x1.a4e76ce8c0e5ep-4  0x1.12358f08ae5bap+0 -0x1.1973c5a611cccp-4
    0x1.0953f419900a7p+0 -0x1.252f438e10c1ep-5  0x1p+0                0x0p+0
    0x1.e608cfd9a47acp-1  0x1.aa5aa5df25984p-5  0x1.ca4b31f026aap-1   0x1.c5e53aa362eb4p-4
    0x1.b2036576afce6p-1  0x1.526e57720db08p-3  0x1.9c2d163a1aa2dp-1  0x1.bc2860d22477p-3
    0x1.886e6037841edp-1  0x1.1058bc8a07ee1p-2  0x1.767dcf5534862p-1  0x1.4043057b6ee09p-2
"""
INVERSES, LOGARITHMS = np.array([float.fromhex(number) for number in TABLE.split()]).reshape(-1, 2).T
#: of the polynomial, from the highest power; behind these comes r itself
POLYNOMIAL = -0x100EA348B88334 * 2.0**-54, 0x15575B0BE00B6A * 2.0**-54, -0x1FFFFEF20A4123 * 2.0**-54
LOG_2 = 0x162E42FEFA39EF * 2.0**-53
#: bits of the least z
START = 0x3F330000


def plain_log(x: Array) -> Array:
    """The logarithm of each element of a float32 array of normal numbers."""
    bits = x.view(np.int32)
    places = bits - START
    sixteenth, power = places >> 19 & 15, places >> 23
    z = (bits - (power << 23)).view(np.float32).astype(np.float64)
    r = z * INVERSES[sixteenth] - 1
    a, b, c = POLYNOMIAL
    square = r * r
    found: Array = (a * square + (b * r + c)) * square + (LOGARITHMS[sixteenth] + power * LOG_2 + r)
    return found.astype(np.float32)
