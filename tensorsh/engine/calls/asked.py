"""What PyTorch's functions in Python ask of their arguments, in its order: the table of those that say so.

They are Python functions there, so a call with something else for a tensor or a number ends at the first attribute,
comparison or C++ function that does not take it. Each function here has PyTorch's signature and does that much of
its work; it is only called for calls that have failed. What it raises is PyTorch's error for the call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

from .native import declared

Asked = Any


def cpp(declaration: str, *args: Any, inplace: Any = False, **options: Any) -> None:
    """A call of a C++ function with this signature, or of the one that writes into its input."""
    declared(declaration.replace("(", "_(", 1) if inplace else declaration).check(args, options)


def method(of: Any, name: str) -> Any:
    return getattr(of, name)


#: name in nn.functional → what it asks
ASKED: dict[str, Asked] = {}
#: the same of torch's own
ASKED_ABOVE: dict[str, Asked] = {}


def asks(function: Asked) -> Asked:
    ASKED[function.__name__.removeprefix("_")] = function  # PyTorch's own underscores are in its messages
    return function


def alike(*names: str) -> Callable[[Asked], Asked]:
    """What PyTorch's functions of these names ask alike; messages about arguments say the name."""

    def declare(function: Asked) -> Asked:
        for name in names:
            made = FunctionType(function.__code__, function.__globals__, name, function.__defaults__)
            made.__qualname__ = name
            asks(made)
        return function

    return declare


def asks_above(function: Asked) -> Asked:
    ASKED_ABOVE[function.__name__] = function
    return function


@cache
def tables() -> tuple[dict[str, Asked], dict[str, Asked]]:
    """Those of nn.functional and those of torch, by name."""
    from . import functional_calls, functional_losses, functional_pictures  # noqa: F401  (where they are written)

    return ASKED, ASKED_ABOVE
