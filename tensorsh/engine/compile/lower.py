"""Operations as NumPy calls whose results can be put into memory that is there already.

`lowering(op)` finds how to write an operation's kernel as steps of a trace; it returns None, or the
lowering does, where only the kernel itself will do. Each does what the kernel does, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from .. import fma, vector_sqrt
from ..parallel import LARGE
from ..products import matmul, products, shares, wants_one
from ..small_products import followed, is_batch_ordered, is_followed, is_ordered
from . import lower_classes, lower_sums, lower_vectors
from .lower_classes import is_exact, rounded
from .values import Number, Value

Lowering = Callable[..., Any]

UNARY = {
    "neg": np.negative, "abs": np.absolute, "exp": np.exp, "exp2": np.exp2,
    "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
}  # fmt: skip
#: those that small arrays go through float64 for
ROUNDED = frozenset(UNARY) - {"neg", "abs"}

BINARY = {
    "mul": np.multiply, "div": np.divide, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal, "maximum": np.maximum, "minimum": np.minimum,
}  # fmt: skip

PRODUCTS = frozenset({"mm", "mv", "bmm", "matmul"})


def lowering(op: Any) -> Lowering | None:
    """How to write this operation, if it can be written."""
    name, arity = op.name, len(op.schema.parameters)
    if name in UNARY and arity == 1:
        return _unary(UNARY[name], name in ROUNDED)
    if name in BINARY and arity == 2:
        return _binary(BINARY[name])
    if name in PRODUCTS:
        return _product
    return TABLE.get((name, arity))


def is_float(x: Any) -> bool:
    return type(x) is Value and x.dtype.kind == "f" and x.dtype.itemsize > 2


def _unary(function: Any, rounds: bool) -> Lowering:
    def lower(trace: Any, x: Any) -> Any:
        if not is_float(x):
            return None
        return rounded(function, trace, x) if rounds else trace.ufunc(function, x)

    return lower


def _binary(function: Any) -> Lowering:
    return lambda trace, x, y: trace.ufunc(function, x, y)


def _product(trace: Any, a: Any, b: Any) -> Any:
    if a.ndim == 2 and is_ordered(a, b):
        if is_followed(a, b):
            return trace.call(followed, (a, b), (a.shape[0], *b.shape[1:]), a.dtype)
        return None  # rounded by the kernel in an order of its own
    if a.dtype.kind not in "fc" or a.dtype != b.dtype or a.ndim == 1:
        return None
    if a.ndim > 2 and (a.shape[:-2] != b.shape[:-2] or is_batch_ordered(a, b)):  # one large product
        return None
    if shares(a, b):
        return trace.call(products, (a, b), (*a.shape[:-1], b.shape[-1]), a.dtype)
    if wants_one(a, b):
        return trace.call(matmul, (a, b), (*a.shape[:-1], b.shape[-1]), a.dtype)
    return trace.ufunc(np.matmul, a, b)


def _addmm(trace: Any, input: Any, a: Any, b: Any, beta: Any, alpha: Any) -> Any:
    if any(type(factor) is Number or factor != 1 for factor in (beta, alpha)):
        return None
    if a.dtype.kind != "f" or a.dtype.itemsize == 2:
        return None
    product = _product(trace, a, b)
    return None if product is None else trace.ufunc(np.add, input, product)


def _sum_of(function: Any) -> Lowering:
    def lower(trace: Any, x: Any, y: Any, alpha: Any) -> Any:
        if type(alpha) is Number or (type(alpha) in (int, float) and alpha != 1):
            if not (is_float(x) and is_float(y) and x.dtype == y.dtype and x.shape == y.shape):
                return None
            if not (x.flags.c_contiguous and y.flags.c_contiguous):
                return None
            factor = alpha if function is np.add else -alpha
            return trace.call(fma.added, (x, y, factor), x.shape, x.dtype, alike=True)
        if type(alpha) is bool or alpha != 1:
            return None
        if function is np.subtract:
            less = lower_classes.less(trace, x, y)
            if less is not None:
                return less
        return trace.ufunc(function, x, y)

    return lower


def _rsub(trace: Any, x: Any, y: Any, alpha: Any) -> Any:
    return None if type(alpha) in (bool, Number) or alpha != 1 else trace.ufunc(np.subtract, y, x)


def _pow(trace: Any, x: Any, exponent: Any) -> Any:
    if not is_float(x) or type(exponent) in (Number, Value) or np.ndim(exponent):
        return None
    n = float(exponent)
    if n == 1:
        trace.aliased.add(id(x))
        return x
    if n == 2:
        return trace.ufunc(np.multiply, x, x)
    if n == 3:
        return trace.ufunc(np.multiply, trace.ufunc(np.multiply, x, x), x)
    return _sqrt(trace, x) if n == 0.5 else None


def _sqrt(trace: Any, x: Any) -> Any:
    if not is_float(x):
        return None
    if vector_sqrt.follows(x):
        return trace.call(vector_sqrt.sqrt, (x,), x.shape, x.dtype, alike=True)
    return trace.ufunc(np.sqrt, x)


def _sigmoid(trace: Any, x: Any) -> Any:
    if not is_float(x):
        return None
    one, below = x.dtype.type(1), trace.ufunc(np.negative, x)
    if x.ndim and x.size and is_exact(x):
        e = lower_vectors.exp_each(trace, below) if x.flags.c_contiguous else None
        if e is None:
            return None
    else:
        e = rounded(np.exp, trace, below)
    return trace.ufunc(np.divide, one, trace.ufunc(np.add, one, e))


def _tanh_backward(trace: Any, grad: Any, y: Any) -> Any:
    if not is_float(y) or not is_exact(y) or grad.dtype != y.dtype:
        return None
    wide = trace.ufunc_cast(y, np.dtype("f8"))
    slope = trace.ufunc(np.subtract, np.float64(1), trace.ufunc(np.multiply, wide, wide))
    return trace.ufunc(np.multiply, grad, trace.ufunc_cast(slope, y.dtype))


def _rsqrt(trace: Any, x: Any) -> Any:
    return trace.ufunc(np.divide, x.dtype.type(1), trace.ufunc(np.sqrt, x)) if is_float(x) else None


def _layer_norm(trace: Any, x: Any, shape: Any, weight: Any, bias: Any, eps: Any) -> Any:
    """Of large arrays, whose rows then are part of a group; the kernel sums small ones more carefully."""
    if not is_float(x) or x.size < LARGE or not x.flags.c_contiguous or type(eps) is Number:
        return None
    n = prod(shape)
    rows = lower_sums.reshaped(trace, x, (x.size // n, n))
    count = np.asarray(n, x.dtype)

    def mean(of: Value) -> Value:
        return trace.ufunc(np.divide, trace.reduce(np.add, of, (1,), True), count)

    centred = trace.ufunc(np.subtract, rows, mean(rows))
    variance = mean(trace.ufunc(np.multiply, centred, centred))
    rstd = _rsqrt(trace, trace.ufunc(np.add, variance, np.asarray(eps, x.dtype)))
    out = trace.ufunc(np.multiply, centred, rstd)
    for function, parameter in ((np.multiply, weight), (np.add, bias)):
        if parameter is not None:
            out = trace.ufunc(function, out, lower_sums.reshaped(trace, parameter, (n,)))
    return lower_sums.reshaped(trace, out, x.shape)


def _relu(trace: Any, x: Any) -> Any:
    return (
        trace.ufunc(np.maximum, x.dtype.type(0), x) if x.dtype.kind in "fi" and x.dtype.itemsize > 2 else None
    )


def _threshold(trace: Any, grad: Any, x: Any) -> Any:
    """`where(x <= 0, 0, grad)`."""
    if not is_float(x) or type(grad) is not Value or grad.shape != x.shape or grad.dtype != x.dtype:
        return None
    if not (x.flags.c_contiguous and grad.flags.c_contiguous):
        return None
    closed = trace.ufunc(np.less_equal, x, x.dtype.type(0))
    return trace.call(blank, (grad, closed), grad.shape, grad.dtype, alike=True)


def blank(x: Any, where: Any, out: Any = None) -> Any:
    """`x` with zeros in some places."""
    if out is None:
        out = np.array(x)
    elif out is not x:
        np.copyto(out, x)
    np.copyto(out, 0, where=where)
    return out


TABLE: dict[tuple[str, int], Lowering] = {
    ("add", 3): _sum_of(np.add),
    ("sub", 3): _sum_of(np.subtract),
    ("rsub", 3): _rsub,
    ("pow", 2): _pow,
    ("addmm", 5): _addmm,
    ("relu", 1): _relu,
    ("sigmoid", 1): _sigmoid,
    ("sqrt", 1): _sqrt,
    ("rsqrt", 1): _rsqrt,
    ("layer_norm", 5): _layer_norm,
    ("threshold_backward", 2): _threshold,
    ("sum", 2): lower_sums.sum_all,
    ("sum", 4): lower_sums.sum_dim,
    ("mean", 2): lower_sums.mean_all,
    ("mean", 4): lower_sums.mean_dim,
    ("softmax", 2): lower_classes.softmax,
    ("log_softmax", 2): lower_classes.log_softmax,
    ("tanh_backward", 2): _tanh_backward,
    ("softmax_backward", 3): lower_classes.softmax_backward,
    ("log_softmax_backward", 3): lower_classes.log_softmax_backward,
    ("nll_loss", 5): lower_classes.nll_loss,
    ("nll_loss_backward", 6): lower_classes.nll_backward,
}
