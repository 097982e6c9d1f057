"""Products of matrices, rounded step by step as PyTorch's BLAS rounds them, where that costs little.

Which last bit a product of two matrices has depends on the order of its additions and on where product and sum
are rounded together (`product_orders`). A program that prints a loss prints that bit. Fused chains are what
NumPy's BLAS computes, too, if the first factor is stored by columns. The other orders are those of small results
and are followed up to some thousands of multiplications; what is larger goes to NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy._core.multiarray import c_einsum

from .product_orders import CHAIN, FUSED, before_vectors, order_of, order_with_vector, table
from .products import matmul

Array = np.ndarray[Any, Any]

FLOAT32 = np.dtype(np.float32)

#: multiplications and depth: up to the one and from the other on, NumPy's BLAS (OpenBLAS under AVX-512) adds in
#: lanes unless the first factor is stored by columns, or both by rows and the columns fill its vectors
OWN, LANES = 1_000_000, 32
#: the depth from which on BLAS adds up parts of a chain by themselves, at most so deep
PART = 192
#: multiplications up to which the orders of small results are followed
CHAINS, TABLES = 1 << 13, 1 << 11


def is_ordered(a: Any, b: Any) -> bool:
    """Whether the product of a matrix and a matrix or vector is more than a call of NumPy's."""
    if is_outer(a, b):
        return True
    if not (a.dtype is FLOAT32 and b.dtype is FLOAT32) or a.ndim != 2:
        return False
    (m, k), n = a.shape, b.shape[1] if b.ndim == 2 else 1
    order, size = order_of(a, b) if b.ndim == 2 else order_with_vector(a), m * k * n
    if order == FUSED:
        part = _part(k)
        return part < k or _by_columns(a, b, part)
    return k > 1 and size <= (CHAINS if order == CHAIN else TABLES)


def is_outer(a: Any, b: Any) -> bool:
    """Whether every element of a product is one product, which keeps the sign of a zero."""
    return a.ndim == b.ndim == 2 and a.shape[1] == 1 < min(a.shape[0], b.shape[1]) and a.dtype.kind == "f"


def matrix_product(a: Array, b: Array) -> Array:
    """`a @ b` of matrices."""
    if is_outer(a, b):
        return np.multiply(a, b, order="C")
    if not (a.dtype is FLOAT32 and b.dtype is FLOAT32):
        return matmul(a, b)
    return _ordered(a, b, order_of(a, b))


def matrix_vector(a: Array, b: Array) -> Array:
    """`a @ b` of a matrix and a vector."""
    if not (a.dtype is FLOAT32 and b.dtype is FLOAT32):
        return np.matmul(a, b)
    return _ordered(a, b[:, None], order_with_vector(a))[:, 0]


def _ordered(a: Array, b: Array, order: int) -> Array:
    (m, k), n = a.shape, b.shape[1]
    size = m * k * n
    if size == 0:
        return matmul(a, b)
    if order == FUSED:
        return _chain_of_fused(a, b)
    if k < 2 or size > CHAINS:
        return matmul(a, b)
    if order == CHAIN:
        return _chain(a, b) if n > 1 else _chain_of_one(a, b)
    return _in_lanes(a, b, order) if size <= TABLES else matmul(a, b)


def _chain_of_fused(a: Array, b: Array) -> Array:
    k = a.shape[1]
    part = _part(k)
    if _by_columns(a, b, part):
        a = a.T.copy().T
    if part == k:
        return matmul(a, b)
    total = matmul(a[:, :part], b[:part])
    for at in range(part, k, part):
        total += matmul(a[:, at : at + part], b[at : at + part])
    return total


def _part(k: int) -> int:
    return k if k <= PART else PART if k > 2 * PART else (k + 1) // 2


def _by_columns(a: Array, b: Array, depth: int) -> bool:
    """Whether the first factor must be stored by columns for NumPy's BLAS to compute chains."""
    if depth < LANES or not a.flags.c_contiguous or a.shape[0] * depth * b.shape[1] > OWN:
        return False
    return not b.flags.c_contiguous or 0 < b.shape[1] & 15 <= 8


def _chain(a: Array, b: Array) -> Array:
    """One rounded product after the other."""
    (m, k), n = a.shape, b.shape[1]
    out = c_einsum("ik,kj->ij", a, b, order="C")
    if n & 3 and n > 4 and m > 1 and k > 7 and b.strides[1] == b.itemsize:
        cells = before_vectors(m, n)
        if cells is not None:
            _add_fours(a, b, *cells, out)
    return out


def _add_fours(a: Array, b: Array, rows: Array, columns: Array, out: Array) -> None:
    """Elements of the result once more, with every second four products added up before they are added."""
    terms = a.T.take(rows, axis=1)
    terms *= b.take(columns, axis=1)
    eights = len(terms) & ~7
    groups = terms[:eights].reshape(-1, 8, len(rows))
    groups[:, 4] = np.add.reduce(groups[:, 4:], axis=1)
    groups[:, 5:] = 0
    out[rows, columns] = np.add.reduce(terms, axis=0)


def _chain_of_one(a: Array, b: Array) -> Array:
    terms = a.T * b
    total = np.add.reduce(terms, axis=0) if a.shape[0] > 1 else np.add.accumulate(terms)[-1]
    return total.reshape(-1, 1)


def _in_lanes(a: Array, b: Array, order: int) -> Array:
    (m, k), n = a.shape, b.shape[1]
    steps, after = table(order, m, k, n)
    terms = np.empty(m * k * n + 1, FLOAT32)
    terms[-1] = 0
    np.multiply(a[:, None], b.T, out=terms[:-1].reshape(m, n, k))
    if steps.shape[1] == 1:
        return _sum_of_steps(terms.take(steps[:, 0])).reshape(m, n)
    parts = np.add.reduce(terms.take(steps), axis=0)
    half = len(parts)
    while half > 1:
        half >>= 1
        parts = parts[:half] + parts[half:]
    if after is None:
        return parts.reshape(m, n)
    rest = terms.take(after)
    rest[0] = parts
    return _sum_of_steps(rest).reshape(m, n)


def _sum_of_steps(terms: Array) -> Array:
    return np.add.reduce(terms, axis=0) if terms.shape[1] > 1 else np.add.accumulate(terms)[-1]
