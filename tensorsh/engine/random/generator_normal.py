"""Box-Muller as PyTorch's CPU computes it, to the last bit.

Sixteen or more normals are made in groups of 16 uniforms, `u1` in the first half and `u2` in the second:

    radius = sqrt(-2 log(1 - u1)),  theta = 2 pi u2,  (radius cos theta, radius sin theta) * std + mean

In float64 that is the C library. In float32 it is the Cephes polynomials for log, sin and cos, in
single precision with fused multiply-adds. Here a float32 value lives in a float64 array: the product
of two is exact there, so multiplying, adding and rounding once *is* the fused operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

GROUP = 16
_CHUNK = 1024  # groups at a time: the working arrays stay in the cache


def box_muller_f64(uniforms: Array, mean: float, std: float) -> Array:
    """Normals from uniform float64[n], n a multiple of 16."""
    u1, u2 = uniforms.reshape(-1, 2, GROUP // 2).swapaxes(0, 1)
    radius = np.sqrt(-2.0 * libm(math.log, 1.0 - u1))
    theta = (2.0 * math.pi) * u2
    result = np.empty((len(u1), 2, GROUP // 2))
    np.multiply(radius, np.cos(theta), out=result[:, 0])
    np.multiply(radius, np.sin(theta), out=result[:, 1])
    return fused(result.reshape(-1), std, mean)


def libm(function: Callable[[float], float], x: Array) -> Array:
    """The C library's function of each element: NumPy's own may differ in the last bit."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def fused(x: Array, scale: float, shift: float | Array) -> Array:
    """x * scale + shift in float64 with one rounding, by the exact error of product and sum."""
    if scale == 1.0:
        return x + shift
    product, low = _two_product(x, scale)
    total = product + shift
    carried = total - product
    low += (product - (total - carried)) + (shift - carried)
    return total + low


def _two_product(x: Array, y: float) -> tuple[Array, Array]:
    """x * y and its rounding error (Dekker)."""
    product = x * y
    x_high, y_high = _high_half(x), _high_half(y)
    x_low, y_low = x - x_high, y - y_high
    error = ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low
    return product, error


def _high_half(x: Any) -> Any:
    shifted = x * (2.0**27 + 1)
    return shifted - (shifted - x)


# -- float32 ---------------------------------------------------------------------------------------


def box_muller_f32(uniforms: Array, mean: float, std: float) -> Array:
    """Normals from uniform float32[n], n a multiple of 16."""
    groups = uniforms.reshape(-1, 2, GROUP // 2)
    result = np.empty_like(groups)
    mean, std = float(np.float32(mean)), float(np.float32(std))
    for start in range(0, len(groups), _CHUNK):
        u1, u2 = groups[start : start + _CHUNK].swapaxes(0, 1)
        out = result[start : start + _CHUNK].swapaxes(0, 1)
        radius = _log(1 - u1)
        radius *= -2.0
        np.sqrt(radius, out=radius)
        _round(radius)
        for part, value in zip(out, _cos_sin(u2), strict=True):
            value *= radius
            _round(value)
            value *= std
            value += mean
            part[...] = value
    return result.reshape(-1)


def _round(x: Array) -> Array:
    """Round a float64 array to float32 values, in place."""
    x[...] = x.astype(np.float32)
    return x


def _fma(x: Array, y: Array | float, z: Array | float) -> Array:
    """x * y + z rounded once, in place of `x`."""
    x *= y
    x += z
    return _round(x)


def _f32(*values: float) -> list[float]:
    return [float(np.float32(value)) for value in values]


LOG = _f32(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
SQRT_HALF, LN2_HIGH, LN2_LOW = _f32(math.sqrt(0.5), 0.693359375, -2.12194440e-4)
SIN = _f32(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
COS = _f32(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
QUARTER_PI = _f32(-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)  # minus, in three parts
TWO_PI, PER_QUARTER_PI = _f32(2 * math.pi, 4 / math.pi)


def _polynomial(coefficients: list[float], x: Array) -> Array:
    """Horner's rule with fused steps."""
    y = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        _fma(y, x, coefficient)
    return y


def _log(u: Array) -> Array:
    """log of float32 in (0, 1], as float64 that holds float32 values."""
    bits = u.view(np.int32)
    exponent = (bits >> 23) - 126
    mantissa = ((bits & 0x7FFFFF) | 0x3F000000).view(np.float32)  # in [0.5, 1)
    low = mantissa < SQRT_HALF
    exponent -= low
    e = exponent.astype(np.float64)
    x = mantissa.astype(np.float64)
    x += np.where(low, x, 0.0)
    x -= 1.0
    squared = _round(x * x)
    y = _round(_polynomial(LOG, x) * x)
    _fma(y, squared, _round(e * LN2_LOW))
    y -= 0.5 * squared
    x += _round(y)
    _round(x)
    e *= LN2_HIGH
    x += e
    return _round(x)


def _cos_sin(u: Array) -> tuple[Array, Array]:
    """cos and sin of 2 pi u for float32 u in [0, 1), as float64 that holds float32 values."""
    x = _round(u.astype(np.float64) * TWO_PI)
    octant = _round(x * PER_QUARTER_PI).astype(np.int32)
    octant = (octant + 1) & ~1
    quarters = octant.astype(np.float64)
    for part in QUARTER_PI:
        x += quarters * part
        _round(x)
    squared = _round(x * x)
    cos = _round(_polynomial(COS, squared) * squared)
    _fma(cos, squared, -_round(0.5 * squared))
    cos += 1.0
    _round(cos)
    sin = _round(_polynomial(SIN, squared) * squared)
    _fma(sin, x, x)

    quadrant = octant >> 1  # 0 … 4
    swap = (quadrant & 1) == 1
    cos, sin = np.where(swap, sin, cos), np.where(swap, cos, sin)
    np.negative(cos, out=cos, where=(quadrant == 1) | (quadrant == 2))
    np.negative(sin, out=sin, where=(quadrant & 2) != 0)
    return cos, sin
