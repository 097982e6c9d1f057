"""Counting and looking up values: unique, isin, searchsorted, bucketize, bincount."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.calls.accepts import is_number, is_tensor
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.records.op import Op, composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, GradientError, ShapeError
from ..rules.families import not_implemented
from ..rules.infer import bad_call, real_dim

Array = np.ndarray[Any, Any]

# ------------------------------------------------------------------ unique


def runs(rows: Array) -> Array:
    """Where a row differs from the one before it (the first one does)."""
    if not len(rows):
        return np.zeros(0, np.bool_)
    flat = rows.reshape(len(rows), -1)
    return np.concatenate([[True], (flat[1:] != flat[:-1]).any(1)])


def distinct(rows: Array, order: Array | None) -> tuple[Array, Array, Array]:
    """The first row of each run, to which run each row belongs, and the runs' lengths.

    `order` sorts the rows first; None takes them as they come.
    """
    ordered = rows if order is None else rows[order]
    new = runs(ordered)
    number = np.cumsum(new) - 1
    inverse = number
    if order is not None:
        inverse = np.empty_like(number)
        inverse[order] = number
    return ordered[new], inverse.astype(np.int64), np.bincount(number, minlength=int(new.sum()))


def sorting(rows: Array) -> Array:
    """The order of rows, compared from their first element on."""
    if rows.ndim == 1:
        return np.argsort(rows, kind="stable")
    flat = rows.reshape(len(rows), -1)
    return np.lexsort(flat.T[::-1]) if flat.shape[1] else np.arange(len(rows))


def _whole_kernel(sort: bool) -> Any:
    def kernel(x: Array, *_: Any) -> tuple[Array, ...]:
        flat = x.reshape(-1)
        values, inverse, counts = distinct(flat, sorting(flat) if sort else None)
        return values, inverse.reshape(x.shape), counts

    return kernel


def _rows_kernel(sort: bool) -> Any:
    def kernel(x: Array, dim: int, *_: Any) -> tuple[Array, ...]:
        rows = np.moveaxis(x, dim, 0)
        if 0 in rows.shape[1:]:
            if len(rows):
                raise BadValue(
                    "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
                )
            rows = rows.reshape(rows.shape)
        elif not len(rows):
            none = np.zeros(0, np.int64)
            return x.copy(), none, none
        values, inverse, counts = distinct(rows, sorting(rows) if sort else None)
        return np.moveaxis(values, 0, dim), inverse, counts

    return kernel


def _dynamic(name: str) -> str:
    """What vmap says of it."""
    return (
        "We do not support batching operators that can output dynamic shape. Attempted to vmap over "
        f"aten::{name}."
    )


unique_all = op(
    "_unique2(Tensor input)",
    half="native",
    grad_fn="Unique2Backward0",
    names=(),
    dynamic=_dynamic("_unique2"),
)(_whole_kernel(True))
unique_rows = op(
    "unique_dim(Tensor input, int dim)",
    half="native",
    grad_fn="UniqueDimBackward0",
    names=(),
    dynamic=_dynamic("unique_dim"),
)(_rows_kernel(True))
consecutive_all = op(
    "unique_consecutive(Tensor input)",
    half="native",
    grad_fn="UniqueConsecutiveBackward0",
    names=(),
    dynamic=_dynamic("unique_consecutive"),
)(_whole_kernel(False))
consecutive_rows = op(
    "unique_consecutive(Tensor input, int dim)",
    half="native",
    grad_fn="UniqueDimConsecutiveBackward0",
    names=(),
)(_rows_kernel(False))


def refuse(record: Op) -> None:
    """Outputs require grad, as PyTorch's do, but have no derivative."""

    @record.derivative("input")
    def _(grad):
        raise GradientError(
            f"the derivative for '{record.name}' is not implemented.",
            raises=NotImplementedError,
            code="derivative-not-implemented",
        )


for _record in (unique_all, unique_rows, consecutive_all, consecutive_rows):
    refuse(_record)


def check_order(input: Tensor) -> None:
    if input.dtype.is_complex:
        raise not_implemented("unique", input.spec)


def _chosen(found: tuple[Tensor, ...], return_inverse: bool, return_counts: bool) -> Any:
    wanted = [found[0]] + [found[1]] * return_inverse + [found[2]] * return_counts
    return wanted[0] if len(wanted) == 1 else tuple(wanted)


