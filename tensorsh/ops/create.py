"""Making tensors: from data, filled, ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import context
from ..engine import dtype as dt
from ..engine.device import Device, resolve
from ..engine.dtype import DType
from ..engine.op import composite, registry
from ..engine.spec import spec
from ..engine.tensor import NUMBERS, Tensor, type_name
from ..errors import ArgumentError, DTypeError, ValueError


def leaf(array: np.ndarray[Any, Any], dtype: DType, device: Device | None, requires_grad: bool) -> Tensor:
    """A new tensor of these values; `requires_grad` only for float and complex dtypes."""
    if requires_grad and dtype.category < dt.FLOAT:
        raise DTypeError(
            "Only Tensors of floating point and complex dtype can require gradients",
            help="write floats (`1.` instead of `1`) or give dtype=float32",
        )
    device = resolve(device, context.current.device)
    of = spec(array.shape, dtype, device)
    if array.dtype != of.np:
        array = array.astype(of.np)
    return Tensor(of.placeholder if of.is_meta else array, of, requires_grad)


def flatten(data: Any) -> tuple[list[Any], tuple[int, ...]]:
    """The numbers of nested lists in order, and their shape; ragged rows are PyTorch's error."""
    shape: list[int] = []
    level = [data]
    while level and isinstance(level[0], list | tuple):
        size = len(level[0])
        for item in level:
            if not isinstance(item, list | tuple):
                raise ArgumentError(f"must be a sequence, not {type_name(item)}", code="ragged")
            if len(item) != size:
                raise ValueError(
                    f"expected sequence of length {size} at dim {len(shape)} (got {len(item)})",
                    code="ragged",
                    help="every row needs the same number of elements",
                )
        shape.append(size)
        level = [x for item in level for x in item]
    for item in level:
        if isinstance(item, list | tuple):
            raise ArgumentError(f"must be real number, not {type_name(item)}", code="ragged")
    return level, tuple(shape)


def infer_dtype(values: list[Any]) -> DType:
    """What torch.tensor makes of Python numbers: the highest category among them."""
    kinds = {type(v) for v in values}
    unknown = kinds - NUMBERS
    if unknown:
        bad = next(v for v in values if type(v) in unknown)
        raise ArgumentError(
            f"must be real number, not {type_name(bad)}"
            if not isinstance(bad, str)
            else "too many dimensions 'str'",
            code="tensor-data",
        )
    default = context.current.dtype
    if complex in kinds:
        return default.to_complex()
    if float in kinds or not kinds:
        return default
    return dt.int64 if int in kinds else dt.bool_


def array_of(data: Any, dtype: DType | None) -> tuple[np.ndarray[Any, Any], DType]:
    """A new array of nested lists, numbers, tensors or arrays, and its dtype."""
    if isinstance(data, Tensor):
        return data.array.copy(), data.dtype
    if isinstance(data, np.ndarray | np.generic):
        found = np.array(data)
        return found, dt.of(found)
    values, shape = flatten(data)
    if any(isinstance(v, Tensor) for v in values):
        values = [v.item() if isinstance(v, Tensor) else v for v in values]
    found_dtype = dtype or infer_dtype(values)
    if dtype is not None:
        infer_dtype(values)
    try:
        array = np.array(values, found_dtype.np)
    except OverflowError:
        if found_dtype is dt.int64 or dtype is None:
            raise ValueError(
                "Overflow when unpacking long long", help="integers have 64 bits; write it as a float"
            ) from None
        array = np.array(values, np.int64).astype(found_dtype.np)
    except TypeError:
        raise ArgumentError(
            f"can't convert complex to {found_dtype.name}", help="take .real, or give a complex dtype"
        ) from None
    return array.reshape(shape), found_dtype


@composite(
    "tensor(any data, *, dtype? dtype=None, device? device=None, bool requires_grad=False)",
    names=("torch.tensor",),
    factory=True,
)
def tensor(data, dtype, device, requires_grad):
    """A new tensor (a leaf) of numbers, nested lists, or a copy of another tensor's values.

    >>> tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    array, found = array_of(data, dtype)
    return leaf(array, dtype or found, device, requires_grad)


def tensor_of(data: Any) -> Tensor:
    """A list where a tensor is needed: numbers become a literal, tensors are stacked."""
    if any(isinstance(item, Tensor) for item in data):
        items = [item if isinstance(item, Tensor) else tensor(item) for item in data]
        return registry["stack"](items)
    if any(isinstance(item, list | tuple) for item in data):
        values = list(data)
        if any(_holds_tensor(v) for v in values):
            return registry["stack"]([tensor_of(v) if isinstance(v, list | tuple) else tensor(v) for v in values])
    return tensor(list(data))


def _holds_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, list | tuple) and any(map(_holds_tensor, value)))


registry["tensor_of"] = tensor_of  # type: ignore[assignment]


def filled(size, value, dtype, device, requires_grad):
    """`value` in every element."""
    dtype = dtype or context.current.dtype
    device = resolve(device, context.current.device)
    if any(n < 0 for n in size):
        raise ValueError(
            f"Trying to create tensor with negative dimension {min(size)}: {list(size)}", code="negative-size"
        )
    if requires_grad and dtype.category < dt.FLOAT:
        leaf(np.zeros(()), dtype, device, True)
    of = spec(tuple(size), dtype, device)
    return Tensor(of.placeholder if of.is_meta else np.full(size, value, of.np), of, requires_grad)


@composite(
    "zeros(int... size, *, dtype? dtype=None, device? device=None, bool requires_grad=False)",
    names=("torch.zeros",),
    factory=True,
)
def zeros(size, dtype, device, requires_grad):
    """All zeros.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return filled(size, 0, dtype, device, requires_grad)


@composite(
    "ones(int... size, *, dtype? dtype=None, device? device=None, bool requires_grad=False)",
    names=("torch.ones",),
    factory=True,
)
def ones(size, dtype, device, requires_grad):
    """All ones.

    >>> ones(2)
    tensor([1., 1.])
    """
    return filled(size, 1, dtype, device, requires_grad)


for name, value in (("zeros_like", 0), ("ones_like", 1), ("empty_like", 0)):

    @composite(
        f"{name}(Tensor input, *, dtype? dtype=None, any layout=None, device? device=None, "
        "bool requires_grad=False, any memory_format=None)",
        names=(f"torch.{name}",),
        factory=True,
        doc=f"""A tensor of the shape, dtype and device of `input`{", with arbitrary values" if "empty" in name else ""}.

        >>> {name}([1.5, 2.5])
        tensor([{value}., {value}.])
        """,
    )
    def like(input, dtype, layout, device, requires_grad, memory_format, value=value):
        of = input.spec
        return filled(of.shape, value, dtype or of.dtype, device or of.device, requires_grad)
