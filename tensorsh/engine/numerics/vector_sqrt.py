"""The square root of float32 numbers as PyTorch computes it, whose last digit is off for one number in five.

PyTorch takes roots from Intel's MKL, which on processors of other makers begins with their estimate of 1/√x and
improves it without fused multiply-adds. Adam and its relatives divide by such roots, so what a training prints rests
on these digits. The estimate is that of AMD's Zen (`rsqrtps`): twelve bits of the result from thirteen of x, by two
tables, one of the upper nine bits, one that the upper five and the lower four give.

With r the estimate, g = r / 2, s = x·r and e = 1/2 - s·g, every step rounded:
s' = s + s·e, g' = g + g·e, √x = s' + (x - s'²)·g'.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ..core.readers import in_machine_code, reader_of
from .element_code import ElementCode
from .element_functions import written

Array = np.ndarray[Any, Any]

FLOAT32 = np.dtype(np.float32)

#: elements up to which roots are computed so; more take too long
MOST = 1 << 22

#: of [1/2, 1) and [1, 2): what the estimate begins with, and how far it falls from each of 256 parts to the next, less
#: the least
STARTS = (1686, 4), (4081, 5)
FALLS = (
    "7787677776776766667666665666565565565555555555554554545445445443444444444344343434343343334333"
    "3233333332333233232323232232232222222222222222221222122212122121211212112112111121111111111111"
    "1111011111011101101101011010101010010100100100010001000000100000000",
    "bbabbaabaaaaaa99a9a999999999898889888888878878777877777776776767667666666666656656565655565555"
    "5455554554545454444454444444443443443434343433433333333333333323333233232323232232222322222222"
    "2222221222212212212121212121121121121111112111111110111101111011101",
)
#: how the lower four bits of x let it fall in each of the 32 parts that the upper five tell: a bit for each step
STEPS = (
    "5b6d 35b6 356a 3555 2aaa 4aa9 2952 294a 1494 2492 2492 4922 1224 1224 2222 2222 "
    "7f7f 77f7 6f7d 6ddd 376d 5b5b 356d 2b56 5555 2aaa 2a55 52a9 252a 2949 2529 1292"
)

#: bits of x that the estimate leaves out; where the bits that it looks at begin for normal numbers, and how many
#: numbers those are: MKL computes the largest ones in another way
LOST = 11
#: the estimate's exponent is half of this less the exponent of x
EXPONENT = 380
FIRST, COUNT = 1 << 12, 0xFEFFE - (1 << 12)

SHIFT, OFFSET, HALF = np.uint32(LOST), np.uint32(FIRST), FLOAT32.type(0.5)


@cache
def halves() -> Array:
    """Half the estimate by `bits >> LOST` from `FIRST` on."""
    exponents = np.arange(FIRST >> 12, 255, dtype=np.uint32)
    found = ((EXPONENT - exponents >> 1) - 1 << 23)[:, None] | (_mantissas() << LOST)[exponents & 1]
    return found.view(np.float32).reshape(-1)[:COUNT]


@cache
def fractions() -> Array:
    """The fraction of half the estimate by the lower 13 of `bits >> LOST`; machine code makes the exponent itself."""
    return (_mantissas() << LOST).view(np.float32).reshape(-1)


def _mantissas() -> Array:
    """The upper twelve bits of the estimate's fraction: by the exponent's lowest bit, and the upper twelve of x's."""
    upper = [
        first - np.cumsum([0, *(int(digit, 16) + least for digit in falls)])
        for (first, least), falls in zip(STARTS, FALLS, strict=True)
    ]
    steps = np.array([[int(bit) for bit in f"{int(word, 16):015b}0"] for word in STEPS.split()])
    lower = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]
    found: Array = np.reshape(upper, (32, 16, 1)) + lower[:, None]
    return found.reshape(2, -1).astype(np.uint32)


def follows(x: Any) -> bool:
    """Whether the roots of an array are computed here."""
    return bool(x.dtype == FLOAT32) and 0 < x.size <= MOST


def of_parts(x: Any) -> Callable[..., Any]:
    """What takes the roots of an array that is handed over in parts."""
    return sqrt if follows(x) else np.sqrt


@in_machine_code
def sqrt(x: Array, out: Array | None = None) -> Array:
    """The square root of each element of a float32 array; `out` may be x."""
    if not follows(x):
        return np.sqrt(x, out)
    if out is None and not x.flags.c_contiguous:  # as NumPy's: in the order of memory
        out = np.empty_like(x)
    reader = reader_of(x)
    if reader is not None:
        found: Array = reader.whole(sqrt, (x,), x.shape, x.dtype, True, out)
        return found
    if not x.ndim:
        return sqrt(x.reshape(1), None if out is None else out.reshape(1)).reshape(())
    if out is None:
        out = np.empty_like(x)
    if _code().fill(out, x):
        return out
    at = np.right_shift(x.view(np.uint32), SHIFT)
    at -= OFFSET
    if np.maximum.reduce(at, None) < COUNT:
        return _improved(x, at, out)
    with np.errstate(invalid="ignore"):
        found = np.where(
            at < COUNT, _improved(x, at), np.sqrt(x)
        )  # zeros, denormal, very large, negative ones
    out[...] = found
    return out


@cache
def _code() -> ElementCode:
    return ElementCode(written("vector_sqrt"), 1, 16, [fractions()])


def _improved(x: Array, at: Array, out: Array | None = None) -> Array:
    both = np.empty((2, *x.shape), FLOAT32)
    s, g = both
    halves().take(at, out=g, mode="clip")
    np.multiply(x, g, s)
    s += s
    error = np.multiply(s, g)
    np.subtract(HALF, error, error)
    both += both * error
    np.multiply(s, s, error)
    np.subtract(x, error, error)
    error *= g
    return np.add(error, s, out)
