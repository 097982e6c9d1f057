"""torch.backends.mps: Apple's GPUs, which are not used."""

__all__ = ["is_available", "is_built"]


def is_available() -> bool:
    """Whether such a device is here."""
    return False


def is_built() -> bool:
    """Whether it could be used."""
    return False
