"""torch.backends.cuda.matmul: how CUDA devices would multiply matrices."""

from ...namespace import lazily

SETTINGS = {
    "allow_bf16_reduced_precision_reduction": True,
    "allow_fp16_accumulation": False,
    "allow_fp16_reduced_precision_reduction": True,
    "allow_tf32": False,
    "fp32_precision": "none",
}

__getattr__, __dir__ = lazily(__name__)
