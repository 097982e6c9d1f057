"""torch.backends.mkl: a fast library of mathematics: there is one, NumPy's."""

__all__ = ["is_available"]


def is_available() -> bool:
    """Whether there is one."""
    return True
