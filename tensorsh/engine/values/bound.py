"""Methods of tensors that a program holds without calling them: `f = x.add`, or `x.size[0]` by mistake.

PyTorch's are functions in C, and Python's messages call them so. Where a method is called at once it is an ordinary
bound method, which is quicker to make.
"""

from __future__ import annotations

from functools import partial
from types import MethodType
from typing import Any

from ..records.op import Op
from .tensor import Tensor

#: methods that are no operations
IN_CLASS = (Tensor.item, Tensor.tolist, Tensor.numpy)


class BoundMethod(partial[Any]):
    """A tensor and one of its methods."""

    __slots__ = ()

    @property
    def __self__(self) -> Any:
        """The tensor."""
        return self.args[0]

    @property
    def __name__(self) -> str:
        """The method's name."""
        return str(getattr(self.func, "__name__", ""))

    def __eq__(self, other: object) -> bool:
        return type(other) is BoundMethod and other.func is self.func and other.args[0] is self.args[0]

    def __hash__(self) -> int:
        return hash((self.func, id(self.args[0])))

    def __repr__(self) -> str:
        of = self.args[0]
        return f"<built-in method {self.__name__} of {type(of).__name__} object at {id(of):#x}>"


BoundMethod.__doc__ = property(lambda self: self.func.__doc__)  # type: ignore[assignment]


type.__setattr__(BoundMethod, "__name__", "builtin_function_or_method")
BoundMethod.__qualname__, BoundMethod.__module__ = "builtin_function_or_method", "builtins"


def uncalled(value: Any) -> Any:
    """An attribute that is read and not called at once."""
    if type(value) is MethodType:
        function: Any = value.__func__
        if isinstance(function, Op) or getattr(function, "__wrapped__", function) in IN_CLASS:
            return BoundMethod(function, value.__self__)
    return value
