"""Views by strides: windows into memory with any step, and the sums that undo them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.addresses import address, owner
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op
from ...engine.run.apply import apply
from ...engine.values.arrays import laid_over
from ...engine.values.wrapping import wrap
from ...errors import ShapeError
from ..rules.infer import wrap_dim

# ------------------------------------------------------------------ views by strides


@op("alias(Tensor input)", batching="aligned", infer=lambda x: x, view=True, names=("alias",), formula="{0}")
def alias(x):
    """Another tensor on the same memory, in the graph."""
    return x[...]


@alias.derivative("input")
def _(grad):
    return grad


def as_strided_infer(x: Spec, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Spec:
    if len(size) != len(stride):
        raise ShapeError("mismatch in length of strides and shape", code="as-strided")
    if any(s < 0 for s in stride):
        raise ShapeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}"
        )
    if any(n < 0 for n in size):
        raise ShapeError(
            f"as_strided: Negative sizes are not supported at the moment, got sizes: {list(size)}"
        )
    return x.with_shape(size)


def storage(x: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], int]:
    """All the memory that an array lies in, and which element of it is the array's first."""
    whole = owner(x)
    flat = whole.transpose(np.argsort([-s for s in whole.strides], kind="stable")).reshape(-1).view(x.dtype)
    return flat, (address(x) - address(flat)) // x.itemsize


@op(
    "as_strided(Tensor input, ints size, ints stride, int start, any layout)",
    infer=as_strided_infer,
    view=True,
    names=("engine.strided_view",),
    formula=lambda x, size, stride, start, layout: "as_strided({0}, {1}, {2}, {3})",
)
def strided_view(x, size, stride, start, layout):
    """A view of the tensor's memory from the element `start` of the tensor on."""
    step = x.itemsize
    flat, first = storage(x)
    start += first
    if start < 0:
        raise ShapeError(f"Tensor: invalid storage offset {start}")
    last = start + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if 0 not in size and last >= flat.size:
        raise ShapeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {start}, and "
            f"itemsize {step} "
            f"requiring a storage size of {(last + 1) * step} are out of bounds for storage of size "
            f"{flat.nbytes}",
            code="as-strided",
        )
    return laid_over(np.ndarray, size, x.dtype, flat, start * step, [s * step for s in stride])


