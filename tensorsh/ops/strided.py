"""Views by strides: windows into memory with any step, and the sums that undo them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.apply import apply
from ..engine.op import op
from ..engine.spec import Spec
from ..errors import ShapeError
from .rules import wrap_dim


def owner(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array whose memory a view looks into."""
    while True:
        base = array.base
        if not isinstance(base, np.ndarray):
            base = getattr(base, "base", None)  # what `as_strided` puts in between
            if not isinstance(base, np.ndarray):
                return array
        array = base


def address(array: np.ndarray[Any, Any]) -> int:
    return array.__array_interface__["data"][0]


# ------------------------------------------------------------------ views by strides


def as_strided_infer(
    x: Spec, size: tuple[int, ...], stride: tuple[int, ...], storage_offset: int | None
) -> Spec:
    if len(size) != len(stride):
        raise ShapeError("mismatch in length of strides and shape", code="as-strided")
    if storage_offset is not None and storage_offset < 0:
        raise ShapeError(f"Tensor: invalid storage offset {storage_offset}")
    if any(s < 0 for s in stride):
        raise ShapeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}"
        )
    if any(n < 0 for n in size):
        raise ShapeError(
            f"as_strided: Negative sizes are not supported at the moment, got sizes: {list(size)}"
        )
    return x.with_shape(size)


@op(
    "as_strided(Tensor input, ints size, ints stride, int? storage_offset=None)",
    infer=as_strided_infer,
    view=True,
    sample=([1.0, 2.0, 3.0, 4.0], (2, 2), (1, 2), 0),
)
def as_strided(x, size, stride, storage_offset):
    """A view of the tensor's memory with any shape, strides and offset (in elements).

    >>> as_strided(arange(6), (2, 2), (1, 3))
    tensor([[0, 3],
            [1, 4]])
    """
    whole = owner(x)
    step = x.itemsize
    flat = whole.transpose(np.argsort([-s for s in whole.strides], kind="stable")).reshape(-1).view(x.dtype)
    start = (address(x) - address(flat)) // step if storage_offset is None else storage_offset
    last = start + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if 0 not in size and last >= flat.size:
        raise ShapeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {start}, and "
            f"itemsize {step} "
            f"requiring a storage size of {(last + 1) * step} are out of bounds for storage of size "
            f"{flat.nbytes}",
            code="as-strided",
        )
    return np.ndarray(size, x.dtype, flat, start * step, [s * step for s in stride])


@op(
    "as_strided_scatter_add(Tensor patch, any shape, int[] size, int[] stride, int storage_offset)",
    infer=lambda patch, shape, *_: patch.with_shape(shape),
    names=(),
    grad_fn="AsStridedBackwardBackward0",
)
def as_strided_sum(patch, shape, size, stride, storage_offset):
    """Zeros of `shape` with each element of `patch` added where `as_strided` read it."""
    out = np.zeros(shape, patch.dtype)
    places = np.full((), storage_offset, np.int64)
    for n, s in zip(size, stride, strict=True):
        places = places[..., None] + np.arange(n) * s
    np.add.at(out.reshape(-1), places.ravel(), patch.ravel())
    return out


@as_strided_sum.derivative("patch")
def _(grad, size, stride, storage_offset):
    return apply(as_strided, (grad.contiguous(), size, stride, storage_offset))


@as_strided.derivative("input")
def _(grad, input_spec, size, stride, storage_offset):
    return apply(as_strided_sum, (grad, input_spec.shape, size, stride, storage_offset or 0))


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
