"""`torch.FloatTensor` and its like: constructors of tensors of one dtype, and types to `isinstance`.

torch.FloatTensor(2, 3)      of sizes
torch.LongTensor([1, 2])     of values
"""

from __future__ import annotations

from typing import Any

from ..engine.calls.constructor import of_values
from ..engine.core import dtype as dt
from ..engine.core.dtype import DType
from ..engine.core.warn import warn
from ..engine.values.tensor import Tensor
from .namespace import torch

_TITLES = {dt.complex64: "ComplexFloat", dt.complex128: "ComplexDouble"}
DTYPES: dict[str, DType] = {f"{_TITLES.get(d, d.title)}Tensor": d for d in dt.ALL}

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
    "IntTensor", "LongTensor", "ShortTensor", "set_default_tensor_type", "tensortype",
]  # fmt: skip


class tensortype(type):
    """The type of the types of tensors."""

    dtype: DType

    @property
    def dtype_alias(cls) -> DType:
        """What `x.type(torch.LongTensor)` converts to."""
        return cls.dtype

    def __call__(cls, *values: Any, device: Any = None) -> Any:
        return _made(cls.dtype, values, device)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, Tensor) and value.dtype is cls.dtype and not value.is_meta

    def __subclasscheck__(cls, other: type) -> bool:
        return other is cls


tensortype.__module__ = "torch"


def _made(dtype: DType, values: tuple[Any, ...], device: Any) -> Any:
    if device is not None and torch.device(device).type != "cpu":
        raise RuntimeError(
            f"legacy constructor expects device type: cpu but device type: {torch.device(device).type} was passed"
        )
    if not values:
        return torch.empty(0, dtype=dtype, device=device)
    first = values[0]
    if len(values) == 1 and isinstance(first, Tensor):
        if first.dtype is not dtype:
            raise TypeError(_other_dtype(dtype, first.dtype))
        return first.detach()
    stated = {} if device is None else {"device": device}
    return of_values(values, stated, stated, dtype)


def _other_dtype(wanted: DType, got: DType) -> str:
    rest = (
        "device=cpu, layout=Strided, requires_grad=false (default), pinned_memory=false (default), "
        "memory_format=(nullopt)"
    )
    return (
        f"expected TensorOptions(dtype={dt.c_names[wanted]}, {rest}) "
        f"(got TensorOptions(dtype={dt.c_names[got]}, {rest}))"
    )


def _type(name: str) -> Any:
    return tensortype(name, (), {"__module__": "torch", "dtype": DTYPES[name], "is_cuda": False})


FloatTensor, DoubleTensor, HalfTensor = map(_type, ("FloatTensor", "DoubleTensor", "HalfTensor"))
BFloat16Tensor, BoolTensor, ByteTensor = map(_type, ("BFloat16Tensor", "BoolTensor", "ByteTensor"))
LongTensor, IntTensor, ShortTensor, CharTensor = map(
    _type, ("LongTensor", "IntTensor", "ShortTensor", "CharTensor")
)


def set_default_tensor_type(t: Any) -> None:
    """What floats without a dtype become, named by the type of tensors of it."""
    kind = _named(t) if isinstance(t, str) else t
    warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives.",
        once=True,
        internal="torch/csrc/tensor/python_tensor.cpp:434",
    )
    if isinstance(getattr(kind, "dtype", None), DType) and getattr(kind, "__module__", "") == "torch.cuda":
        kind()  # which says that there is none
    if not isinstance(kind, tensortype):
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    if not kind.dtype.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    torch.set_default_dtype(kind.dtype)


def _named(name: str) -> Any:
    """What a dotted name stands for, as far as it begins with torch."""
    first, *rest = name.split(".")
    if not first:
        raise ValueError("Empty module name")
    if first != "torch":
        raise ModuleNotFoundError(f"No module named '{first}'", name=first)
    found = torch
    for part in rest:
        found = getattr(found, part)
    return found
