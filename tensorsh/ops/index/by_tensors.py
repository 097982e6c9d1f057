"""Index tensors: `x[i, j]` and `x[i, j] = v`, index_put.

`index` is what `x[…]` calls with the index tensors and the dimensions they stand at. As in NumPy and
PyTorch the index tensors broadcast together; their common shape takes the place of the indexed
dimensions where those are neighbours, and comes first where they are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.spec import Shape, Spec, common_shape, spec
from ...engine.core.warn import warn
from ...engine.graph.node import titled
from ...engine.records.op import op, registry
from ...engine.run.apply import apply
from ...engine.run.inplace import apply_inplace
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import full_spec, wrap
from ...errors import BadIndex, DTypeError, ShapeError
from ..rules.overload import overloaded
from ..rules.positions import check_bounds, not_zero, zeros_of

Array = np.ndarray[Any, Any]

INDEX_DTYPES = frozenset((dt.int64, dt.int32, dt.uint8, dt.bool_))

# ------------------------------------------------------------------ x[i, j] and x[i, j] = v


def resolve(x: Tensor, indices: Sequence[Tensor | None]) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
    """Index tensors as int64 and the dimension each stands at; a mask becomes where it is true."""
    found: list[Tensor] = []
    slots: list[int] = []
    dim = 0
    for given in indices:
        if given is None:
            dim += 1
            continue
        if given.spec.dtype not in INDEX_DTYPES:
            raise no_index_dtype()
        if given.spec.dtype in (dt.bool_, dt.uint8):
            _check_mask(x, given, dim)
            if given.spec.dtype is dt.uint8:
                warn(
                    "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
                    internal="aten/src/ATen/native/IndexingUtils.h:37",
                    help="mask.bool()",
                )
            if type(given.array) is not np.ndarray or given.spec.is_meta:
                parts = context.current().mode.places(given)
            else:
                parts = [wrap(p) for p in not_zero(np.atleast_1d(given.array))]
        else:
            parts = [given if given.spec.dtype is dt.int64 else given.to(dt.int64)]
        for part in parts:
            if x.spec.is_meta and not part.spec.is_meta:
                part = full_spec(spec(part.spec.shape, dt.int64, x.spec.device), 0)
            found.append(part)
            slots.append(dim)
            dim += 1
    if dim > len(x.spec.shape):
        raise BadIndex(
            f"too many indices for tensor of dimension {len(x.spec.shape)} (got {dim})",
            code="too-many-indices",
        )
    return tuple(found), tuple(slots)


def no_index_dtype() -> Exception:
    return DTypeError(
        "tensors used as indices must be long, int, byte or bool tensors",
        raises=IndexError,
        code="index-dtype",
        help="convert it: x[i.long()], or compare it for a mask: x[i > 0]",
    )


def _check_mask(x: Tensor, mask: Tensor, dim: int) -> None:
    shape = x.spec.shape
    for j, n in enumerate(mask.spec.shape):
        if dim + j >= len(shape) or shape[dim + j] != n:
            raise BadIndex(
                f"The shape of the mask {list(mask.spec.shape)} at index {j} does not match the shape of the "
                f"indexed tensor {list(shape)} at index {dim + j}",
                code="mask-shape",
                help="a mask has the sizes of the dimensions it stands for",
            )


def _index_rule(input: Spec, indices: tuple[Spec, ...], slots: tuple[int, ...]) -> Spec:
    common = common_shape(*[i.shape for i in indices])
    if common is None:
        shapes = ", ".join(str(list(i.shape)) for i in indices)
        raise BadIndex(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}",
            code="index-broadcast",
            help="index tensors pair up element by element; x[i][:, j] takes every combination",
        )
    if 0 not in common and any(input.shape[d] == 0 for d in slots):
        raise BadIndex("index is out of bounds for dimension with size 0", code="index-range")
    return input.with_shape(_extent(input.shape, common, slots))


def _extent(shape: Shape, common: Shape, slots: tuple[int, ...]) -> Shape:
    """The shape of what indices of a common shape pick at some dimensions: these in front unless they are in a row."""
    rest = [n for d, n in enumerate(shape) if d not in slots]
    at = slots[0] if slots[-1] - slots[0] == len(slots) - 1 else 0
    return (*rest[:at], *common, *rest[at:])


def numpy_key(indices: tuple[Array, ...], slots: tuple[int, ...]) -> tuple[Any, ...]:
    """The NumPy index of `indices` at `slots`."""
    key: list[Any] = [slice(None)] * (slots[-1] + 1)
    for i, d in zip(indices, slots, strict=True):
        key[d] = i
    return tuple(key)


def _index_formula(input: Tensor, indices: tuple[Tensor, ...], slots: tuple[int, ...]) -> str:
    """`x[i, :, j]`; the indices are one list among the arguments."""
    return (
        "{0}["
        + ", ".join(f"{{1}}[{slots.index(d)}]" if d in slots else ":" for d in range(slots[-1] + 1))
        + "]"
    )


@op(
    "index(Tensor input, Tensor[] indices, any slots)",
    infer=_index_rule,
    picks=True,
    half="native",
    names=(),
    formula=_index_formula,
)
def index(x, indices, slots):
    try:
        if len(slots) == 1:
            return x.take(indices[0], axis=slots[0])
        return x[numpy_key(indices, slots)]
    except IndexError:
        if not x.size or not all(i.size for i in indices):  # where nothing is picked nobody looks where from
            common = np.broadcast_shapes(*[i.shape for i in indices])
            return np.empty(_extent(x.shape, common, slots), x.dtype)
        _check_places(x, indices, slots)
        raise


def _check_places(x: Array, indices: tuple[Array, ...], slots: tuple[int, ...]) -> None:
    """Every index must be within its dimension.

    PyTorch looks at one place after the other, and the dimension that it names is the number of the index among them.
    """
    sizes = [x.shape[d] for d in slots]
    if all(not i.size or (i.min() >= -n and i.max() < n) for i, n in zip(indices, sizes, strict=True)):
        return
    together = [i.ravel() for i in np.broadcast_arrays(*indices)]
    outside = [(i < -n) | (i >= n) for i, n in zip(together, sizes, strict=True)]
    first = int(np.logical_or.reduce(outside).argmax())
    for number, (i, n) in enumerate(zip(together, sizes, strict=True)):
        check_bounds(i[first : first + 1], n, number, negative=True)


@index.derivative("input")
def _(grad, input_spec, indices, slots):
    found = apply(index_put, (zeros_of(input_spec, grad), indices, slots, grad, True))
    return titled("IndexPutImplBackward0", found)


def _index_put_rule(
    input: Spec, indices: tuple[Spec, ...], slots: tuple[int, ...], values: Spec, accumulate: bool
) -> Spec:
    region = _index_rule(input, indices, slots).shape
    if common_shape(values.shape, region) != region:
        raise ShapeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing "
            f"result of shape {list(region)}",
            code="index-put-shape",
        )
    if values.dtype is not input.dtype:
        raise DTypeError(
            f"Index put requires the source and destination dtypes match, got {input.dtype.title} for the "
            f"destination and {values.dtype.title} for the source.",
            code="index-put-dtype",
            help=f"convert the values: v.to({input.dtype.name})",
        )
    return input


def add_at(out: Array, positions: Array, values: Array) -> None:
    """Add values at row-major positions of a contiguous array; positions may repeat."""
    np.add.at(out.reshape(-1), positions.ravel(), values.ravel())


def _index_put_formula(
    input: Any, indices: Any, slots: tuple[int, ...], values: Any, accumulate: bool
) -> str | None:
    places = [f"{{1}}[{i}]" for i in range(len(slots))]
    if slots != tuple(range(len(slots))):
        return None
    return f"{{0}}.index_put(({', '.join(places)},), {{3}}{', accumulate=True' if accumulate else ''})"


@op(
    "index_put(Tensor input, Tensor[] indices, any slots, Tensor values, bool accumulate)",
    infer=_index_put_rule,
    names=(),
    expanded="tensor[indices] = tensor",
    formula=_index_put_formula,
)
def index_put(x, indices, slots, values, accumulate):
    out = x.copy()
    if not x.size or not all(i.size for i in indices):
        return out  # where nothing is written nobody looks where
    _check_places(x, indices, slots)
    key = numpy_key(indices, slots)
    if not accumulate:
        out[key] = values
    else:
        positions = np.arange(x.size).reshape(x.shape)[key]
        add_at(out, positions, np.broadcast_to(values, positions.shape))
    return out


@index_put.derivative("input")
def _(grad, indices, slots, values_spec, accumulate):
    if accumulate:
        return grad
    return apply(index_put, (grad, indices, slots, zeros_of(values_spec, grad), False))


@index_put.derivative("values")
def _(grad, indices, slots):
    return apply(index, (grad, indices, slots))


# ------------------------------------------------------------------ of all slices of a vmap


@index.batched
def _(slices, x, indices, slots):
    moved = tuple([d + 1 for d in slots])
    if not slices.any_varies(indices):
        if slots[-1] - slots[0] != len(slots) - 1:
            return NotImplemented  # the indexed dimensions would go in front of the batch
        return slices.run(x.value, indices, moved)
    if slots != tuple(range(len(slots))):
        return NotImplemented
    rank, found = slices.rank(indices), tuple(slices.fronts(*indices))
    if not slices.any_varies(x):
        return slices.run(x, found, slots)
    return slices.run(x.value, (_each_slice(slices.size, rank), *found), (0, *moved))


@index_put.batched
def _(slices, x, indices, slots, values, accumulate):
    if slots != tuple(range(len(slots))):
        return NotImplemented
    rank, found = slices.rank(indices), tuple(slices.fronts(*indices))
    target = slices.full(x)
    values = slices.front(values, rank + target.ndim - 1 - len(slots))
    moved = (0, *[d + 1 for d in slots])
    return slices.run(target, (_each_slice(slices.size, rank), *found), moved, values, accumulate)


def _each_slice(size: int, rank: int) -> Tensor:
    """0, 1, 2, … as an index of the batch beside indices of `rank` dimensions."""
    return registry["arange"](size).reshape((size, *[1] * rank))


def lookup(x: Tensor, indices: Sequence[Tensor | None]) -> Tensor:
    """`x[indices]`, one index tensor or None for each leading dimension."""
    found, slots = resolve(x, indices)
    return apply(index, (x, found, slots))


def store(x: Tensor, indices: Sequence[Tensor | None], value: Any) -> None:
    """`x[indices] = value`."""
    if not isinstance(value, Tensor):
        mask, *others = indices
        value = _number(value, x.spec)
        if mask is not None and mask.spec.dtype is dt.bool_ and not others:
            _check_mask(x, mask, 0)
            more = len(x.spec.shape) - len(mask.spec.shape)
            mask = mask.reshape((*mask.spec.shape, *[1] * more))
            apply_inplace(registry["engine.masked_put"], (x, mask, value))
            return
    found, slots = resolve(x, indices)
    apply_inplace(index_put, (x, found, slots, value, False))


def _number(value: Any, of: Spec) -> Tensor:
    """A tensor of a number, or of one that changes from round to round."""
    if context.current().mode.is_number(value):
        found: Tensor = full_spec(of.with_shape(()), 1) * value
        return found
    return full_spec(of.with_shape(()), value)


@overloaded(
    "index_put(Tensor input, Tensor[] indices, Tensor values, bool accumulate=False)",
    sample=([1.0, 2.0, 3.0], (np.array([0, 2]),), [5.0, 6.0]),
    inplace="function",
)
def _index_put(input, indices, values, accumulate):
    """`input` with `values` at the places `input[indices]`; `accumulate` adds them instead.

    >>> zeros(3).index_put((tensor([0, 2]),), tensor([5., 6.]))
    tensor([5., 0., 6.])
    """
    found, slots = resolve(input, indices)
    return index_put, (input, found, slots, values, accumulate)
