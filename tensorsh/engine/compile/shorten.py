"""A group of steps with fewer passes over its block: nothing computed twice, sums of products in one call.

What a derivative needs again (`t * t` for the square of a tanh and for its slope) is kept, not computed anew,
which changes no bit. The sum along a row is a scalar product, with the other factor of the product that is summed
or with ones: BLAS adds a row several times faster than `np.add.reduce`, in another order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .steps import Step
from .values import Value

#: the longest row that is summed by a scalar product, whose rounding error grows with the length
LONGEST = 4096
PRODUCT_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def without_repeats(inner: list[Step], folds: list[Step], used: set[int]) -> tuple[list[Step], list[Step]]:
    """The steps and the sums over all rows, without steps whose result is there already.

    Valid where no step changes memory that was there before. `used` are the ids of values needed elsewhere,
    which stay arrays of their own.
    """
    known: dict[Any, Value] = {}
    same: dict[int, Value] = {}

    def renamed(step: Step) -> Step:
        if not any(id(a) in same for a in step.args):
            return step
        args = tuple([same.get(id(a), a) for a in step.args])
        found = step.with_args(args)
        found.over = step.over
        return found

    kept: list[Step] = []
    for step in map(renamed, inner):
        if step.kind in ("ufunc", "reduce") and len(step.outs) == 1:
            out = step.outs[0]
            key = (step.function, tuple(map(_identity, step.args)), step.options, out.dtype, out.shape)
            first = known.setdefault(key, out)
            if first is not out and id(out) not in used:
                same[id(out)] = first
                continue
        kept.append(step)
    return kept, [renamed(step) for step in folds]


def _identity(a: Any) -> Any:
    """Equal for arguments that are the same; 0.0 and -0.0 are not."""
    return (type(a), repr(a)) if type(a) in (int, float, bool, complex) else id(a)


def with_row_products(inner: list[Step], needed: Callable[[list[Step], Value], bool]) -> list[Step]:
    """Sums along rows as scalar products; `needed` tells whether steps or anybody else use a value."""
    made = {id(step.outs[0]): step for step in inner if step.outs}
    ones: dict[Any, Value] = {}
    found = list(inner)
    for i, step in enumerate(inner):
        if not _sums_rows(step):
            continue
        x, out = step.args[0], step.outs[0]
        producer = made.get(id(x))
        row = (x.dtype, x.shape[-1])
        if producer is not None and _multiplies(producer, x):
            factors = producer.args
        elif row in ones:
            factors = (x, ones[row])
        else:
            array = np.ones((1,) * (x.ndim - 1) + x.shape[-1:], x.dtype)
            factors = (x, ones.setdefault(row, Value(array, array)))
        found[i] = Step(
            "product", np.vecdot, factors, (out,), "np.vecdot", step.options[1:], origin=step.origin
        )
    return [step for step in found if step.kind != "ufunc" or any(needed(found, out) for out in step.outs)]


def _sums_rows(step: Step) -> bool:
    if step.kind != "reduce" or step.function is not np.add:
        return False
    x, axes = step.args[0], step.options[0]
    return (
        x.ndim > 1
        and tuple(axes) == (x.ndim - 1,)
        and x.shape[-1] <= LONGEST
        and x.dtype in PRODUCT_DTYPES
        and step.outs[0].dtype == x.dtype
        and x.strides[-1] == x.itemsize
    )


def _multiplies(step: Step, x: Value) -> bool:
    """Whether a step gives x as the product of two arrays with rows as long, which lie in one piece."""
    return (
        step.kind == "ufunc"
        and step.function is np.multiply
        and all(
            type(a) is Value
            and a.dtype == x.dtype
            and a.ndim > 0
            and a.shape[-1] == x.shape[-1]
            and a.strides[-1] == a.itemsize
            for a in step.args
        )
    )
