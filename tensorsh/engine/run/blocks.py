"""Element-wise operations over large arrays: the kernel by blocks, on all cores.

An operation declared `elementwise` computes each element from the elements at the same place of its
tensors, which broadcast. So its kernel can be given blocks that stay in the cache: conversions, the
kernel's own temporaries and the rounding to 16 bits then take a block each instead of an array, and the
blocks are shared among threads.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..core import parallel
from ..core.spec import Spec
from ..records.op import Op
from ..values.tensor import TENSORS

#: blocks end with full vectors, as far as there are any: kernels compute what fills none in another way
VECTORS = 64

Array = np.ndarray[Any, Any]
Index = tuple[Any, ...]


def wanted(op: Op, out: Any) -> bool:
    """Whether an operation with this output is worth running by blocks."""
    return op.elementwise and type(out) is Spec and out.numel >= parallel.LARGE and not out.is_meta


def run(op: Op, out: Spec, casts: tuple[Any, ...] | None, args: tuple[Any, ...]) -> Array:
    """The kernel's result for all elements; arguments that are not tensors go to each block as they are."""
    converters = casts or (None,) * len(args)
    given: list[Any] = [a.array if type(a) in TENSORS else a for a in args]
    wide = [i for i, a in enumerate(args) if type(a) in TENSORS and a.spec.numel != 1]
    for i, cast in enumerate(converters):
        if i not in wide:  # one number for all blocks
            if type(args[i]) in TENSORS:
                given[i] = given[i].reshape(())
            if cast is not None:
                given[i] = cast(given[i])
    result, target, views = aligned(out, [given[i] for i in wide])
    kernel: Any = op.kernel
    direct = op.takes_out and not out.dtype.is_half

    def block(index: Index) -> None:
        values = list(given)
        for i, view in zip(wide, views, strict=True):
            cast = converters[i]
            values[i] = view[index] if cast is None else cast(view[index])
        if direct:
            kernel(*values, out=target[index])
        else:
            np.copyto(target[index], kernel(*values), casting="unsafe")

    over_blocks(block, target.shape)
    return result


def aligned(spec: Spec, arrays: list[Array]) -> tuple[Array, Array, list[Array]]:
    """A new array for the result, a view of it with as few dimensions as do, and such views of `arrays`.

    The result's elements lie in the order in which NumPy would lay them out.
    """
    shape = spec.shape
    if all(a.shape == shape and a.flags.c_contiguous for a in arrays):
        result = np.empty(shape, spec.np)
        return result, result.reshape(-1), [a.reshape(-1) for a in arrays]
    modes: list[Any] = [["readonly"]] * len(arrays) + [["writeonly", "allocate"]]
    operands: list[Any] = [*arrays, None]
    dtypes = [*(a.dtype for a in arrays), spec.np]
    layout = np.nditer(operands, [], modes, dtypes, itershape=shape)
    result = layout.operands[-1]
    order = sorted(range(len(shape)), key=lambda d: -result.strides[d])
    turned = [np.broadcast_to(a, shape).transpose(order) for a in arrays]
    target = result.transpose(order)
    merged = merge([target, *turned])
    return result, target.reshape(merged), [a.reshape(merged) for a in turned]


def merge(arrays: list[Array]) -> list[int]:
    """The common shape, neighbouring dimensions made one where all arrays step through both evenly."""
    shape = arrays[0].shape
    merged = [shape[-1]]
    for d in range(len(shape) - 2, -1, -1):
        if all(a.strides[d] == a.strides[d + 1] * shape[d + 1] for a in arrays):
            merged[0] *= shape[d]
        else:
            merged.insert(0, shape[d])
    return merged


def over_blocks(block: Callable[[Index], None], shape: tuple[int, ...]) -> None:
    """Call `block` with indices that cover an array of this shape in boxes of at most a block."""
    split, inner = len(shape) - 1, 1
    while split and inner * shape[split] <= parallel.BLOCK:
        inner *= shape[split]
        split -= 1
    size = shape[split]
    pieces = -(-size // max(parallel.BLOCK // inner, 1))
    step = VECTORS if inner == 1 else 1
    ends = [*(i * size // pieces // step * step for i in range(pieces)), size]

    def work(lo: int, hi: int) -> None:
        for i in range(lo, hi):
            outside, piece = divmod(i, pieces)
            part = slice(ends[piece], ends[piece + 1])
            block((*np.unravel_index(outside, shape[:split]), part) if split else (part,))

    parallel.spread(work, prod(shape[:split]) * pieces, 1)
