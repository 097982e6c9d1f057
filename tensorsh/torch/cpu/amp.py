"""torch.cpu.amp: the old names of what is in torch.amp."""

from __future__ import annotations

from ..amp.old_names import old_names

__all__ = ["GradScaler", "autocast"]

autocast, GradScaler = old_names("cpu")
