"""`x[…]` and `x[…] = v`.

An index is read from left to right. Integers, slices, `None` and `...` each become a view operation
(select, slice, unsqueeze) of what came before; index tensors, lists and masks are collected with the
dimension they stand at and looked up together at the end by `index` (see `ops/index/by_tensors.py`).

    x[1:, None, 0]      slice → unsqueeze → select          a view, grad_fn SelectBackward0
    x[i, :, mask]       index                               a copy, grad_fn IndexBackward0
    x[1:] = v           copy_ into the view                 CopySlices where gradients are recorded
    x[i] = v            index_put_                          IndexPutBackward0

The operations here are the engine's view primitives with arguments already checked and counted from
the front; errors come first and are PyTorch's.
"""

from __future__ import annotations

import operator
from types import EllipsisType
from typing import Any

import numpy as np

from ...engine.calls.accepts import is_index
from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.mode import EAGER
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.records.op import op, registry
from ...engine.run.apply import apply
from ...engine.values.arrays import element, shared
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import NUMBERS, Tensor, install
from ...engine.values.wrapping import full_spec, wrap
from ...errors import ArgumentError, BadIndex, BadValue, ShapeError
from ..rules.numbers import check_bits, check_number
from .by_tensors import INDEX_DTYPES, lookup, no_index_dtype, store, zeros_of
from .elements import read_element, set_element

# ------------------------------------------------------------------ the two view primitives


@op(
    "select(Tensor input, int dim, int index)",
    batching="along",
    infer=lambda input, dim, index: input.with_shape(input.shape[:dim] + input.shape[dim + 1 :]),
    view=True,
    moving=("index",),
    names=(),
    formula=lambda input, dim, index: "{0}[" + ":, " * dim + f"{index}]",
    scattered="select_scatter({0}, {1}, {2}, {3})",
)
def select_at(x, dim, index):
    # the trailing `...` keeps the element of a 1-d array an array that shares memory
    return x[(slice(None),) * dim + (index, ...)]


@select_at.derivative("input")
def _(grad, input_spec, dim, index):
    return apply(select_backward, (grad, input_spec.shape, dim, index))


@op(
    "select_backward(Tensor grad, any shape, int dim, int index)",
    batching="along",
    infer=lambda grad, shape, dim, index: grad.with_shape(shape),
    half="native",
    grad_fn="SelectBackwardBackward0",
    moving=("index",),
    names=(),
)
def select_backward(grad, shape, dim, index):
    out = np.zeros(shape, grad.dtype, like=grad)
    out[(slice(None),) * dim + (index, ...)] = grad
    return out


@select_backward.in_public
def _(grad, shape, dim, index):
    return registry["select_scatter"](zeros_of(grad.spec.with_shape(shape), grad), grad, dim, index)


@select_backward.derivative("grad")
def _(grad, dim, index):
    return apply(select_at, (grad, dim, index))


def _slice_rule(input: Spec, dim: int, start: int, end: int, step: int) -> Spec:
    shape = input.shape
    return input.with_shape((*shape[:dim], len(range(start, end, step)), *shape[dim + 1 :]))


def _slice_formula(input: Tensor, dim: int, start: int, end: int, step: int) -> str:
    last = "" if end >= input.spec.shape[dim] else end
    return "{0}[" + ":, " * dim + f"{start or ''}:{last}" + (f":{step}]" if step != 1 else "]")


@op(
    "slice(Tensor input, int dim, int start, int end, int step)",
    batching="along",
    infer=_slice_rule,
    view=True,
    moving=("start", "end"),
    names=(),
    formula=_slice_formula,
    scattered="slice_scatter({0}, {1}, {2}, {3}, {4}, {5})",
)
def slice_range(x, dim, start, end, step):
    if not dim:
        return x[start:end:step]
    return x[(slice(None),) * dim + (slice(start, end, step),)]


@slice_range.derivative("input")
def _(grad, input_spec, dim, start, end, step):
    return apply(slice_backward, (grad, input_spec.shape, dim, start, end, step))


@op(
    "slice_backward(Tensor grad, any shape, int dim, int start, int end, int step)",
    batching="along",
    infer=lambda grad, shape, *_: grad.with_shape(shape),
    half="native",
    grad_fn="SliceBackwardBackward0",
    moving=("start", "end"),
    names=(),
)
def slice_backward(grad, shape, dim, start, end, step):
    out = np.zeros(shape, grad.dtype, like=grad)
    out[(slice(None),) * dim + (slice(start, end, step),)] = grad
    return out


