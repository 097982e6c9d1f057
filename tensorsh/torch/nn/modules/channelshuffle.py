"""torch.nn.modules.channelshuffle: channels of several groups in turn."""

from __future__ import annotations

from ....engine.values.tensor import Tensor
from ...namespace import F
from .module import Module

__all__ = ["ChannelShuffle"]


class ChannelShuffle(Module):
    """One channel of each group, then the next of each."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
