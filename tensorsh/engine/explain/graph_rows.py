"""A computation graph as rows, each leaf and operation once, inputs before what uses them: what `graph y` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core import context
from ..graph.node import FREED, Node, edge
from ..graph.walk import reachable
from ..values.tensor import Tensor


@dataclass(slots=True, eq=False)
class Row:
    """A leaf or an operation.

    name       what the program calls its result, else `%3`
    operation  `leaf`, or the operation and its inputs: `MmBackward0(·, w)`
    spec       of its results
    saved      what it keeps for its derivative
    inputs     the rows that it uses
    line       where the program asked for it, if that is known
    tensor     the tensor itself, where the program still has it
    """

    name: str
    operation: str
    spec: str
    saved: str = ""
    inputs: list[Row] = field(default_factory=list)
    line: str = ""
    tensor: Tensor | None = None

    @property
    def is_leaf(self) -> bool:
        return self.operation == "leaf"


def graph_rows(root: Tensor, names: Mapping[str, Tensor]) -> list[Row]:
    """Each leaf and operation that `root` depends on, inputs before what uses them."""
    if edge(root) is None:
        kind = "leaf" if root.requires_grad else "constant"
        return [Row(_name_of(root, names), kind, repr(root.spec), "no graph: nothing requires grad")]
    order = reachable([edge(root)])[::-1]
    if not order:
        return [Row(_name_of(root, names), "leaf", repr(root.spec), "requires_grad", tensor=root)]
    return _Reader(names).read(order)


class _Reader:
    def __init__(self, names: Mapping[str, Tensor]):
        self.known: dict[Any, tuple[str, Tensor]] = {}
        for name, t in names.items():
            e = edge(t)
            if e is not None:
                self.known.setdefault((id(e[0]), e[1]), (name, t))
        self.labels: dict[Any, str] = {}
        self.makers: dict[int, Row] = {}
        self.rows: list[Row] = []

    def read(self, order: list[Node]) -> list[Row]:
        recollection = context.current().recollection
        for node in order:
            used: list[Row] = []
            texts = []
            for e in node.arguments():
                if isinstance(e, list):
                    texts.append("[" + ", ".join(self._input(x, used) for x in e) + "]")
                else:
                    texts.append(self._input(e, used))
            label, tensor = "·", None
            for index, spec in enumerate(node.output_specs):
                if spec is not None and (spec.dtype.is_floating_point or spec.dtype.is_complex):
                    name, t = self.known.get((id(node), index), (f"%{len(self.rows) + 1}", None))
                    self.labels[id(node), index] = name
                    if label == "·" or tensor is None:
                        label, tensor = name if label == "·" or t is not None else label, t
            self.makers[id(node)] = row = Row(
                label,
                f"{node.name().rpartition('::')[2]}({', '.join(texts)})",
                ", ".join(repr(spec) for spec in node.output_specs),
                _saved(node),
                used,
                "" if recollection is None else recollection.place(node),
                tensor,
            )
            self.rows.append(row)
        return self.rows

    def _input(self, e: Any, used: list[Row]) -> str:
        if e is None:
            return "·"
        target, index = e
        key = (id(target), index)
        if key not in self.labels:
            # only leaves are met here: nodes come after what they use
            name, _ = self.known.get(key, (f"%{len(self.rows) + 1}", None))
            self.labels[key] = name
            row = Row(name, "leaf", repr(target.spec), "requires_grad", tensor=target)
            self.makers[id(target)] = row
            self.rows.append(row)
        used.append(self.makers[id(target)])
        return self.labels[key]


def _name_of(t: Tensor, names: Mapping[str, Tensor]) -> str:
    return next((name for name, value in names.items() if value is t), "·")


def _saved(node: Node) -> str:
    """What the node keeps for its derivative."""
    if node.args is FREED:
        return "freed"
    parts = []
    for i, value in enumerate(node.args):
        if isinstance(value, Tensor):
            parts.append(f"{node.op.schema.parameters[i].name} {value.spec!r}")
        elif isinstance(value, tuple) and any(isinstance(v, Tensor) for v in value):
            parts.append(f"{node.op.schema.parameters[i].name} ({len(value)} tensors)")
    if node.outputs is not None:
        parts.append("result")
    return "saved: " + ", ".join(parts) if parts else ""
