"""Modes of a program's own: in `with mode:` its `__torch_function__` is asked before any operation is done.

The stack of those in force is the context's. While one answers, only those below it are in force, so that it may call
what it was asked about. What an operation does inside is done with none in force: only calls of the program, and of
PyTorch's functions in Python, are asked about.

Tensors' operators and attributes are asked about where the program writes them: the library is not PyTorch's there.

Operations, and what tensors have besides, ask while a mode is in force anywhere; otherwise nothing costs anything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache, wraps
from types import FrameType
from typing import Any
from weakref import WeakSet

from ...source import PACKAGE
from ..calls.native import signatures
from ..calls.python_functions import methods_in_python
from ..core import context
from ..records.op import Op, before_calls, registry
from ..values.deferred import itself
from ..values.tensor import Tensor
from .overrides import (
    AS_OPERATIONS,
    AS_THEMSELVES,
    OTHER_ATTRIBUTES,
    TENSOR_ATTRIBUTES,
    Counted,
    Getter,
    nobody,
    overloaded,
    python_form,
)


def push(mode: Any) -> None:
    """Put a mode in force."""
    state = context.current()
    state.mode.change("a mode of the program is entered")
    state.function_modes = (*state.function_modes, mode)
    follow(state)


def pop() -> None:
    """Take the latest mode out of force."""
    state = context.current()
    state.mode.change("a mode of the program is left")
    state.function_modes = state.function_modes[:-1]
    follow(state)


def ask(func: Any, types: tuple[type, ...], args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Any:
    """The answer of the latest mode: NotImplemented if it has none."""
    state = context.current()
    stack = state.function_modes
    state.mode.change("a mode of the program is asked")
    state.function_modes = stack[:-1]
    try:
        given = (func, types, args) if kwargs is None else (func, types, args, kwargs)
        return stack[-1].__torch_function__(*given)
    finally:
        state.function_modes = stack


def intercept(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], caller: FrameType) -> Any:
    """What a mode makes of a call of an operation; NotImplemented if none is asked."""
    if not is_asked(caller) or not is_asked_about(op):
        return NotImplemented
    python = python_form(op, args, kwargs)
    positional, named = python or (args, kwargs or None)
    found = overloaded((*args, *kwargs.values()), plain=python is not None or takes_nothing(op))
    types = tuple([type(value) for value in found])
    answer = ask(op, types, positional, named)
    if answer is not NotImplemented:
        return answer
    for value in found if types != (Tensor,) else ():
        answer = type(value).__torch_function__(op, types, positional, named)
        if answer is not NotImplemented:
            return answer
    raise nobody(op, types, context.current().function_modes[-1])


#: code of ours, of operations' generated functions, and what of it stands for PyTorch's functions in Python
_OWN, _LIBRARY = (PACKAGE + os.sep, "<string>"), os.path.join(PACKAGE, "torch") + os.sep
#: where a mode, or a class, goes on with what it was asked about
_GOING_ON = (Counted.__call__.__code__, Getter.__call__.__code__)


def is_asked(frame: FrameType) -> bool:
    """Whether a mode is in force, and PyTorch would ask it about what is called in this frame."""
    if not context.current().function_modes:
        return False
    file = frame.f_code.co_filename
    return not file.startswith(_OWN) or file.startswith(_LIBRARY) or frame.f_code in _GOING_ON


def takes_nothing(op: Op) -> bool:
    """Whether it is a method without parameters, of whose tensor the mode is told."""
    return op.is_method and not any(of.parameters for of in signatures(op, op.__name__, True))


def is_asked_about(op: Op) -> bool:
    """Whether PyTorch asks modes about an operation: not about the state of random streams."""
    return not any(name.startswith("random.") for name in op.names)


# ------------------------------------------------------------------ what asks


#: the contexts in which modes are in force
_asked: WeakSet[context.Context] = WeakSet()


def follow(state: context.Context) -> None:
    """Let operations and tensors ask, or no longer, now that a context has these modes in force."""
    (_asked.add if state.function_modes else _asked.discard)(state)
    if not _asked and before_calls:
        before_calls.clear()
        for name, (plain, _) in forms().items():
            type.__setattr__(Tensor, name, plain)
    elif _asked and not before_calls:
        before_calls.append(intercept)
        for name, (_, asks) in forms().items():
            type.__setattr__(Tensor, name, asks)


@cache
def forms() -> dict[str, tuple[Any, Any]]:
    """The operators, methods and attributes of tensors: themselves, and asking the mode in force."""
    found: dict[str, tuple[Any, Any]] = {}
    for names, made in (
        ((*AS_OPERATIONS, *AS_THEMSELVES), asking),
        ((*TENSOR_ATTRIBUTES, *OTHER_ATTRIBUTES), attribute),
    ):
        for name in names:
            plain = itself(name)
            found[name] = Tensor.__dict__.get(name, plain), made(name, plain)
    return found


def asking(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
    """A method of tensors that asks the mode in force."""
    own = Counted(name)

    @wraps(plain)
    def method(*args: Any, **kwargs: Any) -> Any:
        if not is_asked(sys._getframe(1)):
            return plain(*args, **kwargs)
        of_python = name in methods_in_python()
        func = registry[f"Tensor.{AS_OPERATIONS[name]}"].method if name in AS_OPERATIONS else own
        told = of_python or (len(args) == 1 and name != "numpy")  # what has no parser of arguments
        types = tuple([type(value) for value in overloaded(args, plain=told)])
        return ask(func, types, args, kwargs or ({} if of_python else None))

    return method


def attribute(name: str, plain: Any) -> property:
    """An attribute of tensors that asks the mode in force."""
    func = Getter(name)

    @wraps(plain.fget)
    def get(self: Tensor) -> Any:
        if is_asked(sys._getframe(1)):
            return ask(func, (type(self),), (self,), None)
        return plain.__get__(self)

    return property(get, plain.fset, plain.fdel, plain.__doc__)
