"""torch.compiler: what programs say to the compiler, which is not asked here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .compiling import compile

__all__ = [
    "allow_in_graph", "assume_constant_result", "compile", "cudagraph_mark_step_begin", "disable", "is_compiling",
    "is_dynamo_compiling", "is_exporting", "list_backends", "reset", "set_stance",
]  # fmt: skip


def is_compiling() -> bool:
    """Whether the compiler is reading the program."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def disable(
    fn: Callable[..., Any] | None = None, recursive: bool = True, *, reason: str | None = None
) -> Any:
    """The function itself; without one, a decorator."""
    return (lambda given: given) if fn is None else fn


def allow_in_graph(fn: Any) -> Any:
    """The function itself."""
    return fn


def assume_constant_result(fn: Any) -> Any:
    """The function itself."""
    return fn


def reset() -> None:
    """Nothing is kept."""


def cudagraph_mark_step_begin() -> None:
    """Nothing is recorded."""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """The compilers there are: none that has to be named."""
    return []


class set_stance:
    """`with set_stance("force_eager"):` says how to compile, which changes nothing."""

    def __init__(self, stance: str = "default", **options: Any):
        self.stance = stance

    def __call__(self, fn: Any) -> Any:
        return fn

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass
