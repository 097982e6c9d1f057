"""Convolutions of each channel by itself (as many groups as channels), as oneDNN adds them.

An output begins with the bias, then come the products of the kernel's positions in turn, each rounded with the sum. So
does the gradient by the input; that by the weight adds window after window, of wide rows in boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise, product
from typing import Any

import numpy as np

from ...engine.numerics.fma import multiply_add
from ...engine.numerics.kernel_code import KernelCode, written
from ...engine.numerics.made_later import CALL
from ..reduce.fused_sums import sums_of_products
from .conv_windows import Met, Pair, Windows, flat, met, share, table
from .windows import Ints, pad

Array = np.ndarray[Any, Any]
#: parts of an index
Place = tuple[Any, ...]
ALL = slice(None)

FLOAT32 = np.dtype(np.float32)

#: outputs that are computed together, so that some behind the last are read
BLOCK = 64
LANES = 8
#: columns from which on a row is gone through in boxes, and how many columns and rows these have
WIDE, BOX = 30, 15
#: what it costs without machine code, as `made_later` counts: calls, and how often NumPy goes over the numbers of a tap
CALLS, PASSES = 20, 3

FORWARD = KernelCode(written("depthwise_routines", "depthwise"), "aaaaaaaa" + "i" * 15, shared=True)
WEIGHT = KernelCode(written("depthwise_routines", "depthwise_weight"), "aaaaaaaa" + "i" * 16, shared=True)


def takes(channels: int, w: Any, groups: int) -> bool:
    """Whether (N, C, …) is convolved with weights (C, 1, …), a channel by itself; not of volumes."""
    return groups > 1 and groups == channels == w.shape[0] and len(w.shape) < 5


def forward(
    x: Array, w: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, sizes: Ints
) -> Array:
    """(N, C, *spatial), (C, 1, *kernel) → (N, C, *sizes), the bias included."""
    out = np.empty((*x.shape[:2], *sizes), FLOAT32)
    if _ready(FORWARD, x, w, out.size * w[0].size):
        windows = Windows.over(x.shape[2:], w.shape[2:], stride, dilation, padding)
        _convolve(x, w, bias, out, windows, _steps(windows))
        return out
    shape = (-1, *[1] * len(sizes))
    padded = pad(x, padding)
    out[...] = 0 if bias is None else bias.reshape(shape)
    for place in _places(w.shape[2:]):
        seen = padded[(..., *_every(place, dilation, stride, sizes))]
        out[...] = multiply_add(seen, w[(ALL, 0, *place)].reshape(shape), out)
    return out


def for_input(g: Array, w: Array, stride: Ints, padding: Ints, dilation: Ints, spatial: Ints) -> Array:
    """(N, C, *out), (C, 1, *kernel) → (N, C, *spatial)."""
    if set(dilation) == {1} and _ready(FORWARD, g, w, g.size * w[0].size):
        return _moved(g, w, stride, padding, spatial)
    shape = (-1, *[1] * len(spatial))
    sizes = tuple(n + 2 * p for n, p in zip(spatial, padding, strict=True))
    padded = np.zeros((*g.shape[:2], *sizes), FLOAT32)
    for place in _places(w.shape[2:]):
        part = padded[(..., *_every(place, dilation, stride, g.shape[2:]))]
        part[...] = multiply_add(g, w[(ALL, 0, *place)].reshape(shape), part)
    inside: Place = tuple(slice(p, p + n) for p, n in zip(padding, spatial, strict=True))
    return np.ascontiguousarray(padded[(..., *inside)])


def for_weight(g: Array, x: Array, stride: Ints, padding: Ints, dilation: Ints, kernel: Ints) -> Array:
    """(N, C, *out), (N, C, *spatial) → (C, 1, *kernel)."""
    channels = x.shape[1]
    out = np.empty((channels, 1, *kernel), FLOAT32)
    if _ready(WEIGHT, g, x, g.size * out[0].size):
        _weight(g, x, out, stride, padding, dilation, kernel)
        return out
    order = _order(g.shape[2:], _starts(x.shape, g.shape, stride, padding, kernel))
    padded = np.moveaxis(pad(x, padding), 1, -1)
    slopes = np.moveaxis(g, 1, -1).reshape(len(g), -1, channels)[:, order].reshape(-1, channels)
    for place in _places(kernel):
        seen = padded[(ALL, *_every(place, dilation, stride, g.shape[2:]))]
        seen = seen.reshape(len(g), -1, channels)[:, order]
        out[(ALL, 0, *place)] = sums_of_products(seen.reshape(-1, channels), slopes)
    return out


def _starts(x: Ints, grad: Ints, stride: Ints, padding: Ints, kernel: Ints) -> list[int]:
    """Where the boxes of a row begin, and its end: they are narrow, but for one that would be left with padding."""
    columns = grad[-1]
    if columns <= WIDE or len(kernel) > 2:
        return [0, columns]
    beyond = max((columns - 1) * stride[-1] + kernel[-1] - x[-1] - padding[-1], 0)
    starts = list(range(0, columns, BOX))
    if columns - starts[-1] <= beyond:
        starts.pop()
    return [*starts, columns]


def _order(sizes: Ints, starts: list[int]) -> Array:
    """The windows of a sample, as they are gone through."""
    numbers = np.arange(int(np.prod(sizes))).reshape(-1, sizes[-1])
    boxes = [
        numbers[row : row + BOX, at:end].reshape(-1)
        for row in range(0, len(numbers), BOX)
        for at, end in pairwise(starts)
    ]
    return np.concatenate(boxes)


def _ready(code: KernelCode, a: Any, b: Any, products: int) -> bool:
    arrays = type(a) is type(b) is np.ndarray and a.dtype is b.dtype is FLOAT32
    return arrays and a.ndim < 5 and products > 0 and code.ready(CALLS * CALL + PASSES * products)


def _convolve(
    x: Array, w: Array, bias: Array | None, out: Array, windows: Windows, steps: tuple[Array, Array]
) -> None:
    """Samples are shared out among threads."""
    x, w = np.ascontiguousarray(x), np.ascontiguousarray(w)
    rows, columns = flat(out.shape[2:])
    start = np.empty(0, FLOAT32) if bias is None else np.ascontiguousarray(bias)

    def work(lo: int, hi: int) -> None:
        planes = np.zeros(windows.plane + BLOCK, FLOAT32)
        scratch = np.empty((rows - 1) * windows.planes[1] + columns + BLOCK, FLOAT32)
        FORWARD(
            x[lo:hi], w, start, out[lo:hi], planes, scratch, *steps, hi - lo, x.shape[1],
            *flat(x.shape[2:]), *windows.planes, *windows.padding, *windows.stride,
            rows, columns, w[0].size, len(steps[0]), start.size > 0,
        )  # fmt: skip

    share(work, len(x), out.size * len(steps[0]), 1)


def _moved(g: Array, w: Array, stride: Ints, padding: Ints, spatial: Ints) -> Array:
    """Of every so many rows and columns the same positions are met: windows of the gradient that move by one."""
    kernel, sizes, step = flat(w.shape[2:]), flat(spatial), flat(stride)
    out = np.zeros((*g.shape[:2], *sizes), FLOAT32)
    dimensions = [
        [met(shift, *each) for shift in range(each[0])]
        for each in zip(step, flat(padding, 0), sizes, kernel, strict=True)
    ]
    for rows, columns in product(*dimensions):
        if rows.taps and columns.taps and rows.places and columns.places:
            windows = Windows.meeting(g.shape[2:], kernel, step, rows, columns)
            found = np.empty((*g.shape[:2], rows.places, columns.places), FLOAT32)
            _convolve(g, w, None, found, windows, _moved_steps(windows, step, rows, columns))
            out[:, :, rows.first :: step[0], columns.first :: step[1]] = found
    return out.reshape(*g.shape[:2], *spatial)


def _weight(
    g: Array, x: Array, out: Array, stride: Ints, padding: Ints, dilation: Ints, kernel: Ints
) -> None:
    """Channels are shared out among threads."""
    g, x = np.ascontiguousarray(g), np.ascontiguousarray(x)
    (height, width), (top, left) = flat(x.shape[2:]), flat(padding, 0)
    wide = width + 2 * left
    down, along = flat(dilation)
    high, across = flat(kernel)
    starts = np.array(_starts(x.shape, g.shape, stride, padding, kernel), np.int64)
    at = np.array([i * down * wide + j * along for i, j in product(range(high), range(across))], np.int64)
    channels = x.shape[1]

    def work(lo: int, hi: int) -> None:
        lo, hi = lo * LANES, min(hi * LANES, channels)
        planes = np.zeros((height + 2 * top) * wide * LANES, FLOAT32)
        turned = np.empty(g[0, 0].size * LANES, FLOAT32)
        WEIGHT(
            g, x, out, planes, turned, np.empty(len(at) * LANES, FLOAT32), at, starts, *x.shape[:2],
            height, width, wide, top, left, *flat(stride), *flat(g.shape[2:]), BOX, len(starts) - 1, len(at), lo, hi,
        )  # fmt: skip

    share(work, -(-channels // LANES), g.size * len(at), 1)


def _places(kernel: Ints) -> Iterator[Place]:
    """The kernel's positions in turn."""
    return product(*map(range, kernel))


def _every(place: Place, dilation: Ints, stride: Ints, counts: Ints) -> Place:
    """The numbers that the kernel's position meets."""
    return tuple(
        slice(i * d, i * d + s * (n - 1) + 1, s)
        for i, d, s, n in zip(place, dilation, stride, counts, strict=True)
    )


@lru_cache(maxsize=64)
def _steps(windows: Windows) -> tuple[Array, Array]:
    """For each step where its number of the weight is, and of the plane."""
    return table(enumerate(windows.starts()))


@lru_cache(maxsize=64)
def _moved_steps(windows: Windows, stride: Pair, rows: Met, columns: Met) -> tuple[Array, Array]:
    """The same of the gradient by the input: the positions that are met."""
    return table(
        (r * windows.kernel[1] + c, windows.place(r, c, stride, rows, columns))
        for r, c in product(rows.taps, columns.taps)
    )
