"""Writing where a mask is true, or at places of the flattened tensor: masked_fill, masked_scatter, put,
fill_diagonal_.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.records.op import composite, op, registry
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..rules.families import select
from ..rules.memory_order import row_by_row
from ..rules.numbers import check_number
from ..rules.overload import overloaded
from ..rules.positions import check_bounds, require_integers, zeros_of
from .by_tensors import add_at
from .gather import TAKE_RANGE
from .getitem import number_for

Array = np.ndarray[Any, Any]

# ------------------------------------------------------------------ masks


def _masked_fill_rule(input: Spec, mask: Spec, value: Any) -> Spec:
    if mask.dtype is not dt.bool_:
        raise DTypeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype " + dt.c_names[mask.dtype],
            code="mask-dtype",
            help="compare for a mask: m > 0, or m.bool()",
        )
    if isinstance(value, Spec):
        if value.shape:
            raise ShapeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value.ndim} dimension(s).",
                code="masked-fill-value",
                help="where(mask, values, x) takes a value for each element",
            )
        if value.dtype.is_complex:
            check_number(1j, input.dtype)  # whatever its values are
    return input.with_shape(broadcast_shapes(mask.shape, input.shape))


def _masked_fill_kernel(x: Array, mask: Array, value: Any) -> Array:
    value = x.dtype.type(value) if isinstance(value, int | float | complex) else value.astype(x.dtype)
    return row_by_row(select(mask, value, x))


masked_fill_number = op(
    "masked_fill(Tensor input, Tensor mask, Number value)",
    infer=_masked_fill_rule,
    half="native",
    names=(),
    lossy=True,
    expanded="tensor[mask] = scalar",
    elementwise=True,
)(_masked_fill_kernel)
masked_fill_tensor = op(
    "masked_fill(Tensor input, Tensor mask, Tensor value)",
    infer=_masked_fill_rule,
    half="native",
    grad_fn="MaskedFillBackward1",
    names=(),
    lossy=True,
    expanded="tensor[mask] = scalar",
    elementwise=True,
)(_masked_fill_kernel)


masked_put = op(
    "index_put(Tensor input, Tensor mask, Tensor value)",
    infer=_masked_fill_rule,
    half="native",
    names=("engine.masked_put",),
    expanded="tensor[indices] = tensor",
    formula="{0}.index_put(({1},), {2})",
    elementwise=True,
)(_masked_fill_kernel)


@masked_put.derivative("input")
@masked_fill_number.derivative("input")
def _(grad, mask):
    return grad.masked_fill(mask, 0)


@masked_fill_tensor.derivative("input")
def _(grad, mask):
    return grad.masked_fill(mask, 0)


@masked_put.derivative("value")
@masked_fill_tensor.derivative("value")
def _(grad, mask):
    return registry["where"](mask, grad, 0).sum()


@masked_fill_tensor.batched
def _(slices, x, mask, value):
    return registry["where"](*slices.fronts(mask, slices.converted(value, x.spec.dtype), x))


@overloaded(
    "masked_fill(Tensor input, Tensor mask, any value)",
    sample=([1.0, 2.0, 3.0], np.array([True, False, True]), 5.0),
)
def masked_fill(input, mask, value):
    """`input` with `value` where `mask` is true.

    >>> masked_fill([1., 2., 3.], [True, False, True], 0)
    tensor([0., 2., 0.])
    """
    if isinstance(value, Tensor):
        return masked_fill_tensor, (input, mask, value)
    return masked_fill_number, (input, mask, number_for(value, input.dtype))


def _masked_scatter_rule(input: Spec, mask: Spec, source: Spec) -> Spec:
    if source.dtype is not input.dtype:
        raise DTypeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{input.dtype.title} and {source.dtype.title}"
        )
    if mask.dtype is not dt.bool_:
        raise DTypeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype.title}"
        )
    return input.with_shape(broadcast_shapes(mask.shape, input.shape))


@op(
    "masked_scatter(Tensor input, Tensor mask, Tensor source)",
    infer=_masked_scatter_rule,
    half="native",
    inplace=True,
    sample=([1.0, 2.0, 3.0], np.array([True, False, True]), [5.0, 6.0, 7.0]),
)
def masked_scatter(x, mask, source):
    """`input` with the first elements of `source`, in order, where `mask` is true.

    >>> masked_scatter([1., 2., 3.], [True, False, True], tensor([8., 9.]))
    tensor([8., 2., 9.])
    """
    x, mask = np.broadcast_arrays(x, mask)
    out = x.copy()
    n = int(mask.sum())
    if n > source.size:
        raise BadValue("Number of elements of source < number of ones in mask", code="masked-scatter")
    out[mask] = source.reshape(-1)[:n]
    return out


@masked_scatter.derivative("input")
def _(grad, mask):
    return grad.masked_fill(mask, 0)


@masked_scatter.derivative("source")
def _(grad, mask, source_spec):
    shape = grad.spec.shape
    taken = grad.masked_select(mask.expand(shape))
    rest = zeros_of(source_spec, grad, (source_spec.numel - taken.spec.numel,))
    return registry["cat"]([taken, rest]).reshape(source_spec.shape)


# ------------------------------------------------------------------ put


def _put_rule(input: Spec, index: Spec, source: Spec, accumulate: bool) -> Spec:
    require_integers(index, "put_(): Expected a long tensor for index, but got {dtype.title}", (dt.int64,))
    if source.dtype is not input.dtype:
        raise DTypeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{input.dtype.title} and source.dtype = {source.dtype.title}"
        )
    if index.numel != source.numel:
        raise BadIndex(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.numel}, index.numel() = {index.numel}"
        )
    if index.numel and not input.numel:
        raise BadIndex("put_(): Tried to put elements into an empty tensor", code="index-range")
    return input


@op(
    "put(Tensor input, Tensor index, Tensor source, bool accumulate=False)",
    infer=_put_rule,
    inplace=True,
    sample=([1.0, 2.0, 3.0], np.array([0, 2]), [5.0, 6.0]),
)
def put(x, index, source, accumulate):
    """`input` with `source` at the places `index` of the flattened tensor; `accumulate` adds instead.

    >>> put([1., 2., 3.], [0, -1], [5., 6.])
    tensor([5., 2., 6.])
    """
    check_bounds(index, x.size, 0, negative=True, message=TAKE_RANGE)
    out = x.copy()
    positions = np.where(index < 0, index + x.size, index).ravel()
    if accumulate:
        add_at(out, positions, source)
    else:
        out.reshape(-1)[positions] = source.ravel()
    return out


@put.derivative("input")
def _(grad, index, source_spec, accumulate):
    return grad if accumulate else grad.put(index, zeros_of(source_spec, grad), False)


@put.derivative("source")
def _(grad, index, source_spec):
    return grad.take(index).reshape(source_spec.shape)


# ------------------------------------------------------------------ fill_diagonal_


@composite("Tensor.fill_diagonal_(Tensor input, Number fill_value, bool wrap=False)")
def fill_diagonal_(input, fill_value, wrap):
    """Write a number on the main diagonal, in place; `wrap` starts it again below a tall matrix.

    >>> x = zeros(2, 2)
    >>> x.fill_diagonal_(5);
    >>> x
    tensor([[5., 0.],
            [0., 5.]])
    """
    shape = input.spec.shape
    if len(shape) < 2:
        raise ShapeError("dimensions must larger than 1", code="fill-diagonal")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise ShapeError("all dimensions of input must be of equal length", code="fill-diagonal")
    height, width = shape[:2]
    if len(shape) == 2 and not (wrap and height > width + 1):
        input.diagonal().fill_(fill_value)
        return input
    strides, start = input.stride(), input.storage_offset()
    length, step = min(height, width), sum(strides)
    input.as_strided((length,), (step,), start).fill_(fill_value)
    if len(shape) == 2:
        rest = -(-height * width // (width + 1)) - length
        input.as_strided((rest,), (step,), start + strides[0] * (width + 1)).fill_(fill_value)
    return input
