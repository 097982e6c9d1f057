"""torch.backends: what the machine's libraries can do."""

from ..namespace import lazily

NAMESPACES = ("mps",)

__getattr__, __dir__ = lazily(__name__)
