"""Questions about the CPU, asked as accelerators are."""

from __future__ import annotations

from typing import Any


def is_available() -> bool:
    """Whether there is one."""
    return True


def is_initialized() -> bool:
    """Whether it is ready."""
    return True


def device_count() -> int:
    """How many there are."""
    return 1


def current_device() -> str:
    """Its name."""
    return "cpu"


def set_device(device: Any) -> None:
    """There is no other."""


def synchronize(device: Any = None) -> None:
    """Nothing is under way."""