def layout_of(x: np.ndarray[Any, Any]) -> tuple[int, ...] | None:
    """The strides in elements, None where the elements lie in order."""
    return None if x.flags.c_contiguous else tuple([s // x.itemsize for s in x.strides])


def from_base(base: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments that make the same view of the base that `args[0]` looks into."""
    x, size, stride, start, _ = args
    if not base.is_meta:
        start += (address(x.array) - address(base.array)) // x.array.itemsize
    return size, stride, start, layout_of(base.array)


strided_view.from_base = from_base


@composite(
    "as_strided(Tensor input, ints size, ints stride, int? storage_offset=None)",
    sample=([1.0, 2.0, 3.0, 4.0], (2, 2), (1, 2), 0),
)
def as_strided(input, size, stride, storage_offset):
    """A view of the tensor's memory with any shape, strides and offset (in elements).

    >>> as_strided(arange(6), (2, 2), (1, 3))
    tensor([[0, 3],
            [1, 4]])
    """
    if storage_offset is not None and storage_offset < 0:
        raise ShapeError(f"Tensor: invalid storage offset {storage_offset}")
    if input.is_meta:
        return apply(strided_view, (input, size, stride, storage_offset or 0, None))
    x = input.array
    start = 0 if storage_offset is None else storage_offset - storage(x)[1]
    return apply(strided_view, (input, size, stride, start, layout_of(x)))


def places(size: Any, stride: Any, start: int = 0) -> np.ndarray[Any, Any]:
    """Where the elements of a strided view lie, counted from the first element of what it looks into."""
    found = np.full((), start, np.int64)
    for n, s in zip(size, stride, strict=True):
        found = found[..., None] + np.arange(n) * s
    return found


def seen(shape: Any, size: Any, stride: Any, start: int, layout: Any) -> tuple[Any, Any]:
    """For each element of the view: which element of the tensor it is, and whether it is one."""
    own = places(shape, layout).ravel() if layout is not None else np.arange(int(np.prod(shape)))
    at = places(size, stride, start)
    element = np.full(int(own.max(initial=0)) + 1, -1)
    element[own[::-1]] = np.arange(own.size)[::-1]
    inside = (at >= 0) & (at < element.size)
    found = np.where(inside, element[np.where(inside, at, 0)], -1)
    return np.maximum(found, 0), found >= 0


@op(
    "as_strided_scatter_add(Tensor patch, any shape, int[] size, int[] stride, int start, any layout)",
    infer=lambda patch, shape, *_: patch.with_shape(shape),
    names=(),
    grad_fn="AsStridedBackwardBackward0",
)
def as_strided_sum(patch, shape, size, stride, start, layout):
    """Zeros of `shape` with each element of `patch` added where `as_strided` read it.

    What it read outside of the tensor is left out. Elements of the tensor that lie in one place share.
    """
    element, inside = seen(shape, size, stride, start, layout)
    out = np.zeros(int(np.prod(shape)), patch.dtype)
    np.add.at(out, element[inside], patch[inside])
    if layout is not None and 0 in layout:
        own = places(shape, layout).ravel()
        _, first, inverse, counts = np.unique(own, return_index=True, return_inverse=True, return_counts=True)
        out = (out[first] / counts.astype(out.dtype))[inverse].astype(out.dtype)
    return out.reshape(shape)


@as_strided_sum.derivative("patch")
def _(grad, shape, size, stride, start, layout):
    if grad.is_meta or (layout is None and start >= 0):
        return apply(strided_view, (grad.contiguous(), size, stride, start, None))
    element, inside = seen(shape, size, stride, start, layout)
    return grad.take(wrap(element)) * wrap(inside)


@strided_view.derivative("input")
def _(grad, input_spec, size, stride, start, layout):
    return apply(as_strided_sum, (grad, input_spec.shape, size, stride, start, layout))


# ------------------------------------------------------------------ sliding windows


def unfolded(x: Spec, dimension: int, size: int, step: int) -> Spec:
    d = wrap_dim(dimension, x.ndim)
    n = x.shape[d] if x.shape else 1
    if size < 0:
        raise ShapeError(f"size is {size} but must be >= 0")
    if size > n:
        raise ShapeError(f"maximum size for tensor at dimension {d} is {n} but size is {size}", code="unfold")
    if step <= 0:
        raise ShapeError(f"step is {step} but must be > 0")
    if not x.shape:
        return x.with_shape((size,))
    return x.with_shape((*x.shape[:d], (n - size) // step + 1, *x.shape[d + 1 :], size))


@op(
    "unfold(Tensor input, int dimension, int size, int step)",
    batching="along",
    infer=unfolded,
    names=("Tensor.unfold",),
    view=True,
    sample=([1.0, 2.0, 3.0, 4.0], 0, 2, 1),
)
def unfold(x, dimension, size, step):
    """Windows of `size` elements, `step` apart, along a dimension; they become the last dimension.

    >>> arange(5).unfold(0, 3, 1)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    if not x.ndim:
        return np.lib.stride_tricks.as_strided(x, (size,), (x.itemsize,))
    d = dimension % x.ndim
    shape, strides = list(x.shape), list(x.strides)
    shape[d] = (shape[d] - size) // step + 1
    strides[d] *= step
    return np.lib.stride_tricks.as_strided(x, (*shape, size), (*strides, x.strides[d]))


@unfold.derivative("input")
def _(grad, input_spec, dimension, size, step):
    return apply(unfold_sum, (grad, input_spec.shape, dimension, size, step))


@op(
    "unfold_backward(Tensor grad, any shape, int dimension, int size, int step)",
    batching="along",
    infer=lambda grad, shape, *_: grad.with_shape(shape),
    names=(),
)
def unfold_sum(grad, shape, dimension, size, step):
    """Zeros of `shape` with each window's elements added where `unfold` read them."""
    out = np.zeros(shape, grad.dtype)
    if not shape:
        return out + grad.sum(dtype=grad.dtype)
    d = dimension % len(shape)
    before, last = (slice(None),) * d, (grad.shape[d] - 1) * step + 1
    for j in range(size):
        out[(*before, slice(j, j + last, step))] += grad[..., j]
    return out


@unfold_sum.derivative("grad")
def _(grad, dimension, size, step):
    return apply(unfold, (grad, dimension, size, step))
