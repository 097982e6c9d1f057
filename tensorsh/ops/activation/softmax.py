"""Exponentials over a dimension: softmax, log_softmax, softmin, logsumexp. The largest element is
taken out first, so that nothing overflows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.readers import reader_of
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.numerics import cascade, fma, vector_log
from ...engine.numerics.mkl_functions import mkl_exp, mkl_log
from ...engine.numerics.rowwise import along, dots, is_large
from ...engine.numerics.rowwise import sums as row_sums
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.values.tensor import Tensor
from ...errors import DTypeError
from ..elementwise import vector_functions as vector_exp
from ..reduce.fused_sums import one_by_one
from ..reduce.totals import kept
from ..rules.families import EXP, LOG
from ..rules.infer import default_float, reduced, same, wrap_dim, wrap_dims
from ..rules.memory_order import row_by_row
from . import softmax_rows

Array = np.ndarray[Any, Any]


def _rule(name: str) -> Any:
    def rule(input: Spec, dim: int) -> Spec:
        at = wrap_dim(dim, input.ndim)
        if input.dtype.category != dt.FLOAT and input.numel:
            place = "lastdim_kernel_impl" if at == max(input.ndim, 1) - 1 else "kernel_impl"
            raise DTypeError(
                f"\"{name}_{place}\" not implemented for '{input.dtype.title}'",
                raises=NotImplementedError,
                help=f"convert it, or give dtype: {name}(x, dim, dtype=float32)",
            )
        return input

    return rule


def shifted(x: Array, dim: int) -> Array:
    """`x` minus its largest element along `dim`."""
    return x - x.max(axis=dim, keepdims=True) if x.ndim else x - x


def total(x: Array, dim: int) -> Array:
    """The sum along `dim`, which stays; one by one where that is short."""
    if not x.ndim:
        return x
    if is_last(x, dim):
        alone = 8 <= x.shape[-1] < 16
    else:
        alone = math.prod(x.shape[dim % x.ndim + 1 :]) == 1  # NumPy would add these by vectors
    if alone:
        return np.expand_dims(one_by_one(x, dim), dim)
    return np.add.reduce(x, axis=dim, keepdims=True)


def exponentials(x: Array, dim: int) -> Array:
    """e to the power of each element, for sums over `dim`."""
    return EXP(x) if is_last(x, dim) or not vector_exp.is_small(x) else vector_exp.exp_beside(x, dim)


def is_last(x: Array, dim: int) -> bool:
    """Whether `dim` is the last dimension: PyTorch has other loops there, which round otherwise."""
    return dim % x.ndim == x.ndim - 1 if x.ndim else True


def by_parts(part: Any, dim: int, *inputs: Array) -> Array:
    """A new array, whose parts along `dim` are filled by `part(axis, out, *inputs)`."""
    out = np.empty_like(inputs[0], order="C")
    if reader_of(*inputs) is not None:
        part(dim % out.ndim, out, *inputs)
        return out
    along(lambda axis, outputs, parts: part(axis, *outputs, *parts), dim, [out], list(inputs))
    return out


@op(
    "softmax(Tensor input, int dim)",
    batching="along",
    infer=_rule("softmax"),
    names=(),
    half="native",
    wide_gradient=True,
)
def softmax_kernel(x, dim):
    if not x.size:
        return x.copy()
    if is_last(x, dim) and softmax_rows.takes(x):
        return softmax_rows.softmax(x)
    if is_large(x):
        return by_parts(_softmax_part, dim, x)
    kind, half, last = x.dtype, x.dtype.itemsize == 2, is_last(x, dim)
    e = exponentials(shifted(x.astype(np.float32) if half else x, dim), dim)
    sums = total(e, dim)
    if half and not last:  # the exponentials are kept where the result will be
        e = e.astype(kind).astype(np.float32)
    quotient = np.multiply(e, 1 / sums, out=e if e.ndim else None) if last else np.divide(e, sums, out=e)
    return quotient.astype(kind, copy=False)


def _softmax_part(axis: int, out: Array, x: Array) -> None:
    top = x.max(axis=axis, keepdims=True)
    # inside these bounds nothing overflows, and what vanishes is nothing beside the largest element
    safe = reader_of(x) is None and top.min() > -10 and top.max() < 60
    np.exp(x if safe else np.subtract(x, top, out), out)
    out *= 1 / row_sums(out, axis)


def _softmax_gradient(grad: Tensor, output: Tensor, dim: int) -> Tensor:
    return (grad - (grad * output.conj()).sum(dim, True)) * output.conj()


@fused(
    "softmax_backward(Tensor grad_output, Tensor result, int dim)",
    _softmax_gradient,
    batching="along",
    infer=same,
    exact=softmax_rows.takes_gradient,
)
def softmax_backward(grad, y, dim):
    if is_last(y, dim) and softmax_rows.takes(y):
        return softmax_rows.softmax_backward(grad, y)
    if vector_exp.is_small(y) and vector_exp.is_short(y.shape, dim):
        return (grad - vector_exp.sums_of_products(grad, y, dim)) * y

    def part(axis, out, g, y):
        np.subtract(g, dots(g, y, axis), out)
        out *= y

    return by_parts(part, dim, grad, y)


@softmax_backward.derivative("grad_output")
def _(grad, result, dim):
    return softmax_backward(grad, result, dim)


@softmax_backward.derivative("result")
def _(grad, grad_output, result, dim):
    first = grad_output * grad - (result * grad_output).sum(dim, True) * grad
    return first - grad_output * (result * grad).sum(dim, True)


@softmax_kernel.derivative("input", one="SoftmaxBackwardDataBackward0")
def _(grad, output, dim):
    return softmax_backward(grad, output, dim)


@op(
    "log_softmax(Tensor input, int dim)",
    batching="along",
    infer=_rule("log_softmax"),
    names=(),
    half="native",
    wide_gradient=True,
)
def log_softmax_kernel(x, dim):
    if not x.size:
        return x.copy()
    if is_last(x, dim) and softmax_rows.takes(x):
        return row_by_row(softmax_rows.log_softmax(x))
    if is_large(x):
        return row_by_row(by_parts(_log_softmax_part, dim, x))
    kind, half = x.dtype, x.dtype.itemsize == 2
    d = shifted(x.astype(np.float32) if half else x, dim)
    sums = total(exponentials(d, dim), dim)
    if half and is_last(x, dim):  # rounded here, and with them their logarithms
        sums = sums.astype(kind)
        return row_by_row((d - LOG(sums.astype(np.float32)).astype(kind)).astype(kind))
    if vector_exp.is_small(d) and not is_last(x, dim):
        return row_by_row(d - vector_log.log(sums))
    return row_by_row((d - LOG(sums)).astype(kind, copy=False))


def _log_softmax_part(axis: int, out: Array, x: Array) -> None:
    np.subtract(x, x.max(axis=axis, keepdims=True), out)
    out -= np.log(row_sums(np.exp(out), axis))


def _log_softmax_gradient(grad: Tensor, output: Tensor, dim: int) -> Tensor:
    return grad - output.exp().conj() * grad.sum(dim, True)


@fused(
    "log_softmax_backward(Tensor grad_output, Tensor result, int dim)",
    _log_softmax_gradient,
    batching="along",
    infer=same,
    exact=softmax_rows.takes_gradient,
)
def log_softmax_backward(grad, y, dim):
    if is_last(y, dim) and softmax_rows.takes(y):
        return softmax_rows.log_softmax_backward(grad, y)
    if vector_exp.is_small(y) and vector_exp.is_short(y.shape, dim):
        return fma.combined(grad, vector_exp.exp_beside(y, dim), -total(grad, dim))

    def part(axis, out, g, y):
        np.exp(y, out)
        out *= row_sums(g, axis)
        np.subtract(g, out, out)

    return by_parts(part, dim, grad, y)


@log_softmax_backward.derivative("grad_output")
def _(grad, result, dim):
    return grad - (grad * result.exp()).sum(dim, True)


@log_softmax_backward.derivative("result")
def _(grad, grad_output, result, dim):
    return -grad_output.sum(dim, True) * result.exp() * grad


@log_softmax_kernel.derivative("input", one="LogSoftmaxBackwardDataBackward0")
def _(grad, output, dim):
    return log_softmax_backward(grad, output, dim)


def default_dim(ndim: int) -> int:
    """The dimension that PyTorch's functional forms take when none is given."""
    return 0 if ndim in (0, 1, 3) else 1


