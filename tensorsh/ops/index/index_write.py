"""Writing slices along one dimension where a vector of indices says: index_add, index_copy, …"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.numerics.kernel_code import KernelCode, simple, written
from ...engine.numerics.made_later import CALL
from ...engine.records.op import op, registry
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..rules.infer import wrap_dim
from ..rules.numbers import check_number
from ..rules.overload import overloaded
from ..rules.positions import along, check_bounds, flat_positions, require_integers
from .by_tensors import add_at
from .getitem import number_for
from .scatter import Along, reduce_at, reduced_gradients

Array = np.ndarray[Any, Any]

#: rows added as machine code: calls of NumPy otherwise, and how often they go over the elements
ADD_ROWS, CALLS, PASSES = KernelCode(written("index_routines", "add_rows"), "aaaii"), 15, 10


def slice_places(
    x: Array, dim: int, index: Array, message: str = "", raises: type[Exception] = IndexError
) -> tuple[Array, tuple[int, ...]]:
    """Row-major positions of the slices along `dim` that `index` names, and the region's shape."""
    shape = x.shape or (1,)
    at = dim % len(shape)
    extent = (*shape[:at], index.size, *shape[at + 1 :])
    if 0 not in extent:  # where nothing is written nobody looks where
        check_bounds(index, shape[at], at, message=message, raises=raises)
    return flat_positions(shape, along(index, at, len(shape)), at, extent), extent


# ------------------------------------------------------------------ index_add and index_reduce


def _added_rule(name: str, input: Spec, dim: int, index: Spec, source: Spec) -> Spec:
    at = wrap_dim(dim, input.ndim)
    require_integers(index, f"{name}(): Expected dtype int32/int64 for index but got: {{dtype.title}}")
    if source.dtype is not input.dtype:
        raise DTypeError(
            f"{name}(): self ({input.dtype.title}) and source ({source.dtype.title}) must have the same "
            "scalar type",
            code="index-dtype",
        )
    if index.ndim > 1:
        raise BadIndex(
            f"{name}(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{index.dtype.title} and size: {list(index.shape)}",
            code="index-ndim",
        )
    if at and at >= source.ndim:
        raise ShapeError(
            f"{name}(): Indexing dim {at} is out of bounds of the source tensor with dim {source.ndim}",
            code="index-shape",
        )
    size = source.shape[at] if source.ndim else 1
    if index.numel != size:
        if not source.ndim:
            raise BadIndex(
                f"Dimension specified as {at} but tensor has no dimensions",
                code="index-shape",
                help="a 0-d source is one number, for one index",
            )
        raise ShapeError(
            f"{name}(): Number of indices ({index.numel}) should be equal to source.size(dim): ({size}), "
            f"for dim: {at}",
            code="index-shape",
        )
    mine, theirs = input.shape, source.shape
    if input.ndim and source.ndim:
        mine, theirs = mine[:at] + mine[at + 1 :], theirs[:at] + theirs[at + 1 :]
    if mine != theirs:
        raise ShapeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got "
            f"self.shape = {list(input.shape)} source.shape = {list(source.shape)}",
            code="index-shape",
        )
    return input


def _index_add_rule(input: Spec, dim: int, index: Spec, source: Spec, alpha: Any) -> Spec:
    out = _added_rule("index_add_", input, dim, index, source)
    check_number(alpha, input.dtype)
    return out


@op(
    "index_add(Tensor input, int dim, Tensor index, Tensor source, *, Number alpha=1)",
    infer=_index_add_rule,
    inplace=True,
    separate=True,
    sample=([[1.0, 2.0], [3.0, 4.0]], 0, np.array([1, 1]), [[5.0, 6.0], [7.0, 8.0]]),
)
def index_add(x, dim, index, source, alpha):
    """`input` with `alpha` times the slices of `source` added to those that `index` names.

    >>> index_add(zeros(3), 0, tensor([2, 2, 0]), tensor([1., 2., 3.]))
    tensor([3., 0., 3.])
    """
    out = x.copy()
    if x.ndim > 1 and dim % x.ndim == 0 and alpha == 1 and _rows_added(out, index, source):
        return out
    if x.ndim > 1 and dim % x.ndim in (0, x.ndim - 1) and alpha == 1 and index.dtype == np.int64:
        positions, extent = slice_places(x, dim, index, raises=RuntimeError)  # PyTorch scatters then
    else:
        positions, extent = slice_places(x, dim, index, "index out of range in self")
    if alpha != 1:
        source = source * np.asarray(alpha).astype(x.dtype)
    add_at(out, positions, source.reshape(extent))
    return out


