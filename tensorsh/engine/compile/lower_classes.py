"""Softmax, log-softmax and the loss of classes, whose gradient has one entry a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import fma
from ..class_sum import class_sum
from ..dtype import EXACT
from . import lower_vectors
from .lower_vectors import elements, last_column
from .values import Value


def _fits(x: Any) -> bool:
    return type(x) is Value and x.dtype.kind == "f" and x.dtype.itemsize > 2 and x.ndim > 0 and x.size > 0


def rounded(function: Any, trace: Any, x: Any) -> Any:
    """A function whose small float32 arrays are computed in float64 and rounded once."""
    if x.dtype == np.float32 and x.size <= EXACT:
        return trace.ufunc_cast(trace.ufunc(function, trace.ufunc_cast(x, np.dtype("f8"))), x.dtype)
    return trace.ufunc(function, x)


def is_exact(x: Any) -> bool:
    """Whether kernels follow PyTorch's vector library, step by step."""
    return x.dtype == np.float32 and x.size <= EXACT


def _shifted(trace: Any, x: Value, dim: int) -> Value:
    return trace.ufunc(np.subtract, x, trace.reduce(np.maximum, x, (dim % x.ndim,), True))


def _sums(trace: Any, x: Value, dim: int) -> Value:
    """`ops.softmax.total`: one by one where rows are short."""
    at = dim % x.ndim
    if at == x.ndim - 1 and 8 <= x.shape[-1] < 16:
        return trace.view(last_column, trace.scan(np.add, x, at), label="last")
    return trace.reduce(np.add, x, (at,), True)


def softmax(trace: Any, x: Any, dim: int) -> Any:
    last = _fits(x) and dim % x.ndim == x.ndim - 1
    if not _fits(x) or (
        is_exact(x) and not last
    ):  # beside other dimensions the kernel takes vectors its own way
        return None
    shifted = _shifted(trace, x, dim)
    if is_exact(x):
        e = lower_vectors.exp(trace, shifted)
        sums = lower_vectors.row_sums(trace, e)
    else:
        e = rounded(np.exp, trace, shifted)
        sums = _sums(trace, e, dim)
    if last:
        return trace.ufunc(np.multiply, e, trace.ufunc(np.divide, x.dtype.type(1), sums))
    return trace.ufunc(np.divide, e, sums)


def log_softmax(trace: Any, x: Any, dim: int) -> Any:
    if not _fits(x) or (is_exact(x) and dim % x.ndim != x.ndim - 1):
        return None
    d = _shifted(trace, x, dim)
    if is_exact(x):
        sums = lower_vectors.row_sums(trace, lower_vectors.exp(trace, d))
    else:
        sums = _sums(trace, rounded(np.exp, trace, d), dim)
    return trace.ufunc(np.subtract, d, rounded(np.log, trace, sums))


def _takes_rows(grad: Any, y: Any, dim: int) -> bool:
    """Whether the gradient of a softmax follows PyTorch's vectors."""
    return (
        _fits(y)
        and _fits(grad)
        and is_exact(y)
        and grad.dtype == y.dtype
        and grad.shape == y.shape
        and dim % y.ndim == y.ndim - 1
    )


def softmax_backward(trace: Any, grad: Any, y: Any, dim: int) -> Any:
    if not _takes_rows(grad, y, dim):
        return None
    sums = lower_vectors.row_products(trace, grad, y)
    return trace.ufunc(np.multiply, trace.ufunc(np.subtract, grad, sums), y)


def log_softmax_backward(trace: Any, grad: Any, y: Any, dim: int) -> Any:
    if not _takes_rows(grad, y, dim):
        return None
    known = trace.hot.get(id(grad))
    if known is not None and y.shape[-1] > 1:  # one entry, and zeros
        total = trace.ufunc(np.negative, trace.ufunc(np.add, known[0], y.dtype.type(0)))
        sums = trace.view(spread, total, (y.shape[0], 1), label="spread")
    else:
        sums = trace.ufunc(np.negative, lower_vectors.row_sums(trace, grad))
    e = lower_vectors.exp(trace, y)
    return trace.call(fma.combined, (grad, e, sums), y.shape, y.dtype)


# ------------------------------------------------------------------ the loss of classes


class ClassesFit:
    """The guard that every target is a class: none ignored, none out of range.

    places   the flat place of each row's class, as of the last time the guard held
    """

    __slots__ = ("array", "classes", "places", "starts", "version")

    def __init__(self, rows: int, classes: int):
        self.classes = classes
        self.starts = np.arange(rows, dtype=np.int64) * classes
        self.places = np.empty(rows, np.int64)
        self.array: Any = None
        self.version = -1

    def __call__(self, t: Any) -> bool:
        version = 0 if t.counter is None else t.counter[0]
        if t.array is self.array and version == self.version:
            return True
        if t.array.size and t.array.view(np.uint64).max() >= self.classes:
            return False
        np.add(t.array, self.starts, self.places)
        self.array, self.version = t.array, version
        return True


