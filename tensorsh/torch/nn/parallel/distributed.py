"""DistributedDataParallel: there is one process, and so no group of them."""

from __future__ import annotations

from typing import Any

from ...namespace import torch
from ..modules.module import Module

__all__ = ["DistributedDataParallel"]


class DistributedDataParallel(Module):
    """Refused, as in PyTorch where no process group has been made."""

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        torch.distributed.get_rank()
