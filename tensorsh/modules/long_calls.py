"""Functions of Python's modules that are one call in C for long, without Python's lock: made beside the program."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from ..engine.run import aside


def made_aside(module: str, *names: str) -> Callable[[Any], dict[str, Any]]:
    """What a table has of these functions of a module: the same, which an interrupt breaks off (`aside`)."""

    def made(modules: Any) -> dict[str, Any]:
        source = importlib.import_module(module)
        return {name: _aside(getattr(source, name)) for name in names if hasattr(source, name)}

    return made


def _aside(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*args: Any, **options: Any) -> Any:
        return beside(function, args, options)

    del called.__wrapped__  # nobody is to have it without us
    return called


def beside(function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What a function gives; what it raises is raised here, where the program has called it."""
    try:
        return aside.run(functools.partial(function, *args, **options), ())
    except Exception as error:
        raise error.with_traceback(None) from error.__cause__
