"""torch.nn.modules.linear_cross_entropy_options: how PyTorch cuts a large linear cross entropy into pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...namespace import torch

__all__ = ["LinearCrossEntropyOptions"]


@dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """Settings of memory and time, which change no result; here they are only checked."""

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None

    def __post_init__(self) -> None:
        if self.acc_policy not in ("auto", "accurate", "balanced", "compact"):
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}")
        if self.chunking_method not in (None, "auto"):
            name, colon, factor = self.chunking_method.partition(":")
            whole = not colon or (factor.isdigit() and int(factor) > 0)
            if name != "aspect_ratio" or not whole:
                raise ValueError(f"invalid chunking_method: {self.chunking_method!r}")
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        floats = (None, torch.float16, torch.bfloat16, torch.float32, torch.float64)
        if self.acc_dtype not in floats:
            raise ValueError(
                "acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, torch.float64}, got "
                f"{self.acc_dtype!r}. Pass acc_dtype=None to let the op pick automatically."
            )


LinearCrossEntropyOptions.__module__ = "torch.nn.modules.linear_cross_entropy_options"
