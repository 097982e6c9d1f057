"""torch.backends.quantized: there are no quantised tensors."""

from ..namespace import lazily

SETTINGS = {"engine": "none", "supported_engines": ["none"]}

__getattr__, __dir__ = lazily(__name__)
