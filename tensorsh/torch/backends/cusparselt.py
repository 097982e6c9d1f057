"""torch.backends.cusparselt: sparse matrices on CUDA devices, which are not here."""

__all__ = ["is_available"]


def is_available() -> bool:
    """Whether it could be used."""
    return False
