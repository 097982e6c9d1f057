"""Products of matrices, rounded step by step as PyTorch's BLAS rounds them, where that costs little.

Which last bit a product of two matrices has depends on the order of its additions and on where product and sum
are rounded together (`product_orders`). A program that prints a loss prints that bit. Fused chains are what
NumPy's BLAS computes, too, if the first factor is stored by columns. The other orders are those of narrow results:
of few rows or few columns.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy._core.multiarray import c_einsum

from ..core.readers import in_machine_code, multiplied, reader_of, whole
from . import complex_products
from .fused_chains import fused_chains, rearranged, rounded
from .product_lanes import ZERO, batch_in_lanes, batch_of_vectors, in_lanes
from .product_orders import (
    CHAIN,
    FUSED,
    ROWS,
    adds_fours,
    before_vectors,
    is_turned,
    order_of,
    order_with_vector,
    rows_add_fours,
)
from .threaded_products import matmul, wants_one

Array = np.ndarray[Any, Any]

FLOAT32 = np.dtype(np.float32)

#: the depth from which on BLAS adds up parts of a chain by themselves, at most so deep
PART = 192
#: multiplications up to which the orders of narrow results are followed
FOLLOWED = 1 << 26
#: multiplications whose products are made at a time, before they are added
AT_A_TIME = 1 << 18
#: of more, the machine code for batches is asked for single matrices, too
SINGLE = 1 << 14
#: elements of a result whose chains grow together, step by step
WIDE = 1 << 10
#: multiplications of each two matrices of a batch from which on PyTorch asks BLAS
PLAIN = 400


def is_ordered(a: Any, b: Any) -> bool:
    """Whether the product of a matrix and a matrix or vector is more than a call of NumPy's."""
    if is_outer(a, b):
        return True
    if not (a.dtype is FLOAT32 and b.dtype is FLOAT32) or a.ndim != 2:
        return False
    (m, k), n = a.shape, b.shape[1] if b.ndim == 2 else 1
    order, size = order_of(a, b) if b.ndim == 2 else order_with_vector(a), m * k * n
    if order == FUSED:
        return _part(k) < k or rearranged(a, b)
    return k > 1 and size <= FOLLOWED


def is_followed(a: Any, b: Any) -> bool:
    """Whether a product that `is_ordered` is added up one by one or in lanes."""
    order = order_of(a, b) if b.ndim == 2 else order_with_vector(a)
    return order != FUSED and not is_outer(a, b)


@in_machine_code
@whole(multiplied)
def followed(a: Array, b: Array, out: Array) -> Array:
    """Such a product, as a compiled program calls it: the result last."""
    if b.ndim == 2:
        _follow(a, b, order_of(a, b), out)
    else:
        _follow(a, b[:, None], order_with_vector(a), out[:, None])
    return out


def is_batch_ordered(a: Any, b: Any) -> bool:
    """Whether a product of two batches, (…, m, k) @ (…, k, n), is more than a call of NumPy's."""
    if not (a.dtype is FLOAT32 and b.dtype is FLOAT32) or a.shape[:-2] != b.shape[:-2]:
        return False
    (m, k), n, many = a.shape[-2:], b.shape[-1], prod(a.shape[:-2])
    size = m * k * n
    if not many * size:
        return False
    if size >= PLAIN and m >= 4 and n >= 12:
        return _part(k) < k or rearranged(a, b)
    return many * size <= FOLLOWED and (size < PLAIN or k > 1)


