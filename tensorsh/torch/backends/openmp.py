"""torch.backends.openmp: several threads for one operation: they are used."""

__all__ = ["is_available"]


def is_available() -> bool:
    """Whether they can be."""
    return True
