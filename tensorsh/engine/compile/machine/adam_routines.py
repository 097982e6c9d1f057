"""Adam's update of large parameters as machine code: one pass where NumPy makes some ten."""

from __future__ import annotations

from .routines import Routine, Word


def adam(
    f: Routine, w: Word, g: Word, mean: Word, square: Word, n: Word,
    weight: Word, beta2: Word, rest: Word, correction: Word, eps: Word, size: Word,
) -> None:  # fmt: skip
    """`train.rules.adam`, step by step: the means change, then w; `weight` is 1 - beta1, `rest` 1 - beta2."""
    way = f.to_double(f.to_float(weight))
    beta2, rest, correction, eps, size = (f.to_float(each) for each in (beta2, rest, correction, eps, size))
    with f.loop(n, independent=True) as i:
        slope, m = g[i], mean[i]
        m = f.to_float(f.to_double(slope - m) * way + f.to_double(m))
        v = f.to_float(f.to_double(slope * rest) * f.to_double(slope) + f.to_double(square[i] * beta2))
        mean[i], square[i] = m, v
        w[i] = w[i] + m * size / (f.call("sqrt", v) / correction + eps)
