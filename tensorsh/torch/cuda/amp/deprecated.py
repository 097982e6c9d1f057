"""What is in torch.amp today, for CUDA devices, under its old names."""

from __future__ import annotations

from functools import partial

from ...amp import autocast_mode
from ...amp.old_names import old_names

autocast, GradScaler = old_names("cuda")

custom_fwd = partial(autocast_mode.custom_fwd, device_type="cuda")
custom_bwd = partial(autocast_mode.custom_bwd, device_type="cuda")
