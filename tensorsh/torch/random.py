"""torch.random: the random stream."""

from .settings import Generator, default_generator, fork_rng, manual_seed

__all__ = ["Generator", "default_generator", "fork_rng", "manual_seed"]
