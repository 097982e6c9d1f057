"""What is known of a tensor before it is computed: shape, dtype, device.

Specs are interned, so the plan of an operation can be looked up by the identity of its inputs'
specs. `infer` rules take specs and give specs; on the `meta` device that is all there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...errors import BadIndex, ShapeError
from .device import Device, cpu
from .dtype import DType
from .results import Size

Shape = tuple[int, ...]


class Spec:
    """An interned (shape, dtype, device); make one with `spec()`."""

    def __init__(self, shape: Shape, dtype: DType, device: Device):
        self.shape = shape
        self.dtype = dtype
        self.device = device
        self.is_meta = device.is_meta
        self.np = dtype.np

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @cached_property
    def numel(self) -> int:
        return prod(self.shape)

    @cached_property
    def size(self) -> Size:
        """The shape as users see it: `torch.Size`."""
        return Size(self.shape)

    @cached_property
    def placeholder(self) -> np.ndarray[Any, Any]:
        """An array of this shape and dtype that takes no memory: what a meta tensor holds."""
        return np.broadcast_to(np.zeros((), self.np), self.shape)

    @cached_property
    def in_order(self) -> np.ndarray[Any, Any]:
        """The same with the strides of an array whose elements lie in order; of sizes 1 each has another one."""
        steps = [self.numel + i if n == 1 else prod(self.shape[i + 1 :]) for i, n in enumerate(self.shape)]
        return as_strided(np.zeros((), self.np), self.shape, [step * self.np.itemsize for step in steps])

    def with_shape(self, shape: Sequence[int]) -> Spec:
        return spec(tuple(shape), self.dtype, self.device)

    def with_dtype(self, dtype: DType) -> Spec:
        return spec(self.shape, dtype, self.device)

    def __repr__(self) -> str:
        where = "" if self.device is cpu else f" on {self.device}"
        return f"{self.dtype.name}{list(self.shape)}{where}"


_interned: dict[tuple[Shape, DType, Device], Spec] = {}
_LIMIT = 50_000  # distinct specs to remember; equality never depends on remembering them


def spec(shape: Shape, dtype: DType, device: Device = cpu) -> Spec:
    """The Spec of these three."""
    key = (shape, dtype, device)
    found = _interned.get(key)
    if found is None:
        if len(_interned) > _LIMIT:
            _interned.clear()
        if any(isinstance(size, float) for size in shape):  # 7.0 would be found where 7 is asked for
            raise TypeError(f"sizes are integers, not {list(shape)}")
        found = _interned[key] = Spec(shape, dtype, device)
    return found


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The common shape, or PyTorch's error naming the first dimension that does not fit."""
    if len(shapes) == 2 and shapes[0] == shapes[1]:
        return shapes[0]
    common = common_shape(*shapes)
    if common is None:
        raise _mismatch(shapes)
    return common


def common_shape(*shapes: Shape) -> Shape | None:
    """The shape that shapes broadcast to; None if they do not fit each other."""
    ndim = max(map(len, shapes), default=0)
    result = [1] * ndim
    for shape in shapes:
        offset = ndim - len(shape)
        for i, size in enumerate(shape):
            have = result[offset + i]
            if size == 1 or size == have:
                continue
            if have != 1:
                return None
            result[offset + i] = size
    return tuple(result)


def _mismatch(shapes: tuple[Shape, ...]) -> Exception:
    """PyTorch scans from the last dimension: the error names the last one that clashes."""
    result: Shape = ()
    for shape in shapes:
        merged = []
        for i in range(1, max(len(result), len(shape)) + 1):
            a = result[-i] if i <= len(result) else 1
            b = shape[-i] if i <= len(shape) else 1
            if a != b and a != 1 and b != 1:
                where = max(len(result), len(shape)) - i
                return ShapeError(
                    f"The size of tensor a ({a}) must match the size of tensor b ({b}) "
                    f"at non-singleton dimension {where}",
                    code="broadcast",
                    help="sizes must be equal or 1, counted from the last dimension; "
                    "unsqueeze, reshape or transpose one operand",
                )
            merged.append(b if a == 1 else a)
        result = tuple(reversed(merged))
    raise AssertionError("shapes broadcast after all")


def wrap_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front; PyTorch's error when it is out of range."""
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise BadIndex(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})",
            code="dim-range",
            help=f"the tensor has {ndim} dimension{'s' * (ndim != 1)}",
        )
    return dim % n
