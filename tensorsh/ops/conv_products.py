"""Convolutions as products of matrices that add in oneDNN's order (see `conv_steps`).

A kernel of OpenBLAS holds one sum for each element of the result and adds the products along the common side one
after the other, with one rounding each, as long as that side is not longer than what it keeps in the cache. So the
windows are laid out in the order in which oneDNN comes by them, the bias in front. Not every kernel does: it is tried.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from ..engine.fma import multiply_add
from ..engine.parallel import LARGE, spread_products, threads
from ..engine.products import matmul
from .windows import Ints, windows

Array = np.ndarray[Any, Any]

#: channels that a vector has
BLOCK = 8
#: a longer side is added in pieces: the least of what OpenBLAS's kernels keep
DEPTH = 320
#: elements of windows that are laid out at a time
COLUMNS = 1 << 19


def takes(channels: int, depth: int) -> bool:
    """Whether so many outputs of so many products each (the bias is one) are computed here."""
    return channels > 0 and depth <= DEPTH and in_order()


def takes_input(w: Ints, spatial: Ints) -> bool:
    """Whether the gradient by the input is: for wide inputs oneDNN adds more than two blocks in another order."""
    return (w[0] <= 2 * BLOCK or spatial[-1] < 15) and takes(w[1], w[0] * math.prod(w[2:]))


@cache
def in_order() -> bool:
    """Whether this machine's products add one by one."""
    for depth, rows, columns in ((DEPTH, 24, 52), (33, 2, 7), (33, 10, 50)):
        a = np.sin(np.arange(depth * rows, dtype=np.float32)).reshape(depth, rows)
        b = np.cos(np.arange(depth * columns, dtype=np.float32)).reshape(depth, columns)
        one_by_one: Any = np.zeros((rows, columns), np.float32)
        for left, right in zip(a, b, strict=True):
            one_by_one = multiply_add(left[:, None], right, one_by_one)
        if not np.array_equal(np.matmul(a.T, b), one_by_one):
            return False
    return True


def forward(
    x: Array,
    w: Array,
    bias: Array | None,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    sizes: Ints,
    turned: bool = False,
) -> Array:
    """(N, C, *spatial), (O, C, *kernel) → (N, O, *sizes); `turned`: windows are gone through from their ends."""
    n, c = x.shape[:2]
    kernel = w.shape[2:]
    k = len(kernel)
    places = tuple(range(2, 2 + k))
    factors = np.concatenate(
        [
            *([] if bias is None else [bias[None]]),
            *(part.reshape(-1, len(w)) for part in _in_blocks(w.transpose(1, *places, 0), k)),
        ]
    )
    padded = np.zeros((c, *(s + 2 * p for s, p in zip(x.shape[2:], padding, strict=True)), n), x.dtype)
    inside = tuple(slice(p, p + s) for p, s in zip(padding, x.shape[2:], strict=True))
    padded[(slice(None), *inside)] = x.transpose(1, *places, 0)
    # (C, N, *sizes, *kernel) → (C, *kernel, *sizes, N)
    seen = windows(padded.transpose(0, k + 1, *range(1, k + 1)), kernel, stride, dilation, sizes)
    if turned:
        seen = seen[(..., *[slice(None, None, -1)] * k)]
    seen = seen.transpose(0, *range(2 + k, 2 + 2 * k), *range(2, 2 + k), 1)
    out = np.empty((n, len(w), *sizes), x.dtype)
    depth, area = len(factors), math.prod(sizes)

    def work(lo: int, hi: int) -> None:
        columns = np.empty((depth, *sizes, hi - lo), x.dtype)
        at = 0
        if bias is not None:
            columns[0], at = 1, 1
        for part in _in_blocks(seen[..., lo:hi], k):
            rows = math.prod(part.shape[: k + 2])
            np.copyto(columns[at : at + rows].reshape(part.shape), part)
            at += rows
        made = _chains(factors, columns.reshape(depth, -1))
        out[lo:hi] = made.reshape(len(w), *sizes, hi - lo).transpose(k + 1, 0, *range(1, k + 1))

    size = depth * area
    if n < 2 or n * size < LARGE:
        work(0, n)
    else:
        spread_products(work, n, min(max(COLUMNS // size, 1), -(-n // threads())))
    return out


def _chains(a: Array, b: Array) -> Array:
    """(k, m), (k, n) → (m, n), added along k; a product with a vector would be added in another way."""
    m, n = a.shape[1], b.shape[1]
    a, b = (np.repeat(each, 2, 1) if each.shape[1] == 1 else each for each in (a, b))
    return matmul(a.T, b)[:m, :n]


def _in_blocks(x: Array, k: int) -> list[Array]:
    """(C, *kernel, …) → (C/8, *kernel, 8, …), and what is left over as one more block; the kernel has k sizes."""
    whole = len(x) - len(x) % BLOCK
    found = []
    for part, block in ((x[:whole], BLOCK), (x[whole:], len(x) - whole)):
        if len(part):
            blocks = part.reshape(len(part) // block, block, *x.shape[1:])
            found.append(blocks.transpose(0, *range(2, 2 + k), 1, *range(2 + k, blocks.ndim)))
    return found
