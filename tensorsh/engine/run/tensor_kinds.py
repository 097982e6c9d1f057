"""The engine's kinds of values: tensors and nodes, which tell the journal themselves what they change, and others."""

from __future__ import annotations

from typing import Any

from ...kinds import ALL, Kind, describe, same, sequences
from ...kinds.aspects import Brackets, Json, Tree
from ...kinds.atoms import words
from ...kinds.ownership import own_class
from ..core.context import GradMode
from ..core.device import Device
from ..core.dtype import DType
from ..core.results import NamedResult, Size
from ..graph.node import Node
from ..records.op import Op
from ..values.tensor import Tensor, formatters


def follow(t: Tensor, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    reach.tensor(t, path, varies)


def leave(t: Tensor, leaving: Any) -> str:
    return str(leaving.tensor(t))


def adapt(description: Kind, kind: type) -> None:
    """A program that is made for a tensor of a class holds for this class only."""
    description.follow, description.leave = follow, leave


#: what PyTorch's tuples with named parts say of themselves
COUNTS = words("n_fields n_sequence_fields n_unnamed_fields")


def adapt_result(description: Kind, kind: type) -> None:
    """PyTorch's tuples with named parts: each operation has a class of its own."""
    description.tree = RESULT
    description.follow, description.leave = follow_result, leave_result
    description.names = sequences.NAMES | COUNTS | set(kind._torch_fields)  # type: ignore[attr-defined]


def follow_result(result: NamedResult, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    if not reach.known(result, path):
        reach.guards.append(f"type({path}) is {reach.constant(type(result))}")
        for i, part in enumerate(result):
            reach.thing(part, f"{path}[{i}]", varies, depth + 1)


def leave_result(result: NamedResult, leaving: Any) -> str:
    return f"{leaving.named(type(result))}(({sequences.joined(result, leaving)}))"


RESULT = Tree(lambda result: (None, result), lambda kind, kept, parts: kind(parts))


def keep(description: Kind, kind: type) -> None:
    """What is what it is, our subclasses are, too; what one of the program's does, nobody knows."""
    if not own_class(kind):
        description.follow = same


def constant(value: Any, leaving: Any) -> str:
    """What is the same in all rounds."""
    return str(leaving.named(value))


def text(t: Tensor, options: Any) -> str:
    return formatters["tensor"](t, options)


def as_json(t: Tensor, item: Any) -> dict[str, Any]:
    grad_fn: Any = t.grad_fn
    return {
        "type": "tensor",
        "dtype": t.dtype.name,
        "shape": list(t.shape),
        "device": str(t.device),
        "requires_grad": t.requires_grad,
        "is_leaf": t.is_leaf,
        "grad_fn": None if grad_fn is None else grad_fn.name(),
        "data": None if t.is_meta else t.array,
    }


describe(
    Tensor,
    Kind(
        parts=(),
        closed=frozenset(
            {"slots"}
        ),  # the engine's; the attributes that a program gives it are as any instance's
        text=text,
        json=Json(as_json, whole=True),
        adapt=adapt,
    ),
)
describe(
    Size,
    Kind(
        names=sequences.NAMES | {"numel"},
        text=lambda size, options: repr(size),
        tree=sequences.AS_TUPLE,
        follow=sequences.follow,
        leave=constant,
    ),
)
describe(
    NamedResult,
    Kind(
        entries=lambda result: zip(result._torch_fields, result, strict=True),
        brackets=lambda result: Brackets(f"{result._torch_name}(\n", ")", ("", "=", ""), ",\n", spelled=True),
        adapt=adapt_result,
    ),
)
describe(
    DType,
    Kind(
        names=words("name is_floating_point is_complex is_signed itemsize to_real to_complex"),
        leave=constant,
        adapt=keep,
    ),
)
describe(Device, Kind(names=words("type index"), leave=constant, adapt=keep))
describe(Op, Kind(parts=(), closed=ALL, adapt=keep))
describe(GradMode, Kind(adapt=keep))
describe(Node, Kind(parts=(), closed=ALL))
