"""torch.nn.functional: the operations that layers and losses are written with."""

from ..namespace import lazily
from .gumbel import gumbel_softmax
from .multi_head import _canonical_mask, _none_or_dtype, multi_head_attention_forward

__all__ = ["_canonical_mask", "_none_or_dtype", "gumbel_softmax", "multi_head_attention_forward"]

__getattr__, __dir__ = lazily(__name__)
