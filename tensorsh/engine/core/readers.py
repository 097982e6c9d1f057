"""What a kernel may ask of those who read it.

A kernel is a function of arrays that speak NumPy's protocols. Given arrays it computes; given the tracers of the
compiler (`compile.tracer`) it writes a program. What it asks of shapes and dtypes has the same answer for both;
the elements only arrays have. A function that a program is to call whole, with the place for its result as its last
argument, says so to the reader that its arguments have:

    reader = reader_of(x)
    if reader is not None:
        return reader.call(function, (x,), x.shape, x.dtype)
"""

from __future__ import annotations

from typing import Any


def reader_of(*arrays: Any) -> Any:
    """Who reads the kernel that is given these; None where it computes."""
    for array in arrays:
        reader = getattr(array, "reader", None)
        if reader is not None:
            return reader
    return None
