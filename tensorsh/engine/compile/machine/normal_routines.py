"""Normals as machine code, by `random.generator_normal`: Box-Muller with the Cephes polynomials, sixteen at a time."""

from __future__ import annotations

from ...random.generator_normal import (
    COS,
    LN2_HIGH,
    LN2_LOW,
    LOG,
    PER_QUARTER_PI,
    QUARTER_PI,
    SIN,
    SQRT_HALF,
    TWO_PI,
)
from .random_routines import whole
from .routines import Routine, Word, vector

HALF = 8
FLOATS, INTEGERS = vector(HALF), vector(HALF, "i32")


def normals(f: Routine, words: Word, out: Word, groups: Word, mean: Word, std: Word) -> None:
    """Normals of as many words, 16 of each group."""
    middle, scale = f.to_float(mean), f.to_float(std)
    with f.loop(groups) as group:
        u1, u2 = (_uniforms(f, words, group * (2 * HALF) + start) for start in (0, HALF))
        radius = f.call("sqrt", _log(f, 1.0 - u1) * -2.0)
        for start, wave in zip((0, HALF), _cos_sin(f, u2), strict=True):
            f.write(f.fused(wave * radius, scale, middle), out, group * (2 * HALF) + start)


def _uniforms(f: Routine, words: Word, at: Word) -> Word:
    """`random_f32`: the low 24 bits of words."""
    bits = f.read(INTEGERS, words, at)
    return f.to_float(_with_bits(f, "and", bits, 2**24 - 1)) * 2.0**-24


def _with_bits(f: Routine, operation: str, x: Word, bits: int) -> Word:
    return whole(f, operation, x, f.given(bits, x.kind))


def _as(f: Routine, kind: str, x: Word) -> Word:
    """The same bits."""
    return Word(f, kind, f.add(f"bitcast {x.kind} {x.name} to {kind}"))


def _polynomial(f: Routine, coefficients: list[float], x: Word) -> Word:
    """Horner's rule with fused steps."""
    y = f.given(coefficients[0], x.kind)
    for coefficient in coefficients[1:]:
        y = f.fused(y, x, coefficient)
    return y


def _log(f: Routine, u: Word) -> Word:
    """The logarithm of numbers in (0, 1]."""
    bits = _as(f, INTEGERS, u)
    exponent = _with_bits(f, "lshr", bits, 23) - 126
    mantissa = _as(f, FLOATS, _with_bits(f, "or", _with_bits(f, "and", bits, 0x7FFFFF), 0x3F000000))
    low = mantissa < SQRT_HALF
    e = f.to_float(f.choose(low, exponent - 1, exponent))
    x = f.choose(low, mantissa + mantissa, mantissa) - 1.0
    squared = x * x
    y = f.fused(_polynomial(f, LOG, x) * x, squared, e * LN2_LOW) - squared * 0.5
    return x + y + e * LN2_HIGH


def _cos_sin(f: Routine, u: Word) -> tuple[Word, Word]:
    """cos and sin of 2 pi u for u in [0, 1)."""
    x = u * TWO_PI
    scaled = x * PER_QUARTER_PI
    octant = Word(f, INTEGERS, f.add(f"fptosi {FLOATS} {scaled.name} to {INTEGERS}"))
    octant = _with_bits(f, "and", octant + 1, ~1)
    quarters = f.to_float(octant)
    for part in QUARTER_PI:
        x = f.fused(quarters, part, x)
    squared = x * x
    cos = f.fused(_polynomial(f, COS, squared) * squared, squared, squared * -0.5) + 1.0
    sin = f.fused(_polynomial(f, SIN, squared) * squared, x, x)
    swap = _with_bits(f, "and", octant, 2) > 0
    first, second = f.choose(swap, sin, cos), f.choose(swap, cos, sin)
    left, below = _with_bits(f, "and", octant + 2, 4) > 0, _with_bits(f, "and", octant, 4) > 0
    return f.choose(left, -first, first), f.choose(below, -second, second)
