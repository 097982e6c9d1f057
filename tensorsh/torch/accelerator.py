"""torch.accelerator: there is none, and these say so."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = [
    "current_accelerator", "current_device_idx", "current_device_index", "current_stream", "device_count",
    "empty_cache", "is_available", "max_memory_allocated", "memory_allocated", "memory_reserved", "set_device_idx",
    "set_device_index", "set_stream", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """Whether an accelerator is here."""
    return False


def device_count() -> int:
    """How many accelerators are here."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """The accelerator in use: none."""


def _none(*_: Any, **__: Any) -> NoReturn:
    """RuntimeError: there is no accelerator."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


current_device_index = current_device_idx = current_stream = empty_cache = max_memory_allocated = _none
memory_allocated = memory_reserved = set_device_idx = set_device_index = set_stream = synchronize = _none
