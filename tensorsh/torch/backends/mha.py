"""torch.backends.mha: the fast way of attention, which is the only one."""

__all__ = ["get_fastpath_enabled", "set_fastpath_enabled"]

from ..switches import set_switch, switch


def get_fastpath_enabled() -> bool:
    """Whether the fast way may be taken."""
    return switch("mha_fastpath", True)


def set_fastpath_enabled(value: bool) -> None:
    """Set it."""
    set_switch("mha_fastpath", value)
