"""Operators and attributes of tensors whose modules are not imported yet.

Python looks an operator up in the class, where `Tensor.__getattr__` is not asked. So a stand-in is there, which imports
the module; that puts the operator itself in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .registry import bring
from .tensor import Tensor, install


def defer_operators(package: str, operators: dict[str, str]) -> None:
    """Let each operator import its module when it is first used: {module: "add radd …"}."""
    for module, names in operators.items():
        for name in names.split():
            install(f"__{name}__", _operator(f"__{name}__", f"{package}.{module}"))


def defer_attributes(package: str, attributes: dict[str, str]) -> None:
    """The same for attributes that are none of methods: assigning to one has to find it too."""
    for module, names in attributes.items():
        for name in names.split():
            install(name, _Attribute(name, f"{package}.{module}"))


def _operator(name: str, module: str) -> Callable[..., Any]:
    def operator(self: Tensor, *args: Any) -> Any:
        bring(module)
        return getattr(Tensor, name)(self, *args)

    return operator


class _Attribute:
    def __init__(self, name: str, module: str):
        self.name = name
        self.module = module

    def __get__(self, tensor: Tensor | None, owner: type) -> Any:
        bring(self.module)
        return getattr(owner if tensor is None else tensor, self.name)

    def __set__(self, tensor: Tensor, value: Any) -> None:
        bring(self.module)
        setattr(tensor, self.name, value)

    def __delete__(self, tensor: Tensor) -> None:
        bring(self.module)
        delattr(tensor, self.name)
