"""torch.optim: optimisers, `lr_scheduler`, `swa_utils`."""

from ..namespace import lazily

CONTENTS = {
    "optimizer": "Optimizer",
    "sgd": "SGD",
    "asgd": "ASGD",
    "rprop": "Rprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "adamax": "Adamax",
    "nadam": "NAdam",
    "radam": "RAdam",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "rmsprop": "RMSprop",
    "_adafactor": "Adafactor",
    "_muon": "Muon",
    "lbfgs": "LBFGS",
    "sparse_adam": "SparseAdam",
}
NAMESPACES = ("lr_scheduler", "optimizer", "swa_utils")
UNSTARRED = ("optimizer",)

__getattr__, __dir__ = lazily(__name__)
