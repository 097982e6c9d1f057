"""Layer normalisation of many rows, forward and backward, in one pass over blocks of them on all cores."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.parallel import BLOCK, spread
from ...engine.core.readers import reader_of
from ...engine.numerics.rowwise import dots, sums

Array = np.ndarray[Any, Any]


def standardise(x: Array, eps: float, out: Array | None = None) -> tuple[Array, Array]:
    """The rows with mean 0 and variance 1, and one over their standard deviations."""
    n = x.dtype.type(x.shape[1])
    out = np.subtract(x, sums(x, 1) / n, out)
    rstd = 1 / np.sqrt(dots(out, out, 1) / n + x.dtype.type(eps))
    out *= rstd
    return out, rstd


def large_layer_norm(x: Array, weight: Array | None, bias: Array | None, eps: float) -> Array:
    """Rows standardised, scaled and shifted."""
    result = np.empty_like(x)
    scale, shift = (None if p is None else p.reshape(-1) for p in (weight, bias))

    def work(lo: int, hi: int) -> None:
        out, _ = standardise(x[lo:hi], eps, result[lo:hi])
        if scale is not None:
            out *= scale
        if shift is not None:
            out += shift

    if reader_of(x) is not None:
        work(0, len(x))
    else:
        spread(work, len(x), max(BLOCK // x.shape[1], 1))
    return result


def large_layer_norm_backward(
    grad: Array, x: Array, weight: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """The gradients of rows, weight and bias."""
    n = x.dtype.type(x.shape[1])
    result = np.empty(x.shape, x.dtype)
    scale = None if weight is None else weight.reshape(-1)
    parts: dict[int, tuple[Array, Array]] = {}  # of the sums over rows, by their first row

    def work(lo: int, hi: int) -> None:
        g, out = grad[lo:hi], result[lo:hi]
        normal, rstd = standardise(x[lo:hi], eps)
        parts[lo] = np.einsum("ij,ij->j", g, normal), np.add.reduce(g, axis=0)
        if scale is not None:
            g = np.multiply(g, scale, out)
        mean, along = sums(g, 1) / n, dots(g, normal, 1) / n
        normal *= along
        np.subtract(g, normal, out)
        out -= mean
        out *= rstd

    spread(work, len(x), max(BLOCK // x.shape[1], 1))
    of_weight, of_bias = (np.add.reduce([parts[lo][i] for lo in sorted(parts)], axis=0) for i in (0, 1))
    return result, of_weight, of_bias
