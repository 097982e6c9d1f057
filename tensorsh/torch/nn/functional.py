"""torch.nn.functional: the operations that layers and losses are written with."""

from ..namespace import lazily

__getattr__, __dir__ = lazily(__name__)
