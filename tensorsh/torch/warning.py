"""Whether what PyTorch says once is said each time."""

from __future__ import annotations

from typing import Any

from ..engine.core import context
from ..errors import GradientError


def set_warn_always(b: Any, /) -> None:
    """Say each time what is otherwise said once in a session."""
    if not isinstance(b, bool):
        raise GradientError(f"setWarnOnlyOnce expects a bool, but got {type(b).__name__}")
    state = context.current().warnings
    if state is not None:
        state.save()
        state.always = b


def is_warn_always_enabled() -> bool:
    """Whether it is said each time."""
    state = context.current().warnings
    return state is not None and state.always
