"""torch.cuda: there is none, and these say so."""

from __future__ import annotations

from typing import Any

from .settings import manual_seed

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "manual_seed_all", "synchronize"]

manual_seed_all = manual_seed


def is_available() -> bool:
    """Whether a CUDA device is here."""
    return False


def device_count() -> int:
    """How many CUDA devices are here."""
    return 0


def empty_cache() -> None:
    """Nothing is cached."""


def synchronize(device: Any = None) -> None:
    """Nothing is under way."""
