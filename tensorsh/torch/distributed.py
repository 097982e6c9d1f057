"""torch.distributed: a process that belongs to no group, and what PyTorch answers there."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = [
    "all_gather", "all_gather_object", "all_reduce", "barrier", "broadcast", "broadcast_object_list",
    "destroy_process_group", "gather", "get_backend", "get_rank", "get_world_size", "init_process_group",
    "is_available", "is_gloo_available", "is_initialized", "is_mpi_available", "is_nccl_available",
    "is_torchelastic_launched", "recv", "reduce", "reduce_scatter", "scatter", "send",
]  # fmt: skip


def is_available() -> bool:
    """Whether PyTorch is built with it: its packages are."""
    return True


def is_gloo_available() -> bool:
    """Whether PyTorch is built with Gloo: its packages are."""
    return True


def is_initialized() -> bool:
    """Whether this process belongs to a group: programs run in one process."""
    return False


is_mpi_available = is_nccl_available = is_torchelastic_launched = is_initialized


def _no_group(*_: Any, **__: Any) -> NoReturn:
    """ValueError: this process belongs to no group."""
    raise ValueError(
        "Default process group has not been initialized, please make sure to call init_process_group."
    )


all_gather = all_gather_object = all_reduce = barrier = broadcast = broadcast_object_list = gather = _no_group
get_backend = get_rank = get_world_size = recv = reduce = reduce_scatter = scatter = send = _no_group


def destroy_process_group(group: Any = None) -> None:
    """AssertionError: this process belongs to no group."""
    raise AssertionError("Process group cannot be None")


def init_process_group(*args: Any, **kwargs: Any) -> NoReturn:
    """NotImplementedError: programs run in one process."""
    raise NotImplementedError("programs run in one process, and in no group")
