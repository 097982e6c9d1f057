"""torch.nn: modules, containers, layers and losses."""

from ..namespace import lazily

CONTENTS = {"parameter": "Parameter Buffer"}
NAMESPACES = ("functional", "parameter")

__getattr__, __dir__ = lazily(__name__)
