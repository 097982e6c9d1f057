"""torch.jit: what TorchScript is made of, as it is: functions that run, modules under another name.

A trace is what was traced, and goes each time the way its inputs lead, where TorchScript keeps the way that an example
went. Files hold the module that was scripted or traced: the program that reads one has its classes.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from ..engine.core.warn import warn
from ..engine.values.as_argument import type_name
from ..engine.values.tensor import Tensor
from .nn.modules.module import Module
from .serialization.loading import load as _load
from .serialization.saving import save as _save

__all__ = [
    "Attribute",
    "Error",
    "Final",
    "RecursiveScriptModule",
    "ScriptFunction",
    "ScriptModule",
    "annotate",
    "export",
    "freeze",
    "ignore",
    "is_scripting",
    "is_tracing",
    "load",
    "optimize_for_inference",
    "save",
    "script",
    "script_if_tracing",
    "script_method",
    "trace",
    "trace_module",
    "unused",
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

    __module__, __qualname__ = "torch.jit", "torch.jit.ScriptFunction"

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.name = function.__name__
        self.__name__, self.__qualname__ = "ScriptFunction", "torch.jit.ScriptFunction"  # as its class's are
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


class ScriptModule(Module):
    """A module whose class is written for TorchScript: a module like others."""

    def save(self, f: Any, **kwargs: Any) -> None:
        """Write it to a file."""
        save(self, f)


class RecursiveScriptModule(ScriptModule):
    """A module under TorchScript's name; parameters and buffers are those of the module it is made from."""

    __module__ = "torch.jit._script"

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


class TracedModule(RecursiveScriptModule):
    """A module inside of one that was traced: it prints under the name of the class it is made from."""

    __module__ = "torch.jit._trace"

    def _get_name(self) -> str:
        return self.original_name


class TopLevelTracedModule(TracedModule):
    """A module that was traced."""

    __module__ = "torch.jit._trace"


def trace(func: Any, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The function or module, once it has run with the inputs; its results have to be tensors, or hold some."""
    warn(
        "`torch.jit.trace` is deprecated. Please switch to `torch.compile` or `torch.export`.",
        DeprecationWarning,
    )
    named = kwargs.get("example_kwarg_inputs") or {}
    inputs = example_inputs if isinstance(example_inputs, tuple | list) else (example_inputs,)
    if named and example_inputs is None:
        inputs = ()
    if not callable(func):
        raise RuntimeError("Could not get name of python class object")
    for each in inputs:
        if not isinstance(each, Tensor | tuple | list | dict):
            raise RuntimeError(
                f"Type 'Tuple[{type_name(each)}]' cannot be traced. Only Tensors and (possibly nested) Lists, Dicts, "
                "and Tuples of Tensors can be traced"
            )
    check_traced(func(*inputs, **named))
    return ScriptFunction(func) if not isinstance(func, Module) else traced(func, TopLevelTracedModule)


def trace_module(mod: Module, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
    """The module, once its methods have run with the inputs that `inputs` has for each."""
    for name, given in inputs.items():
        method = mod if name == "forward" else getattr(mod, name)
        check_traced(method(*(given if isinstance(given, tuple) else (given,))))
    return traced(mod, TopLevelTracedModule)


def check_traced(result: Any) -> None:
    """What a trace may give."""
    if result is None:
        raise RuntimeError(
            "The traced function didn't return any values! Side-effects are not captured in traces, so it would be a "
            "no-op."
        )
    if not isinstance(result, Tensor | tuple | list | dict):
        raise RuntimeError(
            "Only tensors, lists, tuples of tensors, or dictionary of tensors can be output from traced functions"
        )


def traced(module: Module, kind: type[TracedModule] = TracedModule) -> Module:
    """A module as `trace` gives it."""
    made = kind(module)
    for name, child in module._modules.items():
        made._modules[name] = child if child is None else traced(child)
    return made


def save(m: Any, f: Any, **kwargs: Any) -> None:
    """Write what was scripted or traced to a file."""
    _save(_original(m), f)


def load(f: Any, map_location: Any = None, **kwargs: Any) -> Any:
    """What `save` has written, by a program that has the module's classes."""
    try:
        return scripted(_load(f, map_location=map_location, weights_only=False))
    except FileNotFoundError:
        raise ValueError(f"The provided filename {f} does not exist") from None


def _original(module: Any) -> Any:
    """The module that a scripted one is made from, its parts too."""
    if not isinstance(module, RecursiveScriptModule):
        return module
    view = module.__dict__[VIEW]
    made = object.__new__(type(view))
    state = {name: value for name, value in module.__dict__.items() if name != VIEW}
    state["_modules"] = {name: _original(child) for name, child in module._modules.items()}
    object.__setattr__(made, "__dict__", state)
    return made


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
