"""What update rules are made of: numbers of hyperparameters, counters, work in blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core.dtype import float64
from ...engine.core.parallel import BLOCK, LARGE, spread
from ...engine.numerics import fma

#: bytes of a piece: what a rule needs beside the arrays stays in the nearer cache
PIECE = 1 << 17

Array = np.ndarray[Any, Any]
State = dict[str, Array]
Options = dict[str, Any]
Rule = Callable[[Array, Array, State, Options], None]


def number(value: Any) -> Any:
    """A hyperparameter as a number; that of a tensor keeps its precision."""
    array = getattr(value, "array", None)
    return value if array is None else array.reshape(-1)[0]


def zero(value: float = 0.0) -> Array:
    """A counter: a 0-d array of float32, or of float64 where that is the default."""
    return np.array(value, np.float64 if context.current().dtype is float64 else np.float32)


def count(state: State) -> float:
    """One step more; how many those are."""
    step = state["step"]
    step += 1
    return step.item()


def penalised(w: Array, g: Array, options: Options) -> Array:
    """The gradient to descend: negated to maximise, with the slope of the L2 penalty."""
    if options["maximize"]:
        g = -g
    decay = options["weight_decay"]
    if decay != 0:
        g = g.copy()
        fma.add(g, w, number(decay))
    return g


def by_blocks(update: Callable[..., None], *arrays: Array) -> None:
    """Change arrays of one shape in place: block by block on all cores where they are large.

    Complex arrays are changed as the real and imaginary parts that they are of.
    """
    if not arrays[0].ndim:  # of arrays without dimensions NumPy makes numbers
        arrays = tuple([a.reshape(1) for a in arrays])
    if arrays[0].dtype.kind == "c":
        arrays = tuple([as_real(a) for a in arrays])
    n = arrays[0].size
    piece = PIECE // arrays[0].itemsize
    if n <= piece or not all(a.flags.c_contiguous for a in arrays):
        update(*arrays)
        return
    arrays = tuple([a.reshape(-1) for a in arrays])

    def work(lo: int, hi: int) -> None:
        for i in range(lo, hi, piece):
            update(*[a[i : min(i + piece, hi)] for a in arrays])

    if n >= LARGE:
        spread(work, n, BLOCK)
    else:
        work(0, n)


def as_real(a: Array) -> Array:
    """The real and imaginary parts of a complex array, in its memory."""
    return a[..., None].view(a.real.dtype)
