"""torch.backends.mkldnn: a library for networks, whose place NumPy takes; its switches may be set."""

from __future__ import annotations

from ..namespace import lazily

__all__ = ["is_available"]

SETTINGS = {"allow_tf32": False, "deterministic": False, "enabled": True}

__getattr__, __dir__ = lazily(__name__)


def is_available() -> bool:
    """Whether there is one."""
    return True
