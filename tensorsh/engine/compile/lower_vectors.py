"""Exponentials and sums of rows of small arrays, in the order of PyTorch's vector loops (`engine.vector_exp`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import vector_exp
from ..vector_exp import LANES
from .values import Value, reshape


def exp(trace: Any, x: Value) -> Value:
    return trace.call(vector_exp.exp, (x,), x.shape, x.dtype, alike=True)


def exp_each(trace: Any, x: Value) -> Value | None:
    """In a loop over all elements: two vectors at a time, what is left over one by one, correctly rounded."""
    if not x.flags.c_contiguous:
        return None
    n = x.size
    whole = n & -2 * LANES
    if whole == n:
        return exp(trace, x)
    if not whole:
        return _rounded_exp(trace, x)
    flat = trace.view(reshape, x, (n,), label="reshape")
    parts = exp(trace, _part(trace, flat, 0, whole)), _rounded_exp(trace, _part(trace, flat, whole, n))
    out = trace.call(vector_exp.joined, parts, (n,), x.dtype)
    return trace.view(reshape, out, x.shape, label="reshape")


def _rounded_exp(trace: Any, x: Value) -> Value:
    wide = trace.ufunc(np.exp, trace.ufunc_cast(x, np.dtype(np.float64)))
    return trace.ufunc_cast(wide, x.dtype)


def _part(trace: Any, x: Value, start: int, stop: int) -> Value:
    return trace.view(elements, x, start, stop, label="part")


def row_sums(trace: Any, x: Value) -> Value:
    if x.shape[-1] < LANES:
        return _one_by_one(trace, x)
    return trace.call(vector_exp.row_totals, (x,), (*x.shape[:-1], 1), x.dtype)


def row_products(trace: Any, x: Value, y: Value) -> Value:
    """The sums of rows of x * y."""
    if x.shape[-1] < LANES:
        return _one_by_one(trace, trace.ufunc(np.multiply, x, y))
    return trace.call(vector_exp.row_products, (x, y), (*x.shape[:-1], 1), x.dtype)


def _one_by_one(trace: Any, x: Value) -> Value:
    return trace.view(last_column, trace.scan(np.add, x, x.ndim - 1), label="last")


def elements(x: Any, start: int, stop: int) -> Any:
    return x[start:stop]


def last_column(x: Any) -> Any:
    return x[..., -1:]
