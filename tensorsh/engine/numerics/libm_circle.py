"""Sine and cosine of float32 numbers one by one, as the C library has them: glibc from 2.28 on.

PyTorch asks it wherever a loop has no vectors, as in `polar`. They are polynomials in double precision of what is left
of a number after multiples of pi/2 (Arm's optimised routines, `sincosf`), with an error of 0.56 of the last digit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

HALF_PI = float.fromhex("0x1.921FB54442D18p0")
#: 2/pi times 2 to the power of 24: multiples of pi/2 are counted in fixed point
TURNS = float.fromhex("0x1.45F306DC9C883p+23")
SINE = [float.fromhex(x) for x in ("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13")]
COSINE = [
    float.fromhex(x)
    for x in (
        "-0x1.ffffffd0c621cp-2",
        "0x1.55553e1068f19p-5",
        "-0x1.6c087e89a359dp-10",
        "0x1.99343027bf8c3p-16",
    )
]
#: from here on numbers are multiplied with the binary digits of 4/pi that count, 32 of them from each byte on
LARGE = 120.0
DIGITS = bytes.fromhex("000000a2f9836e4e441529fc2757d1f534ddc0db6295993c439041")
WORDS = np.array([int.from_bytes(DIGITS[i : i + 4], "big") for i in range(len(DIGITS) - 3)], np.uint64)
#: smaller ones are their own sine
SMALL = 2.0**-12


def cos_sin(x: Array) -> tuple[Array, Array]:
    """Of float32 numbers, in radians."""
    size = np.abs(x.reshape(-1))
    rest, quarters = _reduced(size.astype(np.float64))
    large = np.isfinite(size) & (size >= np.float32(LARGE))
    if large.any():
        rest[large], quarters[large] = _reduced_large(size[large])
    square = rest * rest
    cube, fourth = rest * square, square * square
    sine = (rest + cube * SINE[0]) + cube * square * (SINE[1] + square * SINE[2])
    sine = np.where(size < np.float32(SMALL), rest, sine)
    cosine = (1.0 + square * COSINE[0] + fourth * COSINE[1]) + fourth * square * (
        COSINE[2] + square * COSINE[3]
    )
    swapped = quarters & 1 == 1
    of_cosine = np.where(swapped, sine, cosine) * np.where(quarters + 1 & 2, -1.0, 1.0)
    of_sine = np.where(swapped, cosine, sine) * np.where(quarters & 2, -1.0, 1.0)
    of_sine = np.copysign(1.0, x.reshape(-1)) * of_sine
    return of_cosine.astype(np.float32).reshape(x.shape), of_sine.astype(np.float32).reshape(x.shape)


def _reduced(size: Array) -> tuple[Array, Array]:
    """What is left after multiples of pi/2, and how many these are; NaN of what is no number."""
    near = np.where(size < LARGE, size, 0.0)
    quarters = (np.trunc(near * TURNS).astype(np.int64) + (1 << 23)) >> 24
    quarters[near < np.float64(np.float32(np.pi / 4))] = 0
    rest = near - quarters * HALF_PI
    rest[~np.isfinite(size)] = np.nan
    return rest, quarters


def _reduced_large(size: Array) -> tuple[Array, Array]:
    """The same of large numbers."""
    bits = size.view(np.uint32).astype(np.uint64)
    at = (bits >> np.uint64(26)) & np.uint64(15)
    digits = ((bits & np.uint64(0xFFFFFF)) | np.uint64(0x800000)) << ((bits >> np.uint64(23)) & np.uint64(7))
    low = np.uint64(0xFFFFFFFF)
    first = (digits * WORDS[at]) & low
    product = (first << np.uint64(32)) | ((digits * WORDS[at + np.uint64(8)]) >> np.uint64(32))
    product += digits * WORDS[at + np.uint64(4)]
    quarters = (product + np.uint64(1 << 61)) >> np.uint64(62)
    product -= quarters << np.uint64(62)
    return product.view(np.int64) * (HALF_PI * 2.0**-62), quarters.astype(np.int64)
