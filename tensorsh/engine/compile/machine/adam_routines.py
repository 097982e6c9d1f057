"""Adam's update of a parameter as machine code: one pass where NumPy makes some twenty."""

from __future__ import annotations

from collections.abc import Callable

from . import functions
from .routines import Routine, Word


def adam(
    f: Routine, w: Word, g: Word, mean: Word, square: Word, n: Word,
    kept: Word, weight: Word, beta2: Word, rest: Word, correction: Word, eps: Word, size: Word,
) -> None:  # fmt: skip
    """`train.rules.adam`, step by step: the means change, then w, of which decay leaves `kept`.

    `weight` is 1 - beta1, `rest` 1 - beta2.
    """
    numbers = kept, weight, beta2, rest, correction, eps, size
    _update(f, (w, g, mean, square), n, numbers, lambda v: f.call("sqrt", v))


def adam_of_few(
    f: Routine, w: Word, g: Word, mean: Word, square: Word, table: Word, n: Word, *numbers: Word
) -> None:
    """The same of a parameter whose roots are `numerics.vector_sqrt`'s; `table` is where its `fractions` are."""
    _update(f, (w, g, mean, square), n, numbers, lambda v: f.of_number(functions.vector_sqrt, v, table))


def _update(
    f: Routine, arrays: tuple[Word, ...], n: Word, numbers: tuple[Word, ...], root: Callable[[Word], Word]
) -> None:
    w, g, mean, square = arrays
    kept, weight, beta2, rest, correction, eps, size = (f.to_float(each) for each in numbers)
    way = f.to_double(weight)
    with f.loop(n, independent=True) as i:
        slope, m = g[i], mean[i]
        m = f.to_float(f.to_double(slope - m) * way + f.to_double(m))
        v = f.to_float(f.to_double(slope * rest) * f.to_double(slope) + f.to_double(square[i] * beta2))
        mean[i], square[i] = m, v
        w[i] = w[i] * kept + m * size / (root(v) / correction + eps)
