"""torch.utils.data._utils: what a loader is made of, of which programs name `collate`."""

from ....namespace import lazily

NAMESPACES = ("collate", "worker")

__getattr__, __dir__ = lazily(__name__)
