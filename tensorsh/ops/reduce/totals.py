"""Reductions that add, multiply, count or test: sum, mean, prod, any, all and their relatives.

PyTorch's overloads with and without `dim` are two records under one public name, because they have
two backward nodes (SumBackward0, SumBackward1); a composite front picks one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod as product
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.dtype import DType
from ...engine.core.spec import Spec
from ...engine.graph.node import titled
from ...engine.numerics.cascade import total
from ...engine.records.op import composite, op, registry
from ...engine.records.schema import ABSENT
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import DTypeError
from ..rules.families import is_half
from ..rules.infer import keeps, reduced, wrap_dim, wrap_dims
from ..rules.memory_order import row_by_row

Array = np.ndarray[Any, Any]
Dims = int | Sequence[int] | None


def sum_dtype(input: Spec, dtype: DType | None) -> DType:
    """Sums and products of integers and booleans are int64 unless told otherwise."""
    if dtype is not None:
        return dtype
    return input.dtype if input.dtype.category >= dt.FLOAT else dt.int64


def cast(x: Array, dtype: DType | None) -> Array:
    """`x` in the dtype the reduction computes in: `dtype`, or int64 for integers and booleans."""
    if dtype is None:
        return x.astype(np.int64) if x.dtype.kind in "bui" and x.dtype != np.int64 else x
    x = x.real if x.dtype.kind == "c" and not dtype.is_complex else x
    x = x.astype(dtype.np, copy=False)
    return x.astype(np.float32) if dtype.is_half else x


def spread(t: Tensor, over: Spec, dim: Dims, keepdim: bool) -> Tensor:
    """A reduced tensor laid out again over the shape `over` that it was reduced from."""
    return kept(t, over, dim, keepdim).expand(over.shape)


def kept(t: Tensor, over: Spec, dim: Dims, keepdim: bool) -> Tensor:
    """A reduced tensor with its reduced dimensions put back, of size 1."""
    gone = wrap_dims(dim, over.ndim)
    shape = tuple([1 if i in gone else n for i, n in enumerate(over.shape)])
    return t if t.spec.shape == shape else t.reshape(shape)


def count(of: Spec, dim: Dims) -> int:
    """How many elements each result is reduced from."""
    return product(of.shape[d] for d in wrap_dims(dim, of.ndim)) if of.shape else 1


# ------------------------------------------------------------------ sum


def _sum_rule(input: Spec, dim: Dims, keepdim: bool, dtype: DType | None) -> Spec:
    return reduced(input, dim, keepdim, sum_dtype(input, dtype))


def _sum_kernel(x: Array, dim: Dims, keepdim: bool, dtype: DType | None) -> Array:
    axes = wrap_dims(dim, x.ndim)
    if dtype is dt.bool_:
        return row_by_row(np.any(x, axis=axes, keepdims=keepdim))
    return row_by_row(total(cast(x, dtype), axes, keepdim))


@op(
    "sum(Tensor input, *, dtype? dtype=None)",
    infer=lambda x, dtype: _sum_rule(x, None, False, dtype),
    names=(),
)
def sum_all(x, dtype):
    return _sum_kernel(x, None, False, dtype)


@sum_all.derivative("input")
def _(grad, input_spec):
    return grad.expand(input_spec.shape)


sum_dim = op(
    "sum(Tensor input, int[]? dim, bool keepdim=False, *, dtype? dtype=None)",
    batching="along all",
    infer=_sum_rule,
    grad_fn="SumBackward1",
    names=(),
)(_sum_kernel)


@sum_dim.derivative("input")
def _(grad, input_spec, dim, keepdim):
    return spread(grad, input_spec, dim, keepdim)


@sum_all.batched
def _(slices, x, dtype):
    return apply(sum_dim, (*slices.whole(x), False, dtype))


@composite(
    "sum(Tensor input, int[]? dim=..., bool keepdim=..., *, dtype? dtype=None)",
    sample=([[1.0, -2.0], [3.0, 0.5]], 1),
)
def sum(input, dim, keepdim, dtype):
    """The sum of all elements, or over the dimensions `dim`. Integers and booleans add up to int64.

    >>> sum(tensor([[1., 2.], [3., 4.]]))
    tensor(10.)
    >>> sum([[1., 2.], [3., 4.]], dim=0)
    tensor([4., 6.])
    """
    if dim is ABSENT and keepdim is ABSENT:
        return apply(sum_all, (input, dtype))
    return apply(sum_dim, (input, dim, keeps("sum", input, dim, keepdim), dtype))


# ------------------------------------------------------------------ mean


def _mean_rule(input: Spec, dim: Dims, keepdim: bool, dtype: DType | None) -> Spec:
    wanted = dtype or input.dtype
    if wanted.category < dt.FLOAT:
        raise DTypeError(
            "mean(): could not infer output dtype. "
            f"{'Input' if dtype is None else 'Optional'} dtype must be either a floating point or "
            f"complex dtype. Got: {wanted.title}",
            help="convert first: x.float().mean()",
        )
    return reduced(input, dim, keepdim, wanted)


def _mean_kernel(x: Array, dim: Dims, keepdim: bool, dtype: DType | None) -> Array:
    axes = wrap_dims(dim, x.ndim)
    x = cast(x, dtype)
    n = product(x.shape[a] for a in axes)
    return row_by_row(np.divide(total(x, axes, keepdim), x.dtype.type(n)))


@op(
    "mean(Tensor input, *, dtype? dtype=None)",
    infer=lambda x, dtype: _mean_rule(x, None, False, dtype),
    names=(),
)
def mean_all(x, dtype):
    return _mean_kernel(x, None, False, dtype)


@mean_all.derivative("input")
def _(grad, input_spec):
    if grad.requires_grad:  # as it is recorded, for gradients of it
        return titled("DivBackward1", grad.expand(input_spec.shape) / input_spec.numel)
    return (grad / input_spec.numel).expand(input_spec.shape)


mean_dim = op(
    "mean(Tensor input, int[]? dim, bool keepdim=False, *, dtype? dtype=None)",
    batching="along all",
    infer=_mean_rule,
    grad_fn="MeanBackward1",
    names=(),
)(_mean_kernel)


@mean_dim.derivative("input")
def _(grad, input_spec, dim, keepdim):
    if grad.requires_grad:
        return titled("DivBackward1", spread(grad, input_spec, dim, keepdim) / count(input_spec, dim))
    return spread(grad / count(input_spec, dim), input_spec, dim, keepdim)


@mean_all.batched
def _(slices, x, dtype):
    return apply(mean_dim, (*slices.whole(x), False, dtype))


@composite(
    "mean(Tensor input, int[]? dim=..., bool keepdim=..., *, dtype? dtype=None)",
    sample=([[1.0, -2.0], [3.0, 0.5]], 1),
)
def mean(input, dim, keepdim, dtype):
    """The mean of all elements, or over the dimensions `dim`.

    >>> mean([[1., 2.], [3., 4.]], dim=1)
    tensor([1.5000, 3.5000])
    """
    if dim is ABSENT and keepdim is ABSENT:
        return apply(mean_all, (input, dtype))
    return apply(mean_dim, (input, dim, keeps("mean", input, dim, keepdim), dtype))


# ------------------------------------------------------------------ prod


def _prod_rule(input: Spec, dim: int | None, keepdim: bool, dtype: DType | None) -> Spec:
    return reduced(input, dim, keepdim, sum_dtype(input, dtype))


def _prod_kernel(x: Array, dim: int | None, keepdim: bool, dtype: DType | None) -> Array:
    axes = wrap_dims(dim, x.ndim)
    if dtype is dt.bool_:
        return row_by_row(np.all(x, axis=axes, keepdims=keepdim))
    if is_half(x) and (dtype is None or dtype.is_half):
        return half_product(x, axes, keepdim)
    multiplied: Any = np.multiply.reduce  # its types know `keepdims` as a literal only
    return row_by_row(multiplied(cast(x, dtype), axis=axes, keepdims=keepdim))


def half_product(x: Array, axes: tuple[int, ...], keepdim: bool) -> Array:
    """The product of 16-bit floats, each step rounded; along the last dimension in four runs of 16 lanes."""
    if len(axes) != 1:
        flat = half_product(x.reshape(-1), (0,), False) if axes else x
        return flat.reshape((1,) * x.ndim) if keepdim else flat
    (axis,) = axes
    rows = np.moveaxis(x, axis, -1)
    n = rows.shape[-1]
    whole = n - n % 64 if axis == x.ndim - 1 else 0
    out = np.ones(rows.shape[:-1], x.dtype)
    if whole:
        runs = rows[..., :whole].reshape(*rows.shape[:-1], -1, 4, 16)
        runs = np.multiply.accumulate(runs, axis=-3)[..., -1, :, :]
        lanes = (runs[..., 0, :] * runs[..., 1, :]) * (runs[..., 2, :] * runs[..., 3, :])
        out = np.multiply.accumulate(lanes, axis=-1)[..., -1]
    if whole < n:
        rest = np.concatenate([out[..., None], rows[..., whole:]], axis=-1)
        out = np.multiply.accumulate(rest, axis=-1)[..., -1]
    return np.expand_dims(out, axis) if keepdim else out


def others_product(x: Tensor, dim: int) -> Tensor:
    """For each element the product of all others along `dim`, right where there are zeros too."""
    n = x.spec.shape[dim]
    one = registry["ones_like"](x.narrow(dim, 0, 1))
    before = registry["cat"]([one, x.narrow(dim, 0, n - 1).cumprod(dim)], dim)
    after = x.narrow(dim, 1, n - 1).flip(dim).cumprod(dim).flip(dim)
    return before * registry["cat"]([after, one], dim)


def _has_zeros(x: Tensor) -> bool:
    return x.spec.is_meta or bool(registry["any"](registry["eq"](x, 0)))


def _prod_gradient(grad: Tensor, x: Tensor, output: Tensor, dim: int) -> Tensor:
    if not x.spec.numel:
        return registry["zeros_like"](x)
    if _has_zeros(x):
        return grad * others_product(x, dim).conj()
    return grad * (output / x).conj()


@op(
    "prod(Tensor input, *, dtype? dtype=None)",
    infer=lambda x, dtype: _prod_rule(x, None, False, dtype),
    half="native",
    names=(),
)
def prod_all(x, dtype):
    return _prod_kernel(x, None, False, dtype)


@prod_all.derivative("input")
def _(grad, input, output):
    if not input.spec.shape:
        return grad
    if input.spec.numel and not _has_zeros(input):
        return grad * (output / input).conj()
    if (
        not (context.current().grad_enabled or input.spec.is_meta)
        and registry["eq"](input, 0).sum().item() > 1
    ):
        return registry["zeros_like"](input)
    return _prod_gradient(grad, input.reshape(-1), output, 0).reshape(input.spec.shape)


prod_dim = op(
    "prod(Tensor input, int dim, bool keepdim=False, *, dtype? dtype=None)",
    batching="along",
    infer=_prod_rule,
    half="native",
    grad_fn="ProdBackward1",
    names=(),
)(_prod_kernel)


@prod_dim.derivative("input")
def _(grad, input, output, dim, keepdim):
    if not input.spec.shape:
        return grad
    over = input.spec
    return _prod_gradient(
        kept(grad, over, dim, keepdim), input, kept(output, over, dim, keepdim), wrap_dim(dim, over.ndim)
    )


@prod_all.batched
def _(slices, x, dtype):
    return apply(prod_dim, (slices.rows(x), 1, False, dtype))


@composite(
    "prod(Tensor input, int dim=..., bool keepdim=..., *, dtype? dtype=None)",
    sample=([[1.0, -2.0], [0.0, 0.5]], 1),
)
def prod(input, dim, keepdim, dtype):
    """The product of all elements, or over the dimension `dim`. Integers multiply to int64.

    >>> prod([[1., 2.], [3., 4.]])
    tensor(24.)
    >>> prod([[1., 2.], [3., 4.]], 1)
    tensor([ 2., 12.])
    """
    if dim is ABSENT and keepdim is ABSENT:
        return apply(prod_all, (input, dtype))
    return apply(prod_dim, (input, dim, keeps("prod", input, dim, keepdim), dtype))


# ------------------------------------------------------------------ sums that skip NaN


@op(
    "nansum(Tensor input, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    batching="along all",
    infer=lambda input, dim, keepdim, dtype: _sum_rule(_not_complex("nansum", input), dim, keepdim, dtype),
    sample=([[1.0, -2.0], [3.0, 0.5]], 1),
)
def nansum(x, dim, keepdim, dtype):
    """The sum, where NaN counts as zero.

    >>> nansum([1., nan, 2.])
    tensor(3.)
    """
    if x.dtype.kind == "f":
        x = np.where(np.isnan(x), np.zeros((), x.dtype), x)
    return _sum_kernel(x, dim, keepdim, dtype)


def _not_complex(name: str, input: Spec) -> Spec:
    if input.dtype.is_complex:
        raise DTypeError(f"{name} does not support complex inputs", help="sum the real and imaginary parts")
    return input


@nansum.derivative("input")
def _(grad, input, dim, keepdim):
    return spread(grad, input.spec, dim, keepdim) * ~input.isnan()


@composite(
    "nanmean(Tensor input, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    sample=([[1.0, -2.0], [3.0, 0.5]], 1),
)
def nanmean(input, dim, keepdim, dtype):
    """The mean of the elements that are not NaN.

    >>> nanmean([1., nan, 2.])
    tensor(1.5000)
    """
    if input.dtype.category < dt.FLOAT:
        raise DTypeError(
            "nanmean(): expected input to have floating point or complex dtype but got " + input.dtype.title
        )
    present = (~input.detach().isnan()).sum(dim, keepdim)
    return input.nansum(dim, keepdim, dtype=dtype) / present


# ------------------------------------------------------------------ any, all, count_nonzero


def _truth_rule(input: Spec, dim: Dims, keepdim: bool) -> Spec:
    dtype = dt.uint8 if input.dtype is dt.uint8 else dt.bool_
    return input.with_dtype(dtype) if dim == () else reduced(input, dim, keepdim, dtype)


def _truth_kernel(reduce: Any) -> Any:
    def kernel(x: Array, dim: Dims, keepdim: bool) -> Array:
        if dim == ():  # no dimension at all, unlike everywhere else
            return x != 0
        truths = x != 0 if x.dtype.kind != "b" else x
        return row_by_row(reduce(truths, axis=wrap_dims(dim, x.ndim), keepdims=keepdim))

    return kernel


any = op(
    "any(Tensor input, int[]? dim=None, bool keepdim=False)",
    batching="along all",
    infer=_truth_rule,
    nondifferentiable=True,
    doc="""Whether any element is not zero.

    >>> any(tensor([0., 2.]))
    tensor(True)
    """,
)(_truth_kernel(np.logical_or.reduce))

all = op(
    "all(Tensor input, int[]? dim=None, bool keepdim=False)",
    batching="along all",
    infer=_truth_rule,
    nondifferentiable=True,
    doc="""Whether no element is zero.

    >>> all([[0., 2.], [1., 3.]], dim=1)
    tensor([False,  True])
    """,
)(_truth_kernel(np.logical_and.reduce))


@op(
    "count_nonzero(Tensor input, int[]? dim=None)",
    batching="along all",
    infer=lambda input, dim: reduced(input, dim, False, dt.int64),
    nondifferentiable=True,
)
def count_nonzero(x, dim):
    """How many elements are not zero.

    >>> count_nonzero([0., 2., 3.])
    tensor(2)
    """
    return row_by_row(np.add.reduce(x != 0, axis=wrap_dims(dim, x.ndim), dtype=np.int64))