@composite(
    "unique(Tensor input, bool sorted=True, bool return_inverse=False, bool return_counts=False, "
    "int? dim=None)",
)
def unique(input, sorted, return_inverse, return_counts, dim):
    """The distinct elements (or slices along `dim`) in order; if asked for, where each element went
    and how often each occurs.

    >>> unique([3, 1, 3], return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    check_order(input)
    if dim is None:
        found = apply(unique_all, (input,))
    else:
        found = apply(unique_rows, (input, real_dim(dim, input.spec)))
    return _chosen(found, return_inverse, return_counts)


@composite(
    "unique_consecutive(Tensor input, bool return_inverse=False, bool return_counts=False, int? dim=None)",
)
def unique_consecutive(input, return_inverse, return_counts, dim):
    """The first of each run of equal elements (or slices along `dim`).

    >>> unique_consecutive([1, 1, 2, 1])
    tensor([1, 2, 1])
    """
    check_order(input)
    if dim is None:
        found = apply(consecutive_all, (input,))
    else:
        found = apply(consecutive_rows, (input, real_dim(dim, input.spec)))
    return _chosen(found, return_inverse, return_counts)


# ------------------------------------------------------------------ membership


@op(
    "isin(Tensor elements, Tensor test_elements, bool assume_unique, bool invert)",
    infer=lambda elements, test_elements, *_: elements.with_dtype(dt.bool_),
    names=(),
    nondifferentiable=True,
)
def isin_kernel(elements, test_elements, assume_unique, invert):
    return np.isin(elements, test_elements, invert=invert)


@composite(
    "isin(any elements, any test_elements, *, bool assume_unique=False, bool invert=False)",
    names=("torch.isin",),
)
def isin(elements, test_elements, assume_unique, invert):
    """Whether each element is among `test_elements` (is not, with `invert`).

    >>> isin([1, 2, 3], [2, 3])
    tensor([False,  True,  True])
    """
    tensors = sum(map(is_tensor, (elements, test_elements)))
    if not tensors or tensors + sum(map(is_number, (elements, test_elements))) < 2:
        raise bad_call("isin", elements, test_elements)
    pair = [t if isinstance(t, Tensor) else registry["tensor"](t) for t in (elements, test_elements)]
    for t in pair:
        if t.dtype.is_complex or t.dtype is dt.bool_:
            raise DTypeError(f"Unsupported input type encountered for isin(): {t.dtype.title}")
    return apply(isin_kernel, (*pair, assume_unique, invert))


# ------------------------------------------------------------------ searchsorted


def _search_rule(
    boundaries: Spec, input: Spec, out_int32: bool, right: bool, side: str | None, sorter: Spec | None
) -> Spec:
    where = "torch.searchsorted(): "
    if side is not None and side not in ("left", "right"):
        raise BadValue(f"{where}side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise BadValue(
            f"{where}side and right can't be set to opposites, got side of left while right was True"
        )
    if not boundaries.shape:
        raise ShapeError(f"{where}boundaries tensor should have positive dimension, but got 0 dimension")
    if boundaries.ndim > 1 and not input.shape:
        raise ShapeError(
            f"{where}input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({boundaries.ndim}) and input value's dim(0) numel(1)"
        )
    if boundaries.ndim > 1 and boundaries.shape[:-1] != input.shape[:-1]:
        raise ShapeError(
            f"{where}boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            "tensor and input value tensor must match, but we got boundaries tensor "
            f"{list(boundaries.shape)} and "
            f"input value tensor {list(input.shape)}"
        )
    if sorter is not None and sorter.shape != boundaries.shape:
        raise ShapeError(
            f"{where}boundary and sorter must have the same size, but got boundary tensor "
            f"{list(boundaries.shape)}and got sorter tensor {list(sorter.shape)}"
        )
    if sorter is not None and sorter.dtype is not dt.int64:
        raise DTypeError(f"{where}sorter must be a tensor of long dtype but got dtype {sorter.dtype.title}")
    both_bool = boundaries.dtype is input.dtype is dt.bool_
    if input.numel and (both_bool or boundaries.dtype.is_complex or input.dtype.is_complex):
        raise not_implemented("searchsorted_out_cpu", boundaries if boundaries.dtype.is_complex else input)
    return input.with_dtype(dt.int32 if out_int32 else dt.int64)


@op(
    "searchsorted(Tensor sorted_sequence, Tensor input, bool out_int32, bool right, str? side, "
    "Tensor? sorter)",
    infer=_search_rule,
    names=(),
    nondifferentiable=True,
)
def search(boundaries, values, out_int32, right, side, sorter):
    if sorter is not None:
        if sorter.size and (sorter.min() < 0 or sorter.max() >= boundaries.shape[-1]):
            raise BadValue("torch.searchsorted(): sorter index out of range")
        boundaries = np.take_along_axis(boundaries, sorter, -1)
    side = "right" if right or side == "right" else "left"
    if boundaries.ndim == 1:
        return np.searchsorted(boundaries, values, side)
    if not values.size:
        return np.zeros(values.shape, np.int64)
    rows = boundaries.reshape(-1, boundaries.shape[-1]) if boundaries.size else [boundaries[:0]] * values.size
    wanted = values.reshape(len(rows), -1)
    found = [np.searchsorted(b, v, side) for b, v in zip(rows, wanted, strict=True)]
    return np.array(found).reshape(values.shape)


@composite(
    "searchsorted(Tensor sorted_sequence, Tensor|Number input, *, bool out_int32=False, bool right=False, "
    "str? side=None, Tensor? sorter=None)",
    names=("torch.searchsorted",),
)
def searchsorted(sorted_sequence, input, out_int32, right, side, sorter):
    """Where each value would go in a sorted sequence: before equal elements, or after if `right`.

    >>> searchsorted([1, 3, 5], [3, 4])
    tensor([1, 2])
    """
    input = input if isinstance(input, Tensor) else registry["tensor"](input)
    warn_strided(sorted_sequence, input)
    return apply(search, (sorted_sequence, input, out_int32, right, side, sorter))


def warn_strided(boundaries: Tensor, input: Tensor) -> None:
    """What does not lie in memory in order is copied first."""
    for value, name, line in ((input, "input value", 32), (boundaries, "boundary", 38)):
        if not value.in_order:
            warn(
                f"torch.searchsorted(): {name} tensor is non-contiguous, this will lower the performance due to "
                "extra data copy when converting non-contiguous tensor to contiguous, please use contiguous "
                f"{name} tensor if possible. This message will only appear once per program.",
                once=True,
                internal=f"aten/src/ATen/native/BucketizationUtils.h:{line}",
                help="x.contiguous()",
                operands=(value,),
            )


@composite(
    "bucketize(Tensor|Number input, Tensor boundaries, *, bool out_int32=False, bool right=False)",
    names=("torch.bucketize",),
)
def bucketize(input, boundaries, out_int32, right):
    """The number of the bucket between `boundaries` that each value falls into.

    >>> bucketize([0., 2., 9.], [1., 3., 5.])
    tensor([0, 1, 3])
    """
    if boundaries.ndim != 1:
        raise ShapeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    input = input if isinstance(input, Tensor) else registry["tensor"](input)
    warn_strided(boundaries, input)
    return apply(search, (boundaries, input, out_int32, right, None, None))


# ------------------------------------------------------------------ bincount


def _bincount_rule(input: Spec, weights: Spec | None, minlength: int) -> None:
    if input.dtype.category != dt.INT:
        raise DTypeError(
            f"\"bincount_cpu\" not implemented for '{input.dtype.title}'",
            raises=NotImplementedError,
            help="x.long()",
        )
    if minlength < 0:
        raise BadValue("minlength should be >= 0")
    if input.ndim != 1:
        raise BadValue("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights.shape != input.shape:
        raise ShapeError("weights should be 1-d and have the same length as input")


@op(
    "bincount(Tensor input, Tensor? weights=None, int minlength=0)",
    infer=_bincount_rule,
    half="native",
    nondifferentiable=True,
)
def bincount(x, weights, minlength):
    """How often each of 0, 1, 2, … occurs, or the sum of the `weights` of its places.

    >>> bincount([1, 2, 2])
    tensor([0, 1, 2])
    """
    if x.size and x.min() < 0:
        raise BadValue("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return np.bincount(x, minlength=minlength)
    dtype = np.float32 if weights.dtype == np.float32 else np.float64
    return np.bincount(x, weights.astype(np.float64), minlength=minlength).astype(dtype)
