"""Operators and attributes of tensors whose modules are not imported yet.

Python looks an operator up in the class, where `Tensor.__getattr__` is not asked, and so it does where an attribute is
assigned to. So a stand-in is there, which imports the module; that puts the operator or attribute itself in its place.
"""

from __future__ import annotations

from typing import Any

from ..records.op import registry
from ..records.registry import bring
from .tensor import Tensor, install


def defer_operator(name: str, module: str) -> None:
    """Let an operator import its module when it is first used."""

    def operator(self: Tensor, *args: Any) -> Any:
        bring(module)
        return getattr(Tensor, name)(self, *args)

    operator.module = module  # type: ignore[attr-defined]
    install(name, operator)


def itself(name: str) -> Any:
    """An operator or attribute of tensors, its module imported."""
    found = getattr(Tensor, name)
    module = getattr(found, "module", None)
    if module is not None:
        bring(module)
        found = getattr(Tensor, name)
    return found


def defer_attribute(name: str, module: str) -> None:
    """The same for an attribute that is none of methods."""
    install(name, _Attribute(name, module))


def defer_methods() -> None:
    """Let methods whose modules are not imported yet be found where no `__getattr__` is asked: by `super()`."""
    for path in registry.names():
        name = path.removeprefix("Tensor.")
        if name != path and name not in vars(Tensor):
            type.__setattr__(Tensor, name, _Method(name))


class _Method:
    def __init__(self, name: str):
        self.name = name

    def __get__(self, tensor: Tensor | None, owner: type) -> Any:
        registry.load(f"Tensor.{self.name}")
        return vars(Tensor)[self.name].__get__(tensor, owner)


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