def batch_product(a: Array, b: Array) -> Array:
    """The product of two batches that `is_batch_ordered`: the smallest in a loop of PyTorch's own, others by BLAS."""
    shape = (*a.shape[:-1], b.shape[-1])
    a, b = a.reshape(-1, *a.shape[-2:]), b.reshape(-1, *b.shape[-2:])
    (many, m, k), n = a.shape, b.shape[2]
    if m * k * n >= PLAIN and m >= 4 and n >= 12:
        return _chain_of_fused(a, b).reshape(shape)
    some = 4 * max(AT_A_TIME // (4 * m * k * n), 1)  # by fours, after which vectors begin at the same places
    found = [_narrow_products(a[at : at + some], b[at : at + some]) for at in range(0, many, some)]
    return (found[0] if len(found) == 1 else np.concatenate(found)).reshape(shape)


def _narrow_products(a: Array, b: Array) -> Array:
    """Such products that are not fused chains."""
    (_, m, k), n = a.shape, b.shape[2]
    if m * k * n < PLAIN:
        return _chains(a, b)
    if m == 1 < n and is_turned(b[0]):
        return batch_of_vectors(a[:, 0], b)[:, None]
    if is_turned(b[0]) and not is_turned(a[0]):
        return batch_in_lanes(a, b)
    return _of_followed_chains(a, b)


def _of_followed_chains(a: Array, b: Array) -> Array:
    """Such products, of which elements before the first whole vector of a row add every second four as one."""
    (many, m, k), n = a.shape, b.shape[2]
    found = _chains(a, b)
    cells = before_vectors(many * m, n) if rows_add_fours(b[0]) else None
    if cells is not None:
        rows, columns = cells
        terms = a.reshape(-1, k)[rows].T * b[rows // m, :, columns].T
        found.reshape(-1, n)[cells] = _sums_of_fours(np.ascontiguousarray(terms))
    return found


def products_of_such(a: Array, b: Array) -> Array:
    """The products of two batches of float32 matrices, (many, m, k) @ (many, k, n), each as `matrix_product`."""
    order = order_of(a[0], b[0])
    if order == FUSED:
        return _chain_of_fused(a, b)
    if _is_even(a, b) and a.size * b.shape[2] <= FOLLOWED:
        return _chains(a, b) if order == CHAIN else batch_in_lanes(a, b)
    return np.array([matrix_product(x, y) for x, y in zip(a, b, strict=True)])


def scaled_products(a: Array, b: Array, factor: Any) -> Array:
    """The same times a number, which is taken to where BLAS has it for the order of the product."""
    order = order_of(a[0], b[0])
    if order == FUSED:
        return products_of_such(a, b * factor)
    return products_of_such(a * factor, b) if order == CHAIN else products_of_such(a, b) * factor


def _chains(a: Array, b: Array) -> Array:
    """Such products, each element a chain of rounded products."""
    found = rounded(a, b)
    if found is not None:
        return found
    terms = np.multiply(a.transpose(2, 0, 1)[..., None], b.transpose(1, 0, 2)[:, :, None], order="C")
    total: Array = np.add.reduce(terms, axis=0) if terms[0].size > 1 else np.add.accumulate(terms)[-1]
    total += ZERO
    return total


def _is_even(a: Any, b: Any) -> bool:
    """Whether all elements of a batch's products are added alike: in a chain, or in lanes that begin with each row."""
    k, n = b.shape[-2:]
    if n & 3 or a.shape[-2] == 1:
        return False
    first = (0,) * (a.ndim - 2)
    order = order_of(a[first], b[first])
    return order == CHAIN or (order == ROWS and k & 3 == 0)


def is_outer(a: Any, b: Any) -> bool:
    """Whether every element of a product is one product, which keeps the sign of a zero."""
    return a.ndim == b.ndim == 2 and a.shape[1] == 1 < min(a.shape[0], b.shape[1]) and a.dtype.kind == "f"


def product_onto(input: Array, a: Array, b: Array, factor: Any = None) -> Array:
    """`input + factor * (a @ b)`; chains of rounded products and what is added in parts begin with the input.

    Where the sum begins with the input BLAS has the factor on one of the matrices.
    """
    (m, k), n = a.shape, b.shape[1]
    if a.dtype is FLOAT32 and b.dtype is FLOAT32 and m * k * n:
        order = order_of(a, b)
        if order == FUSED and _part(k) < k:
            return _chain_of_fused(a, b if factor is None else b * factor, input)
        if order == CHAIN and m * k * n <= FOLLOWED:
            a = a if factor is None else a * factor
            return chain_onto(input, a, b)
    product = matrix_product(a, b)
    return np.add(input, product if factor is None else product * factor)


@whole(lambda input, a, b: multiplied(a, b))
def chain_onto(input: Array, a: Array, b: Array, out: Array) -> Array:
    """`input + a @ b`, one rounded product after the other; the result last, as compiled programs call it."""
    (m, k), n = a.shape, b.shape[1]
    input = np.broadcast_to(input, (m, n))
    if m * k * n > AT_A_TIME:
        _long_chain(a, b, out, input)
    else:
        terms = np.empty((1 + k, m, n), FLOAT32)
        terms[0] = input
        np.multiply(a.T[:, :, None], b[:, None], out=terms[1:])
        out[...] = np.add.reduce(terms, axis=0) if m * n > 1 else np.add.accumulate(terms)[-1]
    if adds_fours(a, b):
        _add_fours(a, b, out, input)
    return out


def _long_chain(a: Array, b: Array, out: Array, input: Array) -> None:
    """`input + a @ b`, the input first: as a product, the columns or rows of which begin with it, or step by step."""
    if np.isfinite(input).all():
        if len(a) < b.shape[1]:
            left, right = (np.eye(len(a), dtype=FLOAT32), a), (input, b)
        else:
            left, right = (input, a), (np.eye(b.shape[1], dtype=FLOAT32), b)
        found = rounded(np.concatenate(left, 1)[None], np.concatenate(right)[None])
        if found is not None:
            out[...] = found[0]
            return
    out[...] = input
    _by_steps(a, b, out)


def _by_steps(a: Array, b: Array, out: Array) -> None:
    """`out += a @ b`, one step of all chains after the other."""
    wide = out.shape[1] > len(out)  # NumPy's innermost loop goes along the longer one
    long, short, total = (b, a.T, out) if wide else (a.T, b, out.T)
    total = np.array(total, order="C")
    products = np.empty_like(total)
    for x, y in zip(np.ascontiguousarray(long), np.ascontiguousarray(short), strict=True):
        np.multiply(y[:, None], x, out=products)
        total += products
    out[...] = total if wide else total.T


def matrix_product(a: Array, b: Array) -> Array:
    """`a @ b` of matrices."""
    if is_outer(a, b):
        return np.multiply(a, b, order="C")
    if not (a.dtype is FLOAT32 and b.dtype is FLOAT32):
        return complex_products.product(a, b) if complex_products.takes(a, b) else matmul(a, b)
    return _ordered(a, b, order_of(a, b))


def product_of_such(a: Array, b: Array) -> Callable[[Array, Array], Array]:
    """`matrix_product` of matrices that have the shapes and lie in memory as these do: many in a row choose once."""
    if a.dtype is FLOAT32 and b.dtype is FLOAT32 and a.size and b.size and order_of(a, b) == FUSED:
        k = a.shape[1]
        if k > 1 and not wants_one(a, b) and _part(k) == k and not rearranged(a, b):
            return np.matmul
    return matrix_product


def product_onto_such(a: Array, b: Array) -> Callable[[Array, Array, Array], Array]:
    """`product_onto` a row, of matrices that have the shapes and lie in memory as these do."""
    times = product_of_such(a, b)
    return product_onto if times is matrix_product else lambda row, a, b: times(a, b) + row


def matrix_vector(a: Array, b: Array) -> Array:
    """`a @ b` of a matrix and a vector."""
    if not (a.dtype is FLOAT32 and b.dtype is FLOAT32):
        return np.matmul(a, b)
    order = order_with_vector(a)
    if reader_of(a, b) is not None and is_ordered(a, b) and order != FUSED:
        return followed(a, b)
    return _ordered(a, b[:, None], order)[:, 0]


def _ordered(a: Array, b: Array, order: int) -> Array:
    (m, k), n = a.shape, b.shape[1]
    size = m * k * n
    if size == 0:
        return matmul(a, b)
    if order == FUSED:
        return _chain_of_fused(a, b)
    if k < 2 or size > FOLLOWED:
        return matmul(a, b)
    if reader_of(a, b) is not None:
        return followed(a, b)
    out = np.empty((m, n), FLOAT32)
    _follow(a, b, order, out)
    return out


def _follow(a: Array, b: Array, order: int, out: Array) -> None:
    if order == CHAIN:
        _chain(a, b, out)
    else:
        in_lanes(a, b, order, out)


def _chain_of_fused(a: Array, b: Array, onto: Array | None = None) -> Array:
    k = a.shape[-1]
    part = _part(k)
    if part == k:
        return fused_chains(a, b)
    total = fused_chains(a[..., :part], b[..., :part, :])
    if onto is not None:
        total += onto
    for at in range(part, k, part):
        total += fused_chains(a[..., at : at + part], b[..., at : at + part, :])
    return total


@lru_cache(maxsize=128)
def fused_parts(k: int) -> Array:
    """Of a fused chain so deep, where its parts begin and how long they are, for machine code: (parts, 2)."""
    part = _part(k)
    return np.array([(at, min(part, k - at)) for at in range(0, k, part)], np.int64)


def in_one(k: int) -> bool:
    """Whether a fused chain so deep is added up in one piece."""
    return _part(k) == k


def _part(k: int) -> int:
    return k if k <= PART else PART if k > 2 * PART else k // 2


def _chain(a: Array, b: Array, out: Array) -> None:
    """One rounded product after the other."""
    m, n = out.shape
    if m == n == 1:
        out[...] = np.add.accumulate(a[0] * b[:, 0])[-1] + ZERO
        return
    found = rounded(a[None], b[None]) if m * n * a.shape[1] > SINGLE else None
    if found is not None:
        out[...] = found[0]
    elif max(m, n) >= WIDE:
        out[...] = 0
        _by_steps(a, b, out)
    else:
        rows = np.ascontiguousarray(a.T)  # or the sums were NumPy's innermost loop, which adds otherwise
        if m >= n:  # the innermost goes along the longer one
            out[...] = c_einsum("kj,ki->ji", np.ascontiguousarray(b), rows).T
        else:
            c_einsum("ki,kj->ij", rows, np.ascontiguousarray(b), out=out)
    if adds_fours(a, b):
        _add_fours(a, b, out)


def _add_fours(a: Array, b: Array, out: Array, input: Array | None = None) -> None:
    """Elements of the result (m, k), (k, n) → (m, n) once more, with every second four products added as one."""
    (m, k), n = a.shape, b.shape[1]
    if not n & 1 and m * k <= AT_A_TIME and input is None:  # two elements of every second row
        terms = c_einsum("kj,ik->kji", b[:, :2], a[1::2])
        out[1::2, :2] = _sums_of_fours(terms.reshape(len(terms), -1)).reshape(2, -1).T
        return
    cells = before_vectors(m, n)
    if cells is None:
        return
    first = int(input is not None)
    some = max(AT_A_TIME // (4 * k), 2)
    for at in range(0, len(cells[0]), some):
        at = min(at, len(cells[0]) - 2)  # NumPy adds a single one in pairs
        i, j = (places[at : at + some] for places in cells)
        terms = np.empty((first + k, len(i)), FLOAT32)
        if input is not None:
            terms[0] = input[i, j]
        np.multiply(a.take(i, axis=0).T, b.take(j, axis=1), out=terms[first:])
        out[i, j] = _sums_of_fours(terms, first)


def _sums_of_fours(terms: Array, first: int = 0) -> Array:
    """Sums of the rows of terms, which are changed; the `first` ones, of which there are none or one, stand alone."""
    eights = (len(terms) - first) & ~7
    groups = terms[first : first + eights].reshape(-1, 8, terms.shape[1])
    groups[:, 4] = np.add.reduce(groups[:, 4:], axis=1)
    chain = groups[:, :5].reshape(-1, terms.shape[1])
    total = np.add.reduce(np.concatenate((terms[:first], chain)) if first else chain, axis=0)
    for term in terms[first + eights :]:
        total += term
    return total
