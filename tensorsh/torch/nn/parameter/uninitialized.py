"""What a lazy module has for its parameters and state until its first input tells their shapes."""

from __future__ import annotations

from typing import Any

from ....engine.core.sealed import become
from ....engine.modes.overrides import Disabled
from ....engine.values.parameters import Parameter
from ....engine.values.tensor import Tensor
from ...namespace import torch

__all__ = ["UninitializedBuffer", "UninitializedParameter", "is_lazy"]


#: what may be asked of a tensor without a shape
ALLOWED = frozenset((
    "__get__", "__hash__", "__set__", "char", "copy_", "cpu", "cuda", "data", "double", "float", "get_device", "half",
    "int", "is_complex", "is_floating_point", "long", "requires_grad_", "short", "size", "to",
))  # fmt: skip


class Uninitialized:
    """What a lazy module has for a tensor until its first input tells the shape."""

    __slots__ = ()

    uninitialized = True
    becomes: type[Tensor] = Tensor

    def materialize(self: Any, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Take a shape: memory for it, without values, and the class of an ordinary tensor."""
        self.data = torch.empty(shape, device=device or self.device, dtype=dtype or self.dtype)
        become(self, self.becomes)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Nothing but a change of dtype or device is known of it."""
        if func.__name__ in ALLOWED:
            with Disabled():
                return func(*args, **(kwargs or {}))
        raise ValueError(
            f"Attempted to use an uninitialized parameter in {func}. This error happens when you are using a "
            f"`LazyModule` or explicitly manipulating `torch.nn.parameter.{cls.__name__}` objects. When using "
            "LazyModules Call `forward` with a dummy batch to initialize the parameters before calling torch functions"
        )

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call "
            "`forward` to initialize the parameters before accessing their attributes."
        )

    def share_memory_(self) -> Any:
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters "
            "before calling `module.share_memory()`."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, self.device, self.dtype)
        return memo[id(self)]

    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        return type(self), (self.requires_grad,)


class UninitializedParameter(Uninitialized, Parameter):
    """A parameter whose shape the first input will tell."""

    __slots__ = ()

    becomes = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        return Tensor._make_subclass(cls, torch.empty(0, device=device, dtype=dtype), requires_grad)


class UninitializedBuffer(Uninitialized, Tensor, inner=True):
    """A buffer whose shape the first input will tell."""

    __slots__ = ()

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        found = Tensor._make_subclass(cls, torch.empty(0, device=device, dtype=dtype), requires_grad)
        found.persistent = persistent
        found._is_buffer = True
        return found


def is_lazy(param: Any) -> bool:
    """Whether a tensor has no shape yet."""
    return isinstance(param, Uninitialized)


for _class in (UninitializedParameter, UninitializedBuffer):
    _class.__module__ = "torch.nn.parameter"
