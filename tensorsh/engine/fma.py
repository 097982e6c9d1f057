"""Products added with one rounding, in place: what processors' fused multiply-adds make of PyTorch's kernels.

`x + alpha * y`, `lerp` and `addcmul` round once where NumPy's two calls round twice, which shows in the last
digit after one step of an optimiser in ten. float32 goes through float64, where the product of two floats is
exact; float64 carries the errors of product and sum along; halves are computed in float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def add(x: Array, y: Array, alpha: float) -> None:
    """x += alpha * y."""
    kind = x.dtype
    if kind == FLOAT32:
        wide = y.astype(FLOAT64)
        wide *= float(np.float32(alpha))
        wide += x
        x[...] = wide
    elif kind == FLOAT64:
        x[...] = exact(x, y, float(alpha))
    elif kind.itemsize == 2:
        _in_float32(add, x, y, alpha)
    else:
        x += y * kind.type(alpha)


def add_product(x: Array, a: Array, b: Array, value: float = 1.0) -> None:
    """x += value * a * b (`addcmul_`): the first product is rounded."""
    kind = x.dtype
    if kind == FLOAT32:
        wide = (a if value == 1 else a * np.float32(value)).astype(FLOAT64)
        wide *= b
        wide += x
        x[...] = wide
    elif kind == FLOAT64:
        x[...] = exact(x, a if value == 1 else a * float(value), b)
    elif kind.itemsize == 2:
        _in_float32(add_product, x, a, b, value)
    else:
        x += (a * kind.type(value)) * b


def lerp(x: Array, end: Array, weight: float) -> None:
    """x goes `weight` of the way to `end`."""
    kind = x.dtype
    if kind.itemsize == 2:
        _in_float32(lerp, x, end, weight)
        return
    weight = float(kind.type(weight))
    way = end - x
    if abs(weight) < 0.5:
        add(x, way, weight)
    else:
        x[...] = end
        add(x, way, weight - 1)


def add_quotient(x: Array, a: Array, b: Array, value: float = 1.0) -> None:
    """x += value * a / b (`addcdiv_`): every step is rounded."""
    if x.dtype.itemsize == 2:
        _in_float32(add_quotient, x, a, b, value)
        return
    quotient = a * x.dtype.type(value)
    quotient /= b
    x += quotient


def exact(x: Any, a: Any, b: Any) -> Array:
    """x + a * b of float64, rounded once: by the error of the product (Dekker) and that of the sum (Knuth)."""
    product = a * b
    high, b_high = _high_half(a), _high_half(b)
    low, b_low = a - high, b - b_high
    error = ((high * b_high - product) + high * b_low + low * b_high) + low * b_low
    total = product + x
    carried = total - product
    error += (product - (total - carried)) + (x - carried)
    found = total + error
    lost = found != found  # infinities, and what is too large to be cut in halves
    if lost.any():
        found = np.where(lost, total, found)
    return found


def _high_half(x: Any) -> Any:
    shifted = x * (2.0**27 + 1)
    return shifted - (shifted - x)


def _in_float32(work: Any, x: Array, *rest: Any) -> None:
    wide = x.astype(FLOAT32)
    work(wide, *[a.astype(FLOAT32) if isinstance(a, np.ndarray) else a for a in rest])
    x[...] = wide
