"""Elements moved or repeated: flips, rolls, turns, tiles."""

from __future__ import annotations

import numpy as np

from ...engine.calls.arguments import integer
from ...engine.core import dtype as dt
from ...engine.core.memory_format import CONTIGUOUS
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.as_argument import converters_tensor
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..rules.infer import wrap_dim, wrap_dims
from ..rules.memory_order import row_by_row
from .broadcast import expand
from .shape_views import clone, flatten, reshape, unsqueeze

# ------------------------------------------------------------------ backwards, around, turned


def flip_infer(x: Spec, dims: tuple[int, ...]) -> Spec:
    if dims:
        wrap_dims(dims, x.ndim)
    return x


@op(
    "flip(Tensor input, int... dims)",
    batching="along",
    infer=flip_infer,
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], (0, 1)),
)
def flip(x, dims):
    """The elements in reverse order along some dimensions.

    >>> flip([1, 2, 3], 0)
    tensor([3, 2, 1])
    """
    return np.flip(x, dims if x.ndim else ()).copy(order="K")


@flip.derivative("input")
def _(grad, dims):
    return apply(flip, (grad, dims))


def flip_side(name: str, dim: int, least: int) -> None:
    @composite(
        f"{name}(Tensor input)",
        doc=f"""The elements in reverse order along dimension {dim}.

        >>> {name}([[1, 2]])
        tensor([[{"2, 1" if dim else "1, 2"}]])
        """,
    )
    def side(input):
        if input.ndim < least:
            raise ShapeError(f"Input must be >= {least}-d.")
        return apply(flip, (input, (dim,)))


flip_side("fliplr", 1, 2)
flip_side("flipud", 0, 1)


def roll_infer(x: Spec, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Spec:
    if not shifts:
        raise ShapeError("`shifts` required")
    if len(shifts) != len(dims) and not (len(shifts) == 1 and not dims):
        raise ShapeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    for d in dims:
        if not x.ndim:
            raise BadIndex(f"Dimension specified as {d} but tensor has no dimensions", code="dim-range")
        wrap_dim(d, x.ndim)
    return x


@op(
    "roll(Tensor input, int[] shifts, int[] dims=())",
    batching="along flat",
    infer=roll_infer,
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]], 1, 0),
)
def roll(x, shifts, dims):
    """The elements moved along, those pushed out coming in at the other end; over all if no dims are given.

    >>> roll([1, 2, 3], 1)
    tensor([3, 1, 2])
    """
    if not dims:
        return np.roll(x, shifts[0])
    return row_by_row(np.roll(x, shifts, dims))


@roll.derivative("input")
def _(grad, shifts, dims):
    return apply(roll, (grad, tuple([-n for n in shifts]), dims))


def rot90_infer(x: Spec, k: int, dims: tuple[int, ...]) -> Spec:
    if len(dims) != 2:
        raise ShapeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if x.ndim < 2:
        raise ShapeError(f"expected total dims >= 2, but got total dims = {x.ndim}")
    a, b = wrap_dim(dims[0], x.ndim), wrap_dim(dims[1], x.ndim)
    if a == b:
        raise ShapeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    shape = list(x.shape)
    if k % 2:
        shape[a], shape[b] = shape[b], shape[a]
    return x.with_shape(shape)


@op(
    "rot90(Tensor input, int k=1, ints dims=(0, 1))",
    batching="along",
    infer=rot90_infer,
    half="native",
    sample=([[1.0, 2.0], [3.0, 4.0]],),
)
def rot90(x, k, dims):
    """A plane of two dimensions turned by `k` times 90 degrees, from the first towards the second.

    >>> rot90([[1, 2], [3, 4]])
    tensor([[2, 4],
            [1, 3]])
    """
    turned = k % 4
    if turned == 0:
        return x.copy()
    if turned == 2:
        return np.flip(x, dims).copy(order="K")
    flipped = np.flip(x, dims[1] if turned == 1 else dims[0]).copy(order="K")
    return np.swapaxes(flipped, *dims)


@rot90.derivative("input")
def _(grad, k, dims):
    return apply(rot90, (grad, -k, dims))


# ------------------------------------------------------------------ repeated


def repeat_infer(x: Spec, repeats: tuple[int, ...]) -> Spec:
    extra = len(repeats) - x.ndim
    if extra < 0:
        raise ShapeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
            help=f"give {x.ndim} repeats, one a dimension; tile takes fewer",
        )
    shape = [n * r for n, r in zip((1,) * extra + x.shape, repeats, strict=True)]
    for n in shape:
        if n < 0:
            raise ShapeError(
                f"Trying to create tensor with negative dimension {n}: {shape}", code="negative-size"
            )
    return x.with_shape(shape)


