"""torch.distributed: a process that belongs to no group, or to one that it is alone in.

What is sent to all is what this process has; operations check what they are given as PyTorch does.
"""

from __future__ import annotations

import enum
from typing import Any

from ..engine.core.own_tables import about_to_change, of_session
from ..engine.values.tensor import Tensor
from .autograd.grad_mode import no_grad

__all__ = [
    "ProcessGroup", "ReduceOp", "Work", "all_gather", "all_gather_object", "all_reduce", "barrier", "broadcast",
    "broadcast_object_list", "destroy_process_group", "gather", "get_backend", "get_process_group_ranks", "get_rank",
    "get_world_size", "group", "init_process_group", "is_available", "is_gloo_available", "is_initialized",
    "is_mpi_available", "is_nccl_available", "is_torchelastic_launched", "new_group", "recv", "reduce",
    "reduce_scatter", "scatter", "send",
]  # fmt: skip

NO_GROUP = "Default process group has not been initialized, please make sure to call init_process_group."
#: "group": the one that this process is in, and nobody else
_joined: dict[str, ProcessGroup] = of_session({})


class ReduceOp(enum.Enum):
    """What is made of the numbers of all processes."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7
    PREMUL_SUM = 8

    def __str__(self) -> str:
        return f"RedOpType.{self.name}"


class ProcessGroup:
    """The processes that work together: this one."""

    def __init__(self, backend: str) -> None:
        self.backend = backend

    def rank(self) -> int:
        """The number of this process."""
        return 0

    def size(self) -> int:
        """How many processes there are."""
        return 1


class Work:
    """What was asked to be done, and is."""

    def wait(self) -> bool:
        """True: it is done."""
        return True

    def is_completed(self) -> bool:
        """True: it is done."""
        return True


class Groups:
    """Names of groups."""

    @property
    def WORLD(self) -> ProcessGroup | None:
        """The group that this process is in."""
        return _joined.get("group")


group = Groups()


def is_available() -> bool:
    """Whether PyTorch is built with it: its packages are."""
    return True


def is_gloo_available() -> bool:
    """Whether PyTorch is built with Gloo: its packages are."""
    return True


def is_nccl_available() -> bool:
    """Whether PyTorch is built with it: its packages for processors are not."""
    return False


is_mpi_available = is_torchelastic_launched = is_nccl_available


def is_initialized() -> bool:
    """Whether this process belongs to a group."""
    return bool(_joined)


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    **options: Any,
) -> None:
    """Form a group of this process alone; ValueError where how many there are is not said."""
    if _joined:
        raise ValueError("trying to initialize the default process group twice!")
    for name, value in (("RANK", rank), ("WORLD_SIZE", world_size)):
        if value < 0:
            raise ValueError(
                f"Error initializing torch.distributed using env:// rendezvous: environment variable {name} expected, "
                "but not set"
            )
    if world_size != 1 or rank:
        raise NotImplementedError(
            f"a program runs in one process: there is no other of the {world_size} to wait for"
        )
    about_to_change(_joined)
    _joined["group"] = ProcessGroup(backend or "gloo")


def destroy_process_group(group: Any = None) -> None:
    """Leave the group; AssertionError in none."""
    if not _joined:
        raise AssertionError("Process group cannot be None")
    about_to_change(_joined)
    _joined.clear()


def new_group(ranks: Any = None, *args: Any, **kwargs: Any) -> ProcessGroup:
    """A group of some processes of the group."""
    return ProcessGroup(_group().backend)


def _group() -> ProcessGroup:
    if not _joined:
        raise ValueError(NO_GROUP)
    return _joined["group"]


def get_rank(group: Any = None) -> int:
    """The number of this process."""
    return _group().rank()


def get_world_size(group: Any = None) -> int:
    """How many processes there are."""
    return _group().size()


def get_backend(group: Any = None) -> str:
    """What the group was formed with."""
    return _group().backend


def get_process_group_ranks(group: Any = None) -> list[int]:
    """The numbers of all processes of a group."""
    _group()
    return [0]


def _check(tensor: Any, name: str = "tensor") -> None:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"Invalid function argument. Expected parameter `{name}` of type torch.Tensor")


def _check_root(what: str, rank: Any) -> None:
    if rank:
        raise RuntimeError(f"ProcessGroupGloo::{what}: invalid root rank: {rank}")


def _done(async_op: bool) -> Work | None:
    return Work() if async_op else None


def barrier(group: Any = None, async_op: bool = False, **options: Any) -> Work | None:
    """Wait for all: they are here."""
    _group()
    return _done(async_op)


def all_reduce(tensor: Any, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Work | None:
    """The numbers of all processes made one: they stay."""
    _check(tensor)
    _group()
    return _done(async_op)


def reduce(
    tensor: Any,
    dst: int | None = None,
    op: Any = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
    **_: Any,
) -> Work | None:
    """The same for one process."""
    _check(tensor)
    _group()
    _check_root("reduce", dst)
    return _done(async_op)


def broadcast(
    tensor: Any, src: int | None = None, group: Any = None, async_op: bool = False, **_: Any
) -> Work | None:
    """Give all processes the numbers of one: they stay."""
    _check(tensor)
    _group()
    _check_root("broadcast", src)
    return _done(async_op)


def _copied(to: Any, source: Any) -> None:
    with no_grad():
        to.copy_(source)


def all_gather(tensor_list: Any, tensor: Any, group: Any = None, async_op: bool = False) -> Work | None:
    """The tensors of all processes, in a list."""
    _check(tensor)
    _group()
    _copied(tensor_list[0], tensor)
    return _done(async_op)


def gather(
    tensor: Any,
    gather_list: Any = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    **_: Any,
) -> Work | None:
    """The same for one process."""
    _check(tensor)
    _group()
    if gather_list:
        _copied(gather_list[0], tensor)
    return _done(async_op)


def scatter(
    tensor: Any,
    scatter_list: Any = None,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    **_: Any,
) -> Work | None:
    """Give each process one of a list."""
    _check(tensor)
    _group()
    if scatter_list:
        _copied(tensor, scatter_list[0])
    return _done(async_op)


def reduce_scatter(
    output: Any, input_list: Any, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """Make the numbers of all one, and give each process a part."""
    _check(output, "output")
    _group()
    _copied(output, input_list[0])
    return _done(async_op)


def all_gather_object(object_list: Any, obj: Any, group: Any = None) -> None:
    """The objects of all processes, in a list."""
    _group()
    object_list[0] = obj


def broadcast_object_list(object_list: Any, src: int | None = None, group: Any = None, **_: Any) -> None:
    """Give all processes the objects of one: they stay."""
    _group()


def send(tensor: Any, dst: int | None = None, group: Any = None, tag: int = 0, **_: Any) -> None:
    """Refused: there is nobody else."""
    _group()
    raise ValueError(
        "Invalid destination rank: destination rank should not be the same as the rank of the current process."
    )


def recv(tensor: Any, src: int | None = None, group: Any = None, tag: int = 0, **_: Any) -> int:
    """Refused: there is nobody else."""
    _group()
    raise ValueError(
        "Invalid source rank: source rank should not be the same as the rank of the current process."
    )
