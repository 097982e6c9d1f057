"""Other shapes for the same elements: reshaping, adding, removing, merging and splitting dimensions.

Each of these returns a view where PyTorch does. `reshape` and its relatives copy when no strides
describe the wanted shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ...engine.calls.accepts import is_int
from ...engine.calls.arguments import integers
from ...engine.calls.arguments import sizes as to_sizes
from ...engine.core.dtype import DType
from ...engine.core.memory_format import CONTIGUOUS, PRESERVE
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op, registry
from ...engine.records.schema import ABSENT
from ...engine.run.apply import apply
from ...engine.values.as_argument import type_name
from ...engine.values.view_bases import memory
from ...engine.values.wrapping import layout
from ...errors import ArgumentError, ShapeError
from ..rules.infer import bad_call, wrap_dim, wrap_dims

# ------------------------------------------------------------------ another shape


def resolve_size(size: Sequence[int], numel: int) -> tuple[int, ...]:
    """The shape with its -1 worked out; an error where `numel` elements cannot have it."""
    unknown, known = None, 1
    for i, n in enumerate(size):
        if n == -1:
            if unknown is not None:
                raise ShapeError("only one dimension can be inferred", help="leave at most one -1")
            unknown = i
        elif n < 0:
            raise ShapeError(f"invalid shape dimension {n} at index {i} of shape {list(size)}")
        else:
            known *= n
    if unknown is None:
        if known == numel:
            return tuple(size)
    elif known == 0 and numel == 0:
        raise ShapeError(
            f"cannot reshape tensor of 0 elements into shape {list(size)} because the unspecified dimension "
            "size -1 can be any value and is ambiguous"
        )
    elif known and numel % known == 0:
        return (*size[:unknown], numel // known, *size[unknown + 1 :])
    raise ShapeError(
        f"shape '{list(size)}' is invalid for input of size {numel}",
        code="reshape",
        help=f"the sizes must multiply to {numel}; -1 stands for the size that makes them",
    )


def viewable(array: np.ndarray[Any, Any], size: tuple[int, ...]) -> bool:
    """Whether strides exist that show `array` with this shape, told from its own: nothing is read or copied."""
    memory = layout(array)
    if memory.flags.c_contiguous or memory.size == 0:
        return True
    wanted = [n for n in resolve_size(size, memory.size) if n != 1]
    dims = [(n, step) for n, step in zip(memory.shape, memory.strides, strict=True) if n != 1]
    while dims:
        count, step = dims.pop()
        while dims and dims[-1][1] == count * step:  # dimensions that lie in order are one block
            count *= dims.pop()[0]
        while wanted and count % wanted[-1] == 0 and count > 1:
            count //= wanted.pop()
        if count != 1:
            return False
    return not wanted


@op(
    "view(Tensor input, int[] size)",
    infer=lambda x, size: x.with_shape(resolve_size(size, x.numel)),
    names=(),
    view=True,
)
def view_size(x, size):
    """The same elements in order under another shape; the strides must allow it."""
    if not (x.flags.c_contiguous or viewable(x, size)):
        raise ShapeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans "
            "across two contiguous subspaces). Use .reshape(...) instead.",
            code="view",
            help="x.reshape(…) copies where it must; x.contiguous().view(…) always does",
        )
    out = x.reshape(size)
    return out if out is not x else x[...]


@view_size.derivative("input")
def _(grad, input_spec):
    return reshape(grad, input_spec.shape)


@op(
    "_reshape_alias(Tensor input, int[] size)",
    formula="{0}.reshape({1})",
    infer=lambda x, size: x.with_shape(resolve_size(size, x.numel)),
    names=(),
    view=True,
    grad_fn="ReshapeAliasBackward0",
)
def reshape_alias(x, size):
    """The view that `reshape` makes of memory with gaps or in another order."""
    return x.reshape(size)


@reshape_alias.derivative("input")
def _(grad, input_spec):
    return reshape(grad, input_spec.shape)


@op(
    "_unsafe_view(Tensor input, int[] size)",
    formula="{0}.reshape({1})",
    infer=lambda x, size: x.with_shape(resolve_size(size, x.numel)),
    names=(),
    half="native",
    grad_fn="UnsafeViewBackward0",
    picks=True,
)
def unsafe_view(x, size):
    """`view` of memory that nothing else sees."""
    return x.reshape(size)


@unsafe_view.derivative("input")
def _(grad, input_spec):
    return reshape(grad, input_spec.shape)


def view_dtype_infer(x: Spec, dtype: DType) -> Spec:
    """The last dimension shrinks or grows with the size of an element."""
    have, want = x.dtype.itemsize, dtype.itemsize
    if have == want:
        return x.with_dtype(dtype)
    pair = f"to view {x.dtype.title} as {dtype.title} (different element sizes), but got "
    if not x.shape:
        raise ShapeError(f"self.dim() cannot be 0 {pair.removesuffix(', but got ')}")
    last = x.shape[-1]
    if want > have:
        ratio = want // have
        if last % ratio:
            raise ShapeError(f"self.size(-1) must be divisible by {ratio} {pair}{last}", code="view-dtype")
        last //= ratio
    else:
        last *= have // want
    return x.with_shape((*x.shape[:-1], last)).with_dtype(dtype)


for record in (view_size, reshape_alias, unsafe_view):

    @record.batched
    def _(slices, x, size):
        """A view where the values lie so that it can be one; PyTorch does not ask whether they are in order."""
        if -1 in size and 0 in x.spec.shape:
            return NotImplemented
        if -1 in size and slices.size == 0:
            size = resolve_size(size, x.spec.numel)
        whole = resolve_size((slices.size, *size), x.value.spec.numel)
        return (
            apply(view_size, (x.value, whole)) if viewable(x.value.array, whole) else reshape(x.value, whole)
        )


@op("view(Tensor input, dtype dtype)", infer=view_dtype_infer, names=(), view=True, nondifferentiable=True)
def view_dtype(x, dtype):
    """The same bytes read as another dtype."""
    if x.dtype.itemsize != dtype.itemsize and x.size and x.strides[-1] != x.itemsize:
        raise ShapeError(
            "self.stride(-1) must be 1 to view "
            f"{view_title(x)} as {dtype.title} (different element sizes), but got "
            f"{x.strides[-1] // x.itemsize}",
            code="view-dtype",
        )
    return x.view(dtype.np)


def view_title(x: np.ndarray[Any, Any]) -> str:
    from ...engine.core import dtype as dt

    return dt.of(x).title


@composite("Tensor.view(Tensor input, any... size, dtype? dtype=None)")
def view(input, size, dtype):
    """The same memory with another shape (one size may be -1), or read as another dtype.

    >>> arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    >>> ones(2).view(int32)
    tensor([1065353216, 1065353216], dtype=torch.int32)
    """
    if len(size) == 1 and isinstance(size[0], DType):
        dtype = size[0]
    if dtype is not None:
        return apply(view_dtype, (input, dtype))
    return apply(view_size, (input, to_sizes(size, "view", "size", 1)))


@composite("Tensor.view_as(Tensor input, Tensor other)")
def view_as(input, other):
    """`input.view(other.shape)`.

    >>> arange(4).view_as(ones(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return apply(view_size, (input, other.spec.shape))


@composite("reshape(Tensor input, int... shape)")
def reshape(input, shape):
    """The same elements in order with another shape; one size may be -1. A view where possible.

    >>> reshape([1, 2, 3, 4], 2, 2)
    tensor([[1, 2],
            [3, 4]])
    """
    if input.in_order:
        return apply(view_size, (input, shape))
    if viewable(memory(input), resolve_size(shape, input.spec.numel)):
        return apply(reshape_alias, (input, shape))
    return apply(unsafe_view, (apply(clone, (input, CONTIGUOUS)), shape))


@composite("Tensor.reshape_as(Tensor input, Tensor other)")
def reshape_as(input, other):
    """`input.reshape(other.shape)`.

    >>> arange(4).reshape_as(ones(2, 2))
    tensor([[0, 1],
            [2, 3]])
    """
    return reshape(input, other.spec.shape)


# ------------------------------------------------------------------ memory of one's own


def dense(x: np.ndarray[Any, Any]) -> bool:
    """Whether the elements fill a block of memory without gaps or overlaps, in some order of dimensions."""
    step = x.itemsize
    for stride, size in sorted((st, n) for st, n in zip(x.strides, x.shape, strict=True) if n != 1):
        if stride != step:
            return False
        step *= size
    return True


@op(
    "clone(Tensor input, *, format? memory_format=None)",
    picks=True,
    batching="aligned",
    infer=lambda x, memory_format: x,
    half="native",
)
def clone(x, memory_format):
    """A copy with memory of its own; gradients flow through it.

    >>> clone([1, 2])
    tensor([1, 2])
    """
    if memory_format is not None and memory_format is not PRESERVE:
        return memory_format.copy(x)
    return x.copy("C" if x.flags.c_contiguous or not dense(x) else "K")


@clone.derivative("input")
def _(grad):
    return grad


@composite("Tensor.contiguous(Tensor input, *, format? memory_format=None)")
def contiguous(input, memory_format):
    """The tensor itself where its elements already lie in order, else a copy in which they do.

    >>> ones(2, 3).t().contiguous().stride()
    (2, 1)
    """
    order = CONTIGUOUS if memory_format is None else memory_format
    if order is PRESERVE:
        raise ArgumentError("preserve memory format is unsupported by the contiguous operator")
    if input.in_order if order is CONTIGUOUS else input.is_meta or order.holds(input.array):
        return input
    return apply(clone, (input, order))


# ------------------------------------------------------------------ dimensions of size one


def unsqueezed(x: Spec, dim: int) -> Spec:
    d = wrap_dim(dim, x.ndim + 1)
    return x.with_shape((*x.shape[:d], 1, *x.shape[d:]))


@op(
    "unsqueeze(Tensor input, int dim)",
    batching="along new",
    infer=unsqueezed,
    view=True,
    sample=([1.0, 2.0], 1),
)
def unsqueeze(x, dim):
    """A dimension of size 1 inserted at `dim`.

    >>> unsqueeze([1, 2], 1)
    tensor([[1],
            [2]])
    """
    return x[(slice(None),) * (dim % (x.ndim + 1)) + (None, ...)]


@unsqueeze.derivative("input")
def _(grad, dim):
    return apply(squeeze_dim, (grad, dim))


def squeezed(x: Spec, dims: Sequence[int] | None = None) -> Spec:
    gone = wrap_dims(dims, x.ndim) if dims is None else squeeze_dims_of(x, dims)
    return x.with_shape([n for i, n in enumerate(x.shape) if n != 1 or i not in gone])


def squeeze_dims_of(x: Spec, dims: Sequence[int]) -> tuple[int, ...]:
    """The dimensions named; none for ()."""
    return wrap_dims(dims, x.ndim) if dims else ()


def squeeze_array(x: np.ndarray[Any, Any], dims: Sequence[int]) -> np.ndarray[Any, Any]:
    ndim = max(x.ndim, 1)
    gone = {d % ndim for d in dims}
    keep = [n for i, n in enumerate(x.shape) if n != 1 or i not in gone]
    if len(keep) == x.ndim:
        return x[...]
    return x[tuple([0 if n == 1 and i in gone else slice(None) for i, n in enumerate(x.shape)] + [...])]


@op("squeeze(Tensor input)", infer=squeezed, names=(), view=True, grad_fn="SqueezeBackward0")
def squeeze_all(x):
    """Every dimension of size 1 removed."""
    return squeeze_array(x, range(x.ndim))


@op(
    "squeeze(Tensor input, int dim)",
    infer=lambda x, dim: squeezed(x, (dim,)),
    names=(),
    view=True,
    grad_fn="SqueezeBackward1",
)
def squeeze_dim(x, dim):
    """One dimension removed where its size is 1."""
    return squeeze_array(x, (dim,))


@op("squeeze(Tensor input, int[] dim)", infer=squeezed, names=(), view=True, grad_fn="SqueezeBackward2")
def squeeze_dims(x, dim):
    """The dimensions named removed where their size is 1."""
    return squeeze_array(x, dim)


for record in (squeeze_all, squeeze_dim, squeeze_dims):

    @record.derivative("input")
    def _(grad, input_spec):
        return reshape(grad, input_spec.shape)

    @record.batched
    def _(slices, x, dims=None):
        rank = len(x.spec.shape)
        named = range(rank) if dims is None else wrap_dims(dims, rank) if dims != () else ()
        gone = tuple([d + 1 for d in named if rank and x.spec.shape[d] == 1])
        return apply(squeeze_dims, (x.value, gone)) if gone else registry["alias"](x.value)


@composite("squeeze(Tensor input, any dim=...)")
def squeeze(input, dim):
    """Dimensions of size 1 removed: all of them, or those named.

    >>> squeeze([[1, 2]])
    tensor([1, 2])
    >>> squeeze([[1, 2]], 1)
    tensor([[1, 2]])
    """
    if dim is ABSENT:
        return apply(squeeze_all, (input,))
    if isinstance(dim, tuple | list):
        return apply(squeeze_dims, (input, integers(dim, "squeeze", "dim", 2)))
    if not is_int(dim):
        raise ArgumentError(
            f"squeeze(): argument 'dim' (position 2) must be int, not {type_name(dim)}", code="argument-type"
        )
    return apply(squeeze_dim, (input, int(dim)))


# ------------------------------------------------------------------ one dimension as two, several as one


@composite("flatten(Tensor input, int start_dim=0, int end_dim=-1)")
def flatten(input, start_dim, end_dim):
    """The dimensions from `start_dim` to `end_dim` as one.

    >>> flatten([[1, 2], [3, 4]])
    tensor([1, 2, 3, 4])
    """
    shape = input.spec.shape
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if start > end:
        raise ShapeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, (1,))
    if start == end:
        return input
    return reshape(input, (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :]))


