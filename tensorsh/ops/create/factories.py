"""New tensors of a size, filled with one value: zeros, ones, full, and their `_like` and `new_` forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.calls.arguments import integers, number
from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.device import Device, resolve
from ...engine.core.dtype import DType
from ...engine.core.layouts import sparse_coo
from ...engine.core.memory_format import CONTIGUOUS, PRESERVE
from ...engine.core.spec import spec
from ...engine.graph.inference import made
from ...engine.records.op import composite, registry
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor, make_tensor
from ...errors import ArgumentError, BadValue, ShapeError
from ..rules.memory_order import laid_out_like
from ..rules.numbers import check_number, number_array
from .of_data import OPTIONS, check_requires_grad, check_size

LIKE = f"{OPTIONS}, format? memory_format=None"


def filled(
    size: tuple[int, ...], value: Any, dtype: DType | None, device: Device | None, requires_grad: bool
) -> Tensor:
    """`value` in every element."""
    dtype = dtype or context.current().dtype
    check_size(size, dtype.np.itemsize)
    check_requires_grad(requires_grad, dtype)
    of = spec(tuple(size), dtype, resolve(device, context.current().device))
    if of.is_meta:
        return made(make_tensor(of.placeholder, of, requires_grad))
    array = np.zeros(size, of.np) if type(value) is int and value == 0 else np.full(size, value, of.np)
    return made(make_tensor(array, of, requires_grad))


def laid_out(out: Tensor, like: Tensor, memory_format: Any) -> Tensor:
    """A new tensor of one value, its memory in the order of another tensor's of this shape, or as is asked for."""
    if memory_format is not None and memory_format is not PRESERVE:
        return in_format(out, memory_format)
    if not out.is_meta and not like.in_order:
        out.array = laid_out_like(like.array, out.array.reshape)
    return out


def in_format(out: Tensor, memory_format: Any) -> Tensor:
    """A new tensor with its elements in an order."""
    if memory_format is not CONTIGUOUS and not out.is_meta:
        out.array = memory_format.copy(out.array)
    return out


# ------------------------------------------------------------------ zeros, ones, empty


def family(name: str, value: int, meaning: str) -> None:
    """`NAME`, `NAME_like` and `Tensor.new_NAME`."""

    @composite(
        f"{name}(int... size, {LIKE if name == 'empty' else OPTIONS})",
        names=(f"torch.{name}",),
        factory=True,
        doc=f"""A new tensor of {meaning}.

        >>> {name}(2)
        tensor([{value}., {value}.])
        """,
    )
    def of_size(size, dtype, layout, device, requires_grad, pin_memory, memory_format=None):
        if name == "zeros" and any(n < 0 for n in size):
            raise BadValue("zeros: Dimension size must be non-negative.", code="negative-size")
        if layout is sparse_coo:
            return registry["sparse_coo_tensor"](size=size, dtype=dtype, requires_grad=requires_grad)
        out = filled(size, value, dtype, device, requires_grad)
        return out if memory_format is None else in_format(out, memory_format)

    @composite(
        f"{name}_like(Tensor input, *, {LIKE})",
        names=(f"torch.{name}_like",),
        factory=True,
        doc=f"""A new tensor of {meaning}, of the input's shape, dtype and device.

        >>> {name}_like([1.5, 2.5])
        tensor([{value}., {value}.])
        """,
    )
    def like(input, dtype, layout, device, requires_grad, pin_memory, memory_format):
        of = input.spec
        out = filled(of.shape, value, dtype or of.dtype, device or of.device, requires_grad)
        return input.beside(laid_out(out, input, memory_format))

    @composite(
        f"Tensor.new_{name}(Tensor input, int... size, {OPTIONS})",
        doc=f"""A new tensor of {meaning}, of this one's dtype and device.

        >>> tensor([1, 2]).new_{name}(2)
        tensor([{value}, {value}])
        """,
    )
    def new(input, size, dtype, layout, device, requires_grad, pin_memory):
        return input.beside(filled(size, value, dtype or input.dtype, device or input.device, requires_grad))


family("zeros", 0, "zeros")
family("ones", 1, "ones")
family("empty", 0, "arbitrary values (here they are zeros)")


@composite(
    f"empty_strided(int[] size, int[] stride, *, {OPTIONS})", names=("torch.empty_strided",), factory=True
)
def empty_strided(size, stride, dtype, layout, device, requires_grad, pin_memory):
    """A new tensor of arbitrary values (here zeros) that lie in memory with the strides given.

    >>> empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    if len(size) != len(stride):
        raise ShapeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})",
            help="one stride for each size",
        )
    needed = 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) if 0 not in size else 0
    memory = filled((needed,), 0, dtype, device, requires_grad)
    return memory.as_strided(size, stride)


@composite(f"Tensor.new_empty_strided(Tensor input, int[] size, int[] stride, *, {OPTIONS})")
def new_empty_strided(input, size, stride, dtype, layout, device, requires_grad, pin_memory):
    """`empty_strided` of this tensor's dtype and device.

    >>> ones(1).new_empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    return empty_strided(
        size, stride, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad
    )


