"""torch.jit: what TorchScript is made of, as it is: functions that run, modules under another name.

Tracing is not here: it keeps the way that an example went, which a program that runs does not.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from ..engine.core.warn import warn
from .nn.modules.module import Module

__all__ = [
    "Attribute", "Error", "Final", "RecursiveScriptModule", "ScriptFunction", "ScriptModule", "annotate", "export",
    "freeze", "ignore", "is_scripting", "is_tracing", "optimize_for_inference", "script", "script_if_tracing",
    "script_method", "unused",
]  # fmt: skip

Final = typing.Final
#: where a module keeps the object of the class it was made from, which has the same attributes
VIEW = "_scripted_view"


class Error(RuntimeError):
    """What an exception inside a scripted function is, if it is one of PyTorch's."""


class Attribute(typing.NamedTuple):
    """A value of a module, and its type."""

    value: Any
    type: Any


class ScriptFunction:
    """A function behind a name of TorchScript's."""

    __name__ = "ScriptFunction"

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.name = function.__name__
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


class ScriptModule(Module):
    """A module whose class is written for TorchScript: a module like others."""


class RecursiveScriptModule(ScriptModule):
    """A module under TorchScript's name; parameters and buffers are those of the module it is made from."""

    def __init__(self, module: Module) -> None:
        self._become(
            type(module),
            {
                **module.__dict__,
                "_parameters": dict(module._parameters),
                "_buffers": dict(module._buffers),
                "_modules": {
                    name: child if child is None else scripted(child)
                    for name, child in module._modules.items()
                },
            },
        )

    def _become(self, kind: type, state: dict[str, Any]) -> None:
        view: Any = object.__new__(kind)
        state[VIEW] = view
        object.__setattr__(self, "__dict__", state)
        object.__setattr__(view, "__dict__", state)

    @property
    def original_name(self) -> str:
        """The class of the module it is made from."""
        return type(self.__dict__[VIEW]).__name__

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.__dict__[VIEW].forward(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        view = self.__dict__[VIEW]
        if hasattr(view, name):
            return getattr(view, name)
        raise AttributeError(f"'RecursiveScriptModule' object has no attribute '{name}'")

    def __len__(self) -> int:
        return len(self.__dict__[VIEW])

    def __iter__(self) -> Iterator[Any]:
        return iter(self.__dict__[VIEW])

    def __getitem__(self, key: Any) -> Any:
        return self.__dict__[VIEW][key]

    def __contains__(self, key: Any) -> bool:
        return key in self.__dict__[VIEW]

    def __bool__(self) -> bool:
        return True

    def __deepcopy__(self, memo: dict[int, Any]) -> RecursiveScriptModule:
        made: RecursiveScriptModule = object.__new__(RecursiveScriptModule)
        state = {name: value for name, value in self.__dict__.items() if name != VIEW}
        made._become(type(self.__dict__[VIEW]), deepcopy(state, memo))
        return made

    def extra_repr(self) -> str:
        return f"original_name={self.original_name}"


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """The function behind TorchScript's name, or the module; a class as it is."""
    warn(
        "`torch.jit.script` is deprecated. Please switch to `torch.compile` or `torch.export`.",
        DeprecationWarning,
    )
    return scripted(obj)


def scripted(obj: Any) -> Any:
    """What `script` gives."""
    if isinstance(obj, ScriptModule | ScriptFunction | type):
        return obj
    if isinstance(obj, Module):
        return RecursiveScriptModule(obj)
    if not callable(obj):
        raise TypeError(f"{type(obj)} is a built-in class")
    return ScriptFunction(obj)


def as_it_is(function: Any) -> Any:
    """The function that is given."""
    return function


export = script_method = unused = script_if_tracing = as_it_is


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function that is given; without one, a decorator."""
    return drop if callable(drop) else as_it_is


def freeze(mod: Any, *args: Any, **kwargs: Any) -> Any:
    """The module that is given; RuntimeError for one that trains."""
    if not isinstance(mod, ScriptModule):
        raise RuntimeError(
            "Freezing expects a ScriptModule as input. "
            "Please use torch.jit.script or torch.jit.trace to script your 'nn.Module'."
        )
    if mod.training:
        raise RuntimeError(
            "Freezing is currently only implemented for modules in eval mode. "
            "Please call .eval() on your module before freezing."
        )
    return mod


def optimize_for_inference(mod: Any, *args: Any, **kwargs: Any) -> Any:
    """The module that is given."""
    return mod


def is_scripting() -> bool:
    """Whether TorchScript runs this: it never does."""
    return False


is_tracing = is_scripting


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value."""
    return the_value
