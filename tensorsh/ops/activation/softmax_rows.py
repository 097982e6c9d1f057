"""Softmax over the last dimension of float32 arrays, its logarithm and their gradients, as PyTorch's vectors go.

Of many elements programs call them whole, and they are machine code, which takes a row after the other; of few they are
read, so that they join what comes before and after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core import parallel
from ...engine.core.readers import alike, reader_of, whole
from ...engine.numerics import fma, vector_log
from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from ...engine.values.tensor import Tensor
from ..elementwise import vector_functions as vector_exp

Array = np.ndarray[Any, Any]
Steps = Callable[..., Array]

FLOAT32 = np.dtype(np.float32)

#: from so many elements on they are called whole
MANY = 1 << 12

#: from so many elements on rows are shared out among threads; more than the other are not followed
LARGE, LARGEST = parallel.LARGE, 1 << 24

SOFTMAX = KernelCode(written("softmax_routines", "softmax"), "aaii")
SOFTMAX_BACKWARD = KernelCode(written("softmax_routines", "softmax_backward"), "aaaii")
LOG_SOFTMAX = KernelCode(written("softmax_routines", "log_softmax"), "aaaii")
LOG_SOFTMAX_BACKWARD = KernelCode(written("softmax_routines", "log_softmax_backward"), "aaaaii")
#: the same for what is shared out
SHARED = {
    code: KernelCode(code.write, code.kinds, shared=True)
    for code in (SOFTMAX, SOFTMAX_BACKWARD, LOG_SOFTMAX, LOG_SOFTMAX_BACKWARD)
}
#: how many elements they take at a time, or a row
ROOM = 1 << 12
#: calls of NumPy, and how often they go over the elements
CALLS, PASSES = 40, 40


def takes(x: Any) -> bool:
    """Whether softmax over the last dimension of such an array, and its gradient, are computed here."""
    return x.dtype == FLOAT32 and 0 < x.size <= LARGEST and x.ndim > 0


def takes_gradient(grad: Tensor, output: Tensor, dim: int) -> bool:
    """The same of the gradient, by the operands of its operation; of other dimensions only small ones go so."""
    spec = output.spec
    if spec.ndim and dim % spec.ndim == spec.ndim - 1:
        return spec.dtype is grad.spec.dtype is dt.float32 and 0 < spec.numel <= LARGEST
    return vector_exp.takes_along(grad, output, dim)


def _in_one(*arrays: Any) -> bool:
    """Whether arrays are taken by one function: large ones, and small ones where no program is being made."""
    return (arrays[0].size >= MANY or reader_of(*arrays) is None) and all(
        a.flags.c_contiguous for a in arrays
    )


def _together(*arrays: Any) -> tuple[Any, ...]:
    """Large arrays so that each row lies in one piece."""
    if arrays[0].size < LARGE or reader_of(*arrays) is not None:
        return arrays
    return tuple(np.ascontiguousarray(a) for a in arrays)


def _ready(code: KernelCode, *arrays: Array) -> bool:
    return simple(*arrays) and code.ready(CALL * CALLS + arrays[0].size * PASSES)


def _by_rows(code: KernelCode, steps: Steps, room: int, out: Array, *arrays: Array) -> Array:
    """Fill an array from others by machine code or by steps, of many rows a block at a time on all cores.

    `room` is 1 where the machine code wants memory of its own.
    """

    def work(code: KernelCode, out: Array, *arrays: Array) -> None:
        if _ready(code, *arrays, out):
            n = out.shape[-1]
            memory = [np.empty(max(ROOM, n), FLOAT32)] * room
            code(*arrays, out, *memory, out.size // n, n)
        else:
            out[...] = steps(*arrays)

    if out.size < LARGE:
        work(code, out, *arrays)
        return out
    rows = [a.reshape(-1, out.shape[-1]) for a in (out, *arrays)]

    def block(lo: int, hi: int) -> None:
        work(SHARED[code], *(a[lo:hi] for a in rows))

    parallel.spread(block, len(rows[0]), max(parallel.BLOCK // out.shape[-1], 1))
    return out


def softmax(x: Array) -> Array:
    """Exponentials over their sums, in an array that lies as x does."""
    (x,) = _together(x)
    return _softmax(x) if _in_one(x) else _softmax_steps(x)


def _softmax_steps(x: Array) -> Array:
    e: Array = vector_exp.exp(x - x.max(axis=-1, keepdims=True))
    e *= 1 / vector_exp.row_sums(e)
    return e


@whole(alike)
def _softmax(x: Array, out: Array) -> Array:
    return _by_rows(SOFTMAX, _softmax_steps, 0, out, x)


def softmax_backward(grad: Array, y: Array) -> Array:
    """The gradient where softmax gave y."""
    grad, y = _together(grad, y)
    return _softmax_backward(grad, y) if _in_one(grad, y) else _softmax_slopes(grad, y)


def _softmax_slopes(grad: Array, y: Array) -> Array:
    found: Array = (grad - vector_exp.row_sums(grad, y)) * y
    return found


@whole(alike)
def _softmax_backward(grad: Array, y: Array, out: Array) -> Array:
    return _by_rows(SOFTMAX_BACKWARD, _softmax_slopes, 0, out, grad, y)


def log_softmax(x: Array) -> Array:
    """The logarithm of softmax, in an array that lies as x does."""
    (x,) = _together(x)
    return _log_softmax(x) if _in_one(x) else _log_softmax_steps(x)


def _log_softmax_steps(x: Array) -> Array:
    d: Array = x - x.max(axis=-1, keepdims=True)
    d -= vector_log.log(vector_exp.row_sums(vector_exp.exp(d)))
    return d


@whole(alike)
def _log_softmax(x: Array, out: Array) -> Array:
    return _by_rows(LOG_SOFTMAX, _log_softmax_steps, 1, out, x)


def log_softmax_backward(grad: Array, y: Array) -> Array:
    """The gradient where log_softmax gave y."""
    grad, y = _together(grad, y)
    return _log_softmax_backward(grad, y) if _in_one(grad, y) else _log_softmax_slopes(grad, y)


def _log_softmax_slopes(grad: Array, y: Array) -> Array:
    return fma.combined(grad, vector_exp.exp(y), -vector_exp.row_sums(grad))


@whole(alike)
def _log_softmax_backward(grad: Array, y: Array, out: Array) -> Array:
    return _by_rows(LOG_SOFTMAX_BACKWARD, _log_softmax_slopes, 1, out, grad, y)
