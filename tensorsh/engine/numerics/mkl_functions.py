"""exp, log, sine and cosine of float32 numbers as PyTorch computes them, whose last digit is off for one in twenty.

PyTorch takes these functions of tensors from Intel's MKL, which on processors of other makers rounds every step and
fuses none:

    exp     e^x = 2^n · t · (1 + r + r²/2) with 128 numbers t of two floats each, and r = x - k · log 2 / 128
    log     log x = e · log 2 + r - r²/2 + r³ · q(r) with x = 2^e · (1 + r), r between -1/3 and 1/3
    sin     ± (r + r³ · s(r²)) in double, rounded once, r = x - n · π between -π/2 and π/2; cos: half a turn further

The polynomials are the minimax ones of their relative error, to which MKL's digits agree for all of some millions of
arguments. Where the result of exp is no normal number, and angles beyond `FARTHEST`, are computed in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.dtype import FOLLOWED
from ..core.readers import in_machine_code, reader_of
from .element_code import ElementCode
from .element_functions import written

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

#: where t is found: by the lowest bits of k
PARTS = 7
#: 128 / log 2, log 2 / 128 as two floats, half
PER_LOG_2, STEP, REST = 184.6649627685547, 0.0054168701171875, -1.6577690757912933e-06
#: results of larger and smaller arguments are not all normal numbers
WIDEST = 87.33654
#: so many arguments are looked at before, whether all are such
MANY = 1 << 12

#: log 2 as two floats; of q, from the highest power
LOG_2, LOG_2_REST = 0.693145751953125, 1.428606765330187e-06
LOG_POLYNOMIAL = (
    -0.12891685962677002,
    0.1398443728685379,
    -0.12184260785579681,
    0.140058696269989,
    -0.16680487990379333,
    0.20010405778884888,
    -0.24999797344207764,
    0.3333321511745453,
)
#: the bits of 2/3; the first normal number, and what makes denormal ones such
TWO_THIRDS, NORMAL = int(np.float32(2 / 3).view(np.int32)), float(np.finfo(np.float32).tiny)
DENORMAL_BITS = 23
DENORMAL = float(1 << DENORMAL_BITS)

#: π in two parts, of which the first times any n is exact; of s, from the highest power
PI, PI_REST = 3.1415926534682512, 1.2154201013012384e-10
SINE_POLYNOMIAL = (2.60578063791734e-06, -0.00019809602901919211, 0.008333066246082014, -0.1666665955042776)
FARTHEST = 10000.0
#: fewer angles are computed step by step in programs
FEW = 256

HALF, ONE = np.float32(0.5), np.float32(1)


@in_machine_code
def mkl_exp(x: Array, out: Array | None = None) -> Array:
    """e to the power of each element; `out` may be x."""
    if not _follows(x):
        return np.exp(x, out=out)
    usual = x.size >= MANY and reader_of(x) is None and np.abs(x).max() <= WIDEST
    return _whole(mkl_exp, _exp, USUAL_EXP if usual else EXP, x, out)


@in_machine_code
def mkl_log(x: Array, out: Array | None = None) -> Array:
    """The natural logarithm of each element; `out` may be x."""
    return _whole(mkl_log, _log, LOG, x, out) if _follows(x) else np.log(x, out=out)


def mkl_sin(x: Array, out: Array | None = None) -> Array:
    """The sine of each element; `out` may be x."""
    return _of_angles(mkl_sin, _sin, SIN, x, out) if _follows(x) else np.sin(x, out=out)


def mkl_cos(x: Array, out: Array | None = None) -> Array:
    """The cosine of each element; `out` may be x."""
    return _of_angles(mkl_cos, _cos, COS, x, out) if _follows(x) else np.cos(x, out=out)


def _follows(x: Array) -> bool:
    """Whether an array is computed here."""
    return x.dtype == FLOAT32 and 0 < x.size <= FOLLOWED


def _given(found: Array, out: Array | None) -> Array:
    if out is None:
        return found
    out[...] = found
    return out


# ------------------------------------------------------------------ exponentials and logarithms


def powers() -> Array:
    """2^(j / 128) as two floats each, (256): the first ones, then what they lack."""
    return POWERS


def _powers() -> Array:
    exact = np.exp2(np.arange(1 << PARTS) / (1 << PARTS))
    first = exact.astype(FLOAT32)
    return np.concatenate([first, (exact - first).astype(FLOAT32)])


POWERS = _powers()
EXP = ElementCode(written("exp", "mkl"), 1, 30, [POWERS])
#: the same where all results are normal numbers, which takes half the time
USUAL_EXP = ElementCode(written("usual_exp", "mkl"), 1, 30, [POWERS])
LOG = ElementCode(written("log", "mkl"), 1, 30)


def _whole(
    function: Callable[..., Array],
    steps: Callable[[Array], Array],
    code: ElementCode,
    x: Array,
    out: Array | None,
) -> Array:
    """`steps` of each element, which a program calls whole."""
    reader = reader_of(x)
    if reader is not None:
        found: Array = reader.whole(function, (x,), x.shape, x.dtype, True, out)
        return found
    room = np.empty_like(x) if out is None else out
    if code.fill(room, x):
        return room
    with np.errstate(all="ignore"):
        return _given(steps(x if x.ndim else x.reshape(1)).reshape(x.shape), out)


def _exp(x: Array) -> Array:
    k = np.rint(x * np.float32(PER_LOG_2))
    r = x - k * np.float32(STEP)
    r -= k * np.float32(REST)
    square = r * r
    square *= HALF
    r += square
    usual = np.abs(x) <= np.float32(WIDEST)
    n = np.where(usual, k, 0).astype(np.int32)
    at = n & (1 << PARTS) - 1
    t = powers().take(at)
    r *= t
    at += 1 << PARTS
    r += powers().take(at)
    r += t
    n >>= PARTS
    found: Array = np.ldexp(r, n)
    if not usual.all():
        rest = ~usual
        found[rest] = np.exp(x[rest].astype(FLOAT64))
    return found


def _log(x: Array) -> Array:
    tiny = x < NORMAL
    some = tiny.any()
    bits = (np.where(tiny, x * np.float32(DENORMAL), x) if some else x).view(np.int32)
    e = bits - TWO_THIRDS
    e >>= 23
    r = (bits - (e << 23)).view(FLOAT32)
    r -= ONE
    first, *others = LOG_POLYNOMIAL
    p = r * np.float32(first)
    for each in others[:-1]:
        p += np.float32(each)
        p *= r
    p += np.float32(others[-1])
    p *= r
    p -= HALF
    p *= r
    p *= r
    p += r
    if some:
        e -= DENORMAL_BITS * tiny
    power = e.astype(FLOAT32)
    p += power * np.float32(LOG_2_REST)
    p += power * np.float32(LOG_2)
    if some:
        p[x < 0] = np.nan
        p[x == 0] = -np.inf
    np.copyto(p, x, where=~(x < np.inf))
    return p


# ------------------------------------------------------------------ sine and cosine

SIN = ElementCode(written("sin", "mkl"), 1, 30)
COS = ElementCode(written("cos", "mkl"), 1, 30)


def _of_angles(
    function: Callable[..., Array],
    steps: Callable[[Array], Array],
    code: ElementCode,
    x: Array,
    out: Array | None,
) -> Array:
    """`steps` of each element; the machine code is for angles up to the farthest that are no steps of their own."""
    if reader_of(x) is not None:
        if x.size < FEW:  # what the program does with these joins what comes before and after
            return _given(steps(x), out)
    elif code.ready(x.size) and not np.abs(x).max() <= FARTHEST:
        with np.errstate(all="ignore"):
            return _given(steps(x), out)
    return _whole(function, steps, code, x, out)


def _sin(x: Array) -> Array:
    wide = x.astype(FLOAT64)
    n = np.rint(wide * (1 / np.pi))
    return _chosen(_sine(wide, n, n), x, wide, np.sin)


def _cos(x: Array) -> Array:
    wide = x.astype(FLOAT64)
    n = np.rint(wide * (1 / np.pi) - 0.5)
    return _chosen(_sine(wide, n + 0.5, n + 1), x, wide, np.cos)


def _sine(x: Array, turns: Array, sign: Array) -> Array:
    """The sine of x - turns · π, negative where `sign` is odd."""
    r = x - turns * PI
    r -= turns * PI_REST
    square = r * r
    first, *others = SINE_POLYNOMIAL
    p = square * first
    for each in others:
        p += each
        p *= square
    p *= r
    p += r
    odd = sign * 0.5
    odd -= np.floor(odd)
    odd *= -4
    odd += 1
    p *= odd
    return p


def _chosen(found: Array, x: Array, wide: Array, plain: Any) -> Array:
    """What was found, but for large angles, and zeros, which keep their sign."""
    usual = np.abs(x) <= FARTHEST
    usual &= x != 0
    if reader_of(x) is not None or not usual.all():
        found = np.where(usual, found, plain(wide))
    return found.astype(FLOAT32)
