"""Making tensors by rule: ranges, grids, filled and diagonal ones."""

from __future__ import annotations

from math import ceil, isfinite
from typing import Any

import numpy as np

from ..engine import context
from ..engine import dtype as dt
from ..engine.device import Device, resolve
from ..engine.dtype import DType
from ..engine.op import composite, registry
from ..engine.spec import spec
from ..engine.tensor import Tensor
from ..errors import ArgumentError, ShapeError, ValueError
from .create import filled, leaf

OPTIONS = "dtype? dtype=None, any layout=None, device? device=None, bool requires_grad=False"


def scalar(value: Any) -> Any:
    """A Python number, or the one of a 0-d tensor."""
    return value.item() if isinstance(value, Tensor) else value


def on_device(
    shape: tuple[int, ...], dtype: DType, device: Device | None, requires_grad: bool, values: Any
) -> Tensor:
    """A new tensor of what `values()` computes, which `meta` does not ask for."""
    of = spec(shape, dtype, resolve(device, context.current.device))
    array = np.broadcast_to(np.zeros((), of.np), shape) if of.is_meta else values()
    return leaf(np.asarray(array), dtype, of.device, requires_grad)


@composite(
    f"arange(any start, any end=None, any step=1, *, {OPTIONS})", names=("torch.arange",), factory=True
)
def arange(start, end, step, dtype, layout, device, requires_grad):
    """start, start + step, … below `end`; integers unless an argument is a float.

    >>> arange(5)
    tensor([0, 1, 2, 3, 4])
    >>> arange(1, 2, 0.25)
    tensor([1.0000, 1.2500, 1.5000, 1.7500])
    """
    if end is None:
        start, end = 0, start
    start, end, step = scalar(start), scalar(end), scalar(step)
    for name, value in (("start", start), ("end", end), ("step", step)):
        if not isinstance(value, int | float):
            raise ArgumentError(f"arange(): argument '{name}' must be Number, not {type(value).__name__}")
    floats = any(isinstance(v, float) for v in (start, end, step))
    dtype = dtype or (context.current.dtype if floats else dt.int64)
    if step == 0:
        raise ValueError("step must be nonzero")
    if not (isfinite(start) and isfinite(end)):
        raise ValueError(f"unsupported range: {start} -> {end}")
    if (step > 0 and end < start) or (step < 0 and end > start):
        raise ValueError(
            "upper bound and lower bound inconsistent with step sign",
            help=f"a range from {start} to {end} needs a {'negative' if end < start else 'positive'} step",
        )
    if dtype.category == dt.INT:
        start, end, step = int(start), int(end), int(step) if int(step) else step
    n = -((end - start) // -step) if not floats else ceil((end - start) / step)
    n = int(n)
    if floats or dtype.category >= dt.FLOAT:
        return on_device((n,), dtype, device, requires_grad, lambda: start + np.arange(n) * float(step))
    return on_device((n,), dtype, device, requires_grad, lambda: start + np.arange(n, dtype=np.int64) * step)


def spaced(start: float, end: float, steps: int, kind: Any) -> np.ndarray[Any, Any]:
    """PyTorch's linspace: counted from both ends, so that it is symmetric and hits them."""
    if steps == 1:
        return np.array([start], kind)
    number = kind.type
    step = number(number(end) - number(start)) / number(steps - 1)
    index = np.arange(steps)
    half = steps // 2
    front = number(start) + step * index.astype(kind)
    back = number(end) - step * (steps - 1 - index).astype(kind)
    return np.where(index < half, front, back).astype(kind)


def computed_in(dtype: DType) -> Any:
    """The NumPy dtype that a range of this dtype is computed in."""
    if dtype.category < dt.FLOAT:
        return np.dtype(np.float64)
    return np.dtype(np.float32) if dtype.is_half else dtype.np


def check_steps(steps: int) -> None:
    if steps < 0:
        raise ValueError("number of steps must be non-negative")


@composite(f"linspace(any start, any end, int steps, *, {OPTIONS})", names=("torch.linspace",), factory=True)
def linspace(start, end, steps, dtype, layout, device, requires_grad):
    """`steps` numbers evenly spaced from `start` to `end`, both included.

    >>> linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    start, end = scalar(start), scalar(end)
    check_steps(steps)
    is_complex = isinstance(start, complex) or isinstance(end, complex)
    default = context.current.dtype
    dtype = dtype or (default.to_complex() if is_complex else default)
    return on_device(
        (steps,), dtype, device, requires_grad, lambda: spaced(start, end, steps, computed_in(dtype))
    )


@composite(
    f"logspace(any start, any end, int steps, float base=10.0, *, {OPTIONS})",
    names=("torch.logspace",),
    factory=True,
)
def logspace(start, end, steps, base, dtype, layout, device, requires_grad):
    """`base` to the power of `steps` numbers evenly spaced from `start` to `end`.

    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    start, end = scalar(start), scalar(end)
    check_steps(steps)
    dtype = dtype or context.current.dtype
    kind = computed_in(dtype)
    return on_device(
        (steps,), dtype, device, requires_grad, lambda: kind.type(base) ** spaced(start, end, steps, kind)
    )


@composite(f"eye(int n, int? m=None, *, {OPTIONS})", names=("torch.eye",), factory=True)
def eye(n, m, dtype, layout, device, requires_grad):
    """The identity matrix, n by n or n by m.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    m = n if m is None else m
    for name, size in (("n", n), ("m", m)):
        if size < 0:
            raise ValueError(f"{name} must be greater or equal to 0, got {size}")
    dtype = dtype or context.current.dtype
    return on_device((n, m), dtype, device, requires_grad, lambda: np.eye(n, m, dtype=dtype.np))


def number_dtype(value: Any) -> DType:
    """The dtype `full` gives a fill value."""
    if isinstance(value, Tensor):
        return value.dtype
    return dt.of_number(type(value), context.current.dtype)


@composite(f"full(int[] size, any fill_value, *, {OPTIONS})", names=("torch.full",), factory=True)
def full(size, fill_value, dtype, layout, device, requires_grad):
    """`fill_value` in every element; its type decides the dtype.

    >>> full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    chosen = dtype or number_dtype(fill_value)
    return filled(size, in_range(scalar(fill_value), chosen), chosen, device, requires_grad)


def in_range(value: Any, dtype: DType) -> Any:
    """The number as the dtype stores it (integers wrap, as in PyTorch)."""
    if dtype.category == dt.INT and isinstance(value, int) and dtype is not dt.int64:
        return np.array(value).astype(dtype.np)
    if dtype.category == dt.INT and isinstance(value, float):
        return np.array(value).astype(np.int64).astype(dtype.np)
    return value


@composite(
    f"full_like(Tensor input, any fill_value, *, {OPTIONS}, any memory_format=None)",
    names=("torch.full_like",),
    factory=True,
)
def full_like(input, fill_value, dtype, layout, device, requires_grad, memory_format):
    """`fill_value` in every element, of the input's shape, dtype and device.

    >>> full_like([1., 2.], 5)
    tensor([5., 5.])
    """
    chosen = dtype or input.dtype
    value = in_range(scalar(fill_value), chosen)
    return filled(input.spec.shape, value, chosen, device or input.device, requires_grad)


@composite(f"empty(int... size, *, {OPTIONS}, any memory_format=None)", names=("torch.empty",), factory=True)
def empty(size, dtype, layout, device, requires_grad, memory_format):
    """A tensor whose values are arbitrary (here they are zeros).

    >>> empty(2, 3).shape
    torch.Size([2, 3])
    """
    return filled(size, 0, dtype, device, requires_grad)


@composite(f"scalar_tensor(any s, *, {OPTIONS})", names=("torch.scalar_tensor",), factory=True)
def scalar_tensor(s, dtype, layout, device, requires_grad):
    """A 0-d tensor of a number, of the default float dtype.

    >>> scalar_tensor(3)
    tensor(3.)
    """
    return filled((), scalar(s), dtype, device, requires_grad)


# ------------------------------------------------------------------ new_*: as another tensor


for _name, _value in (("zeros", 0), ("ones", 1), ("empty", 0)):

    @composite(
        f"Tensor.new_{_name}(Tensor input, int... size, dtype? dtype=None, device? device=None, "
        "bool requires_grad=False, any layout=None, any pin_memory=None)",
        doc=f"""A new tensor of {_name.replace("empty", "arbitrary value")}{"" if _name != "empty" else "s"},
        of the dtype and device of this one.

        >>> tensor([1, 2]).new_{_name}(2)
        tensor([{_value}, {_value}])
        """,
    )
    def new_filled(input, size, dtype, device, requires_grad, layout, pin_memory, value=_value):
        return filled(size, value, dtype or input.dtype, device or input.device, requires_grad)


@composite(
    "Tensor.new_full(Tensor input, int[] size, any fill_value, *, dtype? dtype=None, device? device=None, "
    "bool requires_grad=False, any layout=None, any pin_memory=None)"
)
def new_full(input, size, fill_value, dtype, device, requires_grad, layout, pin_memory):
    """A new tensor of `fill_value`, of the dtype and device of this one.

    >>> tensor([1, 2]).new_full((2,), 7)
    tensor([7, 7])
    """
    chosen = dtype or input.dtype
    return filled(size, in_range(scalar(fill_value), chosen), chosen, device or input.device, requires_grad)


@composite(
    "Tensor.new_tensor(Tensor input, any data, *, dtype? dtype=None, device? device=None, "
    "bool requires_grad=False)"
)
def new_tensor(input, data, dtype, device, requires_grad):
    """A new tensor of this data, of the dtype and device of this one.

    >>> tensor([1., 2.]).new_tensor([3, 4])
    tensor([3., 4.])
    """
    return registry["tensor"](
        data, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad
    )


# ------------------------------------------------------------------ grids


@composite("meshgrid(Tensor... tensors, str? indexing=None)", names=("torch.meshgrid",))
def meshgrid(tensors, indexing):
    """Coordinates of a grid: each 1-d tensor spread over the others' lengths ("ij", or "xy" as in NumPy).

    >>> meshgrid(tensor([1, 2]), tensor([3, 4]), indexing="ij")[0]
    tensor([[1, 1],
            [2, 2]])
    """
    if indexing not in (None, "ij", "xy"):
        raise ArgumentError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if not tensors:
        raise ValueError("meshgrid expects a non-empty TensorList")
    for t in tensors:
        if t.ndim > 1:
            raise ShapeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {t!r}")
    swap = indexing == "xy" and len(tensors) > 1
    items = [tensors[1], tensors[0], *tensors[2:]] if swap else list(tensors)
    shape = tuple(t.spec.numel for t in items)
    grids = []
    for i, t in enumerate(items):
        view = [1] * len(items)
        view[i] = -1
        grids.append(t.view(view).expand(shape))
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


def triangle(row: int, col: int, offset: int, lower: bool) -> np.ndarray[Any, Any]:
    mask = np.tri(row, col, offset if lower else offset - 1, dtype=bool)
    return np.stack(np.nonzero(mask if lower else ~mask))


for _name, _lower in (("tril", True), ("triu", False)):

    @composite(
        f"{_name}_indices(int row, int col, int offset=0, *, dtype? dtype=None, any device=None, "
        "any layout=None)",
        names=(f"torch.{_name}_indices",),
        doc=f"""Row and column numbers of the {"lower" if _lower else "upper"} triangle of a matrix.

        >>> {_name}_indices(2, 2)
        tensor([[0, {1 if _lower else 0}, 1],
                [0, {0 if _lower else 1}, 1]])
        """,
    )
    def triangle_indices(row, col, offset, dtype, device, layout, lower=_lower):
        found = triangle(row, col, offset, lower)
        return leaf(found, dtype or dt.int64, device, False)


@composite("cartesian_prod(Tensor... tensors)", names=("torch.cartesian_prod",))
def cartesian_prod(tensors):
    """All combinations of an element of each 1-d tensor, one a row.

    >>> cartesian_prod(tensor([1, 2]), tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    for t in tensors:
        if t.ndim != 1:
            raise ShapeError("Expect a 1D vector, but got shape " + str(list(t.spec.shape)))
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors, indexing="ij")
    return registry["stack"]([g.flatten() for g in grids], 1)


@composite("combinations(Tensor input, int r=2, bool with_replacement=False)", names=("torch.combinations",))
def combinations(input, r, with_replacement):
    """All choices of r elements of a 1-d tensor, one a row.

    >>> combinations([1, 2, 3])
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    from itertools import combinations as distinct
    from itertools import combinations_with_replacement as repeated

    if input.ndim != 1:
        raise ShapeError(f"Expect a 1D vector, but got shape {list(input.spec.shape)}")
    if r < 0:
        raise ValueError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return registry["Tensor.new_empty"](input, 0)
    chosen = list((repeated if with_replacement else distinct)(range(input.spec.numel), r))
    index = np.array(chosen, np.int64).reshape(-1, r)
    flat = leaf(index.reshape(-1), dt.int64, None, False)
    return registry["index_select"](input, 0, flat).view(index.shape)
