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
from .windows import Ints, at_end

Array = np.ndarray[Any, Any]

FLOAT32 = np.dtype(np.float32)

#: multiplications up to which one thread does it
MOST = 1 << 27
#: numbers that are computed together, so that some behind the last are read
COLUMNS = 16
#: what it costs without machine code, as `made_later` counts: calls, and products for a pass over one element
CALLS, PER_PASS = 60, 16

CONVOLUTION = KernelCode(written("conv_routines", "convolution"), "aaaaaaaiiiiiiiiii")
WEIGHT = KernelCode(written("conv_routines", "weight_gradient"), "aaaaaaiiiiiii")


def takes(x: Any, w: Any, stride: Ints, dilation: Ints, sizes: Ints) -> bool:
    """Whether the convolution of (N, C, …) with so many outputs, or its gradient by the input, is computed here."""
    products = len(x) * w.size * math.prod(sizes)
    return (
        len(sizes) < 3
        and set(stride) == set(dilation) == {1}
        and 0 < products <= MOST
        and simple(x, w)
        and CONVOLUTION.ready(CALLS * CALL + products // PER_PASS)
    )


def takes_weight(g: Any, x: Any, stride: Ints, dilation: Ints, kernel: Ints) -> bool:
    """Whether the gradient by the weight is."""
    products = g.size * x.shape[1] * math.prod(kernel)
    return (
        len(kernel) < 3
        and set(stride) == set(dilation) == {1}
        and 0 < products <= MOST
        and simple(g, x)
        and WEIGHT.ready(CALLS * CALL + products // PER_PASS)
    )


def forward(x: Array, w: Array, bias: Array | None, padding: Ints, sizes: Ints) -> Array:
    """(N, C, *spatial), (O, C, *kernel) → (N, O, *sizes)."""
    x, planes = _padded(x, padding)
    tables = _steps(x.shape[1], w.shape[2:], planes)
    out = np.empty((len(x), len(w), *sizes), FLOAT32)
    start = np.empty(0, FLOAT32) if bias is None else np.ascontiguousarray(bias)
    _convolve(x, w, start, out, tables, w[0].size, planes, 0)
    return out


def for_input(g: Array, w: Array, padding: Ints, spatial: Ints, chain: int) -> Array:
    """(N, O, *out), (O, C, *kernel) → (N, C, *spatial): so many outputs are a chain, what these come to is added up."""
    kernel = w.shape[2:]
    inner = tuple(k - 1 - p for k, p in zip(kernel, padding, strict=True))
    g, planes = _padded(g, inner)
    out = np.empty((len(g), w.shape[1], *spatial), FLOAT32)
    for at in range(0, len(w), chain):
        tables = _turned_steps(at, min(at + chain, len(w)), w.shape[1], kernel, planes)
        _convolve(g, w, np.empty(0, FLOAT32), out, tables, math.prod(kernel), planes, at)
    return out


def _convolve(
    x: Array,
    w: Array,
    bias: Array,
    out: Array,
    tables: tuple[Array, Array],
    down: int,
    planes: Ints,
    onto: int,
) -> None:
    rows, columns = out.shape[2:] if out.ndim == 4 else (1, out.shape[2])
    width = planes[-1]
    line = -(-((rows - 1) * width + columns) // COLUMNS) * COLUMNS
    room = np.empty(out.shape[1] * line, FLOAT32)
    sample = x.shape[1] * math.prod(planes)
    CONVOLUTION(
        x, w, bias, out, room, *tables, *out.shape[:2], len(tables[0]), down, sample, width, rows, columns,
        bias.size > 0, onto,
    )  # fmt: skip


def for_weight(g: Array, x: Array, padding: Ints, kernel: Ints) -> Array:
    """(N, O, *out), (N, C, *spatial) → (O, C, *kernel): window after window."""
    x, planes = _padded(x, padding)
    rows, columns = g.shape[2:] if g.ndim == 4 else (1, g.shape[2])
    samples, outputs = g.shape[:2]
    inner = x.shape[1] * math.prod(kernel)
    line = -(-outputs // COLUMNS) * COLUMNS
    out = np.empty((outputs, x.shape[1], *kernel), FLOAT32)
    turned, room = np.empty(samples * rows * columns * line, FLOAT32), np.empty(inner * line, FLOAT32)
    places = _places(x.shape[1], kernel, planes)
    sample = x.shape[1] * math.prod(planes)
    WEIGHT(g, x, out, turned, room, places, samples, outputs, inner, sample, planes[-1], rows, columns)
    return out


def _padded(x: Array, padding: Ints) -> tuple[Array, Ints]:
    """The samples with what is read behind the last one, and the sizes of a plane; less than no padding cuts off."""
    planes = tuple(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))
    shape = (*x.shape[:2], *planes)
    memory = np.zeros(math.prod(shape) + COLUMNS, FLOAT32)
    out = memory[:-COLUMNS].reshape(shape)
    inside = tuple(slice(max(p, 0), n - max(p, 0)) for p, n in zip(padding, planes, strict=True))
    given = tuple(slice(max(-p, 0), n - max(-p, 0)) for p, n in zip(padding, x.shape[2:], strict=True))
    out[at_end(inside)] = x[at_end(given)]
    return out, planes


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
