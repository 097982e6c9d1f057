"""Training: optimisers, batches, progress, metrics. Importing this package registers them."""

from . import data, metrics, optim  # noqa: F401
