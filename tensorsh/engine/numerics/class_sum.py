"""The sum in which PyTorch's loss of classes adds its terms, so that the last digit agrees."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.readers import whole

#: more terms than these are added in NumPy's order, which is as good
MOST = 1 << 24
#: of more terms a program calls the function, each call in which takes longer than the way to it
MOST_RUNS = 4096
#: terms of a run up to which runs are rows of one table
LONG = 64


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


@whole(lambda values, kept: ())
def sum_of_kept(values: Any, kept: Any, out: Any) -> Any:
    """The same of terms some of which do not count (and are zeros): a run ends with the first that counts and whose
    place is a multiple of 16, and so on."""
    places = np.arange(1, values.size)
    ending = kept[1:] & (places & 15 == 0)
    if np.count_nonzero(ending) == (values.size - 1) // 16 or not 2 < values.size <= MOST:
        out[...] = class_sum(values)
        return out
    rest, total, digit = values[1:], values.dtype.type(0), 15
    while rest.size:
        ends = np.flatnonzero(ending) + 1
        last = ends[-1] if ends.size else 0
        if last < rest.size:
            total = total + np.add.accumulate(rest[last:])[-1]
        rest, places, digit = _runs(rest, ends), places[ends - 1], digit << 4
        ending = places & digit == 0
    out[...] = total + values[0]
    return out


def _runs(values: Any, ends: Any) -> Any:
    """The sums of runs, one term after the other, that end before these places and begin where the one before ends."""
    if not ends.size:
        return values[:0]
    starts = np.concatenate(([0], ends[:-1]))
    lengths = ends - starts
    if lengths.max() > LONG:
        pairs = zip(starts, ends, strict=True)
        return np.array([np.add.accumulate(values[start:end])[-1] for start, end in pairs], values.dtype)
    table = np.zeros((len(ends), lengths.max()), values.dtype)
    table[np.arange(table.shape[1]) < lengths[:, None]] = values[: ends[-1]]
    return np.add.accumulate(table, axis=1)[:, -1]
