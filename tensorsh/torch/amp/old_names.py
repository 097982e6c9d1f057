"""The old names of what is in torch.amp, in the namespace of one device."""

from __future__ import annotations

from typing import Any

from ...engine.core.warn import warn
from . import autocast_mode, grad_scaler


def old_names(device: str) -> tuple[type, type]:
    """(autocast, GradScaler) of a device, which say what they are called today."""

    def say(name: str) -> None:
        today = f"torch.amp.{name}('{device}', args...)"
        warn(
            f"`torch.{device}.amp.{name}(args...)` is deprecated. Please use `{today}` instead.",
            FutureWarning,
        )

    class autocast(autocast_mode.autocast):
        """`torch.amp.autocast` of this device."""

        def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True):
            say("autocast")
            super().__init__(device, dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)

    class GradScaler(grad_scaler.GradScaler):
        """`torch.amp.GradScaler` of this device."""

        def __init__(
            self,
            init_scale: float = 65536.0,
            growth_factor: float = 2.0,
            backoff_factor: float = 0.5,
            growth_interval: int = 2000,
            enabled: bool = True,
        ):
            say("GradScaler")
            super().__init__(device, init_scale, growth_factor, backoff_factor, growth_interval, enabled)

    for kind, file in ((autocast, "autocast_mode"), (GradScaler, "grad_scaler")):
        kind.__module__, kind.__qualname__ = f"torch.{device}.amp.{file}", kind.__name__
    return autocast, GradScaler
