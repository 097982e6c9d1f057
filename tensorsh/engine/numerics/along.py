"""Elements at places along one dimension: `np.take_along_axis` in a few calls, where that is the last one."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def taken_along(x: Array, indices: Array, dim: int = -1) -> Array:
    """`x` at places along `dim`, none of which is negative: the other sizes of `indices` are those of x."""
    if dim in (-1, x.ndim - 1) and x.flags.c_contiguous and x.size and indices.shape[:-1] == x.shape[:-1]:
        if x.ndim == 1:
            return x.take(indices)
        starts = np.arange(0, x.size, x.shape[-1]).reshape(*x.shape[:-1], 1)
        return x.reshape(-1).take(starts + indices)
    return np.take_along_axis(x, indices, dim)
