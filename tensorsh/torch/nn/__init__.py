"""torch.nn: modules, containers, layers and losses."""

from ..namespace import lazily
from .modules import CONTENTS as MODULES

CONTENTS = {
    "parameter": "Buffer Parameter UninitializedBuffer UninitializedParameter",
    **{f"modules.{file}": names for file, names in MODULES.items()},
}
NAMESPACES = ("functional", "init", "modules", "parameter", "utils")

__getattr__, __dir__ = lazily(__name__)
