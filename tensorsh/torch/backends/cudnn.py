"""torch.backends.cudnn: a library for CUDA devices, which is not here; its switches may be set."""

from __future__ import annotations

from ..namespace import lazily

__all__ = ["is_available", "version"]

SETTINGS = {
    "allow_tf32": True,
    "benchmark": False,
    "benchmark_limit": 10,
    "deterministic": False,
    "enabled": True,
}

__getattr__, __dir__ = lazily(__name__)


def is_available() -> bool:
    """Whether the library is here."""
    return False


def version() -> None:
    """Its version: it is not here."""