@slice_backward.in_public
def _(grad, shape, dim, start, end, step):
    blank = zeros_of(grad.spec.with_shape(shape), grad)
    return registry["slice_scatter"](blank, grad, dim, start, end, step)


@slice_backward.derivative("grad")
def _(grad, dim, start, end, step):
    return apply(slice_range, (grad, dim, start, end, step))


# ------------------------------------------------------------------ reading an index


def get_item(x: Tensor, index: Any) -> Tensor:
    """`x[index]`."""
    kind = type(index)
    if kind is int:
        return _select(x, 0, index, 0)
    if kind is tuple:
        found = read_element(x, index, select_at)
        if found is not None:
            return found
    if kind is slice:
        return _slice(x, 0, index, whole=True)
    if kind is list and x.spec.shape and context.current().mode is EAGER and {*map(type, index)} == {int}:
        try:
            return lookup(x, [wrap(np.array(index, np.int64))])
        except OverflowError:  # which reading the list says in PyTorch's words
            pass
    if kind is str or (kind is list and index and all(type(i) is str for i in index)):
        from ...engine.values.columns import chosen

        named = chosen(x, index)
        if named is not None:
            return get_item(x, named)
    view, tensors = read(x, index)
    if tensors:
        return lookup(view, _in_order(tensors))
    return registry["alias"](view) if view is x else view


def set_item(x: Tensor, index: Any, value: Any) -> None:
    """`x[index] = value`."""
    if set_element(x, index, value):
        return
    value = _value(x, value)
    if index is False:
        return
    if type(index) is int:
        return _assign(_select(x, 0, index, 0), value)
    if type(index) is slice:
        return _assign(_slice(x, 0, index), value)
    if index is True:
        return _assign(x.unsqueeze(0), value)
    view, tensors = read(x, index)
    if not tensors:
        return _assign(view, value)
    value = _without_leading_ones(value)
    store(view, _in_order(tensors), value)


def delete_item(x: Tensor, index: Any) -> None:
    """`del x[index]`: PyTorch's error."""
    raise ArgumentError(
        "Tensor does not support deleting items", help="keep what you want instead: x[mask], or cat the parts"
    )


def read(x: Tensor, index: Any) -> tuple[Tensor, dict[int, Tensor]]:
    """The view that the basic parts of `index` make of `x`, and the index tensor at each dimension."""
    if _is_tuple(index):
        index = _as_tuple(index)
    items = index if isinstance(index, tuple) else (index,)
    specified = (
        len(index) if isinstance(index, str) else sum(_takes(i) for i in items)
    )  # PyTorch takes letters
    ndim = len(x.spec.shape)
    if specified > ndim:
        raise BadIndex(
            f"too many indices for tensor of dimension {ndim}",
            code="too-many-indices",
            help=f"its shape is {list(x.spec.shape)}: give at most {ndim} "
            + ("index" if ndim == 1 else "indices"),
        )
    items = tuple([_item(i) for i in items])
    view, dim = x, 0
    tensors: dict[int, Tensor] = {}
    for place, item in enumerate(items):
        if item is None:
            view = view.unsqueeze(dim)
            dim += 1
        elif item is Ellipsis:
            dim += ndim - specified
        elif type(item) is int or context.current().mode.is_number(item):
            view = _select(view, dim, item, place)
        elif type(item) is slice:
            view = _slice(view, dim, item)
            dim += 1
        else:
            if type(item) is bool or (not item.spec.shape and _is_mask(item)):
                view = view.unsqueeze(dim)
                item = registry["tensor"]([bool(item)])
            if item.mapped and _is_mask(item):
                raise ShapeError(MASK_IN_VMAP, code="vmap", help="where(mask, x, 0) has a fixed shape")
            tensors[dim] = item
            dim += max(len(item.spec.shape), 1) if _is_mask(item) else 1
    return view, tensors


def _in_order(tensors: dict[int, Tensor]) -> list[Tensor | None]:
    """The index tensors as `index` takes them: one, or None, for each dimension not yet covered by a mask."""
    found: list[Tensor | None] = []
    dim = 0
    while dim <= max(tensors):
        t = tensors.get(dim)
        found.append(t)
        dim += max(len(t.spec.shape), 1) if t is not None and _is_mask(t) else 1
    return found


MASK_IN_VMAP = (
    "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch over indexing with "
    "a boolean mask."
)

#: what makes a list an index of several dimensions
SPECIAL = (Tensor, list, tuple, slice, EllipsisType)


def _is_tuple(index: Any) -> bool:
    """Whether a list is meant as a tuple: when it holds slices, `...`, None, tensors or lists."""
    return (
        isinstance(index, list)
        and len(index) < 32
        and any(i is None or isinstance(i, SPECIAL) for i in index)
    )