@composite("ravel(Tensor input)")
def ravel(input):
    """The elements in one dimension.

    >>> ravel([[1, 2], [3, 4]])
    tensor([1, 2, 3, 4])
    """
    return apply(view_size, (contiguous(input), (-1,)))


@composite("unflatten(Tensor input, int dim, any sizes)")
def unflatten(input, dim, sizes):
    """One dimension as several; one size may be -1.

    >>> unflatten([1, 2, 3, 4], 0, (2, -1))
    tensor([[1, 2],
            [3, 4]])
    """
    if isinstance(sizes, int):
        raise bad_call("unflatten", input, dim, sizes)
    sizes = to_sizes((sizes,), "unflatten", "sizes", 3)
    shape = input.spec.shape
    d = wrap_dim(dim, len(shape))
    if not sizes:
        raise ShapeError("unflatten: sizes must be non-empty")
    if not shape:
        raise ShapeError("unflatten got an unexpected error:\nunflatten of a tensor without dimensions")
    return apply(view_size, (input, (*shape[:d], *unflattened(sizes, shape[d], d), *shape[d + 1 :])))


def unflattened(sizes: tuple[int, ...], n: int, dim: int) -> tuple[int, ...]:
    """`sizes` with their -1 worked out; they must multiply to `n`."""
    if sizes.count(-1) > 1:
        raise ShapeError(
            "unflatten got an unexpected error:\nonly one dimension can be inferred",
            help="leave at most one -1",
        )
    known = prod(s for s in sizes if s != -1)
    if -1 in sizes and known and n % known == 0:
        return tuple([n // known if s == -1 else s for s in sizes])
    if -1 in sizes or known != n:
        raise ShapeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({n}) in "
            "the input "
            "tensor",
            code="unflatten",
        )
    return sizes
