"""Convolutions digit by digit, as PyTorch's vector library (oneDNN) adds them.

An output begins with the bias. Then come the products, each added with one rounding: eight input channels at a time,
for each of these blocks the kernel's positions, for each position its channels. A kernel of one position has sums over
some channels (`POINTWISE`), which are added up; where it moves by one, PyTorch leaves small batches to BLAS.

Groups of channels are convolutions of their own where vectors fit into them, and where a group is one channel.

A product of matrices adds so, too, one element of its long side after the other, if that is short enough to stay in one
piece (`conv_products`). What is not computed in that way is added here one by one, where it is small.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import product
from typing import Any

import numpy as np

from ...engine.core.readers import whole
from ...engine.numerics.fma import multiply_add
from ..reduce.fused_sums import one_by_one
from . import conv_depthwise, conv_products, conv_samples, conv_windows
from .conv_products import BLOCK
from .windows import Ints, out_size, pad

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

#: samples from which on a kernel of one position that moves by one is oneDNN's: PyTorch's choice for one thread
MANY = 16
#: channels, and channels of the output's gradient, that such a kernel adds up to a sum
POINTWISE, POINTWISE_BACK = 128, 64
#: more multiplications are not added one by one
MOST_PRODUCTS = 1 << 19
#: nor are those of a transposed convolution
MOST_TRANSPOSED = 1 << 27


def takes(x: Any, w: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int) -> bool:
    """Whether a convolution of float32 arrays of these shapes is computed here: oneDNN has it, and it is small."""
    kernel, samples, size = w.shape[2:], x.shape[0], math.prod(x.shape)
    if len(kernel) > 3 or not size:
        return False
    if groups > 1 and conv_depthwise.takes(x.shape[1], w, groups):
        return True
    seen = (1, *kernel)[-2:]  # of a kernel, whatever it has
    if math.prod((*seen, *stride, *dilation)) == 1 and samples < MANY:
        return False
    if samples == 1 and groups == 1 and min(seen) <= 3 and size <= 20480:
        return False
    if conv_products.takes(w.shape[0], w.shape[1] * math.prod(kernel) + 1):
        return True
    out = tuple(map(out_size, x.shape[2:], kernel, stride, padding, dilation))
    if conv_samples.takes(x.shape, w.shape, out, stride, padding, dilation, groups):
        return True
    return samples * math.prod((*w.shape, *out)) <= MOST_PRODUCTS


def _in_vectors(weight: Ints, groups: int) -> bool:
    """Whether there is one group, or the channels and outputs of each fill vectors."""
    return groups == 1 or weight[0] // groups % BLOCK == weight[1] % BLOCK == 0


def _is_pointwise(spatial: Ints, sizes: Ints, stride: Ints, padding: Ints, groups: int, kernel: Ints) -> bool:
    """Whether a kernel has one position, and no element is left over between and behind the places it is put on."""
    fits = all(m * s == n for n, m, s in zip(spatial, sizes, stride, strict=True))
    return (
        groups == math.prod(kernel) == 1
        and not any(padding)
        and fits
        and (len(kernel) < 3 or set(stride) == {1})
    )


def _each(groups: int, *arrays: tuple[Array | None, int]) -> Iterator[Any]:
    """The parts of arrays that belong to each group, along a dimension each."""
    parts = ([None] * groups if a is None else np.split(a, groups, dim) for a, dim in arrays)
    return zip(*parts, strict=True)


def forward(
    x: Array, w: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Array:
    """(N, C, *spatial), (O, C/groups, *kernel) → (N, O, *out), the bias included."""
    kernel = w.shape[2:]
    sizes = tuple(map(out_size, x.shape[2:], kernel, stride, padding, dilation))
    if conv_samples.takes(x.shape, w.shape, sizes, stride, padding, dilation, groups):
        return conv_samples.forward(x, w, bias, stride, padding, dilation, groups, sizes)
    if groups > 1 and conv_depthwise.takes(x.shape[1], w, groups):
        return conv_depthwise.forward(x, w, bias, stride, padding, dilation, sizes)
    if groups > 1:
        given = _each(groups, (x, 1), (w, 0), (bias, 0))
        return np.concatenate([forward(a, b, c, stride, padding, dilation, 1) for a, b, c in given], 1)
    if w.shape[1] > POINTWISE and _is_pointwise(x.shape[2:], sizes, stride, padding, groups, kernel):
        parts = [slice(at, at + POINTWISE) for at in range(0, w.shape[1], POINTWISE)]
        rest = (stride, padding, dilation, 1)
        each = [forward(x[:, part], w[:, part], None if part.start else bias, *rest) for part in parts]
        return reduce(np.add, each)
    if conv_windows.takes(x, w, padding, sizes):
        return conv_windows.forward(x, w, bias, stride, padding, dilation, sizes)
    if conv_products.takes(len(w), w.shape[1] * math.prod(kernel) + 1):
        return conv_products.forward(x, w, bias, stride, padding, dilation, sizes)
    padded = pad(x, padding)
    out = np.zeros((len(x), len(w), *sizes), FLOAT32)
    if bias is not None:
        out += bias.reshape(-1, *[1] * len(kernel))
    wide = np.empty(out.shape, FLOAT64)
    for first in range(0, w.shape[1], BLOCK):
        for place in product(*map(range, kernel)):
            seen = _every([i * d for i, d in zip(place, dilation, strict=True)], stride, sizes)
            for channel in range(first, min(first + BLOCK, w.shape[1])):
                values = padded[(slice(None), slice(channel, channel + 1), *seen)]
                taps: tuple[Any, ...] = (slice(None), channel, *place)
                factors = w[taps].reshape(-1, *[1] * len(kernel))
                np.multiply(values, factors, wide, dtype=FLOAT64)
                wide += out
                out[...] = wide
    return out


#: more windows are not added one by one
MOST_WINDOWS = 256


def takes_weight(
    g: Any, x: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, kernel: Ints
) -> bool:
    """Whether the gradient by the weight is computed here."""
    if not x.shape[1]:
        return False
    if groups > 1 and groups == g.shape[1] == x.shape[1]:
        return True
    if has_no_kernel(g, x, stride, padding, dilation, groups, kernel):
        return True
    windows = g.shape[0] * math.prod(g.shape[2:])
    of_groups = (g.shape[1], x.shape[1] // groups)
    return _in_vectors(of_groups, groups) and (conv_products.in_order() or windows <= MOST_WINDOWS)


def has_no_kernel(g: Any, x: Any, *geometry: Any) -> bool:
    """Whether oneDNN multiplies matrices for the gradients by weight and bias (see `conv_samples`)."""
    if x.dtype.itemsize != FLOAT32.itemsize:
        return False
    return conv_samples.takes_weight(x.shape[1], g.shape[1], x.shape[2:], g.shape[2:], *geometry)


def _input_has_no_kernel(
    w: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, spatial: Ints
) -> bool:
    single = w.dtype.itemsize == FLOAT32.itemsize
    return single and conv_samples.takes_input(w.shape, spatial, stride, padding, dilation, groups)


def takes_input(w: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, spatial: Ints) -> bool:
    """Whether the gradient by the input is computed here, too."""
    if conv_depthwise.takes(w.shape[1] * groups, w, groups):
        return set(dilation) == {1} and len(set(stride)) == 1
    if _input_has_no_kernel(w, stride, padding, dilation, groups, spatial):
        return True
    return len(set(stride)) == 1 and (set(dilation) == {1} or set(stride) == {1})


def _is_one_chain(kernel: Ints, stride: Ints, padding: Ints, spatial: Ints) -> bool:
    """Whether along rows windows move by one or do not overlap, or a last step is cut off, or more than half of them
    is padded: else each column of a kernel is a chain of its own."""
    k, s, p, n = kernel[-1], stride[-1], padding[-1], spatial[-1]
    return s == 1 or k <= s or n % s != 0 or 2 * p > k - 1


def takes_transposed(
    x: Any, w: Any, stride: Ints, padding: Ints, dilation: Ints, groups: int, spatial: Ints
) -> bool:
    """Whether a transposed convolution of float32 arrays of these shapes, the gradient of another, is computed here."""
    kernel = w.shape[2:]
    if tuple(map(out_size, spatial, kernel, stride, padding, dilation)) != tuple(x.shape[2:]):
        return False  # more places than a convolution has
    return (
        len(kernel) <= 2
        and groups == 1
        and x.shape[0] > 1
        and math.prod(kernel) > 1
        and 0 < math.prod((*x.shape, *w.shape[1:])) <= MOST_TRANSPOSED
        and takes_input(w, stride, padding, dilation, groups, spatial)
    )


def for_input(
    g: Array, w: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, spatial: Ints
) -> Array:
    """(N, O, *out), (O, C/groups, *kernel) → (N, C, *spatial): all channels at once where windows jump.

    Else some blocks of eight at a time, whose sums are added up.
    """
    if groups > 1 and conv_depthwise.takes(w.shape[1] * groups, w, groups):
        return conv_depthwise.for_input(g, w, stride, padding, dilation, spatial)
    if _input_has_no_kernel(w, stride, padding, dilation, groups, spatial):
        return conv_samples.for_input(g, w, stride, padding, dilation, groups, spatial)
    if groups > 1:
        given = _each(groups, (g, 1), (w, 0))
        return np.concatenate([for_input(a, b, stride, padding, dilation, 1, spatial) for a, b in given], 1)
    if set(stride) != {1}:
        if set(dilation) == {1} and conv_windows.takes(g, w, padding, g.shape[2:]):
            apart = not _is_one_chain(w.shape[2:], stride, padding, spatial)
            return conv_windows.for_moving_input(g, w, stride, padding, spatial, apart)
        if len(spatial) == 2 and conv_products.in_order() and set(dilation) == {1}:
            apart = not _is_one_chain(w.shape[2:], stride, padding, spatial)
            return conv_products.for_input(g, w, stride[0], padding, spatial, apart)
        if not _is_one_chain(w.shape[2:], stride, padding, spatial):
            columns = range(w.shape[-1])
            each = [_input_by_steps(g, w, len(w), stride, padding, dilation, spatial, [i]) for i in columns]
            return reduce(np.add, each)
        return _input_by_steps(g, w, len(w), stride, padding, dilation, spatial)
    chain = BLOCK if len(spatial) == 3 else conv_products.blocks_of_input(g)
    if math.prod(w.shape[2:]) == 1:
        chain = POINTWISE_BACK
    inner = conv_windows.inner(w.shape[2:], padding, dilation)
    if conv_windows.takes(g, w, inner, spatial):
        return conv_windows.for_input(g, w, padding, dilation, spatial, chain)
    in_products = min(inner) >= 0 and conv_products.takes(w.shape[1], chain * math.prod(w.shape[2:]))
    parts = []
    for at in range(0, len(w), chain):
        slopes, factors = g[:, at : at + chain], w[at : at + chain]
        if in_products:
            factors = factors.swapaxes(0, 1)
            parts.append(
                conv_products.forward(slopes, factors, None, stride, inner, dilation, spatial, turned=True)
            )
        else:
            parts.append(_input_by_steps(slopes, factors, BLOCK, stride, padding, dilation, spatial))
    return reduce(np.add, parts)


def _input_by_steps(
    g: Array,
    w: Array,
    block: int,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    spatial: Ints,
    columns: Sequence[int] | None = None,
) -> Array:
    """One product after the other: for `block` channels the kernel's positions, for each of these the channels.

    columns   those of the kernel that are taken, all of them if None
    """
    sizes = tuple(n + 2 * p for n, p in zip(spatial, padding, strict=True))
    *places, width = map(range, w.shape[2:])
    out = np.zeros((len(g), w.shape[1], *sizes), g.dtype)
    for first in range(0, len(w), block):
        for place in product(*places, width if columns is None else columns):
            starts = [i * d for i, d in zip(place, dilation, strict=True)]
            part = out[(slice(None), slice(None), *_every(starts, stride, g.shape[2:]))]
            for channel in range(first, min(first + block, len(w))):
                taps: tuple[Any, ...] = (channel, slice(None), *place)
                factors = w[taps].reshape(-1, *[1] * len(spatial))
                part[...] = multiply_add(g[:, channel : channel + 1], factors, part)
    inside = tuple(slice(p, p + n) for p, n in zip(padding, spatial, strict=True))
    return np.ascontiguousarray(out[(slice(None), slice(None), *inside)])


def for_weight(
    g: Array, x: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, kernel: Ints
) -> Array:
    """(N, O, *out), (N, C, *spatial) → (O, C/groups, *kernel): window after window."""
    if has_no_kernel(g, x, stride, padding, dilation, groups, kernel):
        return conv_samples.for_weight(g, x, stride, padding, dilation, groups, kernel)
    if groups > 1 and groups == g.shape[1] == x.shape[1]:
        return conv_depthwise.for_weight(g, x, stride, padding, dilation, kernel)
    if conv_products.in_order() and _is_pointwise(x.shape[2:], g.shape[2:], stride, padding, groups, kernel):
        return conv_products.for_weight_of_each(g, x, stride)
    if groups == 1:
        return _by_windows(g, x, stride, padding, dilation, kernel)
    given = _each(groups, (g, 1), (x, 1))
    return np.concatenate([_by_windows(a, b, stride, padding, dilation, kernel) for a, b in given])


def _by_windows(g: Array, x: Array, stride: Ints, padding: Ints, dilation: Ints, kernel: Ints) -> Array:
    if conv_windows.takes_weight(g, x, padding, kernel):
        return conv_windows.for_weight(g, x, stride, padding, dilation, kernel)
    padded = pad(x, padding)
    if conv_products.in_order():
        return conv_products.for_weight(g, padded, stride, dilation, kernel)
    out = np.zeros((g.shape[1], x.shape[1], *kernel), g.dtype)
    ones = [1] * (1 + len(kernel))
    for sample, slopes in zip(padded, g, strict=True):
        for place in product(*map(range, g.shape[2:])):
            starts = [i * s for i, s in zip(place, stride, strict=True)]
            window = sample[(slice(None), *_every(starts, dilation, kernel))]
            out = multiply_add(window[None], slopes[(slice(None), *place)].reshape(-1, *ones), out)
    return out


@whole(lambda g, inner: (g.shape[1],))
def for_bias(g: Array, inner: int, out: Array) -> Array:
    """(N, O, *out) → (O,): one after the other, what lies along the last `inner` dimensions by itself."""
    if inner:
        each = one_by_one(g.reshape(*g.shape[: g.ndim - inner], -1), g.ndim - inner)
        out[...] = one_by_one(each.swapaxes(0, 1).reshape(g.shape[1], -1), 1)
    elif not conv_windows.for_bias(g, out):
        out[...] = one_by_one(g.reshape(*g.shape[:2], -1).swapaxes(1, 2).reshape(-1, g.shape[1]), 0)
    return out


def _every(starts: Sequence[int], steps: Ints, counts: Ints) -> tuple[slice, ...]:
    """For each dimension so many places from a start, a step apart."""
    return tuple([slice(i, i + d * (n - 1) + 1, d) for i, d, n in zip(starts, steps, counts, strict=True)])