@op(
    "repeat(Tensor input, int... repeats)",
    infer=repeat_infer,
    names=("Tensor.repeat",),
    half="native",
    sample=([1.0, 2.0], 2, 3),
)
def repeat(x, repeats):
    """The whole tensor repeated along each dimension.

    >>> tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    return np.tile(x, repeats)


@repeat.derivative("input")
def _(grad, input_spec, repeats):
    extra = len(repeats) - input_spec.ndim
    parts: list[int] = []
    summed: list[int] = []
    for i, r in enumerate(repeats):
        if r != 1 or i < extra:
            summed.append(len(parts))
            parts.append(r)
        if i >= extra:
            parts.append(input_spec.shape[i - extra])
    if not summed:
        return grad
    return registry["sum"](reshape(grad, tuple(parts)), tuple(summed))


@repeat.batched
def _(slices, x, repeats):
    return slices.run(slices.front(x, len(repeats)), (1, *repeats))


@composite("tile(Tensor input, int... dims)", sample=([1.0, 2.0], 2))
def tile(input, dims):
    """The whole tensor repeated along its last dimensions.

    >>> tile([1, 2], 2)
    tensor([1, 2, 1, 2])
    """
    return apply(repeat, (input, (1,) * (input.ndim - len(dims)) + dims))


@op(
    "repeat_interleave(Tensor repeats, int? output_size)",
    names=(),
    nondifferentiable=True,
)
def repeated_indices(repeats, output_size):
    """Each index as often as `repeats` says."""
    if repeats.size and repeats.min() < 0:
        raise BadValue("repeats can not be negative")
    out = np.repeat(np.arange(repeats.size), repeats)
    if output_size is not None and output_size != out.size:
        raise BadValue("allocated size does not match required size")
    return out


def check_repeats(repeats: Tensor) -> None:
    if repeats.spec.dtype not in (dt.int64, dt.int32):
        raise DTypeError(
            f"\"repeat_interleave_cpu\" not implemented for '{repeats.spec.dtype.title}'",
            raises=NotImplementedError,
        )


@composite(
    "repeat_interleave(Tensor input, any repeats=None, int? dim=None, *, int? output_size=None)",
    sample=([1.0, 2.0], 2),
)
def repeat_interleave(input, repeats, dim, output_size):
    """Each element (or slice of a dimension) repeated on the spot, all as often or as `repeats` says.

    >>> repeat_interleave([1, 2], 2)
    tensor([1, 1, 2, 2])
    >>> repeat_interleave([1, 2], tensor([1, 2]))
    tensor([1, 2, 2])
    """
    if repeats is None:
        if input.ndim != 1:
            raise ShapeError("repeat_interleave only accept 1D vector as repeat")
        check_repeats(input)
        return apply(repeated_indices, (input, output_size))
    x = flatten(input) if dim is None else input
    d = 0 if dim is None else dim
    if isinstance(repeats, list | tuple):
        repeats = converters_tensor(list(repeats), "repeat_interleave", "repeats", 2)
    if isinstance(repeats, Tensor):
        return interleave_each(x, repeats, wrap_dim(d, x.ndim), output_size)
    times = integer(repeats, "repeat_interleave", "repeats", 2)
    if times < 0:
        raise ShapeError("Repeats must be non-negative")
    d = wrap_dim(d, x.ndim)
    inserted = unsqueeze(x, d + 1)
    shape = list(inserted.spec.shape)
    shape[d + 1] = times
    copy = apply(clone, (apply(expand, (inserted, tuple(shape), False)), CONTIGUOUS))
    return flatten(copy, d, d + 1)


def interleave_each(x: Tensor, repeats: Tensor, d: int, output_size: int | None) -> Tensor:
    """Each slice of dimension `d` as often as its entry of `repeats`."""
    n = x.spec.shape[d] if x.ndim else 1
    if repeats.ndim > 1:
        raise ShapeError("repeats must be 0-dim or 1-dim tensor")
    check_repeats(repeats)
    if repeats.spec.numel == 1:
        repeats = apply(expand, (reshape(repeats, (1,)), (n,), False))
    if repeats.spec.numel != n:
        raise ShapeError(
            "repeats must have the same size as input along dim, but got "
            f"repeats.size(0) = {repeats.spec.numel} and input.size({d}) = {n}"
        )
    return registry["index_select"](x, d, apply(repeated_indices, (repeats, output_size)))
