"""What PyTorch says when memory does not suffice."""

from __future__ import annotations

import errno
import math
from collections.abc import Sequence

from ...errors import BadValue

#: what an address can count
MOST_BYTES = 2**63 - 1


def too_large(shape: Sequence[int]) -> Exception:
    """PyTorch's error for a tensor of which not even the size can be told."""
    message = f"Storage size calculation overflowed with sizes={list(shape)}"
    return BadValue(message, code="out-of-memory", help="make fewer elements")


def out_of_memory(error: BaseException) -> Exception | None:
    """PyTorch's error for what NumPy says of memory; None if it is something else."""
    if isinstance(error, MemoryError) or _had_no_memory(error):
        shape, dtype = getattr(error, "shape", None), getattr(error, "dtype", None)
        wanted = ""
        if shape is not None and dtype is not None:
            size = math.prod(shape) * dtype.itemsize
            wanted = f": you tried to allocate {size} bytes. Error code 12 (Cannot allocate memory)"
        message = f"DefaultCPUAllocator: can't allocate memory{wanted}"
    elif type(error) is ValueError and str(error).startswith(("Maximum allowed ", "array is too big")):
        message = "Storage size calculation overflowed"
    else:
        return None
    return BadValue(message, code="out-of-memory", help="`on meta` computes shapes without memory")


def _had_no_memory(error: BaseException) -> bool:
    """Whether a module could not be loaded, or a system call not be made, for want of memory."""
    if isinstance(error, ImportError):
        return "failed to map segment" in str(error) or "Cannot allocate memory" in str(error)
    return isinstance(error, OSError) and error.errno == errno.ENOMEM
