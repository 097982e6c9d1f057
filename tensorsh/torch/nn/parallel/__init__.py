"""torch.nn.parallel: a module on several devices; there is one here, so it is the module itself."""

from ...namespace import lazily

CONTENTS = {"data_parallel": "DataParallel", "distributed": "DistributedDataParallel"}

__getattr__, __dir__ = lazily(__name__)
