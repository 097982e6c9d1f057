"""Where softmax, sigmoid and their gradients follow PyTorch's vector library: small arrays of float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import dtype as dt
from ..engine.dtype import EXACT
from ..engine.tensor import Tensor
from ..engine.vector_exp import LANES, exp, row_sums
from .memory_order import back, memory_order

Array = np.ndarray[Any, Any]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def is_small(x: Array) -> bool:
    """Whether an array is computed here."""
    return x.dtype == FLOAT32 and 0 < x.size <= EXACT and x.ndim > 0


def takes(grad: Tensor, x: Tensor) -> bool:
    """Whether the gradient of an array is computed here."""
    spec = x.spec
    return spec.dtype is grad.spec.dtype is dt.float32 and 0 < spec.numel <= EXACT and spec.ndim > 0


def takes_rows(grad: Tensor, output: Tensor, dim: int) -> bool:
    """Whether a gradient over `dim`, the last dimension, is computed here."""
    return takes(grad, output) and dim % output.spec.ndim == output.spec.ndim - 1


def exp_each(x: Array) -> Array:
    """`exp` in a loop over all elements: two vectors at a time, what is left over one by one, correctly rounded."""
    if not x.flags.c_contiguous:  # in the order of memory
        order = memory_order(x)
        return back(exp_each(np.ascontiguousarray(x.transpose(order))), order)
    whole = x.size & -2 * LANES
    if not whole:
        return np.exp(x.astype(FLOAT64)).astype(FLOAT32)
    flat = x.reshape(-1)
    found = exp(flat[:whole])
    if whole < x.size:
        found = np.concatenate((found, np.exp(flat[whole:].astype(FLOAT64)).astype(FLOAT32)))
    return found.reshape(x.shape)


__all__ = ["exp", "exp_each", "is_small", "row_sums", "takes", "takes_rows"]
