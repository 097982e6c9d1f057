"""torch.backends.opt_einsum: in which order einsum multiplies."""

from __future__ import annotations

from ..namespace import lazily

__all__ = ["is_available"]

SETTINGS = {"enabled": False, "strategy": None}

__getattr__, __dir__ = lazily(__name__)


def is_available() -> bool:
    """Whether another order than from left to right can be chosen."""
    return False
