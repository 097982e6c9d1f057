"""Mean and variance of rows, for float32 arrays to PyTorch's last bit.

PyTorch's kernel keeps a running mean and squared deviation (Welford's method) in eight lanes over sixteen vectors,
joins those of each two such pieces, then two of these and so on, in the end what fills no vector and the lanes.
Digits of what is small enough to be printed or trained on are worth following it; larger arrays take two plain passes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import reader_of
from .element_functions import WELFORD
from .fma import multiply_add
from .kernel_code import KernelCode, simple, written
from .made_later import CALL

Array = np.ndarray[Any, Any]
#: how many, their mean, the sum of squared deviations
Moments = tuple[int, Any, Any]

LANES = 8
#: vectors that are taken one after the other
PIECE = 16
#: more elements take too long
MOST_ELEMENTS = 1 << 23

ONE = np.float32

#: of rows of so many pieces
MOMENTS = KernelCode(written("norm_routines", "row_moments"), "aaaii")
PIECES = 1 << 12
#: what they cost without machine code, as `made_later` counts
CALLS, PASSES = 40, 10


def moments(x: Any) -> tuple[Any, Any]:
    """(mean, variance) of the rows of an array (rows, columns), each of shape (rows, 1)."""
    if x.dtype == np.float32 and 0 < x.size <= MOST_ELEMENTS:
        if _has_machine_code(x):
            means, variances = np.empty((len(x), 1), ONE), np.empty((len(x), 1), ONE)
            MOMENTS(x, means, variances, *x.shape)
            return means, variances
        mean, total = _welford(x)
        return mean[:, None], (total / np.float32(x.shape[1]))[:, None]
    if not x.shape[1]:
        nothing = np.full((x.shape[0], 1), np.nan, x.dtype)
        return nothing, nothing
    mean = x.mean(1, keepdims=True, dtype=x.dtype)
    return mean, np.square(x - mean).mean(1, keepdims=True, dtype=x.dtype)


def _has_machine_code(x: Any) -> bool:
    few = x.shape[1] < LANES * (PIECE * PIECES + 1)
    return few and simple(x) and MOMENTS.ready(CALLS * CALL + PASSES * x.size)


def _welford(x: Any) -> tuple[Any, Any]:
    """(mean, sum of squared deviations) of each row."""
    rows, columns = x.shape
    steps = columns // LANES
    mean, square = np.zeros(rows, ONE), np.zeros(rows, ONE)
    count = 0
    for i in range(steps * LANES, columns):
        delta = x[:, i] - mean
        count += 1
        mean = mean + delta / ONE(count)
        square = square + delta * (x[:, i] - mean)
    found: Moments = count, mean, square
    if steps:
        means, squares = _lanes(x[:, : steps * LANES].reshape(rows, steps, LANES))
        for i in range(LANES):
            found = _with_lane((steps, means[:, i], squares[:, i]), found)
    return found[1:]


def _lanes(vectors: Any) -> tuple[Any, Any]:
    """The moments of each lane of (rows, vectors, 8): pieces joined two by two."""
    rows, steps, _ = vectors.shape
    whole = steps // PIECE
    pieces: list[Moments] = []
    if whole:
        means, squares = _running(vectors[:, : whole * PIECE].reshape(rows, whole, PIECE, LANES))
        pieces = [(PIECE, means[:, i], squares[:, i]) for i in range(whole)]
    if steps % PIECE:
        means, squares = _running(vectors[:, None, whole * PIECE :])
        pieces.append((steps % PIECE, means[:, 0], squares[:, 0]))
    depth = (len(pieces) - 1).bit_length()
    kept: list[Moments | None] = [None] * max(depth, 1)
    for number, piece in enumerate(pieces, 1):
        kept[0] = _joined(piece, kept[0])
        level = 1
        while level < depth and not number & 1:
            kept[level], kept[level - 1] = _joined(kept[level - 1], kept[level]), None
            number >>= 1
            level += 1
    found, *others = kept
    for other in others:
        if other is not None:
            found = _joined(other, found)
    assert found is not None
    return found[1:]


def _running(vectors: Any) -> tuple[Any, Any]:
    """The moments of each lane of (rows, pieces, steps, 8), step by step."""
    rows, pieces, steps, _ = vectors.shape
    shape = (rows, pieces, LANES)
    means, squares = np.zeros(shape, ONE), np.zeros(shape, ONE)
    if reader_of(vectors) is None and WELFORD.ready(vectors.size, steps):
        each = np.ascontiguousarray(np.moveaxis(vectors, 2, 0)).reshape(steps, 1, -1)
        shares = (ONE(1) / np.arange(1, steps + 1, dtype=ONE)).reshape(steps, 1, 1)
        state = [np.broadcast_to(a.reshape(1, 1, -1), each.shape) for a in (means, squares)]
        step = WELFORD.steps([each, *state, shares, *state])
        for i in range(steps):
            step(i)
        return means, squares
    for i in range(steps):
        delta = vectors[:, :, i] - means
        means = multiply_add(delta, ONE(1) / ONE(i + 1), means)
        squares = multiply_add(delta, vectors[:, :, i] - means, squares)
    return means, squares


def _joined(more: Moments | None, to: Moments | None) -> Moments:
    """The moments of the numbers of two pieces together, lane by lane."""
    assert more is not None
    if to is None:
        return more
    count, mean, square = to
    total = count + more[0]
    delta = more[1] - mean
    way = delta * (ONE(more[0]) / ONE(total))
    return total, mean + way, multiply_add(way, delta * ONE(count), square + more[2])


def _with_lane(lane: Moments, to: Moments) -> Moments:
    """The same of a lane and of what came before it, which is rounded otherwise."""
    count, mean, square = to
    total = count + lane[0]
    share = ONE(lane[0]) / ONE(total)
    delta = lane[1] - mean
    square = square + multiply_add(delta * delta * share, ONE(count), lane[2])
    return total, multiply_add(delta, share, mean), square
