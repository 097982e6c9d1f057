"""Mean and variance of rows, for small float32 arrays to PyTorch's last bit.

PyTorch's kernel keeps a running mean and squared deviation (Welford's method) in eight lanes and joins
them at the end, with multiplications and additions fused. Digits of what is small enough to be printed
are worth following it; larger arrays take two plain passes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .fma import multiply_add

LANES = 8
#: beyond this many columns PyTorch starts a tree of partial results
MOST_COLUMNS = 128
#: more elements take too long
MOST_ELEMENTS = 4096


def moments(x: Any) -> tuple[Any, Any]:
    """(mean, variance) of the rows of an array (rows, columns), each of shape (rows, 1)."""
    if x.dtype == np.float32 and 0 < x.size <= MOST_ELEMENTS and x.shape[1] <= MOST_COLUMNS:
        mean, total = _welford(x)
        return mean[:, None], (total / np.float32(x.shape[1]))[:, None]
    if not x.shape[1]:
        nothing = np.full((x.shape[0], 1), np.nan, x.dtype)
        return nothing, nothing
    mean = x.mean(1, keepdims=True, dtype=x.dtype)
    return mean, np.square(x - mean).mean(1, keepdims=True, dtype=x.dtype)


def _welford(x: Any) -> tuple[Any, Any]:
    """(mean, sum of squared deviations) of each row."""
    one = np.float32
    rows, columns = x.shape
    steps = columns // LANES
    lanes = x[:, : steps * LANES].reshape(rows, steps, LANES)
    means, squares = np.zeros((rows, LANES), one), np.zeros((rows, LANES), one)
    for i in range(steps):
        delta = lanes[:, i] - means
        means = multiply_add(delta, one(1) / one(i + 1), means)
        squares = multiply_add(delta, lanes[:, i] - means, squares)
    mean, square = np.zeros(rows, one), np.zeros(rows, one)
    count = 0
    for i in range(steps * LANES, columns):
        delta = x[:, i] - mean
        count += 1
        mean = mean + delta / one(count)
        square = square + delta * (x[:, i] - mean)
    for i in range(LANES if steps else 0):
        share = one(steps) / one(count + steps)
        delta = means[:, i] - mean
        mean = multiply_add(delta, share, mean)
        square = square + multiply_add(delta * delta * share, one(count), squares[:, i])
        count += steps
    return mean, square
