"""torch.random: the random stream."""

from ..engine.core import context
from .namespace import lazily
from .settings import Generator, default_generator, fork_rng, manual_seed

__all__ = ["Generator", "default_generator", "fork_rng", "manual_seed", "thread_safe_generator"]


def thread_safe_generator() -> Generator | None:
    """The random stream of the worker that loads in a thread of its own; None where there is no such worker."""
    return getattr(getattr(context.current().worker, "rng", None), "torch_generator", None)


__getattr__, __dir__ = lazily(__name__)
