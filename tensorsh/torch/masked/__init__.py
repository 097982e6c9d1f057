"""torch.masked: reductions of the elements where a mask is true (operations `masked.…`)."""

from ..namespace import lazily

NAMESPACES = ("_ops",)

__getattr__, __dir__ = lazily(__name__)
