"""torch.nn: modules, containers, layers and losses."""

from ..namespace import lazily
from .modules import CONTENTS as MODULES

CONTENTS = {
    "factories": "factory_kwargs",
    "parallel.data_parallel": "DataParallel",
    "parameter.tensors": "Buffer Parameter",
    "parameter.uninitialized": "UninitializedBuffer UninitializedParameter",
    **{f"modules.{file}": names for file, names in MODULES.items()},
}
NAMESPACES = (
    "attention", "common_types", "functional", "grad", "init", "modules", "parallel", "parameter", "utils",
)  # fmt: skip

__getattr__, __dir__ = lazily(__name__)
