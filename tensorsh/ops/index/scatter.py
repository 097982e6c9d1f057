"""Writing where an index tensor says: scatter, scatter_add, scatter_reduce.

`scatter` writes `src[i, j]` to `out[index[i, j], j]` (for dim 0); the elements of `index` may repeat,
and then the last one wins, or they are added, multiplied, … as `reduce` says. The variants that take
a vector of indices (index_add, index_copy, …) are in `ops/index/index_write.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.records.op import op, registry
from ...engine.records.schema import ABSENT
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import full_spec
from ...errors import BadValue, DTypeError, ShapeError
from ..rules.infer import bad_call, wrap_dim
from ..rules.overload import overloaded
from ..rules.positions import check_bounds, flat_positions, require_integers
from .by_tensors import add_at
from .getitem import number_for

Array = np.ndarray[Any, Any]


def scatter_rule(input: Spec, dim: int, index: Spec, src: Spec | None = None) -> Spec:
    """The checks of the scatter family; the result is like `input`."""
    at = wrap_dim(dim, input.ndim)
    if index.numel:
        require_integers(index, "scatter(): Expected dtype int32/int64 for index")
    if src is not None and src.dtype is not input.dtype:
        raise DTypeError(
            "scatter(): Expected self.dtype to be equal to src.dtype",
            code="scatter-dtype",
            help=f"convert the source: src.to({input.dtype.name})",
        )
    if not index.numel:
        return input
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise ShapeError(
            "Index tensor must have the same number of dimensions as self tensor", code="index-ndim"
        )
    too_large = any(d != at and n > input.shape[d] for d, n in enumerate(index.shape))
    too_large = too_large or (src is not None and _exceeds(index.shape, src))
    if src is not None and max(index.ndim, 1) != max(src.ndim, 1):
        raise ShapeError(
            "Index tensor must have the same number of dimensions as src tensor", code="index-ndim"
        )
    if too_large:
        raise ShapeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from "
            f"dimension {at}"
            + ("" if src is None else f" and to be no larger size than src {list(src.shape)}"),
            code="index-shape",
        )
    return input


def _exceeds(index: tuple[int, ...], src: Spec) -> bool:
    """Whether an index is larger than the source in a dimension; IndexError for one that the source lacks."""
    return any(n > (src.shape[wrap_dim(d, src.ndim)] if src.ndim else 1) for d, n in enumerate(index))


def places(x: Array, dim: int, index: Array) -> Array:
    """Row-major positions in `x` that `index` along `dim` names, checked."""
    shape = x.shape or (1,)
    at = dim % len(shape)
    check_bounds(index, shape[at], at, raises=RuntimeError)
    index = np.atleast_1d(index)
    return flat_positions(shape, index, at, index.shape)


def region(src: Array, index: Array) -> Array:
    """The part of `src` that `index` covers."""
    return np.atleast_1d(src)[tuple([slice(n) for n in index.shape or (1,)])]


# ------------------------------------------------------------------ scatter


@op(
    "scatter(Tensor input, int dim, Tensor index, Tensor src)",
    batching="along",
    infer=scatter_rule,
    half="native",
    names=(),
)
def scatter_src(x, dim, index, src):
    out = x.copy()
    if index.size:
        out.reshape(-1)[places(x, dim, index)] = region(src, index)
    return out


@scatter_src.derivative("input")
def _(grad, dim, index):
    return grad.scatter(dim, index, 0)


@scatter_src.derivative("src")
def _(grad, dim, index):
    return grad.gather(dim, index)


@op(
    "scatter(Tensor input, int dim, Tensor index, Number value)",
    batching="along",
    infer=lambda input, dim, index, value: scatter_rule(input, dim, index),
    half="native",
    grad_fn="ScatterBackward1",
    names=(),
)
def scatter_value(x, dim, index, value):
    out = x.copy()
    if index.size:
        out.reshape(-1)[places(x, dim, index)] = value
    return out


@scatter_value.derivative("input")
def _(grad, dim, index):
    return grad.scatter(dim, index, 0)


def _scatter_reduced_rule(input: Spec, dim: int, index: Spec, src: Spec, reduce: str) -> Spec:
    out = scatter_rule(input, dim, index, src)
    if reduce not in ("add", "multiply"):
        raise BadValue("reduce argument must be either add or multiply.", help='reduce="add"')
    return out


@op(
    "scatter(Tensor input, int dim, Tensor index, Tensor src, str reduce)",
    batching="along",
    infer=_scatter_reduced_rule,
    grad_fn="NotImplemented",
    names=(),
)
def scatter_reduced(x, dim, index, src, reduce):
    out = x.copy()
    if index.size:
        at = np.add.at if reduce == "add" else np.multiply.at
        positions = places(x, dim, index)
        at(out.reshape(-1), positions, region(src, index))
    return out


@overloaded(
    "scatter(Tensor input, int dim, Tensor index, any src=..., any value=..., *, str reduce=...)",
    sample=([1.0, 2.0, 3.0], 0, np.array([2, 0]), [5.0, 6.0]),
)
def scatter(input, dim, index, src, value, reduce):
    """`input` with the elements of `src` (or a number) at the places `index` names along `dim`.

    >>> scatter(zeros(2, 3), 1, tensor([[2], [0]]), 1.)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    if (src is ABSENT) is (value is ABSENT):
        raise bad_call("scatter", input, dim, index, src, value)
    given = value if src is ABSENT else src
    reduce = None if reduce is ABSENT else reduce
    if isinstance(given, list):
        given = registry["engine.tensor_of"](given)
    if not isinstance(given, Tensor):
        given = number_for(given, input.dtype)
        if reduce is None:
            return scatter_value, (input, dim, index, given)
        given = full_spec(input.spec.with_shape(index.spec.shape), given)
    if reduce is None:
        return scatter_src, (input, dim, index, given)
    if given is src:
        warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future "
            "PyTorch release. Use torch.scatter_reduce instead for more reduction options.",
            once=True,
            internal="aten/src/ATen/native/TensorAdvancedIndexing.cpp:225",
            help='x.scatter_reduce(dim, index, src, "sum")',
        )
    return scatter_reduced, (input, dim, index, given, reduce)


