"""In-place operations that read memory which they also write, element after element.

PyTorch refuses them where both arrays are dense. Else it takes the elements in the order in which the target lies
in memory, and what is read may have been written before: `x[:, 1:] = x[:, :-1]` repeats the first column. A row
whose elements lie side by side is taken in blocks of two registers, and the rest of it one by one
(`vectorized_loop` in ATen/native/cpu/Loops.h).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.exceptions import TooHardError
from numpy.lib.stride_tricks import as_strided

from ..core.addresses import address, owner
from ..records.op import Op
from ..values.tensor import TENSORS, make_tensor
from ..values.wrapping import layout
from .apply import compute

#: bytes that two registers of AVX2 hold
BLOCK = 64
#: how long NumPy may look for an element that two arrays have in common
WORK = 1000


def reads_written(op: Op, args: tuple[Any, ...]) -> bool:
    """Whether `op` works element by element, and an operand lies over a part of the target, `args[0]`."""
    target = args[0].array
    if not (op.elementwise or op.lossy) or args[0].spec.is_meta or layout(target).base is None:
        return False
    return any(type(a) in TENSORS and lies_over(target, a.array) for a in args[1:])


def lies_over(target: Any, operand: Any) -> bool:
    """Whether one reads what was written for another element: the same elements at the same places do not."""
    first, second = layout(target), layout(operand)
    if first is second or not (first.size and second.size and _share(first, second)):
        return False
    return address(first) != address(second) or first.strides != second.strides


def _share(first: Any, second: Any) -> bool:
    """Whether arrays have an element in common, or may have where that is hard to tell."""
    if not np.may_share_memory(first, second):
        return False
    try:
        return np.shares_memory(first, second, max_work=WORK)  # type: ignore[arg-type]  # any whole number
    except TooHardError:
        return True


def in_order(op: Op, args: tuple[Any, ...]) -> Any:
    """The values of the target when all elements have been written, one after the other."""
    target = args[0].array
    whole = owner(target)
    memory = whole.ravel("K").copy().view(np.uint8)
    start = address(whole)

    def moved(array: Any) -> Any:
        return np.ndarray(array.shape, array.dtype, memory, address(array) - start, array.strides)

    arrays = [a.array for a in args if type(a) in TENSORS]
    moving = [a is target or (owner(a) is whole and np.may_share_memory(a, target)) for a in arrays]
    arrays = [moved(a) if moves else a for a, moves in zip(arrays, moving, strict=True)]
    out = arrays[0]
    order = sorted(range(out.ndim), key=lambda d: -out.strides[d])
    laid = [np.broadcast_to(a, out.shape).transpose(order) for a in arrays]
    laid[0] = out.transpose(order)

    def step(parts: list[Any]) -> None:
        given = iter(parts)
        values = [
            make_tensor(part, a.spec.with_shape(part.shape))
            for a in args
            if type(a) in TENSORS
            for part in (next(given),)
        ]
        tensors = iter(values)
        called = tuple([next(tensors) if type(a) in TENSORS else a for a in args])
        np.copyto(parts[0], compute(op, called).array, casting="unsafe")

    walk(joined(laid), [i for i, moves in enumerate(moving) if moves and i], step)
    return out


def joined(arrays: list[Any]) -> list[Any]:
    """The same elements in the same order with as few dimensions as they can have."""
    shape = [n for n in arrays[0].shape if n != 1]
    strides = [[s for s, n in zip(a.strides, a.shape, strict=True) if n != 1] for a in arrays]
    for d in range(len(shape) - 2, -1, -1):
        if all(s[d] == s[d + 1] * shape[d + 1] for s in strides):
            shape[d : d + 2] = [shape[d] * shape[d + 1]]
            for s in strides:
                del s[d]
    return [as_strided(a, shape or (1,), s or (0,)) for a, s in zip(arrays, strides, strict=True)]


def walk(arrays: list[Any], moving: list[int], step: Callable[[list[Any]], None]) -> None:
    """Call `step` on as many elements at once as read nothing that the same call writes."""
    out = arrays[0]
    if all(at_once(out, arrays[i]) for i in moving):
        step(arrays)
    elif out.ndim > 1:
        for i in range(len(out)):
            walk([a[i] for a in arrays], moving, step)
    else:
        done = 0
        if all(a.strides[0] in (0, a.itemsize) for a in arrays):
            block = BLOCK // out.itemsize
            done = len(out) - len(out) % block
            for i in range(0, done, block):
                step([a[i : i + block] for a in arrays])
        for i in range(done, len(out)):
            step([a[i : i + 1] for a in arrays])


def at_once(out: Any, operand: Any) -> bool:
    """Whether the operand lies elsewhere, or what is read lies where nothing has been written yet."""
    if not np.may_share_memory(out, operand):
        return True
    return bool(out.strides == operand.strides and address(operand) >= address(out))
