"""Picking elements along a dimension: gather, index_select, take, take_along_dim."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.numerics.along import taken_along
from ...engine.records.op import composite, op, registry
from ...errors import BadIndex, ShapeError
from ..rules.infer import wrap_dim
from ..rules.memory_order import row_by_row
from ..rules.positions import check_bounds, require_integers, zeros_of

Array = np.ndarray[Any, Any]

# ------------------------------------------------------------------ along one dimension


def _gather_rule(input: Spec, dim: int, index: Spec, sparse_grad: bool = False) -> Spec:
    at = wrap_dim(dim, input.ndim)
    if not index.numel:
        return input.with_shape(index.shape)
    require_integers(index, "gather(): Expected dtype int32/int64 for index")
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise ShapeError(
            "Index tensor must have the same number of dimensions as input tensor",
            code="index-ndim",
            help=f"input has {input.ndim} dimensions, the index {index.ndim}; unsqueeze the index",
        )
    for d, n in enumerate(index.shape):
        if d != at and n > input.shape[d]:
            raise ShapeError(
                f"Size does not match at dimension {d} expected index {list(index.shape)} to be no larger "
                f"than self {list(input.shape)} apart from dimension {at}",
                code="index-shape",
            )
    return input.with_shape(index.shape)


@op(
    "gather(Tensor input, int dim, Tensor index, *, bool sparse_grad=False)",
    batching="along",
    infer=_gather_rule,
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], 1, np.array([[0, 0], [1, 0]])),
)
def gather(x, dim, index, sparse_grad):
    """The element that `index` names along `dim`, at each place of `index`.

    >>> gather([[1, 2], [3, 4]], 1, [[0, 0], [1, 0]])
    tensor([[1, 1],
            [4, 3]])
    """
    if not index.size:
        return np.empty(index.shape, x.dtype)
    x = np.atleast_1d(x)
    at = dim % x.ndim
    check_bounds(index, x.shape[at], at, raises=RuntimeError)
    if x.ndim == 1:
        return x[index]
    region = tuple([slice(None) if d == at else slice(n) for d, n in enumerate(index.shape)])
    return row_by_row(taken_along(x[region], index, at))


@gather.derivative("input")
def _(grad, input_spec, dim, index, sparse_grad):
    if sparse_grad:
        from ..sparse.construct import gathered

        return gathered(input_spec, dim, index, grad)
    return zeros_of(input_spec, grad).scatter_add(dim, index, grad)


def _index_select_rule(input: Spec, dim: int, index: Spec) -> Spec:
    at = wrap_dim(dim, input.ndim)
    if index.ndim > 1:
        raise BadIndex("index_select(): Index is supposed to be a vector", code="index-ndim")
    require_integers(index, "index_select(): Expected dtype int32 or int64 for index")
    if not input.shape:
        if index.numel != 1:
            raise ShapeError(
                f"index_select(): Index to scalar can have only 1 value, got {index.numel} value(s)"
            )
        return input
    if input.ndim > 1 and index.numel and not input.shape[at]:
        raise ShapeError("index_select(): self indexing axis dim should be positive", code="index-range")
    return input.with_shape((*input.shape[:at], index.numel, *input.shape[at + 1 :]))


@op(
    "index_select(Tensor input, int dim, Tensor index)",
    infer=_index_select_rule,
    picks=True,
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], 1, np.array([1, 1, 0])),
)
def index_select(x, dim, index):
    """The slices of `input` along `dim` that `index` lists.

    >>> index_select([[1, 2], [3, 4]], 0, [1, 1])
    tensor([[3, 4],
            [3, 4]])
    """
    whole = np.atleast_1d(x)
    at = dim % whole.ndim
    message = "index out of range in self"
    raises: type[Exception] = IndexError
    if at == 1 or (whole.ndim > 1 and not whole.size):  # PyTorch has a kernel of its own for it
        raises = RuntimeError
        message = "INDICES element is out of DATA bounds, id={index} axis_dim={size}"
    check_bounds(index, whole.shape[at], at, message=message, raises=raises)
    found = whole.take(index.reshape(-1), axis=at)
    return found if x.ndim else found.reshape(())


@index_select.derivative("input")
def _(grad, input_spec, dim, index):
    return zeros_of(input_spec, grad).index_add(dim, index, grad)


@index_select.batched
def _(slices, x, dim, index):
    if slices.any_varies(index) or not x.spec.shape:
        return NotImplemented
    return slices.run(x.value, dim % len(x.spec.shape) + 1, index)


# ------------------------------------------------------------------ in the flattened tensor


def _take_rule(input: Spec, index: Spec) -> Spec:
    require_integers(index, "take(): Expected a long tensor for index, but got {dtype.title}", (dt.int64,))
    if index.numel and not input.numel:
        raise BadIndex("take(): tried to take from an empty tensor", code="index-range")
    return input.with_shape(index.shape)


TAKE_RANGE = "out of range: tried to access index {index} on a tensor of {size} elements."


@op(
    "take(Tensor input, Tensor index)",
    infer=_take_rule,
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], np.array([0, 3, 0])),
)
def take(x, index):
    """The elements at `index` of the flattened tensor.

    >>> take([[1, 2], [3, 4]], [0, 3])
    tensor([1, 4])
    """
    check_bounds(index, x.size, 0, negative=True, message=TAKE_RANGE)
    return x.reshape(-1)[index]


@take.derivative("input")
def _(grad, input_spec, index):
    return zeros_of(input_spec, grad).put(index, grad, True)


@composite(
    "take_along_dim(Tensor input, Tensor indices, int? dim=None)",
    sample=([[1.0, 2.0], [3.0, 4.0]], np.array([[1], [0]]), 1),
)
def take_along_dim(input, indices, dim):
    """The element that `indices` names along `dim`; both broadcast apart from `dim`. What argmax and
    argsort return can be used here.

    >>> x = tensor([[3, 1, 2]]); take_along_dim(x, argsort(x), 1)
    tensor([[1, 2, 3]])
    """
    integers = "torch.take_along_dim(): dtype of indices should be Long but got {dtype.title}"
    if dim is None:
        require_integers(indices.spec, integers, (dt.int64,))
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    if input.ndim != indices.ndim:
        raise ShapeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices",
            code="index-ndim",
        )
    require_integers(indices.spec, integers, (dt.int64,))
    at = wrap_dim(dim, input.ndim)
    here, there = list(input.shape), list(indices.shape)
    size, here[at : at + 1], there[at : at + 1] = here[at], [1], [1]
    common = list(broadcast_shapes(tuple(here), tuple(there)))
    x = input.expand([*common[:at], size, *common[at + 1 :]])
    i = indices.expand([*common[:at], indices.shape[at], *common[at + 1 :]])
    return gather(x, at, registry["remainder"](i, size) if size else i)
