"""Products of the smallest matrices, rounded step by step as PyTorch's BLAS (MKL) rounds them.

Which last bit a product of two matrices has depends on the order of its additions and on where product and
sum are rounded together. A program that prints `A @ A.inverse()` prints that bit, so for matrices of a few
elements the order is MKL's: mostly one fused multiplication and addition after the other; pairs of rounded
products where it transposes the second factor on the way; other pairs for a matrix times a vector. What is
larger, or is not known to follow one of these orders, goes to NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .products import matmul

Array = np.ndarray[Any, Any]

#: the largest inner dimension, and the largest operands, that are computed here
DEPTH, SIZE = 4, 32


def is_small(a: Any, b: Any) -> bool:
    """Whether the product of two matrices or vectors is computed here."""
    return 1 < a.shape[-1] <= DEPTH and a.size <= SIZE and b.size <= SIZE and a.dtype.char in WIDE


#: the type that a product is kept in before it is added: exactly for float32, with 11 bits more for float64
WIDE: dict[str, Any] = {"f": np.float64, "d": np.longdouble}


def fused(a: Array, b: Array, c: Array) -> Array:
    """a·b + c rounded once, as processors multiply and add."""
    wide = a.astype(WIDE[c.dtype.char])
    wide = wide * b
    wide += c
    return wide.astype(c.dtype)


@np.errstate(all="ignore")
def matrix_product(a: Array, b: Array) -> Array:
    """`a @ b` of matrices."""
    if not is_small(a, b):
        return matmul(a, b)
    (m, k), n = a.shape, b.shape[1]
    if not a.flags.c_contiguous or (b.flags.c_contiguous and (n > 1 or m == 1)):
        return _in_turn(a, b) if b.flags.c_contiguous or m >= n else np.matmul(a, b)
    if n == 1:
        return matrix_vector(a, b[:, 0])[:, None]
    # the rows of `b` are gathered from its columns
    if a.dtype.char == "f" and m > 1 and (m < 4 or n < 4):
        return _added([a[:, i, None] * b[i, None] for i in range(k)], ((0, 2), (1, 3)))
    return np.matmul(a, b)


def _in_turn(a: Array, b: Array) -> Array:
    """One fused step for each element of the inner dimension."""
    wide = WIDE[a.dtype.char]
    columns, rows = a.T.astype(wide)[:, :, None], b.astype(wide)[:, None]
    total = (columns[0] * rows[0]).astype(a.dtype)
    for column, row in zip(columns[1:], rows[1:], strict=True):
        step = column * row
        step += total
        total = step.astype(a.dtype)
    return total


def _added(terms: Sequence[Array], order: tuple[Any, ...]) -> Array:
    """The sum of terms in an order: nested pairs of their numbers, those that are not there left out."""
    parts = [
        terms[each] if isinstance(each, int) else _added(terms, each)
        for each in order
        if _first(each) < len(terms)
    ]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def _first(order: Any) -> int:
    return order if isinstance(order, int) else min(map(_first, order))


@np.errstate(all="ignore")
def matrix_vector(a: Array, b: Array) -> Array:
    """`a @ b` of a matrix and a vector."""
    m, k = a.shape
    if not is_small(a, b):
        return np.matmul(a, b)
    if not a.flags.c_contiguous:
        return _in_turn(a, b[:, None])[:, 0]
    if a.dtype.char == "d":
        return np.matmul(a, b)
    terms = [a[:, i] * b[i] for i in range(k)]
    fours = m & ~3
    result = _added(terms, (((1, 3), 2), 0))
    if fours:  # four rows at a time
        pair = fused(a[:fours, 1], b[1], terms[0][:fours])
        result[:fours] = _added([pair, *(t[:fours] for t in terms[2:])], ((0, 2), 1))
    return result


@np.errstate(all="ignore")
def vector_product(a: Array, b: Array) -> Any:
    """`a @ b` of vectors."""
    if not is_small(a, b):
        return np.dot(a, b)
    return _added([a[i] * b[i] for i in range(len(a))], ((0, 1), (2, 3)))
