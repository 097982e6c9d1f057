"""Convolutions that oneDNN has no kernel of its own for: products of matrices, sample after sample.

Windows are columns, and a group of a sample is a product (`onednn_products`), of a volume each of the output's layers.
So it is with groups that do not fill vectors, and where windows lie in the padding, or reach further into it than
vectors do. The weight's gradient is so, too, where the kernel is higher than the image, at the edge of small maps, and
of dilated windows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from ...engine.numerics.onednn_products import COLUMNS, products
from .conv_windows import share
from .windows import Ints, out_size, overlap_add, pad, windows

Array = np.ndarray[Any, Any]

#: a kernel so wide has none for its gradient
WIDE = 14
#: nor has one of each channel that is wider
NARROW = 3
#: channels that a vector has
BLOCK = 8
#: places of a row that are computed together, one more of each channel by itself; where windows reach far into the
#: padding on the right at most so many
TOGETHER, FAR = 3, 7
#: a kernel up to so wide can be padded and move by more than one
PADDED = 7
#: sums and factors of the gradient by the input that are in registers
REGISTERS = 15
#: elements of windows that are laid out at a time
MOST = 1 << 18


@lru_cache(maxsize=1024)
def takes(x: Ints, w: Ints, sizes: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int) -> bool:
    """Whether oneDNN has no kernel for a convolution of these shapes, (N, C, *spatial) and (O, C/groups, *kernel)."""
    reach, each_channel = _reach(w[2:], dilation), 1 < groups == x[1] == w[0]
    if len(reach) == 3 if each_channel else _fills_no_vectors(w, groups):
        return True
    if _misses(x[2:], sizes, reach, stride, padding):
        return True
    n, size, s, p, k = x[-1], sizes[-1], stride[-1], padding[-1], reach[-1]
    some = min(TOGETHER + each_channel, size)
    rest = size % some
    over = (size - rest - 1) * s + k - n - p
    if each_channel:
        return max(p, over) > some
    if p > some or (w[-1] > PADDED and any(padding[-2:]) and set(stride) != {1}):
        return True
    if over <= some * s or size // some < 2:
        return False
    some = min(over // s + rest, size, FAR)
    return some < max(p, (size - size % some - 1) * s + k - n - p)


@lru_cache(maxsize=1024)
def takes_input(w: Ints, spatial: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int) -> bool:
    """Whether it has none for the gradient by the input."""
    sizes = tuple(map(out_size, spatial, w[2:], stride, padding, dilation))
    if _fills_no_vectors(w, groups):
        return True
    reach = _reach(w[2:], dilation)
    misses = _misses(spatial, sizes, reach, stride, padding)
    if set(stride) != {1}:
        return set(dilation) != {1} or (groups > 1 and misses)
    if misses:
        return True
    n, k, p = spatial[-1], reach[-1], padding[-1]
    blocks, left, best = -(-w[1] // BLOCK), k - 1 - p, (0, 0)
    for many in range(1, 5):
        for some in range(1, n + 1):
            if blocks % many == 0 and some * (many + 1) <= REGISTERS and (left <= some or some == n):
                best = max(best, (some * many, some))
    some = best[1]
    if not some:
        return True
    right, rest = sizes[-1] - 1 + k - n - p, n % some
    return max(k - 1 - right - rest, 0) > some or (n > some and right + rest < 0)


@lru_cache(maxsize=1024)
def takes_weight(
    channels: int,
    outputs: int,
    spatial: Ints,
    sizes: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
    kernel: Ints,
) -> bool:
    """Whether it has none for that by the weight."""
    if 1 < groups == channels == outputs:
        return _of_each_channel(spatial, sizes, stride, padding, dilation, kernel)
    if _fills_no_vectors((outputs, channels // groups), groups):
        return True
    if set(dilation) != {1} or kernel[-1] >= WIDE or (len(kernel) == 3 and any(padding)):
        return True
    if any(k > n for k, n in zip(kernel[:-1], spatial[:-1], strict=True)):
        return True
    return _misses(spatial, sizes, kernel, stride, padding)


def _of_each_channel(
    spatial: Ints, sizes: Ints, stride: Ints, padding: Ints, dilation: Ints, kernel: Ints
) -> bool:
    """Whether it has none for that by the weight where each channel is by itself: of wide kernels, and where windows
    are by half in the padding or their steps do not fit into it."""
    if len(kernel) == 3 or set(dilation) != {1} or kernel[-1] > NARROW or stride[-1] > kernel[-1]:
        return True
    every = zip(spatial, sizes, kernel, stride, padding, strict=True)
    ends = [max((m - 1) * s + k - n - p, 0) for n, m, k, s, p in every]
    if any(max(p, end) > k // 2 for p, end, k in zip(padding, ends, kernel, strict=True)):
        return True
    rows = zip(spatial[:-1], kernel[:-1], stride[:-1], padding[:-1], ends[:-1], strict=True)
    return any(n < k + -p % s or any(each > 1 and each % s for each in (p, end)) for n, k, s, p, end in rows)


def _reach(kernel: Ints, dilation: Ints) -> Ints:
    return tuple([d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)])


def _fills_no_vectors(w: Ints, groups: int) -> bool:
    return groups > 1 and (w[0] // groups % BLOCK > 0 or w[1] % BLOCK > 0)


def _misses(spatial: Ints, sizes: Ints, reach: Ints, stride: Ints, padding: Ints) -> bool:
    """Whether some windows lie in the padding as a whole."""
    every = zip(spatial, sizes, reach, stride, padding, strict=True)
    return any(k <= max(p, (m - 1) * s + k - n - p) for n, m, k, s, p in every)


def forward(
    x: Array,
    w: Array,
    bias: Array | None,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
    sizes: Ints,
) -> Array:
    """(N, C, *spatial), (O, C/groups, *kernel) → (N, O, *sizes), the bias added at last."""
    n, layers = len(x), math.prod(sizes[:-2])
    seen = _seen(x, w.shape[2:], stride, padding, dilation, groups, sizes)
    k, lead = len(sizes), 3 + max(len(sizes) - 2, 0)
    # (N, layers, groups, C, kernel, rows and columns of the output)
    seen = seen.transpose(0, *range(3, lead), 1, 2, *range(3 + k, 3 + 2 * k), *range(lead, 3 + k))
    rows = w.reshape(groups, len(w) // groups, -1)
    out = np.empty((n, layers, groups, rows.shape[1], math.prod(sizes[-2:])), x.dtype)

    def work(lo: int, hi: int) -> None:
        part = out[lo:hi]
        for some, columns in _laid_out(seen[lo:hi], -2 if k > 1 else -1):
            columns = columns.reshape(-1, groups, rows.shape[2], columns.shape[-1])
            given = np.broadcast_to(rows, (len(columns), *rows.shape))
            part[some] = products(given, columns, out.shape[-1]).reshape(part[some].shape)

    share(work, n, out.size * rows.shape[2], 1)
    found = np.ascontiguousarray(np.moveaxis(out, 1, 3)).reshape(n, len(w), *sizes)
    if bias is not None:
        found += bias.reshape(-1, *[1] * k)
    return found


def for_input(
    g: Array, w: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, spatial: Ints
) -> Array:
    """(N, O, *out), (O, C/groups, *kernel) → (N, C, *spatial): what is found for each window is added up."""
    n, outputs, sizes = len(g), len(w) // groups, g.shape[2:]
    layers = math.prod(sizes[:-2])
    rows = w.reshape(groups, outputs, -1).swapaxes(1, 2)
    slopes = np.moveaxis(g.reshape(n, groups, outputs, layers, -1), 3, 1)
    out = np.empty((n, groups * w.shape[1], *spatial), g.dtype)
    size = rows.shape[1] * groups * math.prod(sizes)
    many = max(MOST // max(size, 1), 1)

    def work(lo: int, hi: int) -> None:
        for at in range(lo, hi, many):
            some = slice(at, min(at + many, hi))
            [(_, columns)] = _laid_out(slopes[some], -1, whole=True)
            columns = columns.reshape(-1, groups, outputs, columns.shape[-1])
            given = np.broadcast_to(rows, (len(columns), *rows.shape))
            found = products(given, columns, slopes.shape[-1], turned=True)
            found = np.moveaxis(found.reshape(-1, layers, *found.shape[1:]), 1, 3)
            found = found.reshape(len(found), -1, *w.shape[2:], *sizes)
            out[some] = overlap_add(found, spatial, stride, padding, dilation, by_window=len(sizes) == 3)

    share(work, n, n * size * outputs, 1)
    return out


def for_weight(
    g: Array, x: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, kernel: Ints
) -> Array:
    """(N, O, *out), (N, C, *spatial) → (O, C/groups, *kernel)."""
    (n, outputs), sizes = g.shape[:2], g.shape[2:]
    layers, k = math.prod(sizes[:-2]), len(kernel)
    lead = 3 + max(k - 2, 0)
    seen = _seen(x, kernel, stride, padding, dilation, groups, sizes)
    # (N, layers, groups, rows and columns of the output, C, kernel)
    seen = seen.transpose(0, *range(3, lead), 1, *range(lead, 3 + k), 2, *range(3 + k, 3 + 2 * k))
    slopes = np.moveaxis(g.reshape(n, groups, outputs // groups, layers, -1), 3, 1)
    size, found = x.shape[1] // groups * math.prod(kernel), None
    for some, columns in _laid_out(seen, -1 - k):
        given = np.ascontiguousarray(slopes[some]).reshape(-1, groups, *slopes.shape[3:])
        columns = columns.reshape(-1, groups, given.shape[3], columns.shape[-1])
        found = products(given, columns, size, found, across=True)
    assert found is not None
    return found.reshape(outputs, x.shape[1] // groups, *kernel)


def _seen(
    x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int, sizes: Ints
) -> Array:
    """(N, groups, C/groups, *sizes, *kernel)."""
    padded = pad(x, padding)
    padded = padded.reshape(len(x), groups, -1, *padded.shape[2:])
    return windows(padded, kernel, stride, dilation, sizes)


def _laid_out(x: Array, last: int, whole: bool = False) -> Iterator[tuple[slice, Array]]:
    """Some samples at a time, or the `whole`: dimensions from `last` on are one, filled up to a multiple of 16."""
    size = math.prod(x.shape[last:])
    line = -(-size // COLUMNS) * COLUMNS
    lead = x.shape[1:last]
    many = len(x) if whole else max(MOST // (math.prod(lead) * line), 1)
    for at in range(0, len(x), many):
        some = x[at : at + many]
        found = np.zeros((len(some), *lead, line), x.dtype)
        np.copyto(found[..., :size].reshape(some.shape), some)
        yield slice(at, at + many), found
