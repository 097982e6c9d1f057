"""What `torch.compile` makes of a module: the module behind a name of its own."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

from .nn.modules.module import Module

__all__ = ["OptimizedModule"]


class OptimizedModule(Module):
    """A module that calls another, whose attributes are its own; `state_dict` names them under `_orig_mod`."""

    __module__ = "torch._dynamo.eval_frame"

    def __init__(self, mod: Any) -> None:
        super().__init__()
        del self.__dict__["training"]  # the property tells it
        self._modules["_orig_mod"] = mod

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._orig_mod(*args, **kwargs)

    @property
    def training(self) -> bool:
        return bool(self._orig_mod.training)

    @training.setter
    def training(self, value: bool) -> None:
        self._orig_mod.training = value

    def __len__(self) -> int:
        if isinstance(self._orig_mod, Sized):
            return len(self._orig_mod)
        raise TypeError(f"{type(self._orig_mod).__name__} does not support len()")

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return self._modules["_orig_mod"]
        return getattr(self._orig_mod, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if "_modules" not in self.__dict__ or hasattr(type(self), name) or name == "_orig_mod":
            super().__setattr__(name, value)
        else:
            setattr(self._orig_mod, name, value)

    def __delattr__(self, name: str) -> None:
        if hasattr(type(self), name):
            super().__delattr__(name)
        else:
            delattr(self._orig_mod, name)

    def __reduce__(self) -> Any:
        return type(self), (self._orig_mod,)

    def __dir__(self) -> list[str]:
        return [*dir(self._orig_mod), *super().__dir__()]
