"""Windows sliding over the last dimensions of an array: what convolutions, pools and unfold share.

`windows` is a view, made of strides alone; `overlap_add` is its transpose: it adds windows back into the
places they came from. Sizes, strides and so on are tuples with one number for each spatial dimension.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

Ints = tuple[int, ...]


def out_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many windows fit."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def pad(x: Any, padding: Ints, value: Any = 0) -> Any:
    """`value` added on both sides of each spatial dimension."""
    if not any(padding):
        return x
    lead = x.ndim - len(padding)
    shape = x.shape[:lead] + tuple(n + 2 * p for n, p in zip(x.shape[lead:], padding, strict=True))
    out = np.full(shape, value, x.dtype, like=x) if value else np.zeros(shape, x.dtype, like=x)
    inner = [slice(p, p + n) for n, p in zip(x.shape[lead:], padding, strict=True)]
    out[at_end(inner)] = x
    return out


def at_end(places: Iterable[Any]) -> tuple[Any, ...]:
    """The index of places in the last dimensions."""
    return (..., *places)


def windows(x: Any, kernel: Ints, stride: Ints, dilation: Ints, out: Ints) -> Any:
    """A view (…, *out, *kernel) of the padded array (…, *spatial)."""
    lead = x.ndim - len(kernel)
    steps = x.strides[lead:]
    return as_strided(
        x,
        (*x.shape[:lead], *out, *kernel),
        (
            *x.strides[:lead],
            *(s * step for s, step in zip(stride, steps, strict=True)),
            *(d * step for d, step in zip(dilation, steps, strict=True)),
        ),
        writeable=False,
    )


def overlap_add(
    columns: Any, spatial: Ints, stride: Ints, padding: Ints, dilation: Ints, by_window: bool = False
) -> Any:
    """Windows (…, *kernel, *out) summed into an array (…, *spatial); what fell into the padding is lost.

    by_window   an element's summands come in the order of their windows, not of their places in them
    """
    n = len(spatial)
    lead = columns.ndim - 2 * n
    kernel, out = columns.shape[lead : lead + n], columns.shape[lead + n :]
    padded = tuple(s + 2 * p for s, p in zip(spatial, padding, strict=True))
    total = np.zeros((*columns.shape[:lead], *padded), columns.dtype)
    if math.prod(out):
        for at in product(*(range(k)[:: -1 if by_window else 1] for k in kernel)):
            place = [
                slice(a * d, a * d + s * (o - 1) + 1, s)
                for a, d, s, o in zip(at, dilation, stride, out, strict=True)
            ]
            total[at_end(place)] += columns[(*[slice(None)] * lead, *at)]
    if not any(padding):
        return total
    return np.ascontiguousarray(total[at_end(slice(p, p + s) for p, s in zip(padding, spatial, strict=True))])
