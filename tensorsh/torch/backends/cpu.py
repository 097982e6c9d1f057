"""torch.backends.cpu: the processor."""

__all__ = ["get_cpu_capability"]


def get_cpu_capability() -> str:
    """Which vector instructions are chosen by hand: none, NumPy chooses."""
    return "DEFAULT"
