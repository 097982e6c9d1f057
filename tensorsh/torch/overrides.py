"""torch.overrides: asking objects for their `__torch_function__`, as functions of a program's own may do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from ..engine.core.warn import warn
from ..engine.modes import function_modes, overrides
from ..engine.records.op import Op
from ..engine.values.tensor import Tensor

__all__ = [
    "BaseTorchFunctionMode", "TorchFunctionMode", "handle_torch_function", "has_torch_function", "is_tensor_like",
    "is_tensor_method_or_property", "resolve_name", "wrap_torch_function",
]  # fmt: skip


class TorchFunctionMode:
    """In `with mode:` its `__torch_function__(func, types, args, kwargs)` is asked before any operation is done."""

    def __init__(self) -> None:
        pass

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError

    def __enter__(self) -> Any:
        function_modes.push(self)
        return self

    def __exit__(self, *_: object) -> None:
        function_modes.pop()

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Any:
        """A mode of this class; `with Mode():` does without."""
        warn("`Mode.push()` is no longer necessary and can be replaced with just `with Mode()`")
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that does what it is asked about."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether one of the arguments has a say in operations."""
    return bool(overrides.overloaded(relevant_args))


def handle_torch_function(public_api: Any, relevant_args: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
    """The answer of those of `relevant_args` that have a say; TypeError if nobody answers."""
    found = overrides.overloaded(relevant_args)
    return overrides.ask(public_api, found, args, kwargs, failed=overrides.no_implementation)


def is_tensor_like(inp: Any) -> bool:
    """Whether it is a tensor, or has a `__torch_function__`."""
    return isinstance(inp, Tensor) or hasattr(inp, "__torch_function__")


def is_tensor_method_or_property(func: Any) -> bool:
    """Whether `func` is a method or attribute of tensors."""
    return isinstance(func, overrides.Getter | overrides.Counted) or (isinstance(func, Op) and func.is_method)


def resolve_name(f: Any) -> str | None:
    """The name that a program finds an operation under."""
    if isinstance(f, overrides.Getter):
        return f"torch.Tensor.{f.attribute}.__get__"
    return overrides.path_of(f) if isinstance(f, Op | overrides.Counted) else None


def wrap_torch_function(dispatcher: Callable[..., Iterable[Any]]) -> Callable[..., Any]:
    """Decorate a function so that it asks the arguments that `dispatcher` picks."""

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(func)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return func(*args, **kwargs)

        return wrapped

    return decorate
