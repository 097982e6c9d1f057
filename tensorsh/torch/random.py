"""torch.random: the random stream."""

from .namespace import lazily
from .settings import Generator, default_generator, fork_rng, manual_seed

__all__ = ["Generator", "default_generator", "fork_rng", "manual_seed"]

__getattr__, __dir__ = lazily(__name__)
