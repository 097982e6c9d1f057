"""GELU of float32 numbers and its gradient as PyTorch's library of layers (oneDNN) computes them, digit by digit.

The error function is Abramowitz and Stegun's approximation 7.1.26, the exponential a polynomial of degree five; every
step is rounded to float32, and a product that is added is rounded with the sum. So small arrays, whose digits are
read and decide what a training prints, are PyTorch's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.dtype import FOLLOWED
from ...engine.numerics.element_functions import GELU, GELU_BACKWARD
from ...engine.numerics.fma import multiply_add

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
F32 = np.float32

#: 1 / √2, 1 / √π, log₂ e, log 2
ROOT, DENSITY = F32(0.7071067690849304), F32(0.5641895532608032)
LOG2_E, LOG_2 = F32(1.4426950216293335), F32(0.6931471824645996)
#: between them the exponential is a normal float32
GREATEST, LEAST = F32(88.72283935546875), F32(-87.33654022216797)
#: of e^r, from the highest power
EXPONENTIAL = (
    F32(0.00828929059),
    F32(0.0418978221),
    F32(0.166676521),
    F32(0.499991506),
    F32(0.999999701),
    F32(1),
)
#: of erf: how fast t = 1 / (1 + p x) falls, and the polynomial in t, from the highest power
FALL = F32(0.3275911)
ERROR = (F32(1.061405429), F32(-1.453152027), F32(1.421413741), F32(-0.284496736), F32(0.254829592))
ZERO, ONE, HALF, TWO = F32(0), F32(1), F32(0.5), F32(2)


def takes(x: Array, approximate: str) -> bool:
    """Whether an array is computed here: PyTorch computes a single number otherwise."""
    return approximate == "none" and x.dtype == FLOAT32 and 1 < x.size <= FOLLOWED and x.flags.c_contiguous


def forward(x: Array) -> Array:
    """x / 2 · (1 + erf(x / √2))."""
    found = GELU.of(x)
    if found is not None:
        return found
    with np.errstate(all="ignore"):
        scaled = x * ROOT
        half = x * HALF
        return multiply_add(error_function(scaled, exponential(-(scaled * scaled))), half, half)


def backward(grad: Array, x: Array) -> Array:
    """The gradient: grad · ((1 + erf(x / √2)) / 2 + x / √(2π) · e^(-x²/2))."""
    found = GELU_BACKWARD.of(grad, x)
    if found is not None:
        return found
    with np.errstate(all="ignore"):
        scaled = x * ROOT
        decay = exponential(-(scaled * scaled))
        slope = scaled * DENSITY * decay
        return grad * multiply_add(error_function(scaled, decay), HALF, slope + HALF)


def error_function(x: Array, decay: Array) -> Array:
    """erf(x), with e^(-x²)."""
    t = ONE / multiply_add(FALL, np.abs(x), ONE)
    found = multiply_add(polynomial(ERROR, t), -(decay * t), ONE)
    return np.where(np.signbit(x), -found, found)


def exponential(x: Array) -> Array:
    """e^x, 0 where that is no normal float32."""
    below = x < LEAST
    x = np.maximum(np.minimum(x, GREATEST), LEAST)
    power = np.floor(multiply_add(x, LOG2_E, HALF))
    found = polynomial(EXPONENTIAL, multiply_add(-power, LOG_2, x))
    return np.where(below, ZERO, np.ldexp(found, power.astype(np.int32) - 1) * TWO)


def polynomial(coefficients: tuple[Any, ...], x: Array) -> Array:
    found, *others = coefficients
    for c in others:
        found = multiply_add(found, x, c)
    return found
