"""torch.nn.functional: the operations that layers and losses are written with, and what is written in them."""

from ...namespace import lazily

CONTENTS = {
    "gumbel": "gumbel_softmax",
    "multi_head": "_canonical_mask _none_or_dtype multi_head_attention_forward",
    "other_forms": (
        "conv_tbc fractional_max_pool2d_with_indices fractional_max_pool3d_with_indices native_channel_shuffle"
    ),
}

__getattr__, __dir__ = lazily(__name__)
