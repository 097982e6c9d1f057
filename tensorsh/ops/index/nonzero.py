"""Masks, and where elements are not zero: masked_select, nonzero, argwhere, unravel_index."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes, spec
from ...engine.records.op import composite, op
from ...engine.run.apply import apply
from ...errors import ArgumentError, BadValue, DTypeError
from ..rules.positions import not_zero, zeros_of

Array = np.ndarray[Any, Any]

# ------------------------------------------------------------------ masks and what is not zero


def _masked_select_rule(input: Spec, mask: Spec) -> None:
    if mask.dtype is not dt.bool_:
        raise DTypeError(
            "masked_select: expected BoolTensor for mask", code="mask-dtype", help="compare: mask > 0"
        )
    broadcast_shapes(mask.shape, input.shape)


@op(
    "masked_select(Tensor input, Tensor mask)",
    infer=_masked_select_rule,
    half="native",
    sample=([1.0, 2.0, 3.0], np.array([True, False, True])),
    dynamic="Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support this because for each "
    "batch this would return a differently shaped Tensor.",
)
def masked_select(x, mask):
    """The elements where `mask` is true, in one dimension.

    >>> masked_select([1, 2, 3], [True, False, True])
    tensor([1, 3])
    """
    if x.shape != mask.shape:
        x, mask = np.broadcast_arrays(x, mask)
    return np.atleast_1d(x)[np.atleast_1d(mask)]


@masked_select.derivative("input")
def _(grad, input_spec, mask):
    shape = broadcast_shapes(input_spec.shape, mask.spec.shape)
    return zeros_of(input_spec, grad, shape).masked_scatter(mask, grad)


@op(
    "nonzero(Tensor input)",
    names=(),
    nondifferentiable=True,
    dynamic="We do not support batching operators that can output dynamic shape. Attempted to vmap over aten::nonzero.",
)
def nonzero_rows(x):
    if not x.ndim:
        return np.zeros((int(x != 0), 0), np.int64)
    return np.stack(not_zero(x)).T  # in memory, the indices into each dimension are together


@composite("nonzero(Tensor input, *, bool as_tuple=False)")
def nonzero(input, as_tuple):
    """Where the elements that are not zero are: a row of indices for each, or one tensor a dimension.

    >>> nonzero([[0, 7], [8, 0]])
    tensor([[0, 1],
            [1, 0]])
    """
    if not as_tuple:
        return apply(nonzero_rows, (input,))
    rows = apply(nonzero_rows, (input if input.spec.shape else input.reshape(1),))
    return rows.unbind(1)


@op(
    "nonzero_static(Tensor input, *, int size, int fill_value=-1)",
    infer=lambda input, size, fill_value: spec((size, input.ndim), dt.int64, input.device),
    nondifferentiable=True,
)
def nonzero_static(x, size, fill_value):
    """The first `size` rows of `nonzero`, filled up with `fill_value`.

    >>> nonzero_static(tensor([0, 7, 8]), size=3)
    tensor([[ 1],
            [ 2],
            [-1]])
    """
    out = np.full((size, x.ndim), fill_value, np.int64)
    rows = nonzero_rows.kernel(x)[:size]
    out[: len(rows)] = rows
    return out


@composite("argwhere(Tensor input)")
def argwhere(input):
    """A row of indices for each element that is not zero.

    >>> argwhere([0, 7, 8])
    tensor([[1],
            [2]])
    """
    return apply(nonzero_rows, (input,))


@op(
    "unravel_index(Tensor indices, any shape)",
    batching="aligned",
    infer=lambda indices, shape: tuple([indices.with_dtype(dt.int64)] * len(shape)),
    names=(),
    nondifferentiable=True,
)
def unravel(indices, shape):
    indices = indices.astype(np.int64)
    found = []
    for size in reversed(shape):
        found.append(indices % size if size else indices)
        indices = indices // size if size else indices
    return tuple(reversed(found))


@composite("unravel_index(Tensor indices, int[] shape)", names=("torch.unravel_index",))
def unravel_index(indices, shape):
    """Positions in a flattened tensor as one index tensor for each dimension of `shape`.

    >>> unravel_index([5, 7], (3, 4))
    (tensor([1, 1]), tensor([1, 3]))
    """
    if indices.dtype.category != dt.INT:
        raise ArgumentError(f"expected 'indices' to be integer dtype, but got {indices.dtype!r}")
    if any(n < 0 for n in shape):
        raise BadValue(f"'shape' cannot have negative values, but got {shape}", raises=ValueError)
    return apply(unravel, (indices, shape))
