"""Small products of complex matrices, added as PyTorch's BLAS (MKL with AVX2) adds them.

Where the result or the depth is small, a complex product of two elements is rounded, part by part, and added to what
there is; so the diagonal of A Aᴴ is real. Of a matrix and a vector, sums of real products are added up for themselves.
Larger ones are fused chains of real products, those of doubles as NumPy's BLAS has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import broadcast, multiplied, whole
from .fused_chains import fused_chains

Array = np.ndarray[Any, Any]

FLOAT64 = np.dtype(np.float64)
COMPLEX64, COMPLEX128 = np.dtype(np.complex64), np.dtype(np.complex128)

#: multiplications up to which products are added here
MOST = 1 << 15


def takes(a: Any, b: Any) -> bool:
    """Whether the product of two matrices (or of the last two dimensions of two batches) is added here."""
    if a.dtype is not b.dtype or a.dtype not in (COMPLEX64, COMPLEX128):
        return False
    m, n = a.shape[-2], b.shape[-1]
    if not 0 < a.size * n <= MOST:
        return False
    return a.dtype is COMPLEX64 or m < 4 or n < 12


@whole(multiplied)
def product(a: Array, b: Array, out: Array) -> Array:
    """(…, m, k) @ (…, k, n) → (…, m, n); the result last, as compiled programs call it."""
    if a.dtype is COMPLEX64 and min(*a.shape[-2:], b.shape[-1]) >= 4:
        a, b = [np.stack((x.real, x.imag)) for x in (a, b)]
        (rr, ri), (ir, ii) = [[fused_chains(x, y) for y in b] for x in a]
        real, imaginary = rr - ii, ri + ir
    elif b.shape[-1] == 1 < a.shape[-2]:
        real = _sum(a.real, b.real) - _sum(a.imag, b.imag)
        imaginary = _sum(a.real, b.imag) + _sum(a.imag, b.real)
    else:
        real = _sum(a.real, b.real, (a.imag, b.imag, np.subtract))
        imaginary = _sum(a.real, b.imag, (a.imag, b.real, np.add))
    out.real, out.imag = real, imaginary
    return out


def _sum(a: Array, b: Array, other: Any = None) -> Array:
    """The products of a row and a column one after the other, each with one of `other` subtracted or added."""
    total: Any = None
    for k in range(a.shape[-1]):
        term = a[..., :, k : k + 1] * b[..., k : k + 1, :]
        if other is not None:
            c, d, join = other
            term = join(term, c[..., :, k : k + 1] * d[..., k : k + 1, :])
        total = term if total is None else total + term
    return total


def times(x: Any, y: Any, out: Any = None) -> Any:
    """`x * y`, element by element; of numbers of Python's, too."""
    if getattr(x, "dtype", FLOAT64).kind == "c" == getattr(y, "dtype", FLOAT64).kind:
        return each(x, y, out)
    return np.multiply(x, y, out)


@whole(broadcast)
def each(x: Array, y: Array, out: Array | None = None) -> Array:
    """`x * y` of complex numbers, element by element, every product rounded: NumPy's loops may fuse it with the sum."""
    real = x.real * y.real - x.imag * y.imag
    imaginary = x.real * y.imag + x.imag * y.real
    found = np.empty(np.shape(real), x.dtype) if out is None else out
    found.real, found.imag = real, imaginary
    return found
