"""torch.compile: the function itself, a module under another name. Loops and calls are compiled where that pays,
unasked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .namespace import torch


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """The function that is given, or a module that calls the one that is given; without either, a decorator.

    RuntimeError for both `mode` and `options`.
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    if model is None:
        return lambda given: compile(given, disable=disable)
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable or not isinstance(model, torch.nn.Module):
        return model
    from .optimized_module import OptimizedModule

    return OptimizedModule(model)
