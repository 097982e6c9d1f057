"""The engine's kinds of values: tensors and nodes, which tell the journal themselves what they change, and others."""

from __future__ import annotations

from typing import Any

from ..kinds import ALL, Kind, describe, same, sequences
from ..kinds.atoms import words
from ..kinds.ownership import own_class
from .compile.values import Number
from .context import GradMode
from .device import Device
from .dtype import DType
from .node import Node
from .op import Op
from .results import Size
from .tensor import Tensor


def follow(t: Tensor, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    reach.tensor(t, path, varies)


def leave(t: Tensor, leaving: Any) -> str:
    return str(leaving.tensor(t))


def adapt(description: Kind, kind: type) -> None:
    """A program that is made for a tensor of a class holds for this class only."""
    description.follow, description.leave = follow, leave


def leave_number(n: Number, leaving: Any) -> str:
    return str(leaving.number(n))


def keep(description: Kind, kind: type) -> None:
    """What is what it is, our subclasses are, too; what one of the program's does, nobody knows."""
    if not own_class(kind):
        description.follow = same


# a tensor's slots are the engine's; the attributes that a program gives it are as those of any instance
describe(Tensor, Kind(parts=(), closed=frozenset({"slots"}), adapt=adapt))
describe(Size, Kind(names=sequences.NAMES | {"numel"}, follow=sequences.follow))
describe(
    DType,
    Kind(names=words("is_floating_point is_complex is_signed itemsize to_real to_complex"), adapt=keep),
)
describe(Device, Kind(names=words("type index"), adapt=keep))
describe(Op, Kind(parts=(), closed=ALL, adapt=keep))
describe(GradMode, Kind(adapt=keep))
describe(Number, Kind(leave=leave_number))
describe(Node, Kind(parts=(), closed=ALL))