def _as_tuple(index: list[Any]) -> tuple[Any, ...]:
    """A list that is meant as a tuple; PyTorch will read it as a tensor one day."""
    special = next(i for i in index if i is None or isinstance(i, SPECIAL))
    line = 359 if special is None or special is Ellipsis else 349
    warn(
        "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch "
        "2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, "
        "x[torch.tensor(seq)], which will result either in an error or a different result",
        internal=f"torch/csrc/autograd/python_variable_indexing.cpp:{line}",
        help="x[tuple(index)]",
    )
    return tuple(index)


def invalid_data(text: str | bytes) -> Exception:
    kind = "str" if isinstance(text, str) else "bytes"
    return ArgumentError(f"new(): invalid data type '{kind}'", code="index-type")


def _item(item: Any) -> Any:
    """One part of an index as None, `...`, an int, a slice, a bool or an index tensor."""
    if item is None or item is Ellipsis or type(item) in (int, bool, slice):
        return item
    if isinstance(item, Tensor):
        dtype = item.spec.dtype
        if dtype not in INDEX_DTYPES and (item.spec.shape or dtype.category != dt.INT):
            raise no_index_dtype()
        if item.spec.shape or item.mapped or _is_mask(item):
            return item
        return context.current().mode.element(item)
    if isinstance(item, np.ndarray):
        found = shared(item)
        return _item(found if found.spec.dtype in INDEX_DTYPES else found.to(dt.int64))
    if isinstance(item, list | tuple | range):
        if item and isinstance(item[0], str | bytes):
            raise invalid_data(item[0])
        found = registry["engine.tensor_of"](list(item))
        return found if found.spec.dtype in INDEX_DTYPES else found.to(dt.int64)
    if isinstance(item, str | bytes):
        raise invalid_data(item)
    if context.current().mode.is_number(item) and isinstance(item, int):
        return item
    if hasattr(item, "__index__") and not isinstance(item, np.inexact | np.bool_) and is_index(item):
        return operator.index(item)
    raise BadIndex(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
        f"(got {type_name(item)})",
        code="index-type",
        help="write an integer" if type(item) is float else None,
    )


def _is_mask(t: Tensor) -> bool:
    return t.spec.dtype in (dt.bool_, dt.uint8)


def _takes(item: Any) -> int:
    """How many dimensions of the tensor one part of an index uses up."""
    if item is None or item is Ellipsis or type(item) is bool:
        return 0
    return len(item.spec.shape) if isinstance(item, Tensor) and _is_mask(item) else 1


def _select(x: Tensor, dim: int, index: int, place: int) -> Tensor:
    shape = x.spec.shape
    size = shape[dim] if dim < len(shape) else 0
    if not -size <= index < size:
        if not shape and index == 0:
            raise BadIndex(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ "
                "to convert a 0-dim tensor to a number",
                code="index-0d",
                help="a 0-d tensor is one number: x.item()",
            )
        check_bits(index)
        raise BadIndex(
            f"index {index} is out of bounds for dimension {place} with size {size}",
            code="index-range",
            help=f"valid indices are {-size} to {size - 1}" if size else "this dimension is empty",
        )
    return apply(select_at, (x, dim, index % size))


def _slice(x: Tensor, dim: int, part: slice, whole: bool = False) -> Tensor:
    """A slice of one dimension; the tensor itself where nothing is cut off, unless `whole` is wanted."""
    start, end = part.start, part.stop
    if whole and type(start) is type(end) is int and part.step is None and x.spec.shape:
        if 0 <= start <= end <= x.spec.shape[dim]:  # the most usual one, without more questions
            return apply(slice_range, (x, dim, start, end, 1))
    if not x.spec.shape:
        raise BadIndex("slice() cannot be applied to a 0-dim tensor.", code="index-0d")
    step = 1 if part.step is None else _bound(part.step)
    if step <= 0:
        raise BadValue(
            "step must be greater than zero" if step else "slice step cannot be zero",
            raises=ValueError,
            code="slice-step",
            help="reverse with x.flip(0), then slice",
        )
    size = x.spec.shape[dim]
    start = None if part.start is None else _bound(part.start)
    end = None if part.stop is None else _bound(part.stop)
    mode = context.current().mode
    if mode.is_number(start) or mode.is_number(end):
        return _moving_slice(x, dim, start, end, step, whole)
    start, end, _ = slice(start, end).indices(size)
    if not whole and step == 1 and start == 0 and end == size:
        return x
    return apply(slice_range, (x, dim, start, max(start, end), step))


