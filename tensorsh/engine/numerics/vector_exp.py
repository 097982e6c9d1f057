"""The exponential of float32 numbers as PyTorch's vector loops compute it, and sums over their eight lanes.

The softmaxes, sigmoid and their gradients take exp from a vector library (Sleef), whose last digit is another
one than that of the nearest float for one number in ten. What a training prints after a hundred steps rests on
these digits, so small arrays follow the library step by step; every step is a fused multiply-add, which float64
computes exactly and rounds once.

e^x = 2^n · e^s with n = round(x / log 2), and e^s = 1 + (s + s² · p(s)).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import alike, in_machine_code, reader_of, whole
from .element_functions import EXP
from .fma import combined

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

#: floats in a vector
LANES = 8

LOG2_E = float(np.float32(1 / np.log(2.0)))
#: log 2 as two floats have it. A multiple of it, and what is left of x without, are exact in float64
LOG_2_PARTS = 0.693145751953125, 1.428606765330187045e-06
LOG_2 = sum(LOG_2_PARTS)
#: of the polynomial p, from the highest power
POLYNOMIAL = tuple(
    float(np.float32(c))
    for c in (
        0.000198527617612853646278381,
        0.00139304355252534151077271,
        0.00833336077630519866943359,
        0.0416664853692054748535156,
        0.166666671633720397949219,
        0.5,
    )
)
#: beyond these bounds the result is 0, and infinity
LEAST, GREATEST = -104.0, 100.0

#: what `exp` does, to be written out with names for `x`, `out` and the memory in between
LINES = (
    "maximum(x, least, out=out)",  # what is no number stays so
    "minimum(out, greatest, out=out)",
    "multiply(out, log2_e, power)",
    "rint(power, power)",
    "wide[...] = power",
    "exponent[...] = power",
    "multiply(wide, log_2, wide)",
    "s[...] = out",
    "subtract(s, wide, s)",
    "out[...] = s",
    "s[...] = out",
    "multiply(out, out, out)",
    "multiply(s, p0, wide)",
    "add(wide, p1, wide)",
    *[
        line
        for k in range(2, len(POLYNOMIAL))
        for line in (
            "power[...] = wide",
            "wide[...] = power",
            "multiply(wide, s, wide)",
            f"add(wide, p{k}, wide)",
        )
    ],
    "power[...] = wide",
    "wide[...] = power",
    "square[...] = out",
    "multiply(wide, square, wide)",
    "add(wide, s, wide)",
    "out[...] = wide",
    "add(out, one, out)",
    "ldexp(out, exponent, out)",
)
#: the memory in between, of the shape of `x`
BETWEEN = {"power": FLOAT32, "wide": FLOAT64, "s": FLOAT64, "square": FLOAT64, "exponent": np.dtype(np.int32)}
#: the numbers, as arrays, which NumPy takes without looking what they are
NUMBERS = {
    "least": np.array(LEAST, FLOAT32),
    "greatest": np.array(GREATEST, FLOAT32),
    "log2_e": np.array(LOG2_E, FLOAT32),
    "log_2": np.array(LOG_2),
    "one": np.array(1, FLOAT32),
    **{f"p{k}": np.array(c) for k, c in enumerate(POLYNOMIAL)},
}


def _written() -> Any:
    """`exp` as a function."""
    scope: dict[str, Any] = {"empty": np.empty, **NUMBERS}
    for line in LINES:
        name = line.partition("(")[0]
        if hasattr(np, name):
            scope[name] = getattr(np, name)
    scope |= {f"{name}_dtype": dtype for name, dtype in BETWEEN.items()}
    room = [f"{name} = empty(x.shape, {name}_dtype)" for name in BETWEEN]
    text = "\n".join(["def exp(x, out):", *(f"    {line}" for line in (*room, *LINES))])
    exec(compile(text, "<exp>", "exec"), scope)
    return scope["exp"]


_exp = _written()


@in_machine_code
@whole(alike)
def exp(x: Array, out: Array) -> Array:
    """e to the power of each element of a float32 array; `out` may be x."""
    if EXP.fill(out, x):
        return out
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        _exp(x, out)
    return out


def row_sums(x: Array, y: Array | None = None, out: Array | None = None) -> Array:
    """The sums of rows, the last dimension, which stays: lane by lane, then the lanes in halves.

    With `y` the sums of products; those that fill no vector are added with one rounding.
    """
    n = x.shape[-1]
    filled = n - n % LANES
    if filled and reader_of(x) is not None:
        return row_totals(x) if y is None else row_products(x, y)
    if y is not None:
        rest = x[..., filled:], y[..., filled:]
        x = x * y
    if n < LANES:
        lanes = np.add.accumulate(x, axis=-1)[..., -1:]
    else:
        lanes = np.add.reduce(x[..., :filled].reshape(*x.shape[:-1], -1, LANES), axis=-2)
        if filled < n:
            first = lanes[..., : n - filled]
            first[...] = first + x[..., filled:] if y is None else combined(first, *rest)
        for half in (4, 2, 1):
            lanes = lanes[..., :half] + lanes[..., half:]
    if out is None:
        return lanes
    out[...] = lanes
    return out


@in_machine_code
@whole(lambda x, y: (*x.shape[:-1], 1))
def row_products(x: Array, y: Array, out: Array) -> Array:
    """`row_sums` of products, as calls of a program want it: the result last."""
    return row_sums(x, y, out)


@in_machine_code
@whole(lambda x: (*x.shape[:-1], 1))
def row_totals(x: Array, out: Array) -> Array:
    """`row_sums`, the result last."""
    return row_sums(x, None, out)
