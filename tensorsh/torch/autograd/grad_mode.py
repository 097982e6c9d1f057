"""Whether operations are recorded for gradients: contexts, decorators, and `set_grad_enabled` at once.

Each is used with `with`, as `@no_grad()`, and those without parameters as `@no_grad` too; on a generator
function the mode holds while its body runs, and not between its values.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from functools import wraps
from typing import Any

from ...engine.core import context
from ...engine.graph.inference import Marking
from ...engine.values.tensor import Tensor
from ...kinds import Kind, describe, same

__all__ = [
    "enable_grad", "enforce_grad_layout_policy", "inference_mode", "no_grad", "set_grad_enabled",
    "set_multithreading_enabled",
]  # fmt: skip


class Decorating:
    """A context that decorates functions: it is entered anew for each call."""

    def __init_subclass__(cls) -> None:
        describe(cls, Kind(follow=same))  # what it does is a mode's, which a trace is in

    def clone(self) -> Any:
        """Another context of the same kind."""
        return type(self)()

    def __enter__(self) -> Any:
        raise NotImplementedError

    def __exit__(self, *_: object) -> None:
        raise NotImplementedError

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return context_decorator(self.clone, func)


def context_decorator(make: Callable[[], Any], func: Callable[..., Any]) -> Callable[..., Any]:
    """`func`, each call of which runs in a context that `make` makes."""
    if isinstance(func, type):
        warnings.warn(
            "Decorating classes is deprecated and will be disabled in future versions. You should only decorate "
            "functions or methods. To preserve the current behavior of class decoration, you can directly decorate "
            "the `__init__` method and nothing else.",
            FutureWarning,
            stacklevel=3,
        )
        decorated: Any = func
        decorated.__init__ = context_decorator(make, decorated.__init__)
        return func
    if generates(func):
        return decorated_generator(make, func)

    @wraps(func)
    def decorate_context(*args: Any, **kwargs: Any) -> Any:
        with make():
            return func(*args, **kwargs)

    return decorate_context


def generates(func: Callable[..., Any]) -> bool:
    """Whether it is a generator function."""
    from inspect import isgeneratorfunction

    return isgeneratorfunction(func)


def decorated_generator(make: Callable[[], Any], func: Callable[..., Any]) -> Callable[..., Any]:
    """A generator function whose body runs in the context, and whose callers do not."""

    @wraps(func)
    def run(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = func(*args, **kwargs)
        try:
            with make():
                value = generator.send(None)
            while True:
                try:
                    sent = yield value
                except GeneratorExit:
                    with make():
                        generator.close()
                    raise
                except BaseException as error:
                    with make():
                        value = generator.throw(error)
                else:
                    with make():
                        value = generator.send(sent)
        except StopIteration as stop:
            return stop.value

    return run


def check_bool(name: str, argument: str, position: int, given: Any) -> None:
    """Refuse what is no bool, as the functions written in C++ do."""
    if type(given) is not bool:
        kind = "Tensor" if isinstance(given, Tensor) else type(given).__name__
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be bool, not {kind}")


class Mode(Decorating):
    """A grad mode for as long as it is entered; `no_grad` and `enable_grad` without parentheses decorate."""

    enabled: bool

    def __new__(cls, orig_func: Any = None) -> Any:
        return object.__new__(cls) if orig_func is None else context_decorator(cls, orig_func)

    def __init__(self, orig_func: Any = None) -> None:
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before.append(context.current().grad_enabled)
        context.current().grad_enabled = self.enabled and not context.current().inference

    def __exit__(self, *_: object) -> None:
        context.current().grad_enabled = self.before.pop()


class no_grad(Mode):
    """`with no_grad():` records nothing for gradients."""

    enabled = False


class enable_grad(Mode):
    """`with enable_grad():` records again inside `no_grad`."""

    enabled = True


class set_grad_enabled(Decorating):
    """`set_grad_enabled(flag)`: in force at once, and taken back at the end of a `with` around it."""

    displayed = False

    def __init__(self, mode: bool):
        check_bool("set_grad_enabled", "enabled", 1, mode)
        self.mode = mode
        self.prev = state_change("grad_enabled", self.mode)

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        context.current().grad_enabled = self.prev
        return super().__call__(func)

    def __enter__(self) -> None:
        context.current().grad_enabled = self.mode

    def __exit__(self, *_: object) -> None:
        context.current().grad_enabled = self.prev

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def clone(self) -> set_grad_enabled:
        return type(self)(self.mode)


class inference_mode(Decorating):
    """`with inference_mode():` records nothing, and its tensors can never be part of a graph."""

    def __new__(cls, mode: Any = True) -> Any:
        return object.__new__(cls) if isinstance(mode, bool) else context_decorator(cls, mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode
        self.before: list[Any] = []

    def __enter__(self) -> None:
        state = context.current()
        self.before.append((state.grad_enabled, state.inference, state.mode))
        state.grad_enabled, state.inference = not self.mode, self.mode
        if self.mode:
            Marking().__enter__()

    def __exit__(self, *_: object) -> None:
        state = context.current()
        state.grad_enabled, state.inference, state.mode = self.before.pop()

    def clone(self) -> inference_mode:
        return type(self)(self.mode)


class set_multithreading_enabled(Decorating):
    """Accepted: a walk of the graph runs in one thread."""

    def __init__(self, mode: bool):
        self.mode = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def clone(self) -> set_multithreading_enabled:
        return type(self)(self.mode)


class enforce_grad_layout_policy(Decorating):
    """Accepted: a gradient has the order of its parameter, whether that is enforced or not."""

    def __init__(self, enable: bool = True):
        self.mode = enable

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def clone(self) -> enforce_grad_layout_policy:
        return type(self)(self.mode)


def state_change(name: str, value: Any) -> Any:
    """Set something for all that follows; what it was before."""
    state = context.current()
    before = getattr(state, name)
    state.journal.save_setting(state, name)
    setattr(state, name, value)
    return before
