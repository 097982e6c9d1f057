"""torch.cpu: the device that there is, asked as accelerators are."""

from ..namespace import lazily

CONTENTS = {"questions": "current_device device_count is_available is_initialized set_device synchronize"}
NAMESPACES = ("amp",)

__getattr__, __dir__ = lazily(__name__)
