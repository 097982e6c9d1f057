"""torch.backends.cuda: CUDA is not here; its switches may be set."""

from __future__ import annotations

from ...namespace import lazily

CONTENTS = {
    "attention": (
        "enable_cudnn_sdp enable_flash_sdp enable_math_sdp enable_mem_efficient_sdp cudnn_sdp_enabled "
        "flash_sdp_enabled math_sdp_enabled mem_efficient_sdp_enabled is_built is_flash_attention_available"
    ),
}
NAMESPACES = ("matmul",)

__getattr__, __dir__ = lazily(__name__)
