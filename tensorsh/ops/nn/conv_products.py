"""Convolutions as products of matrices that add in oneDNN's order (see `conv_steps`).

A kernel of OpenBLAS holds one sum for each element of the result and adds the products along the common side one
after the other, with one rounding each, as long as that side is not longer than what it keeps in the cache. So the
windows are laid out in the order in which oneDNN comes by them, the bias in front. Not every kernel does: it is tried.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any

import numpy as np

from ...engine.core.parallel import LARGE, spread_products, threads
from ...engine.numerics.fma import multiply_add
from ...engine.numerics.fused_chains import adds_in_pairs, chains_in_pairs, fused_chains
from ...engine.numerics.threaded_products import matmul
from .windows import Ints, windows

Array = np.ndarray[Any, Any]

#: channels that a vector has
BLOCK = 8
#: a longer side is added in pieces: the least of what OpenBLAS's kernels keep
DEPTH = 320
#: products that are added up to an output at most
LONGEST = 1 << 13
#: outputs whose sums are carried on together when a longer side is added in pieces
ACROSS = 64
#: places that a kernel of one position adds to a sum of its gradient
PLACES = 128
#: elements of windows that are laid out at a time
COLUMNS = 1 << 19


def takes(channels: int, depth: int) -> bool:
    """Whether so many outputs of so many products each (the bias is one) are computed here."""
    return channels > 0 and depth <= LONGEST and in_order()


def blocks_of_input(grad: Any) -> int:
    """How many channels of the output the gradient by the input adds up in one chain, fewer of longer rows.

    What the next ones come to is added to that.
    """
    width = grad.shape[-1]
    return BLOCK * (4 if width < 15 else 2 if width < 40 else 1)


@cache
def in_order() -> bool:
    """Whether this machine's products add one by one."""
    for depth, rows, columns in ((DEPTH, 24, 52), (33, 2, 7), (33, 10, 50)):
        a = np.sin(np.arange(depth * rows, dtype=np.float32)).reshape(depth, rows)
        b = np.cos(np.arange(depth * columns, dtype=np.float32)).reshape(depth, columns)
        one_by_one: Any = np.zeros((rows, columns), np.float32)
        for left, right in zip(a, b, strict=True):
            one_by_one = multiply_add(left[:, None], right, one_by_one)
        if not np.array_equal(_short_chains(a, b), one_by_one):
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