def chosen_dim(name: str, input: Tensor, dim: int | None) -> int:
    """The dimension a call names, else the one PyTorch once chose."""
    if dim is not None:
        return dim
    warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an "
        "argument.",
        help="dim=-1 normalises each row",
        operands=(input,),
    )
    return default_dim(input.ndim)


def _converted(input, dtype):
    return input if dtype is None or input.dtype is dtype else input.to(dtype)


@composite(
    "softmax(Tensor input, int dim, dtype? dtype=None)",
    names=("torch.softmax", "Tensor.softmax", "special.softmax"),
    sample=([[1.0, 2.0], [0.5, -1.0]], 1),
)
def softmax(input, dim, dtype):
    """Exponentials that add up to one along `dim`: `exp(x) / exp(x).sum(dim)`.

    >>> softmax([1., 2., 3.], 0)
    tensor([0.0900, 0.2447, 0.6652])
    """
    return apply(softmax_kernel, (_converted(input, dtype), dim))


@composite(
    "log_softmax(Tensor input, int dim, dtype? dtype=None)",
    names=("torch.log_softmax", "Tensor.log_softmax", "special.log_softmax"),
    sample=([[1.0, 2.0], [0.5, -1.0]], 1),
)
def log_softmax(input, dim, dtype):
    """The logarithm of softmax.

    >>> log_softmax([1., 2., 3.], 0)
    tensor([-2.4076, -1.4076, -0.4076])
    """
    return apply(log_softmax_kernel, (_converted(input, dtype), dim))


