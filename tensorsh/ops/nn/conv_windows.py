"""Convolutions as machine code that adds in oneDNN's order (see `conv_steps`).

The arrays are those of two dimensions: one is a single row. What is added up, in which order, is told by tables of
steps (`conv_routines`), so that windows of all kinds are one function's work.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from ...engine.core.parallel import spread, threads
from ...engine.numerics.kernel_code import KernelCode, written
from ...engine.numerics.made_later import CALL
from .conv_products import BLOCK
from .windows import Ints

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]

FLOAT32 = np.dtype(np.float32)

#: multiplications that a thread does at a time, some milliseconds: between them an interrupt is seen
SHARE = 1 << 28
#: fewer (0.4 ms) are done by one thread: waking another takes a tenth of a millisecond
PAYS = 1 << 24
#: elements of a weight's windows that are a thread's at the least: each lays the output's gradient out for itself
FEWEST = 48
#: numbers that are computed together, so that some behind the last are read
COLUMNS = 16
#: vectors are of outputs where they would have to be fuller than this to be of places
FULL = 0.85
#: what it costs without machine code, as `made_later` counts: calls, and products for a pass over one element
CALLS, PER_PASS = 60, 16

CONVOLUTION = KernelCode(written("conv_routines", "convolution"), "aaaaaaaaa" + "i" * 18, shared=True)
WEIGHT = KernelCode(written("conv_routines", "weight_gradient"), "aaaaaaa" + "i" * 14, shared=True)
BIAS = KernelCode(written("conv_routines", "channel_sums"), "aaiii")


def takes(x: Any, w: Any, padding: Ints, sizes: Ints) -> bool:
    """Whether the convolution of (N, C, …) with so many outputs, or its gradient by the input, is computed here."""
    return _takes(CONVOLUTION, x, w, padding, len(x) * w.size * int(np.prod(sizes)))


def takes_weight(g: Any, x: Any, padding: Ints, kernel: Ints) -> bool:
    """Whether the gradient by the weight is."""
    return _takes(WEIGHT, g, x, padding, g.size * x.shape[1] * int(np.prod(kernel)))


def _takes(code: KernelCode, a: Any, b: Any, padding: Ints, products: int) -> bool:
    return (
        len(padding) < 3
        and min(padding) >= 0
        and products > 0
        and type(a) is type(b) is np.ndarray
        and a.dtype is b.dtype is FLOAT32
        and code.ready(CALLS * CALL + products // PER_PASS)
    )


class Met(NamedTuple):
    """Of every so many places of a dimension those that meet the same positions of the kernel (`met`)."""

    taps: range  # these positions
    first: int  # where the first of the places is
    back: int  # before which number of the gradient, with as many zeros in front as a place has positions, less one
    places: int  # how many of them


class Windows(NamedTuple):
    """How windows move over the planes of a sample: in two dimensions, of which the first may be 1."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    padding: Pair  # above and on the left
    planes: Pair  # rows and columns with padding, of those of the same remainder by the stride

    @classmethod
    @lru_cache(maxsize=256)
    def over(cls, sizes: Ints, kernel: Ints, stride: Ints, dilation: Ints, padding: Ints) -> Windows:
        """Over planes of these sizes with as much padding on both sides."""
        step, pad = flat(stride), flat(padding, 0)
        planes = (-(-(n + 2 * p) // s) for n, p, s in zip(flat(sizes), pad, step, strict=True))
        return cls(flat(kernel), step, flat(dilation), pad, _pair(planes))

    @classmethod
    def meeting(cls, sizes: Ints, kernel: Pair, stride: Pair, rows: Met, columns: Met) -> Windows:
        """Over planes of a gradient of these sizes, at the places that meet the same positions."""
        zeros = _pair(-(-k // s) - 1 for k, s in zip(kernel, stride, strict=True))
        planes = _pair(
            max(z + n, each.back + z + each.places)
            for z, n, each in zip(zeros, flat(sizes), (rows, columns), strict=True)
        )
        return cls(kernel, (1, 1), (1, 1), zeros, planes)

    def place(self, r: int, c: int, stride: Pair, rows: Met, columns: Met) -> int:
        """Where the numbers for a position that such places meet begin."""
        top, left = rows.back + self.padding[0], columns.back + self.padding[1]
        return (top - r // stride[0]) * self.planes[1] + left - c // stride[1]

    @property
    def plane(self) -> int:
        """Numbers of one channel."""
        return self.planes[0] * self.planes[1] * self.stride[0] * self.stride[1]

    def starts(self) -> list[int]:
        """Where the numbers for each of the kernel's positions begin, in a channel."""
        (down, along), (high, wide) = self.stride, self.planes
        rows, columns = (range(0, k * d, d) for k, d in zip(self.kernel, self.dilation, strict=True))
        return [
            ((y % down * along + x % along) * high + y // down) * wide + x // along
            for y, x in product(rows, columns)
        ]

    def memory(self, channels: int) -> Array:
        """For a sample, and what is read behind its end."""
        return np.zeros(channels * self.plane + COLUMNS, FLOAT32)


def forward(
    x: Array, w: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, sizes: Ints
) -> Array:
    """(N, C, *spatial), (O, C, *kernel) → (N, O, *sizes), the bias included."""
    windows = Windows.over(x.shape[2:], w.shape[2:], stride, dilation, padding)
    out = np.empty((len(x), len(w), *sizes), FLOAT32)
    start = np.empty(0, FLOAT32) if bias is None else np.ascontiguousarray(bias)
    _convolve(x, w, start, out, windows, _steps(x.shape[1], windows), w[0].size, False)
    return out


def for_input(g: Array, w: Array, padding: Ints, dilation: Ints, spatial: Ints, chain: int) -> Array:
    """(N, O, *out), (O, C, *kernel) → (N, C, *spatial) of windows that move by one.

    So many outputs are a chain; what these come to is added up.
    """
    ones = (1,) * len(spatial)
    around = inner(w.shape[2:], padding, dilation)
    windows = Windows.over(g.shape[2:], w.shape[2:], ones, dilation, around)
    out = np.empty((len(g), w.shape[1], *spatial), FLOAT32)
    for at in range(0, len(w), chain):
        steps = _turned_steps(at, min(at + chain, len(w)), w.shape[1], windows)
        _convolve(g, w, np.empty(0, FLOAT32), out, windows, steps, w[0, 0].size, at > 0)
    return out


@lru_cache(maxsize=256)
def inner(kernel: Ints, padding: Ints, dilation: Ints) -> Ints:
    """The padding of an output's gradient, of which the input's is a convolution."""
    return tuple([d * (k - 1) - p for k, p, d in zip(kernel, padding, dilation, strict=True)])


def met(shift: int, stride: int, padding: int, size: int, kernel: int) -> Met:
    """The places that the kernel's positions `shift`, `shift + stride`, … reach."""
    first = max(-(-(padding - shift) // stride), 0)
    count = max(-(-(size + padding - shift) // stride) - first, 0)
    return Met(range(shift, kernel, stride), stride * first + shift - padding, first, count)


def for_moving_input(g: Array, w: Array, stride: Ints, padding: Ints, spatial: Ints, apart: bool) -> Array:
    """(N, O, *out), (O, C, *kernel) → (N, C, *spatial): the kernel's positions in turn, for each of these all channels.

    Of every so many rows and columns the same positions are met: windows of the gradient that move by one.

    apart   each column of the kernel is a chain of its own, and these are added up
    """
    kernel, sizes, step = flat(w.shape[2:]), flat(spatial), flat(stride)
    pads = flat(padding, 0)
    out = np.zeros((len(g), w.shape[1], *sizes), FLOAT32)
    dimensions = [
        [met(shift, *each) for shift in range(each[0])]
        for each in zip(step, pads, sizes, kernel, strict=True)
    ]
    for rows, columns in product(*dimensions):
        if not (rows.taps and columns.taps and rows.places and columns.places):
            continue
        windows = Windows.meeting(g.shape[2:], kernel, step, rows, columns)
        found = np.empty((len(g), w.shape[1], rows.places, columns.places), FLOAT32)
        chains = [range(c, c + 1) for c in columns.taps] if apart else [columns.taps]
        for i, taps in enumerate(chains):
            steps = _moved_steps(*w.shape[:2], windows, step, rows, columns, taps)
            _convolve(g, w, np.empty(0, FLOAT32), found, windows, steps, w[0, 0].size, i > 0)
        out[:, :, rows.first :: step[0], columns.first :: step[1]] = found
    return out.reshape(len(g), w.shape[1], *spatial)


def _convolve(
    x: Array,
    w: Array,
    bias: Array,
    out: Array,
    windows: Windows,
    steps: tuple[Array, Array],
    apart: int,
    onto: bool,
) -> None:
    """Samples are shared out among threads."""
    x, w = np.ascontiguousarray(x), np.ascontiguousarray(w)
    biased = bias.size > 0
    room, turned, places, sizes = _laid_out(x.shape[1:], out.shape[1:], windows)
    if turned:
        w, bias, apart = _by_steps(w, bias, steps[0], out.shape[1], apart)

    def work(lo: int, hi: int) -> None:
        CONVOLUTION(
            x[lo:hi], w, bias, out[lo:hi], windows.memory(x.shape[1]), np.empty(room, FLOAT32), *steps, places,
            hi - lo, *sizes, apart, len(steps[0]), biased, onto, turned,
        )  # fmt: skip

    share(work, len(x), out.size * len(steps[0]), 1)


@lru_cache(maxsize=256)
def _laid_out(given: Ints, made: Ints, windows: Windows) -> tuple[int, bool, Array, Ints]:
    """Of samples (C, *spatial) that become (O, *sizes): the memory for one, whether vectors are of outputs, where the
    windows begin, and the sizes as machine code has them."""
    outputs, (rows, columns) = made[0], flat(made[1:])
    area, line = rows * columns, _whole((rows - 1) * windows.planes[1] + columns)
    turned = _whole(outputs) * area < FULL * line * outputs
    room = area * (_whole(outputs) + outputs) if turned else outputs * line
    places = _window_places(rows, columns, windows.planes[1])
    around = *windows.planes, *windows.padding, *windows.stride
    return room, turned, places, (given[0], *flat(given[1:]), *around, outputs, rows, columns)


def _by_steps(w: Array, bias: Array, steps: Array, outputs: int, apart: int) -> tuple[Array, Array, int]:
    """The weights of all outputs side by side for each step, their biases, and how far those of steps are apart."""
    wide = _whole(outputs)
    found, start = np.zeros((len(steps), wide), FLOAT32), np.zeros(wide, FLOAT32)
    found[:, :outputs] = w.reshape(-1)[steps[:, None] + np.arange(0, outputs * apart, apart)]
    start[: bias.size] = bias
    return found, start, wide


def _whole(n: int) -> int:
    """As many numbers in whole vectors."""
    return -(-n // COLUMNS) * COLUMNS


def for_weight(g: Array, x: Array, stride: Ints, padding: Ints, dilation: Ints, kernel: Ints) -> Array:
    """(N, O, *out), (N, C, *spatial) → (O, C, *kernel): window after window. Their elements are shared out."""
    g, x = np.ascontiguousarray(g), np.ascontiguousarray(x)
    windows = Windows.over(x.shape[2:], kernel, stride, dilation, padding)
    places = _places(x.shape[1], windows)
    rows, columns = flat(g.shape[2:])
    outputs, size = g.shape[1], len(places)
    line = _whole(outputs)
    out = np.empty((outputs, size), FLOAT32)

    def work(lo: int, hi: int) -> None:
        part = out if hi - lo == size else np.empty((outputs, hi - lo), FLOAT32)
        turned, found = np.zeros(rows * columns * line, FLOAT32), np.zeros((hi - lo) * line, FLOAT32)
        WEIGHT(
            g, x, part, windows.memory(x.shape[1]), turned, found, places[lo:hi], *x.shape[:2],
            *flat(x.shape[2:]), *windows.planes, *windows.padding, *windows.stride,
            outputs, rows, columns, hi - lo,
        )  # fmt: skip
        if part is not out:
            out[:, lo:hi] = part

    share(work, size, g.size * size, FEWEST)
    return out.reshape(outputs, x.shape[1], *kernel)


def for_bias(g: Array, out: Array) -> bool:
    """(N, O, *out) → (O,), one number after the other: whether `out` is now that, since there is machine code."""
    if not (g.dtype is out.dtype is FLOAT32 and BIAS.ready(4 * CALL + 4 * g.size)):
        return False
    BIAS(np.ascontiguousarray(g), out, *g.shape[:2], int(np.prod(g.shape[2:])))
    return True


def share(work: Callable[[int, int], None], n: int, products: int, fewest: int) -> None:
    """`work` of n things that come to so many products, some at a time, where that pays on all cores."""
    if products < PAYS:
        work(0, n)
        return
    spread(work, n, max(min(SHARE * n // products, -(-n // threads())), fewest))


def _pair(values: Any) -> Pair:
    first, second = values
    return first, second


@lru_cache(maxsize=1024)
def flat(sizes: Ints, before: int = 1) -> Pair:
    """Rows and columns; of one dimension it is one row."""
    return _pair(sizes if len(sizes) == 2 else (before, *sizes))


@lru_cache(maxsize=64)
def _steps(channels: int, windows: Windows) -> tuple[Array, Array]:
    """For each step where its number of the weight is, and of the sample: eight channels at a time."""
    area, plane = windows.kernel[0] * windows.kernel[1], windows.plane
    return table(
        (c * area + number, c * plane + at)
        for first in range(0, channels, BLOCK)
        for number, at in enumerate(windows.starts())
        for c in range(first, min(first + BLOCK, channels))
    )


@lru_cache(maxsize=64)
def _turned_steps(start: int, stop: int, channels: int, windows: Windows) -> tuple[Array, Array]:
    """The same of the gradient: outputs from start to stop, windows gone through from their ends."""
    area, plane = windows.kernel[0] * windows.kernel[1], windows.plane
    return table(
        (o * channels * area + number, o * plane + at)
        for first in range(start, stop, BLOCK)
        for number, at in enumerate(reversed(windows.starts()))
        for o in range(first, min(first + BLOCK, stop))
    )


@lru_cache(maxsize=64)
def _moved_steps(
    outputs: int, channels: int, windows: Windows, stride: Pair, rows: Met, columns: Met, taps: range
) -> tuple[Array, Array]:
    """The same where windows of the input moved by a stride: the positions that are met, for each all outputs."""
    (_, width), area = windows.kernel, windows.kernel[0] * windows.kernel[1]
    return table(
        (
            o * channels * area + r * width + c,
            o * windows.plane + windows.place(r, c, stride, rows, columns),
        )
        for r, c in product(rows.taps, taps)
        for o in range(outputs)
    )


@lru_cache(maxsize=64)
def _window_places(rows: int, columns: int, wide: int) -> Array:
    """Where in a plane, whose rows are so wide, the window of each place begins."""
    return np.array([y * wide + x for y in range(rows) for x in range(columns)], np.int64)


@lru_cache(maxsize=64)
def _places(channels: int, windows: Windows) -> Array:
    """Where in a sample the numbers for each element of the windows begin."""
    return np.array([c * windows.plane + at for c in range(channels) for at in windows.starts()], np.int64)


def table(steps: Any) -> tuple[Array, Array]:
    first, second = np.array(list(steps), np.int64).reshape(-1, 2).T.copy()
    return first, second
