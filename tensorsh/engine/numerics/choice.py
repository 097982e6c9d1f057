"""Choosing between two arrays, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import alike, in_machine_code, whole
from .element_functions import PASSED

#: integers of an element's size
BITS = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}
#: elements from which on choosing bit by bit is faster
FEW = 1024


@in_machine_code
def masked(below: Any, above: Any, mask: Any, out: Any) -> Any:
    """`above` where the mask holds, else `below`; of large arrays bit by bit, without a guess at each element."""
    bits = BITS.get(out.itemsize)
    if out.size > FEW and bits is not None and mask.shape == out.shape:
        chosen = np.negative(mask.view(np.int8))  # all bits, or none
        a, b = above.view(bits), below.view(bits)
        if not b.ndim and not b:
            np.bitwise_and(a, chosen, out.view(bits))
            return out
        differing = np.bitwise_xor(a, b)
        differing &= chosen
        np.bitwise_xor(differing, b, out.view(bits))
        return out
    if out is not below:
        np.copyto(out, below)
    np.copyto(out, above, where=mask)
    return out


@in_machine_code
@whole(alike)
def passed(grad: Any, x: Any, out: Any) -> Any:
    """`grad` but zero where `x` is zero or less; x has its shape."""
    if PASSED.fill(out, grad, x):
        return out
    return masked(grad, grad.dtype.type(0), np.less_equal(x, 0), out)
