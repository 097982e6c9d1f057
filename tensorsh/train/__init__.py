"""Training: optimisers, batches, progress, metrics; like `ops`, imported when they are asked for."""

from ..engine.values.operation_index import enter

enter(__name__)
