"""Blocks of plain decimal numbers, read all at once.

What a C parser does in a loop over the characters, NumPy does here in some forty operations on all cells of a
block: it lets go of the interpreter's lock meanwhile, so that every core can have a block. Eight digits are
one 64-bit word, and three multiplications make a number of it. The digits before and after the point are
whole numbers; below 2**53 these and the power of ten are exact, so their quotient is the double nearest to
what was written. A block that holds anything else (exponents, words, more digits) is not read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

Array = np.ndarray[Any, Any]

WORD = np.dtype("<u8")
MOST = 16  # digits before the point, and after it
EXACT = 2.0**53
TEN = 10.0 ** np.arange(MOST + 1)
#: `LAST[n]` keeps the last n of the eight digits in a word
LAST = np.array([(2**64 - 1) << 8 * (8 - n) & (2**64 - 1) for n in range(9)], WORD)

NEWLINE, MINUS, POINT, ZERO = b"\n-.0"


def parse(block: bytes, delimiter: int, width: int) -> Array | None:
    """The numbers of whole lines as rows of `width`, int64 or float64; None where they are not as simple."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    padded = np.frombuffer(bytes([ZERO]) * MOST + block, np.uint8)
    text = padded[MOST:]
    newline = text == NEWLINE
    ends = np.flatnonzero(newline | (text == delimiter))
    cells = len(ends)
    if (
        cells % width
        or np.count_nonzero(newline) * width != cells
        or not newline[ends[width - 1 :: width]].all()
    ):
        return None
    starts = np.empty_like(ends)
    starts[:1] = 0
    np.add(ends[:-1], 1, out=starts[1:])
    minus = text[starts] == MINUS
    starts += minus
    dots = np.flatnonzero(text == POINT)
    digits = np.count_nonzero(text - np.uint8(ZERO) < 10)
    if digits + cells + len(dots) + np.count_nonzero(minus) != len(text):
        return None  # something is neither digit, nor point, nor sign before a number
    points = _points(ends, dots)
    if points is None:
        return None
    before, after = points - starts, ends - points
    after -= len(dots) == cells or points != ends
    if cells and (min(before.min(), after.min()) < 0 or (before + after).min() == 0):
        return None
    if cells and max(before.max(), after.max()) > MOST:
        return None
    words = as_strided(padded[:8].view(WORD), (len(text) + 9,), (1,))
    whole = _number(words, points, before)
    if len(dots) == 0:
        found = np.negative(whole, out=whole, where=minus)
        return found.reshape(-1, width)
    scale = TEN[after]
    found = whole * scale
    found += _number(words, ends, after)
    if found.max() >= EXACT:
        return None
    found /= scale
    return np.negative(found, out=found, where=minus).reshape(-1, width)


def _points(ends: Array, dots: Array) -> Array | None:
    """Where the point of each cell is, or its end; None where a cell has two."""
    if len(dots) == len(ends):
        return dots  # whether each cell has one, the lengths will tell
    points = ends.copy()
    if len(dots):
        cell = np.searchsorted(ends, dots)
        if (cell[1:] == cell[:-1]).any():
            return None
        points[cell] = dots
    return points


def _number(words: Array, ends: Array, digits: Array) -> Array:
    """The whole numbers of so many digits before `ends`."""
    if not len(digits) or digits.max() <= 8:
        return _up_to_eight(words[ends + 8], digits)
    low = _up_to_eight(words[ends + 8], np.minimum(digits, 8))
    high = _up_to_eight(words[ends], np.maximum(digits - 8, 0))
    return high * 10**8 + low


def _up_to_eight(word: Array, digits: Array) -> Array:
    """Neighbours are joined: eight digits to four pairs, to two fours, to one number."""
    word &= 0x0F0F0F0F0F0F0F0F
    word &= LAST[digits]
    word *= 10 << 8 | 1
    word >>= 8
    word &= 0x00FF00FF00FF00FF
    word *= 100 << 16 | 1
    word >>= 16
    word &= 0x0000FFFF0000FFFF
    word *= 10_000 << 32 | 1
    word >>= 32
    return word.view(np.int64)
