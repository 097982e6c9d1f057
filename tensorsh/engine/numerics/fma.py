"""Products added with one rounding, in place: what processors' fused multiply-adds make of PyTorch's kernels.

`x + alpha * y`, `lerp` and `addcmul` round once where NumPy's two calls round twice, which shows in the last
digit after one step of an optimiser in ten. float32 goes through float64, where the product of two floats is
exact; float64 carries the errors of product and sum along; halves are computed in float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import broadcast, in_machine_code, whole
from .element_functions import ADD_PRODUCT, ADD_SCALED, LERP, MULTIPLY_ADD

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def add(x: Array, y: Array, alpha: float) -> None:
    """x += alpha * y."""
    kind = x.dtype
    if alpha == 1 and kind.itemsize > 2:  # a sum is rounded once in any case
        x += y
    elif kind == FLOAT32:
        if ADD_SCALED.fill(x, x, y, numbers=(alpha,)):
            return
        wide = y.astype(FLOAT64)
        wide *= float(np.float32(alpha))
        wide += x
        x[...] = wide
    elif kind == FLOAT64:
        x[...] = exact(x, y, float(alpha))
    elif kind.itemsize == 2:
        _add_half(x, y, alpha)
    else:
        x += y * kind.type(alpha)


@in_machine_code
@whole(broadcast)
def added(x: Array, y: Array, alpha: float, out: Array | None = None) -> Array:
    """x + alpha * y of floats of one dtype, rounded as `add` does; `out` may be x."""
    if x.dtype.itemsize > 2:
        if x.dtype == FLOAT32:
            found = np.empty_like(x) if out is None else out
            if ADD_SCALED.fill(found, x, y, numbers=(alpha,)):
                return found
        return combined(x, y, float(x.dtype.type(alpha)), out)
    out = x.copy() if out is None else out
    if out is not x:
        out[...] = x
    add(out, y, alpha)
    return out


def multiply_add(a: Any, b: Any, c: Any) -> Any:
    """a * b + c of arrays that broadcast, a float32 one rounded once; of other dtypes as two operations."""
    if a.dtype != FLOAT32:
        return a * b + c
    found = MULTIPLY_ADD.of(a, b, c)
    if found is not None:
        return found
    # NumPy casts in pieces where dtypes differ, which takes five times as long
    wide = np.multiply(_wide(a), _wide(b))
    if wide.ndim:
        wide = np.add(wide, _wide(c), wide if wide.size >= np.size(c) else None)
    else:
        wide = wide + c
    return wide.astype(FLOAT32)


def _wide(x: Any) -> Any:
    return x.astype(FLOAT64) if isinstance(x, np.ndarray) else x


def scale(x: Array, factor: float) -> None:
    """x *= factor."""
    if x.dtype.itemsize == 2:
        _in_float32(scale, x, factor)
    else:
        x *= x.dtype.type(factor)


def divide(x: Array, divisor: float) -> None:
    """x /= divisor."""
    if x.dtype.itemsize == 2:
        _in_float32(divide, x, divisor)
    else:
        x /= x.dtype.type(divisor)


def add_product(x: Array, a: Array, b: Array, value: float = 1.0) -> None:
    """x += value * a * b (`addcmul_`): the first product is rounded."""
    kind = x.dtype
    if kind == FLOAT32:
        if ADD_PRODUCT.fill(x, x, a, b, numbers=(value,)):
            return
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
    part = -0.5 < weight < 0.5
    if part and LERP.fill(x, x, end, numbers=(weight,)):
        return
    way = end - x
    if not part:
        x[...] = end
        weight = float(kind.type(weight)) - 1
    add(x, way, weight)


def add_quotient(x: Array, a: Array, b: Array, value: float = 1.0) -> None:
    """x += value * a / b (`addcdiv_`): every step is rounded."""
    if x.dtype.itemsize == 2:
        _in_float32(add_quotient, x, a, b, value)
        return
    quotient = a * x.dtype.type(value)
    quotient /= b
    x += quotient


@in_machine_code
@whole(lambda *arrays: broadcast(*arrays))  # never in the place of x
def combined(x: Any, a: Any, b: Any, out: Array | None = None) -> Any:
    """x + a * b rounded once, of floats of one dtype (float32 or float64) that are broadcast to each other."""
    if x.dtype == FLOAT32:
        if out is not None and MULTIPLY_ADD.fill(out, a, b, x):
            return out
        wide = x + a.astype(FLOAT64) * b
        if out is None:
            return wide.astype(FLOAT32)
    else:
        wide = exact(x, a, b)
        if out is None:
            return wide
    out[...] = wide
    return out


def takes(*arrays: Any) -> bool:
    """Whether `combined` can be asked."""
    kinds = {getattr(a, "dtype", None) for a in arrays}
    return kinds == {FLOAT32} or kinds == {FLOAT64}


def exact(x: Any, a: Any, b: Any) -> Array:
    """x + a * b of float64, rounded once: by the error of the product (Dekker) and that of the sum (Knuth)."""
    product = a * b
    high, b_high = _high_half(a), _high_half(b)
    low, b_low = a - high, b - b_high
    error = ((high * b_high - product) + high * b_low + low * b_high) + low * b_low
    total = x + product
    carried = total - product
    error = error + ((product - (total - carried)) + (x - carried))
    found = total + error
    rest = np.add.reduce(found, None)
    if rest != rest:  # infinities, and what is too large to be cut in halves
        found = np.where(found != found, total, found)
    return found


def _high_half(x: Any) -> Any:
    shifted = x * (2.0**27 + 1)
    return shifted - (shifted - x)


#: halves that a vector of PyTorch's kernels holds; what is left over goes the plain way
VECTOR = 32


def _add_half(x: Array, y: Array, alpha: float) -> None:
    """x += alpha * y of halves: alpha is one, too, and the product is rounded where no vector is full."""
    product = y.astype(FLOAT32, order="C")
    product *= np.float32(x.dtype.type(alpha))
    rest = product.reshape(-1)[product.size & -VECTOR :]
    rest[...] = rest.astype(x.dtype)
    product += x
    x[...] = product


def _in_float32(work: Any, x: Array, *rest: Any) -> None:
    wide = x.astype(FLOAT32)
    work(wide, *[a.astype(FLOAT32) if isinstance(a, np.ndarray) else a for a in rest])
    x[...] = wide
