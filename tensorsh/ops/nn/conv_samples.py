"""Gradients of convolutions by their weights where oneDNN has no kernel of its own for them.

There windows are columns of matrices, and what each sample comes to is a product that is added to the others
(`onednn_products`): of a volume each of the output's layers. So it is where the kernel is higher than the image, at the
edge of small maps, where windows are dilated or lie in the padding, and where groups do not fill vectors.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.numerics.onednn_products import COLUMNS, sum_of_products
from .windows import Ints, pad, windows

Array = np.ndarray[Any, Any]

#: a kernel so wide has none
WIDE = 14
#: channels that a vector has
BLOCK = 8
#: elements of windows that are laid out at a time
MOST = 1 << 18


def takes(
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
    """Whether that is so of channels and outputs, the sizes of input and output, and the kernel's."""
    if groups > 1 and (channels // groups % BLOCK or outputs // groups % BLOCK):
        return True
    if set(dilation) != {1} or kernel[-1] >= WIDE or (len(kernel) == 3 and any(padding)):
        return True
    if any(k > n for k, n in zip(kernel[:-1], spatial[:-1], strict=True)):
        return True
    return any(
        k <= max(p, (m - 1) * s + k - n - p)
        for n, m, k, s, p in zip(spatial, sizes, kernel, stride, padding, strict=True)
    )


def for_weight(
    g: Array, x: Array, stride: Ints, padding: Ints, dilation: Ints, groups: int, kernel: Ints
) -> Array:
    """(N, O, *out), (N, C, *spatial) → (O, C/groups, *kernel)."""
    (n, outputs), channels = g.shape[:2], x.shape[1] // groups
    padded = pad(x, padding)
    g = g.reshape(n, groups, outputs // groups, *g.shape[2:])
    found = [
        _of_group(g[:, i], padded[:, i * channels : (i + 1) * channels], stride, dilation, kernel)
        for i in range(groups)
    ]
    return np.concatenate(found).reshape(outputs, channels, *kernel)


def _of_group(g: Array, x: Array, stride: Ints, dilation: Ints, kernel: Ints) -> Array:
    """(N, O, *out), (N, C, *padded) → (O, C · kernel)."""
    layers = max(len(kernel) - 2, 0)
    k, sizes, outputs = len(kernel), g.shape[2:], g.shape[1]
    seen = windows(x, kernel, stride, dilation, sizes)
    # (N, layers, rows and columns of the output, C, kernel): what is a product is a sample or a layer of it
    seen = seen.transpose(0, *range(2, 2 + k), 1, *range(2 + k, 2 + 2 * k))
    slopes = g.transpose(0, *range(2, 2 + layers), 1, *range(2 + layers, 2 + k))
    size, depth = math.prod(seen.shape[1 + k :]), math.prod(sizes[layers:])
    line = -(-size // COLUMNS) * COLUMNS
    many = max(MOST // (line * math.prod(sizes)), 1)
    found: Array | None = None
    for at in range(0, len(g), many):
        some = seen[at : at + many]
        columns = np.zeros((*some.shape[: 1 + k], line), g.dtype)
        np.copyto(columns[..., :size].reshape(some.shape), some)
        found = sum_of_products(
            np.ascontiguousarray(slopes[at : at + many]).reshape(-1, outputs, depth),
            columns.reshape(-1, depth, line),
            size,
            found,
        )
    assert found is not None
    return found
