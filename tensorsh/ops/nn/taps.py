"""The taps of resampling: which inputs each output along a dimension is made of, and how much of each."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ...engine.numerics.fma import multiply_add
from .windows import Ints


@lru_cache(maxsize=256)
def taps(
    size: int, out: int, mode: str, align: bool, factor: float | None, antialias: bool, wide: bool
) -> Any:
    """(indices, weights), both (out, taps); weights are None where each output is one input.

    `factor` is the scale factor the user gave; `wide` computes positions in float64.
    """
    kind: Any = np.float64 if wide else np.float32
    step: Any
    if mode.startswith("nearest"):
        step = np.float32(1 / factor if factor else size / out)
        shift = np.float32(0.5 if mode == "nearest-exact" else 0)
        place = np.floor((np.arange(out, dtype=np.float32) + shift) * step).astype(np.int64)
        return np.minimum(place, size - 1)[:, None], None
    if align:
        step = kind((size - 1) / (out - 1) if out > 1 else 0)
    else:
        step = kind(1 / factor if factor else size / out)
    if antialias:
        return _filtered(size, out, float(step), cubic=mode == "bicubic")
    place = (
        np.arange(out, dtype=kind) * step
        if align
        else multiply_add(np.arange(out, dtype=kind) + kind(0.5), step, -kind(0.5))
    )
    if mode == "bicubic":
        return _cubic(place, size)
    place = np.maximum(place, 0)
    first = np.minimum(place.astype(np.int64), size - 1)
    part = np.clip(place - first, 0, 1)
    return np.stack([first, np.minimum(first + 1, size - 1)], 1), np.stack([1 - part, part], 1)


def _cubic(place: Any, size: int) -> Any:
    """Four neighbours with the weights of cubic convolution, a = -0.75."""
    below = np.floor(place)
    first, t = below.astype(np.int64), place - below
    index = np.clip(first[:, None] + np.arange(-1, 3), 0, size - 1)
    return index, np.stack(cubic_weights(t), 1)


def cubic_weights(t: Any, a: float = -0.75) -> tuple[Any, Any, Any, Any]:
    """The weights of the neighbours at -1, 0, 1, 2 for a place t in [0, 1) after the second."""

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return multiply_add(multiply_add(x, a, -5 * a), x, 8 * a) * x - 4 * a

    return far(t + 1), near(t), near(1 - t), far((1 - t) + 1)


def _filtered(size: int, out: int, step: float, cubic: bool) -> Any:
    """Antialiased: the filter is widened by the step, so that every input counts."""
    reach = (2.0 if cubic else 1.0) * max(step, 1.0)
    squeeze = 1 / step if step >= 1 else 1.0
    centre = step * (np.arange(out) + 0.5)
    low = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    high = np.minimum((centre + reach + 0.5).astype(np.int64), size)
    width = int((high - low).max())
    index = low[:, None] + np.arange(width)
    x = np.abs((index - centre[:, None] + 0.5) * squeeze)
    if cubic:
        a = -0.5
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        weight = np.where(x < 1, near, np.where(x < 2, far, 0))
    else:
        weight = np.maximum(1 - x, 0)
    weight = np.where(index < high[:, None], weight, 0)
    return np.minimum(index, size - 1), weight / weight.sum(1, keepdims=True)


def all_taps(spatial: Ints, size: Ints, how: tuple[Any, ...], dtype: Any) -> list[Any]:
    mode, align, factors, antialias = how
    n = len(size)
    wide = dtype in (np.float64, np.uint8)
    return [
        (i - n, taps(spatial[i], size[i], mode, align, factors[i] if factors else None, antialias, wide))
        for i in range(n)
    ]
