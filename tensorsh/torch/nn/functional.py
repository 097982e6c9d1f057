"""torch.nn.functional: the operations that layers and losses are written with."""

from ..namespace import lazily
from .gumbel import gumbel_softmax
from .multi_head import _canonical_mask, _none_or_dtype, multi_head_attention_forward
from .other_forms import (
    conv_tbc,
    fractional_max_pool2d_with_indices,
    fractional_max_pool3d_with_indices,
    native_channel_shuffle,
)

__all__ = [
    "_canonical_mask", "_none_or_dtype", "conv_tbc", "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d_with_indices", "gumbel_softmax", "multi_head_attention_forward", "native_channel_shuffle",
]  # fmt: skip

__getattr__, __dir__ = lazily(__name__)
