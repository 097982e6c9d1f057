"""torch.backends: what the machine's libraries can do, and switches for them."""

from ..namespace import lazily

NAMESPACES = (
    "cpu",
    "cuda",
    "cudnn",
    "cusparselt",
    "mha",
    "mkl",
    "mkldnn",
    "mps",
    "openmp",
    "opt_einsum",
    "quantized",
)

__getattr__, __dir__ = lazily(__name__)
