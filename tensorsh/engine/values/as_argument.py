"""Tensors as arguments of operations: what is one, what becomes one, and what PyTorch says of anything else."""

from __future__ import annotations

from typing import Any

from ...errors import ArgumentError
from ...kinds.ownership import HEAP_TYPE, flags_of
from ..core import context
from ..records import op
from .tensor import NUMBERS, TENSORS, Tensor, install


def install_method(name: str, record: Any) -> None:
    """Make an operation a method of tensors."""
    install(name, record)
    Tensor.public.add(name)


def strict_tensor(value: Any, op_name: str, name: str, position: int) -> Tensor:
    """A `Tensor` argument of a plain class; Overridden for what has a say in operations."""
    kind = type(value)
    if kind in TENSORS or (hasattr(kind, "__torch_function__") and not isinstance(value, Tensor)):
        raise op.Overridden
    return converters_tensor(value, op_name, name, position)


def converters_tensor(value: Any, op_name: str, name: str, position: int) -> Tensor:
    """A `Tensor` argument: lists become tensors where the language says so, anything else is PyTorch's error."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, list) and context.current().lists:
        return op.registry["engine.tensor_of"](value)
    raise ArgumentError(
        f"{op_name}(): argument '{name}' (position {position}) must be Tensor, not {type_name(value)}",
        code="argument-type",
        help=f"make it a tensor: tensor({value!r})" if type(value) in NUMBERS else None,
    )


def type_name(value: Any) -> str:
    """The type as PyTorch's messages call it: with its module, where it is written in C."""
    return class_name(type(value))


def class_name(kind: type) -> str:
    """The same of a class."""
    named: str | None = getattr(kind, "torch_name", None)
    if named is not None:
        return named
    written_in_c = not flags_of(kind) & HEAP_TYPE and kind.__module__ != "builtins"
    return f"{kind.__module__}.{kind.__name__}" if written_in_c else kind.__name__


op.converters["Tensor"] = strict_tensor
op.lenient["Tensor"] = converters_tensor
op.converters["method"] = install_method
