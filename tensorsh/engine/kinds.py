"""The engine's kinds of values: tensors and nodes, which tell the journal themselves what they change, and others."""

from __future__ import annotations

from ..kinds import ALL, Kind, describe
from .node import Node
from .op import Op
from .tensor import Tensor

# a tensor's slots are the engine's; the attributes that a program gives it are as those of any instance
describe(Tensor, Kind(parts=(), closed=frozenset({"slots"})))
describe(Node, Kind(parts=(), closed=ALL))
describe(Op, Kind(parts=(), closed=ALL))
