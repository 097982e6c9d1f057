"""Training: optimisers, batches, progress, metrics; like `ops`, imported when they are asked for."""

from ..engine.op import registry
from .names import NAMES

registry.add_package(__name__, NAMES)
