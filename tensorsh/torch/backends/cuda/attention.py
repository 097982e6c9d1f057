"""Which ways of attention CUDA devices might take, and whether CUDA was built in."""

from __future__ import annotations

from ...switches import set_switch, switch


def is_built() -> bool:
    """Whether CUDA was built in."""
    return False


def is_flash_attention_available() -> bool:
    """Whether the fused way is there."""
    return False


def flash_sdp_enabled() -> bool:
    """Whether the fused way may be taken."""
    return switch("flash_sdp", True)


def mem_efficient_sdp_enabled() -> bool:
    """Whether the way that saves memory may be taken."""
    return switch("mem_efficient_sdp", True)


def math_sdp_enabled() -> bool:
    """Whether the plain way may be taken."""
    return switch("math_sdp", True)


def cudnn_sdp_enabled() -> bool:
    """Whether cuDNN's way may be taken."""
    return switch("cudnn_sdp", True)


def enable_flash_sdp(enabled: bool) -> None:
    """Let the fused way be taken or not."""
    set_switch("flash_sdp", bool(enabled))


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Let the way that saves memory be taken or not."""
    set_switch("mem_efficient_sdp", bool(enabled))


def enable_math_sdp(enabled: bool) -> None:
    """Let the plain way be taken or not."""
    set_switch("math_sdp", bool(enabled))


def enable_cudnn_sdp(enabled: bool) -> None:
    """Let cuDNN's way be taken or not."""
    set_switch("cudnn_sdp", bool(enabled))
