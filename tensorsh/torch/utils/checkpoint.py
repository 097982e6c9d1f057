"""torch.utils.checkpoint: computing again in the backward pass what would take memory to keep.

Memory is kept here; the functions are called once, and give what they would give.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from ...engine.warn import warn
from ..namespace import torch

__all__ = [
    "checkpoint",
    "checkpoint_sequential",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
]


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Any] | None = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """The function's result. ValueError for keywords that are not the function's, if `use_reentrant`."""
    if use_reentrant is None:
        warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, "
            "calling checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but "
            "if you need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for "
            "more details on the differences between the two variants."
        )
        use_reentrant = True
    kwargs.pop("preserve_rng_state", None)
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if torch.is_grad_enabled() and not any(
            isinstance(arg, torch.Tensor) and arg.requires_grad for arg in args
        ):
            warn("None of the inputs have requires_grad=True. Gradients will be None")
            with torch.no_grad():
                return function(*args)
    with nullcontext() if context_fn is None else context_fn()[0]:
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """The functions one after the other, in so many parts."""
    steps = list(functions.children()) if isinstance(functions, torch.nn.Sequential) else list(functions)
    kwargs.pop("preserve_rng_state", None)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    for step in steps:
        input = step(input)
    return input


def noop_context_fn() -> tuple[Any, Any]:
    """Two contexts that do nothing."""
    return nullcontext(), nullcontext()


class set_checkpoint_debug_enabled:
    """`with set_checkpoint_debug_enabled(True):` says what is computed again, which is nothing."""

    def __init__(self, enabled: bool | None):
        self.enabled = enabled

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class set_checkpoint_early_stop(set_checkpoint_debug_enabled):
    """`with set_checkpoint_early_stop(False):` goes on when all is computed again, which is nothing."""

    def __init__(self, enable: bool):
        super().__init__(enable)