def _rows_added(out: Array, index: Array, source: Array) -> bool:
    """Whether machine code has added rows of float32 numbers; it has them where all indices are places."""
    if not simple(out, source) or index.dtype != np.int64 or not source.size:
        return False
    index = np.ascontiguousarray(index).reshape(-1)
    if not ADD_ROWS.ready(source.size * PASSES + CALL * CALLS):
        return False
    if np.minimum.reduce(index) < 0 or np.maximum.reduce(index) >= len(out):
        return False
    ADD_ROWS(out, index, source, index.size, source.size // index.size)
    return True


@index_add.derivative("input")
def _(grad):
    return grad


@index_add.derivative("source")
def _(grad, dim, index, source, alpha):
    found = grad.index_select(dim, index).expand(source.spec.shape)
    return found if alpha == 1 else found * alpha


def _index_reduce_rule(
    input: Spec, dim: int, index: Spec, source: Spec, reduce: str, include_self: bool
) -> Spec:
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise BadValue(
            f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}."
        )
    return _added_rule("index_reduce_", input, dim, index, source)


@op(
    "index_reduce(Tensor input, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True)",
    infer=_index_reduce_rule,
    inplace=True,
    separate=True,
    sample=([[1.0, 2.0], [3.0, 4.0]], 0, np.array([1, 1]), [[5.0, 6.0], [7.0, 8.0]], "mean"),
)
def index_reduce(x, dim, index, source, reduce, include_self):
    """`input` with the slices of `source` reduced into those that `index` names: "prod", "mean",
    "amax" or "amin"; the old value takes part if `include_self`.

    >>> index_reduce(ones(3), 0, tensor([2, 2, 0]), tensor([2., 4., 3.]), "prod")
    tensor([3., 1., 8.])
    """
    positions, extent = slice_places(x, dim, index, "index out of range in self")
    return reduce_at(x, positions, source.reshape(extent), reduce, include_self)


@index_reduce.derivative("input", "source")
def _(grad, input, dim, index, source, reduce, include_self, output):
    at = Along("index_select", "index_add", "index_reduce", "index_fill", dim, index)
    return reduced_gradients(at, grad, input, source, output, reduce, include_self)


# ------------------------------------------------------------------ index_copy


def _index_copy_rule(input: Spec, dim: int, index: Spec, source: Spec) -> Spec:
    at = wrap_dim(dim, input.ndim)
    if index.ndim > 1:
        raise BadIndex(
            f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})", code="index-ndim"
        )
    if not source.shape and index.numel != 1:
        raise BadIndex(
            f"index_copy_(): When source is scalar, index should have one element (got {index.numel})",
            code="index-shape",
        )
    if source.shape and input.shape and source.ndim != input.ndim:
        raise BadIndex(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. "
            f"Source dimensionality ({source.ndim}), destination dimensionality ({input.ndim})",
            code="index-ndim",
        )
    require_integers(
        index, "index_copy_(): Expected a long tensor for index, but got {dtype.title}", (dt.int64,)
    )
    if source.dtype is not input.dtype:
        raise DTypeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{input.dtype.title} and (source) {source.dtype.title}",
            code="index-dtype",
        )
    mine = input.shape[:at] + input.shape[at + 1 :]
    theirs = source.shape[:at] + source.shape[at + 1 :]
    if mine != theirs:
        listed = [" ".join(map(str, s)) if s else "" for s in (mine, theirs)]
        raise ShapeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{listed[0]} at dimension {at} and source slice shape: {listed[1]} at dimension 0.",
            code="index-shape",
        )
    if source.shape and index.numel != source.shape[at]:
        raise BadIndex(
            f"index_copy_(): Number of indices ({index.numel}) should be equal to source.size(dim) "
            f"({source.shape[at]})",
            code="index-shape",
        )
    return input


@op(
    "index_copy(Tensor input, int dim, Tensor index, Tensor source)",
    infer=_index_copy_rule,
    half="native",
    inplace=True,
    separate=True,
    sample=([[1.0, 2.0], [3.0, 4.0]], 0, np.array([1]), [[5.0, 6.0]]),
)
def index_copy(x, dim, index, source):
    """`input` with the slices of `source` in place of those that `index` names.

    >>> index_copy(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    out = x.copy()
    message = "index_copy_(): index {index} is out of bounds for dimension {dim} with size {size}"
    positions, extent = slice_places(x, dim, index, message)
    out.reshape(-1)[positions] = source.reshape(extent)
    return out


@index_copy.derivative("input")
def _(grad, dim, index):
    return grad.index_fill(dim, index, 0)


@index_copy.derivative("source")
def _(grad, dim, index, source):
    return grad.index_select(dim, index).expand(source.spec.shape)


# ------------------------------------------------------------------ index_fill


def _index_fill_rule(input: Spec, dim: int, index: Spec, value: Any) -> Spec:
    wrap_dim(dim, input.ndim)
    if index.dtype is not dt.int64:
        raise BadIndex(
            "index_fill_(): Expected dtype int64 for index.", code="index-dtype", help="convert it: i.long()"
        )
    if index.ndim > 1:
        raise ShapeError("Index has to be a vector/scalar", code="index-ndim")
    if isinstance(value, Spec) and value.shape:
        raise ShapeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s).",
            code="index-fill-value",
        )
    return input


def _index_fill_kernel(x: Array, dim: int, index: Array, value: Any) -> Array:
    out = x.copy()
    whole = np.atleast_1d(out)
    at = dim % whole.ndim
    if not x.size or not index.size:
        return out
    check_bounds(index, whole.shape[at], at, negative=True)
    whole[(slice(None),) * at + (index.reshape(-1),)] = value
    return whole.reshape(x.shape)


index_fill_number = op(
    "index_fill(Tensor input, int dim, Tensor index, Number value)",
    infer=_index_fill_rule,
    half="native",
    names=(),
    expanded="tensor[mask] = scalar",
)(_index_fill_kernel)
index_fill_tensor = op(
    "index_fill(Tensor input, int dim, Tensor index, Tensor value)",
    infer=_index_fill_rule,
    half="native",
    grad_fn="IndexFillBackward1",
    names=(),
    expanded="tensor[mask] = scalar",
)(_index_fill_kernel)


def _outside(grad: Tensor, dim: int, index: Tensor) -> Tensor:
    return grad.index_fill(dim, index, 0)


@index_fill_number.derivative("input")
def _(grad, dim, index):
    return _outside(grad, dim, index)


@index_fill_tensor.derivative("input")
def _(grad, dim, index):
    return _outside(grad, dim, index)


@index_fill_tensor.derivative("value")
def _(grad, dim, index):
    return grad.index_select(dim, registry["unique"](index)).sum()


@overloaded(
    "index_fill(Tensor input, int dim, Tensor index, any value)",
    sample=([[1.0, 2.0], [3.0, 4.0]], 0, np.array([1]), 5.0),
)
def index_fill(input, dim, index, value):
    """`input` with one number in all slices that `index` names.

    >>> index_fill(zeros(3), 0, tensor([0, -1]), 5)
    tensor([5., 0., 5.])
    """
    if isinstance(value, Tensor):
        return index_fill_tensor, (input, dim, index, value)
    if type(value) is complex and not input.dtype.is_complex:
        raise DTypeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    return index_fill_number, (input, dim, index, number_for(value, input.dtype))