@op(
    "scatter_add(Tensor input, int dim, Tensor index, Tensor src)",
    batching="along",
    infer=scatter_rule,
    inplace=True,
    sample=([1.0, 2.0, 3.0], 0, np.array([2, 0, 2]), [5.0, 6.0, 7.0]),
)
def scatter_add(x, dim, index, src):
    """`input` with the elements of `src` added at the places `index` names along `dim`.

    >>> scatter_add(zeros(3), 0, tensor([0, 2, 2]), tensor([1., 2., 3.]))
    tensor([1., 0., 5.])
    """
    out = x.copy()
    if index.size:
        add_at(out, places(x, dim, index), region(src, index))
    return out


@scatter_add.derivative("input")
def _(grad):
    return grad


@scatter_add.derivative("src")
def _(grad, dim, index):
    return grad.gather(dim, index)


# ------------------------------------------------------------------ scatter_reduce

AT = {
    "sum": np.add.at,
    "mean": np.add.at,
    "prod": np.multiply.at,
    "amax": np.maximum.at,
    "amin": np.minimum.at,
}
AT |= {"max": AT["amax"], "min": AT["amin"]}


def identity(reduce: str, dtype: np.dtype[Any]) -> Any:
    """The value that a reduction starts from."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    low = reduce in ("amax", "max")
    if dtype.kind == "b":
        return not low
    if dtype.kind in "iu":
        return np.iinfo(dtype).min if low else np.iinfo(dtype).max
    return -np.inf if low else np.inf


def reduce_at(x: Array, positions: Array, values: Array, reduce: str, include_self: bool) -> Array:
    """A copy of `x` with `values` reduced into it at row-major `positions`."""
    out = x.copy()
    flat = out.reshape(-1)
    if not positions.size:
        return out
    if not include_self:
        flat[positions] = identity(reduce, x.dtype)
    AT[reduce](flat, positions.ravel(), np.ravel(values))
    if reduce == "mean":
        count = np.full(flat.shape, int(include_self))
        np.add.at(count, positions.ravel(), 1)
        count[count == 0] = 1
        flat[...] = flat // count if x.dtype.kind in "iub" else flat / count
    return out


def _scatter_reduce_rule(
    input: Spec, dim: int, index: Spec, src: Spec, reduce: str, include_self: bool
) -> Spec:
    if reduce not in AT:
        raise BadValue(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    return scatter_rule(input, dim, index, src)


@op(
    "scatter_reduce(Tensor input, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True)",
    batching="along",
    infer=_scatter_reduce_rule,
    inplace=True,
    sample=([1.0, 2.0, 3.0], 0, np.array([2, 0, 2]), [5.0, 6.0, 7.0], "prod"),
)
def scatter_reduce(x, dim, index, src, reduce, include_self):
    """`input` with the elements of `src` reduced into the places `index` names along `dim`: "sum",
    "prod", "mean", "amax" or "amin"; the old value takes part if `include_self`.

    >>> scatter_reduce(ones(3), 0, tensor([0, 2, 2]), tensor([1., 2., 3.]), "prod")
    tensor([1., 1., 6.])
    """
    if not index.size:
        return x.copy()
    return reduce_at(x, places(x, dim, index), region(src, index), reduce, include_self)


class Along:
    """How a reduction into places reads, adds and reduces there: by scatter or by a vector of indices."""

    def __init__(self, read: str, add: str, reduce: str, fill: str, dim: int, index: Tensor):
        self.names = read, add, reduce, fill
        self.where = dim, index

    def read(self, t: Tensor) -> Tensor:
        return registry[self.names[0]](t, *self.where)

    def add(self, t: Tensor, values: Tensor) -> Tensor:
        return registry[self.names[1]](t, *self.where, values)

    def reduce(self, t: Tensor, values: Tensor, how: str, include_self: bool) -> Tensor:
        return registry[self.names[2]](t, *self.where, values, how, include_self=include_self)

    def clear(self, t: Tensor) -> Tensor:
        return registry[self.names[3]](t, *self.where, 0)


def reduced_gradients(
    at: Along, grad: Tensor, x: Tensor, src: Tensor, output: Tensor, reduce: str, include_self: bool
) -> tuple[Tensor, Tensor]:
    """The gradients of the old values and of the source of a reduction into places."""
    ones_like, where = registry["ones_like"], registry["where"]
    if reduce == "sum":
        mine, theirs = grad, at.read(grad)
    elif reduce == "mean":
        start = registry["ones_like" if include_self else "zeros_like"](grad)
        number = at.add(start, ones_like(src))
        each = grad / number.masked_fill(number == 0, 1)
        mine, theirs = each, at.read(each)
    elif reduce == "prod":
        # a single zero gets the product of the others; dividing by it would not
        nonzero = x.masked_fill(x == 0, 1)
        mine = grad * at.reduce(nonzero, src, reduce, include_self) / nonzero
        zero = src == 0
        zeros = at.read(at.add(x.detach() * 0, zero.to(x.dtype)))
        only = zero & (zeros == 1)
        others = at.reduce(x, src.masked_fill(only, 1), reduce, include_self)
        theirs = where(only, at.read(grad * others), at.read(grad * output) / src.masked_fill(zero, 1))
    elif reduce in ("max", "min"):
        raise BadValue(
            f"Expected 'reduce' to be one of 'sum', 'prod', 'mean', 'amax', 'amin' but got {reduce}.",
            help=f"'a{reduce}' is the same, with a derivative",
        )
    else:
        is_mine = x == output
        is_theirs = src == at.read(output)
        number = at.add(is_mine.to(grad.dtype), is_theirs.to(grad.dtype))
        each = grad / number
        mine, theirs = is_mine * each, is_theirs * at.read(each)
    return (mine if include_self else at.clear(mine)), theirs


@scatter_reduce.derivative("input", "src")
def _(grad, input, dim, index, src, reduce, include_self, output):
    at = Along("gather", "scatter_add", "scatter_reduce", "scatter", dim, index)
    return reduced_gradients(at, grad, input, src, output, reduce, include_self)
