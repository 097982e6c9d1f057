"""Sums over rows, row after row, as loops of PyTorch's add them up: of products each rounded together with the sum."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ...engine.numerics.element_functions import ADD_PRODUCTS
from ...engine.numerics.fma import multiply_add
from ..rules.families import FLOAT32

Array = np.ndarray[Any, Any]

#: columns whose products with each other are taken together
BLOCK = 16
#: of fewer, running sums cost less than rows
FEW_COLUMNS = 8
#: so many elements are worth a call of machine code
LEAST_IN_CODE = 256
#: more rows BLAS adds up in parts
ROWS = 192


def one_by_one(x: Array, axis: int) -> Array:
    """The sum along an axis, one element after the other; NumPy's sums along the last axis go by pairs."""
    rows = np.moveaxis(x, axis, 0)
    if x.size < FEW_COLUMNS * len(rows):
        return np.moveaxis(np.add.accumulate(x, axis=axis), axis, 0)[-1]
    return np.add.reduce(rows if rows.flags.c_contiguous else rows.copy(), axis=0)


def sums_of_products(x: Array, y: Array) -> Array:
    """The sum of the products over rows, row after row, each rounded with the sum.

    BLAS computes each element of a small product of matrices so, the first one stored by columns. So columns are
    multiplied with each other, a few with a few, and those with themselves are what is wanted.
    """
    if type(x) is type(y) is np.ndarray and x.size >= LEAST_IN_CODE:
        total = np.zeros(x.shape[1], FLOAT32)
        if add_products(x, y, total):
            return total
    if len(x) > ROWS:  # BLAS would add up parts
        pieces = [slice(at, at + ROWS) for at in range(0, len(x), ROWS)]
        return _products_one_by_one(x, y) if not _chains() else _in_pieces(x, y, pieces)
    return _by_products(x, y) if _chains() else _products_one_by_one(x, y)


def add_products(x: Array, y: Array, total: Array) -> bool:
    """Whether `total` has been added to, in machine code."""
    if x.strides[1] != x.itemsize or y.strides[1] != y.itemsize or not ADD_PRODUCTS.ready(x.size):
        return False
    into = np.broadcast_to(total, x.shape)[None]
    ADD_PRODUCTS.steps([x[None], y[None], into, into])(0)
    return True


def _in_pieces(x: Array, y: Array, pieces: list[slice]) -> Array:
    """Sums that go on from the one before: it is one more product, with one."""
    found = _by_products(x[pieces[0]], y[pieces[0]])
    ones = np.ones_like(found)[None]
    for piece in pieces[1:]:
        found = _by_products(np.concatenate([found[None], x[piece]]), np.concatenate([ones, y[piece]]))
    return found


def _products_one_by_one(x: Array, y: Array) -> Array:
    total = np.zeros(x.shape[1], FLOAT32)
    for a, b in zip(x, y, strict=True):
        total = multiply_add(a, b, total)
    return total


def _by_products(x: Array, y: Array) -> Array:
    n, columns = x.shape
    x, y = (
        np.ascontiguousarray(x),
        np.ascontiguousarray(y.copy() if x is y else y),
    )  # a matrix by itself is symmetric
    whole = columns // BLOCK * BLOCK
    found = np.empty(columns, FLOAT32)
    if whole:
        left, right = (each[:, :whole].reshape(n, -1, BLOCK) for each in (x, y))
        squares = np.matmul(left.transpose(1, 2, 0), right.transpose(1, 0, 2))
        found[:whole] = squares.diagonal(axis1=1, axis2=2).reshape(-1)
    if whole < columns:
        left, right = x[:, whole:], y[:, whole:]
        if left.shape[1] == 1:  # a product of vectors is added in another order
            left, right = left.repeat(2, axis=1), right.repeat(2, axis=1)
        found[whole:] = np.matmul(left.T, right).diagonal()[: columns - whole]
    return found


@cache
def _chains() -> bool:
    """Whether NumPy's BLAS does so, which is a matter of the processor."""
    x, y = (np.sin(np.arange(48 * 41, dtype=FLOAT32) * k).reshape(48, 41) for k in (3, 7))
    return np.array_equal(_by_products(x, y), _products_one_by_one(x, y))
