"""The sum in which PyTorch's loss of classes adds its terms, so that the last digit agrees."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import whole

#: more terms than these are added in NumPy's order, which is as good
MOST = 32768
#: of more terms a program calls the function, each call in which takes longer than the way to it
MOST_RUNS = 4096


@whole(lambda values: (), when=lambda values: values.size > MOST_RUNS)
def class_sum(values: Any, out: Any = None) -> Any:
    """The sum of a row of floats: runs of 16, sixteen of those, and so on, and the first element at last."""
    if 2 < values.size <= MOST:
        rest, total = values[1:], values.dtype.type(0)
        while rest.size:
            whole = rest.size & ~15
            if whole < rest.size:
                total = total + np.add.accumulate(rest[whole:])[-1]
            rest = np.add.accumulate(rest[:whole].reshape(-1, 16), axis=1)[:, -1]
        total = total + values[0]
    else:
        total = np.add.reduce(values)
    if out is None:
        return total
    out[...] = total
    return out
