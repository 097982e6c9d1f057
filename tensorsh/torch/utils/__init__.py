"""torch.utils: loading data, and other things beside the tensors."""

from ..namespace import lazily

NAMESPACES = ("_pytree", "checkpoint", "data", "hooks", "model_zoo")

__getattr__, __dir__ = lazily(__name__)