def for_input(g: Array, w: Array, stride: int, padding: Ints, spatial: Ints, apart: bool) -> Array:
    """(N, O, H, W), (O, C, *kernel) → (N, C, *spatial): the kernel's positions in turn, for each of these all channels.

    Of every so many rows and columns the same positions are met, which are shifted windows of the gradient.
    `apart`: each column of the kernel is a chain of its own.
    """
    n, outputs = g.shape[:2]
    out = np.zeros((n, w.shape[1], *spatial), g.dtype)
    taps = [-(-size // stride) for size in w.shape[2:]]
    ends = [t - 1 + -(-(size + p) // stride) for t, size, p in zip(taps, spatial, padding, strict=True)]
    padded = np.zeros(
        (outputs, *(max(t - 1 + s, e) for t, s, e in zip(taps, g.shape[2:], ends, strict=True)), n), g.dtype
    )
    inside = tuple(slice(t - 1, t - 1 + s) for t, s in zip(taps, g.shape[2:], strict=True))
    padded[(slice(None), *inside)] = g.transpose(1, 2, 3, 0)
    for row in range(stride):
        rows, top, height = _met(row, stride, padding[0], spatial[0], w.shape[2])
        for column in range(stride):
            columns, left, width = _met(column, stride, padding[1], spatial[1], w.shape[3])
            if not (rows and columns and height and width):
                continue
            found: Any = 0
            for group in [[c] for c in columns] if apart else [columns]:
                places = [(r, c) for r in rows for c in group]
                factors = np.concatenate([w[:, :, r, c] for r, c in places])
                seen = [
                    padded[:, y : y + height, x : x + width]
                    for y, x in (
                        (top + taps[0] - 1 - r // stride, left + taps[1] - 1 - c // stride) for r, c in places
                    )
                ]
                found = found + _chains(factors, np.stack(seen).reshape(len(factors), -1))
            first = [
                stride * at + shift - p
                for at, shift, p in ((top, row, padding[0]), (left, column, padding[1]))
            ]
            made = found.reshape(-1, height, width, n).transpose(3, 0, 1, 2)
            out[:, :, first[0] :: stride, first[1] :: stride] = made
    return out


def _met(shift: int, stride: int, padding: int, size: int, kernel: int) -> tuple[range, int, int]:
    """The kernel's positions that every `stride`th place meets, the first of these places and how many there are."""
    first = max(-(-(padding - shift) // stride), 0)
    return range(shift, kernel, stride), first, max(-(-(size + padding - shift) // stride) - first, 0)


def for_weight(g: Array, x: Array, stride: Ints, dilation: Ints, kernel: Ints) -> Array:
    """(N, O, *out), (N, C, *padded) → (O, C, *kernel): one sum for each element, window after window.

    A chain that is longer than `DEPTH` is cut. What has been added up is a factor of the next product, the other of
    which begins with an identity matrix: it is multiplied with ones, and zeros are added to it.
    """
    sizes = g.shape[2:]
    k, outputs = len(kernel), g.shape[1]
    places = tuple(range(2, 2 + k))
    seen = windows(x, kernel, stride, dilation, sizes)
    seen = seen.transpose(0, *places, 1, *range(2 + k, 2 + 2 * k))  # (N, *out, C, *kernel)
    slopes = g.transpose(0, *places, 1)
    columns = math.prod(seen.shape[k + 1 :])
    found = np.zeros((outputs, columns), x.dtype)
    many = max(COLUMNS // (columns * math.prod(sizes)), 1)
    for start in range(0, len(g), many):
        left = slopes[start : start + many].reshape(-1, outputs)
        right = seen[start : start + many].reshape(-1, columns)
        for at in range(0, outputs, ACROSS):
            part = found[at : at + ACROSS]
            part[...] = _chain_after(part, left[:, at : at + ACROSS], right)
    return found.reshape(outputs, x.shape[1], *kernel)


def for_weight_of_each(g: Array, x: Array, stride: Ints) -> Array:
    """(N, O, *out), (N, C, *spatial) → (O, C, 1, …) of kernels of one element: samples one after the other.

    A sample with many places is as many sums as it has parts.
    """
    sizes = g.shape[2:]
    n, outputs, channels = len(g), g.shape[1], x.shape[1]
    seen = x[
        (
            slice(None),
            slice(None),
            *[slice(None, s * (m - 1) + 1, s) for s, m in zip(stride, sizes, strict=True)],
        )
    ]
    slopes, inputs = g.reshape(n, outputs, -1), seen.reshape(n, channels, -1).swapaxes(1, 2)
    slopes = np.repeat(slopes, 2, 1) if outputs == 1 else slopes  # see `_short_chains`
    inputs = np.repeat(inputs, 2, 2) if channels == 1 else inputs
    parts = _parts(math.prod(sizes))
    total = np.zeros((slopes.shape[1], inputs.shape[2]), g.dtype)
    many = max(COLUMNS // (len(parts) * total.size), 1)
    for at in range(0, n, many):
        some = slice(at, at + many)
        each = [fused_chains(slopes[some, :, part], inputs[some, part]) for part in parts]
        found = np.stack(each, 1).reshape(-1, *total.shape) if len(parts) > 1 else each[0]
        total = np.add.reduce(found if at == 0 else [total, *found], 0)
    return np.ascontiguousarray(total[:outputs, :channels]).reshape(outputs, channels, *[1] * len(sizes))


@lru_cache(maxsize=64)
def _parts(places: int) -> list[slice]:
    """The places that are added to a sum: 128, and the last ones up to 191."""
    found, at = [], 0
    while at < places:
        size = PLACES if places - at >= PLACES * 3 // 2 else places - at
        found.append(slice(at, at + size))
        at += size
    return found


def _chain_after(total: Array, a: Array, b: Array) -> Array:
    """total + (k, m), (k, n) → (m, n), added along k however long it is."""
    m, n = total.shape
    if n < m:
        return _chain_after(total.T, b, a).T
    piece = DEPTH - m
    first, second = np.zeros((DEPTH, m), a.dtype), np.empty((DEPTH, n), a.dtype)
    np.fill_diagonal(first, 1)
    for at in range(0, len(a), piece):
        depth = m + min(piece, len(a) - at)
        first[m:depth], second[m:depth] = a[at : at + piece], b[at : at + piece]
        second[:m] = total
        total = _short_chains(first[:depth], second[:depth])
    return total


def _chains(a: Array, b: Array) -> Array:
    """(k, m), (k, n) → (m, n), added along k."""
    if len(a) <= DEPTH:
        return _short_chains(a, b)
    found = np.empty((a.shape[1], b.shape[1]), a.dtype)
    for at in range(0, len(found), ACROSS):
        few = a[:, at : at + ACROSS]
        found[at : at + ACROSS] = _chain_after(_short_chains(few[:DEPTH], b[:DEPTH]), few[DEPTH:], b[DEPTH:])
    return found


def _short_chains(a: Array, b: Array) -> Array:
    """A product with a vector would be added in another way, and so would one with a first factor stored by rows."""
    m, n = a.shape[1], b.shape[1]
    a = np.ascontiguousarray(a)
    a, b = (np.repeat(each, 2, 1) if each.shape[1] == 1 else each for each in (a, b))
    product = chains_in_pairs if adds_in_pairs() and a.dtype == np.float32 else matmul
    return product(a.T, b)[:m, :n]


def _in_blocks(x: Array, k: int) -> list[Array]:
    """(C, *kernel, …) → (C/8, *kernel, 8, …), and what is left over as one more block; the kernel has k sizes."""
    whole = len(x) - len(x) % BLOCK
    found = []
    for part, block in ((x[:whole], BLOCK), (x[whole:], len(x) - whole)):
        if len(part):
            blocks = part.reshape(len(part) // block, block, *x.shape[1:])
            found.append(blocks.transpose(0, *range(2, 2 + k), 1, *range(2 + k, blocks.ndim)))
    return found
