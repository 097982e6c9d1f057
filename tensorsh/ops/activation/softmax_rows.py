"""Softmax over the last dimension of small float32 arrays, its logarithm and their gradients, as PyTorch's vectors go.

Of many elements programs call them whole, and they are machine code, which takes a row after the other; of few they are
read, so that they join what comes before and after.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.readers import alike, whole
from ...engine.numerics import fma, vector_log
from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from ..elementwise import vector_functions as vector_exp

Array = np.ndarray[Any, Any]

#: from so many elements on they are called whole
MANY = 1 << 12

SOFTMAX = KernelCode(written("softmax_routines", "softmax"), "aaii")
SOFTMAX_BACKWARD = KernelCode(written("softmax_routines", "softmax_backward"), "aaaii")
LOG_SOFTMAX = KernelCode(written("softmax_routines", "log_softmax"), "aaaii")
LOG_SOFTMAX_BACKWARD = KernelCode(written("softmax_routines", "log_softmax_backward"), "aaaaii")
#: how many elements they take at a time, or a row
ROOM = 1 << 12
#: calls of NumPy, and how often they go over the elements
CALLS, PASSES = 40, 40


def _are_many(*arrays: Any) -> bool:
    return arrays[0].size >= MANY and all(a.flags.c_contiguous for a in arrays)


def _ready(code: KernelCode, *arrays: Array) -> bool:
    return simple(*arrays) and code.ready(CALL * CALLS + arrays[0].size * PASSES)


def _sizes(x: Array) -> tuple[int, int]:
    return x.size // x.shape[-1], x.shape[-1]


def _room(x: Array) -> Array:
    return np.empty(max(ROOM, x.shape[-1]), x.dtype)


def softmax(x: Array) -> Array:
    """Exponentials over their sums, in an array that lies as x does."""
    return _softmax(x) if _are_many(x) else _softmax_steps(x)


def _softmax_steps(x: Array) -> Array:
    e: Array = vector_exp.exp(x - x.max(axis=-1, keepdims=True))
    e *= 1 / vector_exp.row_sums(e)
    return e


@whole(alike)
def _softmax(x: Array, out: Array) -> Array:
    if _ready(SOFTMAX, x, out):
        SOFTMAX(x, out, *_sizes(x))
    else:
        out[...] = _softmax_steps(x)
    return out


def softmax_backward(grad: Array, y: Array) -> Array:
    """The gradient where softmax gave y."""
    return _softmax_backward(grad, y) if _are_many(grad, y) else _softmax_slopes(grad, y)


def _softmax_slopes(grad: Array, y: Array) -> Array:
    found: Array = (grad - vector_exp.row_sums(grad, y)) * y
    return found


@whole(alike)
def _softmax_backward(grad: Array, y: Array, out: Array) -> Array:
    if _ready(SOFTMAX_BACKWARD, grad, y, out):
        SOFTMAX_BACKWARD(grad, y, out, *_sizes(y))
    else:
        out[...] = _softmax_slopes(grad, y)
    return out


def log_softmax(x: Array) -> Array:
    """The logarithm of softmax, in an array that lies as x does."""
    return _log_softmax(x) if _are_many(x) else _log_softmax_steps(x)


def _log_softmax_steps(x: Array) -> Array:
    d: Array = x - x.max(axis=-1, keepdims=True)
    d -= vector_log.log(vector_exp.row_sums(vector_exp.exp(d)))
    return d


@whole(alike)
def _log_softmax(x: Array, out: Array) -> Array:
    if _ready(LOG_SOFTMAX, x, out):
        LOG_SOFTMAX(x, out, _room(x), *_sizes(x))
    else:
        out[...] = _log_softmax_steps(x)
    return out


def log_softmax_backward(grad: Array, y: Array) -> Array:
    """The gradient where log_softmax gave y."""
    return _log_softmax_backward(grad, y) if _are_many(grad, y) else _log_softmax_slopes(grad, y)


def _log_softmax_slopes(grad: Array, y: Array) -> Array:
    return fma.combined(grad, vector_exp.exp(y), -vector_exp.row_sums(grad))


@whole(alike)
def _log_softmax_backward(grad: Array, y: Array, out: Array) -> Array:
    if _ready(LOG_SOFTMAX_BACKWARD, grad, y, out):
        LOG_SOFTMAX_BACKWARD(grad, y, out, _room(y), *_sizes(y))
    else:
        out[...] = _log_softmax_slopes(grad, y)
    return out
