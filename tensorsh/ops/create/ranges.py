"""New tensors by rule: ranges, evenly spaced numbers, the identity."""

from __future__ import annotations

from math import ceil, isfinite
from typing import Any

import numpy as np

from ...engine.calls.arguments import number
from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.device import Device, resolve
from ...engine.core.dtype import DType
from ...engine.core.spec import spec
from ...engine.random.generator_normal import fused
from ...engine.records.op import composite
from ...engine.records.schema import ABSENT
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, DTypeError, ShapeError
from ..rules.numbers import SCALAR_NAMES, cast_array, check_number, number_array, overflow
from .of_data import OPTIONS, leaf


def computed(
    shape: tuple[int, ...], dtype: DType, device: Device | None, requires_grad: bool, values: Any
) -> Tensor:
    """A new tensor of what `values()` computes; nothing is computed on `meta`."""
    device = resolve(device, context.current().device)
    array = spec(shape, dtype, device).placeholder if device.is_meta else np.asarray(values())
    return leaf(array, dtype, device, requires_grad)


def not_implemented(name: str, dtype: DType) -> Exception:
    return DTypeError(f"\"{name}\" not implemented for '{dtype.title}'", raises=NotImplementedError)


# ------------------------------------------------------------------ arange


def range_size(start: Any, end: Any, step: Any, dtype: DType) -> int:
    """How many numbers from `start` by `step` lie before `end`: in integers for int64, else in float64."""
    if not (isfinite(start) and isfinite(end)):
        raise BadValue(f"unsupported range: {start:g} -> {end:g}")
    if dtype is dt.int64:
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        raise BadValue("step must be nonzero")
    if (step > 0 and end < start) or (step < 0 and end > start):
        raise BadValue(
            "upper bound and lower bound inconsistent with step sign",
            help=f"a range from {start} to {end} needs a {'negative' if end < start else 'positive'} step",
        )
    size = -((end - start) // -step) if dtype is dt.int64 else ceil((float(end) - start) / step)
    if size >= 2**63:
        raise BadValue("invalid size, possible overflow?")
    return size


def real_number(value: Any, name: str, position: int) -> Any:
    """A bound of a range: a real number."""
    value = number(value, "arange", name, position)
    if isinstance(value, complex):
        raise overflow("double")
    if isinstance(value, int):
        check_number(value, dt.int64)
    return value


@composite(
    f"arange(any start=None, any end=None, any step=1, *, {OPTIONS})", names=("torch.arange",), factory=True
)
def arange(start, end, step, dtype, layout, device, requires_grad, pin_memory):
    """start, start + step, … below `end`; integers unless an argument is a float.

    >>> arange(5)
    tensor([0, 1, 2, 3, 4])
    >>> arange(1, 2, 0.25)
    tensor([1.0000, 1.2500, 1.5000, 1.7500])
    """
    if end is None:
        if start is None:
            raise ArgumentError('arange() missing 1 required positional arguments: "end"', code="signature")
        start, end = 0, start
    low = real_number(0 if start is None else start, "start", 1)
    high = real_number(end, "end", 1 if start is None or (type(start) is int and start == 0) else 2)
    by = real_number(step, "step", 3)
    floats = any(isinstance(v, float) for v in (low, high, by))
    dtype = dtype or (context.current().dtype if floats else dt.int64)
    n = range_size(low, high, by, dtype)
    if dtype is dt.bool_ or dtype.is_complex:
        raise not_implemented("arange_cpu", dtype)
    if dtype.category == dt.INT:
        low, by = int(low), int(by)
    if dtype in (dt.float32, dt.float64):
        return computed(
            (n,), dtype, device, requires_grad, lambda: stepped(float(low), float(by), n, dtype.np)
        )
    return computed((n,), dtype, device, requires_grad, lambda: low + np.arange(n) * by)


def stepped(low: float, by: float, n: int, kind: Any) -> np.ndarray[Any, Any]:
    """`low + i * by` as PyTorch rounds it: the places in a vector count from its first number, rounded already.

    Vectors (8 floats or 4 doubles) come in pairs; what fills no pair is counted from `low`.
    """
    found = fused(np.arange(n, dtype=np.float64), by, low).astype(kind)
    lanes = 32 // found.itemsize
    whole = n - n % (2 * lanes)
    if whole:
        first = np.repeat(found[:whole:lanes].astype(np.float64), lanes)
        places = np.tile(np.arange(lanes, dtype=np.float64), whole // lanes)
        found[:whole] = fused(places, by, first)
    return found


# ------------------------------------------------------------------ evenly spaced


def endpoints(name: str, start: Any, end: Any) -> tuple[Any, Any]:
    """The numbers that a range starts and ends at; a 0-d tensor stands for its element."""
    tensors = {k: v.ndim for k, v in (("start", start), ("end", end)) if isinstance(v, Tensor)}
    if any(tensors.values()):
        shown = " and ".join(f"{k} with {ndim} dimension(s)" for k, ndim in tensors.items())
        raise ShapeError(
            f"{name} only supports 0-dimensional start and end tensors, but got {shown}.",
            help="index one element, or reduce it: x[0], x.max()",
        )
    start, end = (v.detach() if isinstance(v, Tensor) else v for v in (start, end))
    return number(start, name, "start", 1), number(end, name, "end", 2)


def multiplied_added(x: np.ndarray[Any, Any], scale: Any, shift: Any) -> np.ndarray[Any, Any]:
    """`x * scale + shift` rounded once; the 16-bit types round the product, too."""
    if x.dtype.itemsize == 2:
        return multiplied_then_added(x, scale, shift)
    if x.dtype == np.float64:
        return fused(x, float(scale), float(shift))
    wide = np.result_type(x.dtype, np.float64)
    return (x.astype(wide) * scale.astype(wide) + shift.astype(wide)).astype(x.dtype)


def multiplied_then_added(x: np.ndarray[Any, Any], scale: Any, shift: Any) -> np.ndarray[Any, Any]:
    """`x * scale + shift`, product and sum rounded."""
    return ((x * scale).astype(x.dtype) + shift).astype(x.dtype)


def spaced(
    start: Any, end: Any, steps: int, dtype: DType, line: Any = multiplied_added
) -> np.ndarray[Any, Any]:
    """PyTorch's linspace, counted from both ends, which are hit.

    step = (end - start) / (steps - 1), rounded to the dtype; start + i*step in the first half, else
    end - (steps - 1 - i)*step, a fused multiply-add. Integers are spaced in float64 between bounds cut to
    integers.
    """
    low, high = number_array(start, dtype), number_array(end, dtype)
    if steps == 1:
        return np.array([low])
    if dtype.category < dt.FLOAT:
        low, high = low.astype(np.float64), high.astype(np.float64)
    kind = low.dtype
    step = ((high - low) / np.asarray(steps - 1).astype(kind)).astype(kind)
    index = np.arange(steps)
    front = line(index.astype(kind), step, low)
    back = line((steps - 1 - index).astype(kind), -step, high)
    return np.where(index < steps // 2, front, back)


def spacing_dtype(name: str, start: Any, end: Any, base: Any, dtype: DType | None) -> DType:
    """The dtype of the result: complex where an endpoint is, else the default float."""
    default = context.current().dtype
    if any(isinstance(v, complex) for v in (start, end, base)):
        inferred = default.to_complex()
        if dtype is not None and not dtype.is_complex:
            raise DTypeError(
                f"torch.{name}(): inferred dtype {SCALAR_NAMES[inferred]} can't be safely cast to passed "
                "dtype "
                f"{dtype.title}"
            )
        return dtype or inferred
    return dtype or default


def check_spacing(name: str, start: Any, end: Any, steps: int, dtype: DType) -> None:
    if steps < 0:
        raise BadValue("number of steps must be non-negative")
    if dtype is dt.bool_:
        raise not_implemented(f"{name}_cpu", dtype)
    if steps:
        check_number(start, dtype)
        check_number(end, dtype)


@composite(f"linspace(any start, any end, int steps, *, {OPTIONS})", names=("torch.linspace",), factory=True)
def linspace(start, end, steps, dtype, layout, device, requires_grad, pin_memory):
    """`steps` numbers evenly spaced from `start` to `end`, both included.

    >>> linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    start, end = endpoints("linspace", start, end)
    dtype = spacing_dtype("linspace", start, end, None, dtype)
    check_spacing("linspace", start, end, steps, dtype)
    return computed((steps,), dtype, device, requires_grad, lambda: spaced(start, end, steps, dtype))


def powers(base: Any, start: Any, end: Any, steps: int, dtype: DType) -> np.ndarray[Any, Any]:
    """base ** spaced(start, end), the power taken in float64 (complex128)."""
    exponents = spaced(start, end, steps, dtype, multiplied_then_added)
    wide = np.complex128 if dtype.is_complex else np.float64
    return cast_array(np.power(wide(base), exponents.astype(wide)), dtype)


@composite(
    f"logspace(any start, any end, int steps, any base=10.0, *, {OPTIONS})",
    names=("torch.logspace",),
    factory=True,
)
def logspace(start, end, steps, base, dtype, layout, device, requires_grad, pin_memory):
    """`base` to the power of `steps` numbers evenly spaced from `start` to `end`.

    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    start, end = endpoints("logspace", start, end)
    base = number(base, "logspace", "base", 4)
    dtype = spacing_dtype("logspace", start, end, base, dtype)
    check_spacing("logspace", start, end, steps, dtype)
    return computed((steps,), dtype, device, requires_grad, lambda: powers(base, start, end, steps, dtype))


# ------------------------------------------------------------------ the identity


@composite(f"eye(int n, int m=..., *, {OPTIONS})", names=("torch.eye",), factory=True)
def eye(n, m, dtype, layout, device, requires_grad, pin_memory):
    """The identity matrix, n by n or n by m.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    m = n if m is ABSENT else m
    for name, size in (("n", n), ("m", m)):
        if size < 0:
            raise BadValue(f"{name} must be greater or equal to 0, got {size}")
    dtype = dtype or context.current().dtype
    return computed((n, m), dtype, device, requires_grad, lambda: np.eye(n, m, dtype=dtype.np))