@composite(
    f"empty_permuted(int[] size, int[] physical_layout, *, {OPTIONS})",
    names=("torch.empty_permuted",),
    factory=True,
)
def empty_permuted(size, physical_layout, dtype, layout, device, requires_grad, pin_memory):
    """A new tensor of arbitrary values (here zeros), its dimensions in this order in memory.

    >>> empty_permuted((2, 3, 4), (1, 0, 2)).stride()
    (4, 8, 1)
    """
    n = len(size)
    if len(physical_layout) != n:
        raise ShapeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {n} is not equal to len(physical_layout) = {len(physical_layout)}"
        )
    for i, d in enumerate(physical_layout):
        if not 0 <= d < n:
            raise ShapeError(
                f"Dimension out of range (expected to be between 0 and {n - 1}, but got {d} at index {i}).  NB: "
                "negative dims not currently supported; file an issue if you want it."
            )
        if d in physical_layout[:i]:
            raise ShapeError("Duplicate dim not allowed")
    out = filled(tuple([size[d] for d in physical_layout]), 0, dtype, device, requires_grad)
    if not out.is_meta:
        out.array = out.array.transpose(np.argsort(physical_layout))
    return make_tensor(out.array, spec(tuple(size), out.dtype, out.device), requires_grad)


# ------------------------------------------------------------------ one value


def fill_number(name: str, value: Any) -> Any:
    """The fill value as a number; PyTorch takes no tensor that is differentiated for one."""
    if isinstance(value, Tensor) and (value.ndim or value.requires_grad):
        raise ArgumentError(f"{name}(): argument 'fill_value' (position 2) must be Number, not Tensor")
    return number(value, name, "fill_value", 2)


def fill_size(name: str, size: Any) -> tuple[int, ...]:
    if isinstance(size, int):
        raise ArgumentError(
            f"{name}(): argument 'size' (position 1) must be tuple of ints, not {type_name(size)}",
            help=f"write the size as a tuple: {name}(({size},), …)",
        )
    return integers(size, name, "size", 1)


def full_of(
    size: tuple[int, ...], value: Any, dtype: DType, device: Device | None, requires_grad: bool
) -> Tensor:
    """A number that the dtype must hold, in every element."""
    check_number(value, dtype)
    return filled(size, number_array(value, dtype), dtype, device, requires_grad)


@composite(f"full(any size, any fill_value, *, {OPTIONS})", names=("torch.full",), factory=True)
def full(size, fill_value, dtype, layout, device, requires_grad, pin_memory):
    """One value in every element; its type decides the dtype.

    >>> full((2, 2), 7)
    tensor([[7, 7],
            [7, 7]])
    """
    size, value = fill_size("full", size), fill_number("full", fill_value)
    return full_of(
        size, value, dtype or dt.of_number(type(value), context.current().dtype), device, requires_grad
    )


@composite(f"full_like(Tensor input, any fill_value, *, {LIKE})", names=("torch.full_like",), factory=True)
def full_like(input, fill_value, dtype, layout, device, requires_grad, pin_memory, memory_format):
    """One value in every element, of the input's shape, dtype and device.

    >>> full_like([1., 2.], 5)
    tensor([5., 5.])
    """
    of, value = input.spec, fill_number("full_like", fill_value)
    out = full_of(of.shape, value, dtype or of.dtype, device or of.device, requires_grad)
    return input.beside(laid_out(out, input, memory_format))


@composite(f"Tensor.new_full(Tensor input, any size, any fill_value, *, {OPTIONS})")
def new_full(input, size, fill_value, dtype, layout, device, requires_grad, pin_memory):
    """One value in every element, of this tensor's dtype and device.

    >>> tensor([1, 2]).new_full((2,), 7)
    tensor([7, 7])
    """
    size, value = fill_size("new_full", size), fill_number("new_full", fill_value)
    return input.beside(full_of(size, value, dtype or input.dtype, device or input.device, requires_grad))


@composite(f"scalar_tensor(any s, *, {OPTIONS})", names=("torch.scalar_tensor",), factory=True)
def scalar_tensor(s, dtype, layout, device, requires_grad, pin_memory):
    """A number as a 0-d tensor, of the default float dtype.

    >>> scalar_tensor(3)
    tensor(3.)
    """
    value = number(s, "scalar_tensor", "s", 1)
    return full_of((), value, dtype or context.current().dtype, device, requires_grad)
