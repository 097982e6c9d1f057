"""Small convolutions whose windows move by one, as machine code that adds in oneDNN's order (see `conv_steps`)."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from .conv_products import BLOCK
from .windows import Ints

Array = np.ndarray[Any, Any]

FLOAT32 = np.dtype(np.float32)

#: multiplications up to which one thread does it
MOST = 1 << 27
#: numbers that are computed together, so that some behind the last are read
COLUMNS = 16
#: what it costs without machine code, as `made_later` counts: calls, and products for a pass over one element
CALLS, PER_PASS = 60, 16

CONVOLUTION = KernelCode(written("conv_routines", "convolution"), "aaaaaaaa" + "i" * 13)
WEIGHT = KernelCode(written("conv_routines", "weight_gradient"), "aaaaaaa" + "i" * 10)
BIAS = KernelCode(written("conv_routines", "channel_sums"), "aaiii")


def takes(x: Any, w: Any, stride: Ints, padding: Ints, dilation: Ints, sizes: Ints) -> bool:
    """Whether the convolution of (N, C, …) with so many outputs, or its gradient by the input, is computed here."""
    products = len(x) * w.size * math.prod(sizes)
    return (
        _moves_by_one(stride, padding, dilation)
        and 0 < products <= MOST
        and simple(x, w)
        and CONVOLUTION.ready(CALLS * CALL + products // PER_PASS)
    )


def takes_weight(g: Any, x: Any, stride: Ints, padding: Ints, dilation: Ints, kernel: Ints) -> bool:
    """Whether the gradient by the weight is."""
    products = g.size * x.shape[1] * math.prod(kernel)
    return (
        _moves_by_one(stride, padding, dilation)
        and 0 < products <= MOST
        and simple(g, x)
        and WEIGHT.ready(CALLS * CALL + products // PER_PASS)
    )


def _moves_by_one(stride: Ints, padding: Ints, dilation: Ints) -> bool:
    return len(stride) < 3 and set(stride) == set(dilation) == {1} and min(padding) >= 0


def forward(x: Array, w: Array, bias: Array | None, padding: Ints, sizes: Ints) -> Array:
    """(N, C, *spatial), (O, C, *kernel) → (N, O, *sizes)."""
    tables = _steps(x.shape[1], w.shape[2:], _planes(x, padding))
    out = np.empty((len(x), len(w), *sizes), FLOAT32)
    start = np.empty(0, FLOAT32) if bias is None else np.ascontiguousarray(bias)
    _convolve(x, w, start, out, padding, tables, w[0].size, False)
    return out


def inner(kernel: Ints, padding: Ints) -> Ints:
    """The padding of an output's gradient, of which the input's is a convolution."""
    return tuple(k - 1 - p for k, p in zip(kernel, padding, strict=True))


def for_input(g: Array, w: Array, padding: Ints, spatial: Ints, chain: int) -> Array:
    """(N, O, *out), (O, C, *kernel) → (N, C, *spatial): so many outputs are a chain, what these come to is added up."""
    kernel = w.shape[2:]
    padding = inner(kernel, padding)
    planes = _planes(g, padding)
    out = np.empty((len(g), w.shape[1], *spatial), FLOAT32)
    for at in range(0, len(w), chain):
        tables = _turned_steps(at, min(at + chain, len(w)), w.shape[1], kernel, planes)
        _convolve(g, w, np.empty(0, FLOAT32), out, padding, tables, math.prod(kernel), at > 0)
    return out


def _convolve(
    x: Array,
    w: Array,
    bias: Array,
    out: Array,
    padding: Ints,
    tables: tuple[Array, Array],
    down: int,
    onto: bool,
) -> None:
    rows, columns = _flat(out.shape[2:])
    high, wide = _flat(_planes(x, padding))
    room = np.empty(out.shape[1] * _line((rows - 1) * wide + columns), FLOAT32)
    CONVOLUTION(
        x, w, bias, out, _memory(x, high * wide), room, *tables, *x.shape[:2], *_flat(x.shape[2:]), high, wide,
        out.shape[1], rows, columns, down, len(tables[0]), bias.size > 0, onto,
    )  # fmt: skip


def for_weight(g: Array, x: Array, padding: Ints, kernel: Ints) -> Array:
    """(N, O, *out), (N, C, *spatial) → (O, C, *kernel): window after window."""
    rows, columns = _flat(g.shape[2:])
    planes = _planes(x, padding)
    high, wide = _flat(planes)
    outputs, size = g.shape[1], x.shape[1] * math.prod(kernel)
    line = _line(outputs)
    out = np.empty((outputs, x.shape[1], *kernel), FLOAT32)
    turned, found = np.zeros(rows * columns * line, FLOAT32), np.zeros(size * line, FLOAT32)
    WEIGHT(
        g, x, out, _memory(x, high * wide), turned, found, _places(x.shape[1], kernel, planes),
        *x.shape[:2], *_flat(x.shape[2:]), high, wide, outputs, rows, columns, size,
    )  # fmt: skip
    return out


def for_bias(g: Array, out: Array) -> bool:
    """(N, O, *out) → (O,), one number after the other: whether `out` is now that, since there is machine code."""
    if not simple(g, out) or not BIAS.ready(4 * CALL + 4 * g.size):
        return False
    BIAS(g, out, *g.shape[:2], math.prod(g.shape[2:]))
    return True


def _flat(sizes: Ints) -> Ints:
    """Rows and columns; of one dimension it is one row."""
    return sizes if len(sizes) == 2 else (1, *sizes)


def _planes(x: Array, padding: Ints) -> Ints:
    return tuple(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))


def _line(n: int) -> int:
    return -(-n // COLUMNS) * COLUMNS


def _memory(x: Array, plane: int) -> Array:
    """For a padded sample, and what is read behind its end."""
    return np.zeros(x.shape[1] * plane + COLUMNS, FLOAT32)


@lru_cache(maxsize=64)
def _steps(channels: int, kernel: Ints, planes: Ints) -> tuple[Array, Array]:
    """For each step where its number of the weight is, and of the sample: eight channels at a time."""
    area, plane = math.prod(kernel), math.prod(planes)
    steps = [
        (c * area + number, c * plane + at)
        for first in range(0, channels, BLOCK)
        for number, at in enumerate(_starts(kernel, planes))
        for c in range(first, min(first + BLOCK, channels))
    ]
    return _table(steps)


@lru_cache(maxsize=64)
def _turned_steps(start: int, stop: int, channels: int, kernel: Ints, planes: Ints) -> tuple[Array, Array]:
    """The same of the gradient: outputs from start to stop, windows gone through from their ends."""
    area, plane = math.prod(kernel), math.prod(planes)
    steps = [
        (o * channels * area + number, o * plane + at)
        for first in range(start, stop, BLOCK)
        for number, at in enumerate(reversed(_starts(kernel, planes)))
        for o in range(first, min(first + BLOCK, stop))
    ]
    return _table(steps)


@lru_cache(maxsize=64)
def _places(channels: int, kernel: Ints, planes: Ints) -> Array:
    """Where in a sample the numbers for each element of the windows begin."""
    plane = math.prod(planes)
    return np.array([c * plane + at for c in range(channels) for at in _starts(kernel, planes)], np.int64)


def _starts(kernel: Ints, planes: Ints) -> list[int]:
    return [int(np.ravel_multi_index(place, planes)) for place in product(*map(range, kernel))]


def _table(steps: list[tuple[int, int]]) -> tuple[Array, Array]:
    first, second = np.array(steps, np.int64).reshape(-1, 2).T.copy()
    return first, second
