"""What the namespaces of devices that are not here have in common."""

from __future__ import annotations

from typing import Any

__all__ = [
    "device_count",
    "empty_cache",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "seed",
    "synchronize",
]


def is_available() -> bool:
    """Whether such a device is here."""
    return False


def device_count() -> int:
    """How many are here."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing draws there."""


manual_seed_all = manual_seed


def seed() -> None:
    """Nothing draws there."""


def empty_cache() -> None:
    """Nothing is cached."""


def synchronize(device: Any = None) -> None:
    """Nothing is under way."""
