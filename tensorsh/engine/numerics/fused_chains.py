"""Products of float32 matrices whose elements are each one chain of fused multiplications and additions.

NumPy's BLAS computes such chains, if it is given the factors as its kernels want them: those for AVX-512 the first one
stored by columns, those for AVX2, which have a sum for the even and one for the odd steps of some elements, with a zero
behind each step. Which kernels it has is asked of a product. Machine code needs neither.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..core.readers import in_machine_code, multiplied, whole
from .kernel_code import KernelCode, written
from .made_later import CALL
from .threaded_products import matmul

Array = np.ndarray[Any, Any]

FLOAT32 = np.dtype(np.float32)

#: multiplications and depth: up to the one and from the other on, NumPy's BLAS (OpenBLAS under AVX-512) adds in
#: lanes unless the first factor is stored by columns, or both by rows and the columns fill its vectors
OWN, LANES = 1_000_000, 32
#: steps, each with a zero behind it, that OpenBLAS's kernels for AVX2 keep in one sum (`chains_in_pairs`), and up to
#: how many multiplications they are asked to, at twice the time
STEPS, PAIRED = 160, 1 << 23


def fused_chains(a: Array, b: Array) -> Array:
    """`a @ b`, (…, m, k) @ (…, k, n), each element one fused chain; m, n > 1."""
    return fused(a, b) if rearranged(a, b) else matmul(a, b)


PRODUCTS = KernelCode(written("product_routines", "fused_products"), "aaaa" + "i" * 10)
#: the same of chains whose products are rounded before they are added
ROUNDED = KernelCode(written("product_routines", "rounded_products"), "aaaa" + "i" * 10)
#: what `chains_in_pairs` costs, as `made_later` counts: calls, and multiplications for a pass over one element
CALLS, PER_PASS = 10, 32
#: numbers in a row of the machine code's memory, multiples of these
COLUMNS = 16


def _has_machine_code(a: Any, b: Any, out: Array | None) -> bool:
    if not (type(a) is type(b) is np.ndarray and b.dtype is FLOAT32 and a.shape[:-2] == b.shape[:-2]):
        return False
    work = CALLS * CALL + a.size * b.shape[-1] // PER_PASS
    return (out is None or out.flags.c_contiguous) and PRODUCTS.ready(work)


def rounded(a: Array, b: Array) -> Array | None:
    """The products of two batches, each element a chain of rounded products, if there is machine code."""
    work = CALLS * CALL + 2 * a.size * b.shape[-1]
    if not (type(a) is type(b) is np.ndarray and a.dtype is b.dtype is FLOAT32) or not ROUNDED.ready(work):
        return None
    return _by_machine_code(a, b, np.empty(multiplied(a, b), FLOAT32), ROUNDED)


def _by_machine_code(a: Array, b: Array, out: Array, code: KernelCode = PRODUCTS) -> Array:
    """The products of matrices or batches, each element one chain, fused if nothing else is said."""
    left, right = (x.reshape(-1, *x.shape[-2:]) for x in (a, b))
    (many, m, k), n = left.shape, b.shape[-1]
    room = np.empty(k * (-(-n // COLUMNS) * COLUMNS), FLOAT32)
    strides = [step // FLOAT32.itemsize for x in (left, right) for step in x.strides]
    code(left, right, out, room, many, m, n, k, *strides)
    return out


@in_machine_code
@whole(multiplied)
def fused(a: Array, b: Array, out: Array | None = None) -> Array:
    """`fused_chains` of factors that NumPy's BLAS must be given in another way, as a compiled program calls it."""
    if in_pairs(a, b):
        if _has_machine_code(a, b, out):
            return _by_machine_code(a, b, np.empty(multiplied(a, b), FLOAT32) if out is None else out)
        found = chains_in_pairs(a, b)
        if out is None:
            return found
        out[...] = found
        return out
    return matmul(a.swapaxes(-1, -2).copy().swapaxes(-1, -2), b, out)


def rearranged(a: Array, b: Array) -> bool:
    """Whether NumPy's BLAS would add otherwise if it were given these factors as they are."""
    return by_columns(a, b) or in_pairs(a, b)


def by_columns(a: Array, b: Array) -> bool:
    """Whether the first factor must be stored by columns for kernels for AVX-512 to compute chains."""
    depth = a.shape[-1]
    if (
        depth < LANES
        or a.strides[-1] != a.itemsize
        or a.shape[-2] * depth * b.shape[-1] > OWN
        or adds_in_pairs()
    ):
        return False
    return not b.flags.c_contiguous or 0 < b.shape[-1] & 15 <= 8


def in_pairs(a: Array, b: Array) -> bool:
    """Whether kernels for AVX2 would have a sum for the even and one for the odd steps, of some of the elements."""
    size = a.shape[-2] * a.shape[-1] * b.shape[-1]
    return a.dtype is FLOAT32 and a.shape[-1] > 1 and size <= PAIRED and adds_in_pairs()


@cache
def adds_in_pairs() -> bool:
    """Whether NumPy's BLAS has these kernels: ones that a large number swallows are lost in one sum, not in two."""
    b = np.ones((16, 16), FLOAT32)
    b[:2] = [[2.0**40], [-(2.0**40)]]
    return not (np.ones((8, 16), FLOAT32) @ b).all()


def chains_in_pairs(a: Array, b: Array) -> Array:
    """The same by such kernels: between the steps are zeros, so that all that counts is in the even sum.

    What is deeper than they keep goes on from what has been added up, which is multiplied with ones.
    """
    rest = a.shape[-1] - STEPS
    if rest <= 0:
        return matmul(_spaced(a, a.ndim), _spaced(b, b.ndim - 1))
    if rest > STEPS // 2:
        at = rest - STEPS // 2 + STEPS
        return _go_on(chains_in_pairs(a[..., :at], b[..., :at, :]), a[..., at:], b[..., at:, :])
    return _go_on(chains_in_pairs(a[..., :STEPS], b[..., :STEPS, :]), a[..., STEPS:], b[..., STEPS:, :])


def _go_on(done: Array, a: Array, b: Array) -> Array:
    """The sums that have come so far, and half as many steps as can be at most."""
    width, a = STEPS - a.shape[-1], np.broadcast_to(a, (*done.shape[:-1], a.shape[-1]))
    parts = []
    for at in range(0, b.shape[-1], width):
        columns = done[..., at : at + width]
        ones = np.broadcast_to(
            np.eye(columns.shape[-1], dtype=FLOAT32), (*b.shape[:-2], *columns.shape[-1:] * 2)
        )
        left = np.concatenate((columns, a), -1)
        right = np.concatenate((ones, b[..., at : at + width]), -2)
        parts.append(matmul(_spaced(left, a.ndim), _spaced(right, b.ndim - 1)))
    return np.concatenate(parts, -1)


def _spaced(x: Array, axis: int) -> Array:
    """With a zero after each step; `axis` is the one behind that of the steps."""
    wide = np.zeros((*x.shape[:axis], 2, *x.shape[axis:]), FLOAT32)
    wide[(slice(None),) * axis + (0,)] = x
    return wide.reshape(*x.shape[: axis - 1], 2 * x.shape[axis - 1], *x.shape[axis:])
