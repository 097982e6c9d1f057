"""torch.random: the random stream."""

from .settings import fork_rng, manual_seed

__all__ = ["fork_rng", "manual_seed"]