def pick(x: Any, at: Any, out: Any = None) -> Any:
    """The elements of a matrix at flat places."""
    return x.reshape(-1).take(at, None, out, "clip")


def one_hot(value: Any, at: Any, out: Any) -> Any:
    """`value` at one place in each row, 0 elsewhere."""
    out.fill(0)
    out.reshape(-1)[at] = value
    return out


def one_hot_less(x: Any, value: Any, at: Any, out: Any) -> Any:
    """`one_hot(value, at) - x`."""
    np.subtract(0, x, out)
    flat = out.reshape(-1)
    flat[at] += value
    return out


#: functions of a matrix and, as their last argument, the flat place of one element of each row
PLACED = (pick, one_hot, one_hot_less)


def _places(trace: Any, x_shape: Any, target: Any, weight: Any, ignore: int) -> Any:
    """The flat place of each row's class, under a guard; None where the kernel itself has to look."""
    if len(x_shape) == 2 and 0 <= ignore < x_shape[1]:
        return None  # a class that does not count
    if len(x_shape) != 2 or weight is not None or type(target) is not Value or target.dtype != np.int64:
        return None
    if target.shape != x_shape[:1] or not target.flags.c_contiguous or not target.size:
        return None
    known = trace.marks.get((id(target), x_shape))
    if known is None:
        holds = ClassesFit(*x_shape)
        if not trace.demand(target, holds):
            return None
        known = trace.marks[id(target), x_shape] = Value(holds.places, f"{trace.named(holds)}.places")
    return known


def nll_loss(trace: Any, x: Any, target: Any, weight: Any, reduction: Any, ignore: Any) -> Any:
    if not _fits(x) or not x.flags.c_contiguous:
        return None
    at = _places(trace, x.shape, target, weight, ignore)
    if at is None:
        return None
    losses = trace.ufunc(np.negative, trace.call(pick, (x, at), (x.shape[0],), x.dtype))
    if reduction == "none":
        return losses
    total = _class_sum(trace, losses)
    return total if reduction == "sum" else trace.ufunc(np.divide, total, np.asarray(x.shape[0], x.dtype))


def _class_sum(trace: Any, x: Value) -> Value:
    """`class_sum`; of few terms as calls."""
    n = x.shape[0]
    if not 2 < n <= MOST_RUNS:
        return trace.call(class_sum, (x,), (), x.dtype)
    rest, total = trace.view(elements, x, 1, n, label="part"), x.dtype.type(0)
    while rest.shape[0]:
        n = rest.shape[0]
        whole = n & ~15
        if whole < n:
            last = trace.scan(np.add, trace.view(elements, rest, whole, n, label="part"))
            total = trace.ufunc(np.add, total, trace.view(last_element, last, label="last"))
        if not whole:
            break
        runs = trace.view(runs_of_16, rest, whole, label="runs")
        rest = trace.view(last_elements, trace.scan(np.add, runs, 1), label="last")
    return trace.ufunc(np.add, total, trace.view(first_element, x, label="first"))


#: of more terms each call takes longer than the way to it
MOST_RUNS = 4096


def runs_of_16(x: Any, stop: int) -> Any:
    step = x.strides[0]
    return np.lib.stride_tricks.as_strided(x, (stop // 16, 16), (16 * step, step))


def first_element(x: Any) -> Any:
    return x[0, ...]


def last_element(x: Any) -> Any:
    return x[-1, ...]


def last_elements(x: Any) -> Any:
    return x[..., -1]


def nll_backward(
    trace: Any, grad: Any, target: Any, weight: Any, reduction: Any, ignore: Any, shape: Any
) -> Any:
    if type(grad) is not Value or grad.dtype.itemsize < 4 or grad.ndim or reduction == "none":
        return None
    at = _places(trace, tuple(shape), target, weight, ignore)
    if at is None:
        return None
    if reduction == "mean":
        grad = trace.ufunc(np.divide, grad, np.asarray(shape[0], grad.dtype))
    value = trace.ufunc(np.negative, grad)
    out = trace.call(one_hot, (value, at), tuple(shape), grad.dtype)
    trace.hot[id(out)] = (value, at, out)
    return out


def less(trace: Any, x: Any, y: Any) -> Any:
    """`x - y` where x has one entry a row."""
    known = trace.hot.get(id(x))
    if known is None or type(y) is not Value or y.shape != x.shape or y.dtype != x.dtype:
        return None
    value, at, _ = known
    return trace.call(one_hot_less, (y, value, at), x.shape, x.dtype)


def row_sum(trace: Any, x: Any, dim: Any, keepdim: Any) -> Any:
    """The sum of each row of what has one entry a row."""
    known = trace.hot.get(id(x))
    if known is None or not keepdim or dim not in (1, (1,), [1], -1, (-1,)):
        return None
    return trace.view(spread, known[0], (x.shape[0], 1), label="spread")


def spread(x: Any, shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(x, shape)
