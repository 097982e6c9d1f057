"""The order in which a tensor's dimensions lie in memory, from the outermost to the innermost."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ...engine.core.memory_format import FORMATS, MemoryFormat
from ...engine.records.op import composite
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError
from .attributes import strides_of

CONTIGUOUS, CHANNELS_LAST = FORMATS["contiguous_format"], FORMATS["channels_last"]


@composite("Tensor.dim_order(Tensor input, *, any ambiguity_check=False)")
def dim_order(input, ambiguity_check):
    """The dimensions from the outermost in memory to the innermost.

    With `ambiguity_check=True`, or a list of memory formats of which it must have exactly one, an order that is not
    the only one is an error.

    >>> ones(2, 3).t().dim_order()
    (1, 0)
    """
    formats = ambiguity_check if isinstance(ambiguity_check, list) else []
    if not (isinstance(ambiguity_check, bool) or ambiguity_check is formats) or not all(
        isinstance(f, MemoryFormat) for f in formats
    ):
        raise ArgumentError("The ambiguity_check argument must be a bool or a list of memory formats.")
    several = any(a == b for a, b in pairwise(strides_of(input))) or 1 in input.shape
    if ambiguity_check is not False and several and sum(has(input, f) for f in formats) != 1:
        raise RuntimeError(
            "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats."
        )
    order, unique = ordered(input)
    if ambiguity_check and not unique:
        raise RuntimeError("The tensor does not have unique dim order.")
    return order


def has(x: Tensor, memory_format: Any) -> bool:
    """Whether a tensor is contiguous in that format."""
    return x.is_contiguous(memory_format=memory_format)


def ordered(x: Tensor) -> tuple[tuple[int, ...], bool]:
    """The order, and whether no two dimensions could change places."""
    n = x.ndim
    if n < 2:
        return tuple(range(n)), True
    plain = has(x, CONTIGUOUS)
    last = n == 4 and has(x, CHANNELS_LAST)
    if plain and not last:
        return tuple(range(n)), True
    if last and not plain:
        return (0, *range(2, n), 1), True
    strides, shape = strides_of(x), x.shape
    inner = list(reversed(range(n)))  # from the innermost out, sorted by insertion
    for i in range(1, n):
        moving = i
        for other in reversed(range(i)):
            found = compared(strides, shape, inner[other], inner[moving])
            if found > 0:
                inner[other], inner[moving] = inner[moving], inner[other]
                moving = other
            elif found < 0:
                break
    unique = all(compared(strides, shape, a, b) < 0 for a, b in pairwise(inner))
    return tuple(reversed(inner)), unique


def compared(strides: tuple[int, ...], shape: tuple[int, ...], a: int, b: int) -> int:
    """-1 where dimension `a` lies inside `b`, 1 the other way round, 0 where either may be."""
    if not strides[a] or not strides[b]:
        return 0
    if strides[a] == strides[b]:
        return 0 if _no_less(shape[b], shape[a]) else 1
    return -1 if _no_less(strides[b], strides[a]) else 1 if _no_less(strides[a], strides[b]) else 0


def _no_less(a: int, b: int) -> bool:
    """a >= b, where 0 is the least; a multiple counts as more."""
    return b == 0 or (a != 0 and (a >= b or a % b == 0))
