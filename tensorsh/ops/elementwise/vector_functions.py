"""Where softmax, sigmoid and their gradients follow PyTorch's vector library: small arrays of float32."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.dtype import FOLLOWED, JOINED
from ...engine.numerics.element_code import ElementCode
from ...engine.numerics.fma import combined
from ...engine.numerics.vector_exp import LANES, exp, row_sums
from ...engine.values.tensor import Tensor
from ..rules.memory_order import back, memory_order

Array = np.ndarray[Any, Any]
Function = Callable[[Array], Array]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


#: more steps one by one take too long
STEPS = 64


def is_small(x: Array) -> bool:
    """Whether an array is computed here."""
    return x.dtype == FLOAT32 and 0 < x.size <= FOLLOWED and x.ndim > 0


def takes(grad: Tensor, x: Tensor) -> bool:
    """Whether the gradient of an array is computed here."""
    spec = x.spec
    return spec.dtype is grad.spec.dtype is dt.float32 and 0 < spec.numel <= FOLLOWED and spec.ndim > 0


def takes_along(grad: Tensor, output: Tensor, dim: int) -> bool:
    """Whether a gradient over `dim` is computed here."""
    return takes(grad, output) and is_short(output.spec.shape, dim)


def is_short(shape: tuple[int, ...], dim: int) -> bool:
    """Whether sums over `dim` may go step by step: over the last dimension they go by vectors."""
    dim %= len(shape)
    return dim == len(shape) - 1 or shape[dim] <= STEPS


def exp_each(x: Array, of: Array | None = None) -> Array:
    """`exp` in a loop over all elements: two vectors at a time, what is left over one by one, correctly rounded.

    A loop goes along what lies in memory without gaps; that of `of`, where x was made of it.
    """
    return in_vectors(exp, plain_exp, x, of)


def in_vectors(vectors: Function, plain: Function, x: Array, of: Array | None = None) -> Array:
    """A function of each element in such a loop: of what fills two vectors, and of what is left over."""
    of = x if of is None else of
    if of.flags.c_contiguous:
        return in_runs(vectors, plain, x, x.size)
    order = memory_order(of)  # in the order of memory
    x = np.ascontiguousarray(x.transpose(order))
    return back(in_runs(vectors, plain, x, _run(of.transpose(order))), order)


def in_runs(vectors: Function, plain: Function, x: Array, run: int) -> Array:
    """The same of a contiguous array, `run` elements in each loop."""
    whole = run & -2 * LANES
    if not whole:
        return plain(x)
    if whole == run:
        return vectors(x)
    flat = x.reshape(-1) if run == x.size else x.reshape(-1, run)
    parts = vectors(flat[..., :whole]), plain(flat[..., whole:])
    return np.concatenate(parts, axis=-1).reshape(x.shape)


def exp_runs(x: Array, run: int) -> Array:
    """`exp` of a contiguous array, `run` elements in each loop."""
    return in_runs(exp, plain_exp, x, run)


def with_code(
    code: ElementCode,
    steps: Callable[..., Array],
    out: Array | None,
    arrays: tuple[Array, ...],
    numbers: tuple[float, ...] = (),
) -> Array:
    """A function of float32 arrays of one shape and of numbers, which `steps` has by NumPy's calls; where there is
    machine code, what fills vectors is computed by that.

    The last array is the function's argument; a gradient before it may repeat its elements, as that of a sum does.
    """
    *grads, x = arrays
    arrays = (*(np.ascontiguousarray(g) if type(g) is np.ndarray and 0 in g.strides else g for g in grads), x)
    first, size = arrays[0], arrays[0].size
    whole = size & -2 * LANES
    if not whole or any(
        type(a) is not np.ndarray or a.dtype != FLOAT32 or a.shape != first.shape or not a.flags.c_contiguous
        for a in (*arrays, first if out is None else out)
    ):
        return into(out, steps(*arrays))
    found = np.empty(first.shape, FLOAT32) if out is None else out
    if not code.fill(found, *arrays, numbers=numbers, count=whole):
        return into(out, steps(*arrays))
    if whole < size:
        found.reshape(-1)[whole:] = steps(*(a.reshape(-1)[whole:] for a in arrays))
    return found


def into(out: Array | None, found: Array) -> Array:
    """A result in the array that was asked for."""
    if out is None:
        return found
    out[...] = found
    return out


def is_wide(x: Any, *_: Any) -> bool:
    """Whether a function is called whole by programs: of smaller arrays its steps become machine code with others."""
    return bool(x.size > JOINED)


def plain_exp(x: Array) -> Array:
    """`exp`, correctly rounded."""
    return np.exp(x.astype(FLOAT64)).astype(FLOAT32)


@cache
def exp_loop() -> tuple[int, int] | None:
    """Where NumPy has the loop that `plain_exp` asks, for machine code to ask it."""
    from ...engine.compile.machine.numpy_loops import loop

    return loop(np.exp, "d->d")


def _run(x: Array) -> int:
    """How many elements lie one after the other, of an array in the order of memory."""
    found = 1
    for n, stride in zip(reversed(x.shape), reversed(x.strides), strict=True):
        if n > 1 and stride != found * x.itemsize:
            break
        found *= n
    return found


def sums_of_products(x: Array, y: Array, dim: int) -> Array:
    """Sums of products over `dim`, which stays, each product added with one rounding."""
    total = np.zeros_like(x.take([0], dim))
    for i in range(x.shape[dim]):
        total = combined(total, x.take([i], dim), y.take([i], dim))
    return total


def exp_beside(x: Array, dim: int) -> Array:
    """`exp` in loops over what lies beside dimension `dim`: vectors of it, what is left over correctly rounded."""
    beside = x.reshape(-1, prod(x.shape[dim % x.ndim + 1 :]))
    whole = beside.shape[1] & -LANES
    found = np.empty(beside.shape, FLOAT32)
    found[:, :whole] = exp(np.ascontiguousarray(beside[:, :whole]))
    found[:, whole:] = np.exp(beside[:, whole:].astype(FLOAT64))
    return found.reshape(x.shape)


__all__ = [
    "exp",
    "exp_beside",
    "exp_each",
    "exp_loop",
    "exp_runs",
    "in_vectors",
    "into",
    "is_short",
    "is_small",
    "is_wide",
    "plain_exp",
    "row_sums",
    "sums_of_products",
    "takes",
    "takes_along",
    "with_code",
]
