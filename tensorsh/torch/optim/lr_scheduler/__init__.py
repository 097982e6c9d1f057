"""torch.optim.lr_scheduler: how learning rates change from epoch to epoch."""

from ...namespace import lazily

CONTENTS = {
    "scheduler": "LRScheduler _LRScheduler",
    "factors": (
        "LambdaLR MultiplicativeLR StepLR MultiStepLR ConstantLR LinearLR ExponentialLR PolynomialLR"
    ),
    "cosine": "CosineAnnealingLR CosineAnnealingWarmRestarts",
    "cycles": "CyclicLR OneCycleLR",
    "combined": "SequentialLR ChainedScheduler",
    "plateau": "ReduceLROnPlateau",
}

__getattr__, __dir__ = lazily(__name__)
