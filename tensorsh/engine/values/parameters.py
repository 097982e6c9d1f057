"""Tensors of classes of their own: parameters and buffers of modules, and what a program makes of a tensor's memory."""

from __future__ import annotations

from typing import Any, cast

from ...errors import DTypeError, GradientError, unknown_attribute
from ..core import dtype as dt
from ..records.op import registry
from .tensor import PLAIN, TENSORS, Tensor, TensorMeta, disabled
from .wrapping import as_class


def of_class(cls: type[Tensor], data: Tensor, require_grad: bool) -> Any:
    """`data`'s memory outside the graph, as a tensor of a class."""
    if type(require_grad) is not bool:
        kind = "Tensor" if isinstance(require_grad, Tensor) else type(require_grad).__name__
        raise TypeError(f"_make_subclass(): argument 'require_grad' (position 3) must be bool, not {kind}")
    if require_grad and data.spec.dtype.category < dt.FLOAT:
        raise DTypeError("Only Tensors of floating point and complex dtype can require gradients")
    out = as_class(cls, data.array, data.spec)
    out.counter = data.shared_counter()
    vars(Tensor)["requires_grad"].fset(out, require_grad)  # which a subclass may have for itself
    return out


class ParameterMeta(TensorMeta):
    """What is a parameter is written on the tensor, where its class is one of the program's own."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if super().__instancecheck__(instance):
            return True
        return cls is Parameter and isinstance(instance, Tensor) and getattr(instance, "_is_param", False)


ParameterMeta.__module__ = "torch.nn.parameter"
ParameterMeta.__name__ = ParameterMeta.__qualname__ = "_ParameterMeta"


class Parameter(Tensor, inner=True, metaclass=ParameterMeta):
    """A tensor that a module takes for one of its parameters: it shares `data`'s memory, outside its graph."""

    __slots__ = ()
    __torch_function__ = cast(Any, disabled)

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Any:
        if data is not None and not isinstance(data, Tensor):
            raise unknown_attribute(
                f"'{type(data).__name__}' object has no attribute 'detach'", "detach", data
            )
        kind = Tensor if data is None else type(data)
        if kind not in PLAIN or (issubclass(kind, Parameter) and kind is not Parameter):
            return of_own_class(cast(Tensor, data), requires_grad)
        return of_class(cls, registry["empty"](0) if data is None else data, requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """A parameter of its own on a copy of the memory, without gradient, hooks and attributes."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(registry["clone"](self.data), self.requires_grad)
        return memo[id(self)]


def of_own_class(data: Tensor, requires_grad: bool) -> Tensor:
    """A parameter that stays of its class, one of the program's own."""
    found = data.detach().requires_grad_(requires_grad)
    if type(found) is not type(data):
        raise GradientError(
            f"Creating a Parameter from an instance of type {type(data).__name__} requires that detach() returns an "
            f"instance of the same type, but return type {type(found).__name__} was found instead. To use the type as "
            "a Parameter, please correct the detach() semantics defined by its __torch_dispatch__() implementation."
        )
    cast(Any, found)._is_param = True
    return found


class BufferMeta(TensorMeta):
    """What is a buffer is written on the tensor, whose class is Tensor."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if cls is not Buffer:
            return super().__instancecheck__(instance)
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


BufferMeta.__module__, BufferMeta.__name__ = "torch.nn.parameter", "_BufferMeta"


class Buffer(Tensor, inner=True, metaclass=BufferMeta):
    """A tensor that a module takes for part of its state; not `persistent`, it stays out of `state_dict`."""

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        data = registry["empty"](0) if data is None else data
        if not isinstance(data, Tensor):
            raise unknown_attribute(
                f"'{type(data).__name__}' object has no attribute 'detach'", "detach", data
            )
        found: Any = data.detach().requires_grad_(data.requires_grad)
        found.persistent = persistent
        found._is_buffer = True
        return found


for _class in (Parameter, Buffer):
    type.__setattr__(_class, "__module__", "torch.nn.parameter")  # as `print(type(x))` shows it

TENSORS.add(Parameter)
PLAIN.add(Parameter)
