"""Where in memory an index points, and PyTorch's words when it points nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, DTypeError

Array = np.ndarray[Any, Any]

#: elements that are looked through at once
PIECE = 1 << 22


def not_zero(x: Array) -> tuple[Array, ...]:
    """`x.nonzero()` of an array of one dimension at least.

    NumPy holds Python's lock meanwhile, and looks through an expanded array for as long as it likes: where there are
    many elements it is asked in pieces, between which an interrupt is heard.
    """
    if x.size <= PIECE:
        return x.nonzero()
    found = []
    step = PIECE // (x.size // len(x))
    for begin in range(0, len(x), max(step, 1)):
        if step:
            first, *others = x[begin : begin + step].nonzero()
            found.append((first + begin, *others))
        else:
            others = list(not_zero(x[begin]))
            found.append((np.full(len(others[0]), begin), *others))
    return tuple(np.concatenate(each) for each in zip(*found, strict=True))


def check_bounds(
    index: Array,
    size: int,
    dim: int,
    *,
    negative: bool = False,
    message: str = "",
    raises: type[Exception] = IndexError,
) -> None:
    """Every index must be in [0, size), or in [-size, size) where counting from the end is allowed.

    `message` replaces PyTorch's usual sentence; it may use {index}, {dim} and {size}.
    """
    if not index.size:
        return
    low = -size if negative else 0
    if index.min() >= low and index.max() < size:
        return
    bad = int(index[(index < low) | (index >= size)].ravel()[0])
    message = message or "index {index} is out of bounds for dimension {dim} with size {size}"
    raise BadIndex(
        message.format(index=bad, dim=dim, size=size),
        raises=raises,
        code="index-range",
        help=f"valid indices are {low} to {size - 1}" if size else "this dimension is empty",
    )


def flat_positions(shape: Sequence[int], index: Array, dim: int, extent: Sequence[int]) -> Array:
    """Row-major positions in an array of `shape`: `index` along `dim`, 0, 1, 2, … along the others.

    `extent` is the shape of the region; `index` must broadcast to it.
    """
    strides = [1] * len(shape)
    for d in range(len(shape) - 2, -1, -1):
        strides[d] = strides[d + 1] * shape[d + 1]
    positions = index.astype(np.int64) * strides[dim] if strides else index
    for d, n in enumerate(extent):
        if d != dim:
            along = np.arange(n, dtype=np.int64) * strides[d]
            positions = positions + along.reshape((n,) + (1,) * (len(extent) - d - 1))
    return np.broadcast_to(positions, tuple(extent))


def along(index: Array, dim: int, ndim: int) -> Array:
    """A vector of indices laid along one dimension of `ndim`."""
    shape = [1] * max(ndim, 1)
    shape[dim] = -1
    return index.reshape(shape)


def require_integers(index: Spec, message: str, allowed: Sequence[dt.DType] = (dt.int64, dt.int32)) -> None:
    """An index tensor must have one of these dtypes."""
    if index.dtype not in allowed:
        raise DTypeError(
            message.format(dtype=index.dtype), code="index-dtype", help="convert the index: i.long()"
        )


def zeros_of(spec: Spec, like: Tensor, shape: Sequence[int] | None = None) -> Tensor:
    """Zeros where the gradient `like` will be written: of `spec`'s shape, with `like`'s dtype."""
    from ...engine.graph.node import zeros

    return zeros(spec.with_dtype(like.dtype).with_shape(spec.shape if shape is None else shape))
