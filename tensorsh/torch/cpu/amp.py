"""torch.cpu.amp: the old names of what is in torch.amp."""

from __future__ import annotations

from typing import Any

from ...engine.warn import warn
from ..amp import autocast_mode, grad_scaler

__all__ = ["GradScaler", "autocast"]


def _say(name: str) -> None:
    warn(
        f"`torch.cpu.amp.{name}(args...)` is deprecated. Please use `torch.amp.{name}('cpu', args...)` instead.",
        FutureWarning,
    )


class autocast(autocast_mode.autocast):
    """`torch.amp.autocast("cpu", …)`."""

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True):
        _say("autocast")
        super().__init__("cpu", dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)


class GradScaler(grad_scaler.GradScaler):
    """`torch.amp.GradScaler("cpu", …)`."""

    def __init__(
        self,
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ):
        _say("GradScaler")
        super().__init__("cpu", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


autocast.__module__ = "torch.cpu.amp.autocast_mode"
GradScaler.__module__ = "torch.cpu.amp.grad_scaler"
