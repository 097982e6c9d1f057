"""What PyTorch says when memory does not suffice."""

from __future__ import annotations

import math

from ..errors import BadValue


def out_of_memory(error: BaseException) -> Exception | None:
    """PyTorch's error for what NumPy says of memory; None if it is something else."""
    if isinstance(error, MemoryError):
        shape, dtype = getattr(error, "shape", None), getattr(error, "dtype", None)
        wanted = ""
        if shape is not None and dtype is not None:
            size = math.prod(shape) * dtype.itemsize
            wanted = f": you tried to allocate {size} bytes. Error code 12 (Cannot allocate memory)"
        message = f"DefaultCPUAllocator: can't allocate memory{wanted}"
    elif type(error) is ValueError and str(error).startswith("Maximum allowed "):
        message = "Storage size calculation overflowed"
    else:
        return None
    return BadValue(message, code="out-of-memory", help="`on meta` computes shapes without memory")