@composite(
    "nn.functional.softmax(Tensor input, int? dim=None, int _stacklevel=3, dtype? dtype=None)",
    sample=([[1.0, 2.0], [0.5, -1.0]], 1),
)
def functional_softmax(input, dim, _stacklevel, dtype):
    """Exponentials that add up to one along `dim`.

    >>> nn.functional.softmax(tensor([1., 2., 3.]), dim=0)
    tensor([0.0900, 0.2447, 0.6652])
    """
    return softmax(input, chosen_dim("softmax", input, dim), dtype)


@composite(
    "nn.functional.log_softmax(Tensor input, int? dim=None, int _stacklevel=3, dtype? dtype=None)",
    sample=([[1.0, 2.0], [0.5, -1.0]], 1),
)
def functional_log_softmax(input, dim, _stacklevel, dtype):
    """The logarithm of softmax.

    >>> nn.functional.log_softmax(tensor([1., 2., 3.]), dim=0)
    tensor([-2.4076, -1.4076, -0.4076])
    """
    return log_softmax(input, chosen_dim("log_softmax", input, dim), dtype)


@composite(
    "nn.functional.softmin(Tensor input, int? dim=None, int _stacklevel=3, dtype? dtype=None)",
    sample=([[1.0, 2.0], [0.5, -1.0]], 1),
)
def softmin(input, dim, _stacklevel, dtype):
    """Softmax of the negative: the smallest element weighs most.

    >>> nn.functional.softmin(tensor([1., 2., 3.]), dim=0)
    tensor([0.6652, 0.2447, 0.0900])
    """
    return softmax(-input, chosen_dim("softmin", input, dim), dtype)


# ------------------------------------------------------------------ logsumexp


def _logsumexp_rule(input: Spec, dim: Any, keepdim: bool) -> Spec:
    dtype = input.dtype if input.dtype.category >= dt.FLOAT else default_float()
    return reduced(input, dim, keepdim, dtype)


@op(
    "logsumexp(Tensor input, int[] dim, bool keepdim=False)",
    batching="along",
    infer=_logsumexp_rule,
    promote="float",
    names=("torch.logsumexp", "Tensor.logsumexp", "special.logsumexp"),
    sample=([[1.0, 2.0], [0.5, -1.0]], 1),
    half="native",
)
def logsumexp(x, dim, keepdim):
    """`log(exp(x).sum(dim))`, without overflow.

    >>> logsumexp([1., 2., 3.], 0)
    tensor(3.4076)
    """
    axes = wrap_dims(dim, x.ndim)
    if not x.size:
        return np.log(np.add.reduce(np.exp(x), axis=axes, keepdims=keepdim))
    top = x.real.max(axis=axes, keepdims=True) if axes else x.real
    top = np.where(np.isinf(top), np.zeros((), top.dtype), top)
    e = mkl_exp(x - top)
    wide = e.astype(np.float32) if e.dtype.itemsize == 2 else e
    out = mkl_log(cascade.total(wide, axes, True).astype(e.dtype, copy=False)) + top
    return row_by_row(out if keepdim else out.squeeze(axes))


@logsumexp.derivative("input")
def _(grad, input, output, dim, keepdim):
    over = input.spec
    y = kept(output, over, dim, keepdim)
    return kept(grad, over, dim, keepdim) * registry["exp"](input - y).conj()