def _moving_slice(x: Tensor, dim: int, start: Any, end: Any, step: int, whole: bool) -> Tensor:
    """The same where the ends are stand-ins for numbers that may be others the next time; their distance is not."""
    size = x.spec.shape[dim]
    first, last = (_within(end, size, default) for end, default in ((start, 0), (end, size)))
    last = max(first, last)
    length = context.current().mode.settled(last - first)
    if not whole and step == 1 and length == size:
        return x
    return apply(slice_range, (x, dim, first, last, step))


def _within(end: Any, size: int, default: int) -> Any:
    """The end of a slice, counted from the front and no further than the tensor goes."""
    if end is None:
        return default
    if end < 0:
        end = end + size
        return 0 if end < 0 else end
    return size if end > size else end


def _bound(value: Any) -> int:
    if type(value) is int:
        return value
    if context.current().mode.is_number(value) and isinstance(value, int):
        return value
    if isinstance(value, Tensor) and not value.spec.shape and value.spec.dtype.category == dt.INT:
        return context.current().mode.element(value)
    if hasattr(type(value), "__index__"):
        return operator.index(value)
    raise ArgumentError(
        "slice indices must be integers or None or have an __index__ method", code="slice-type"
    )


# ------------------------------------------------------------------ assigning


def _value(x: Tensor, value: Any) -> Any:
    """The assigned value: a tensor as it is, a number as one of `x`'s dtype, checked to fit."""
    if isinstance(value, Tensor):
        return value
    if type(value) not in NUMBERS:
        number = element(value)
        value = value if number is None else number
        whole = isinstance(value, int) and x.spec.dtype is dt.int64
        if context.current().mode.is_number(value) and (whole or x.spec.dtype.category == dt.FLOAT):
            return value
    if type(value) in NUMBERS:
        if type(value) is complex and x.spec.dtype.is_half:
            check_number(value, dt.float64)
            value = value.real
        return number_for(value, x.spec.dtype)
    if context.current().lists and isinstance(value, list | tuple) and value:
        return registry["engine.tensor_of"](value)
    raise ArgumentError(
        f"can't assign a {type_name(value)} to a torch.{x.spec.dtype.title}Tensor",
        help="assign a number or a tensor",
    )


def number_for(value: Any, dtype: dt.DType) -> Any:
    """A Python number that becomes an element: PyTorch's error where it does not fit."""
    kind = type(value)
    if kind is int:
        check_bits(value)
    if not dtype.is_half or kind is complex:  # what is too large for 16 bits becomes infinite
        check_number(value, dtype)
    if dtype.category == dt.COMPLEX or dtype is dt.bool_ or kind is bool:
        return value
    value = value.real if kind is complex else value
    if dtype.category != dt.INT:
        return value
    return int(value) if dtype.is_signed else int(value) % 2**dtype.bits


def _assign(view: Tensor, value: Any) -> None:
    """Write into a view: a number or 0-d tensor fills it, anything else must broadcast to it."""
    if not isinstance(value, Tensor):
        value = full_spec(view.spec.with_shape(()), value)
    if not value.spec.shape:
        registry["Tensor.fill_"](view, value)
        return
    shape = view.spec.shape
    if value.spec.shape != shape:
        value = _without_leading_ones(value)
        check_expands(value.spec, shape)
    registry["Tensor.copy_"](view, value)


def _without_leading_ones(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    shape = value.spec.shape
    start = next((i for i, n in enumerate(shape) if n != 1), len(shape))
    start = min(start, max(len(shape) - 1, 0)) if 0 in shape else start
    return value.reshape(shape[start:]) if start else value


def check_expands(have: Spec, to: tuple[int, ...]) -> None:
    """PyTorch's `expand`, which says what it could not do."""
    shape = have.shape
    if len(shape) > len(to):
        raise ShapeError(
            f"expand(torch.{have.dtype.title}Tensor{{{list(shape)}}}, size={list(to)}): the number of sizes "
            f"provided ({len(to)}) must be greater or equal to the number of dimensions in the tensor "
            f"({len(shape)})",
            code="expand",
        )
    for i in range(1, len(shape) + 1):
        if shape[-i] != to[-i] and shape[-i] != 1:
            raise ShapeError(
                f"The expanded size of the tensor ({to[-i]}) must match the existing size ({shape[-i]}) at "
                f"non-singleton dimension {len(to) - i}.  Target sizes: {list(to)}.  "
                f"Tensor sizes: {list(shape)}",
                code="expand",
            )


for _name, _method in (("get", get_item), ("set", set_item), ("del", delete_item)):
    install(f"__{_name}item__", _method)
