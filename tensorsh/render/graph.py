"""`graph y`: the computation graph as a list, each operation once, inputs before what uses them.

w       leaf                float32[3, 2]
%1      mm(·, w)            float32[4, 2]   saved: input float32[4, 3]
loss    mean(%1)            float32[]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.backward import edge, reachable
from ..engine.node import FREED, Node
from ..engine.tensor import Tensor

#: longer graphs are shown at both ends
MOST_ROWS = 400


def graph_rows(root: Tensor, names: Mapping[str, Tensor]) -> list[tuple[str, str, str, str]]:
    """(name, operation, spec, saved) of each leaf and operation that `root` depends on."""
    if edge(root) is None:
        kind = "leaf" if root.requires_grad else "constant"
        return [(_name_of(root, names) or "·", kind, repr(root.spec), "no graph: nothing requires grad")]
    known = _known(names)
    labels: dict[Any, str] = {}
    rows: list[tuple[str, str, str, str]] = []
    root_edge = edge(root)
    order = reachable([root_edge])[::-1]
    if not order:
        return [(_name_of(root, names) or "·", "leaf", repr(root.spec), "requires_grad")]
    for node in order:
        inputs = []
        for e in node.arguments():
            if isinstance(e, list):
                inputs.append("[" + ", ".join(_input(x, labels, known, rows) for x in e) + "]")
            else:
                inputs.append(_input(e, labels, known, rows))
        for index, spec in enumerate(node.output_specs):
            if spec.dtype.is_floating_point or spec.dtype.is_complex:
                name = known.get((id(node), index)) or f"%{len(rows) + 1}"
                labels[id(node), index] = name
        label = next(
            (labels[id(node), i] for i in range(len(node.output_specs)) if (id(node), i) in labels), "·"
        )
        specs = ", ".join(map(repr, node.output_specs))
        rows.append((label, f"{node.name().rpartition('::')[2]}({', '.join(inputs)})", specs, _saved(node)))
    return rows


def _input(e: Any, labels: dict[Any, str], known: dict[Any, str], rows: list[Any]) -> str:
    if e is None:
        return "·"
    target, index = e
    key = (id(target), index)
    if key not in labels:
        # only leaves are met here: nodes come after what they use
        labels[key] = known.get(key) or f"%{len(rows) + 1}"
        rows.append((labels[key], "leaf", repr(target.spec), "requires_grad"))
    return labels[key]


def _known(names: Mapping[str, Tensor]) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for name, t in names.items():
        e = edge(t)
        if e is not None:
            found.setdefault((id(e[0]), e[1]), name)
    return found


def _name_of(t: Tensor, names: Mapping[str, Tensor]) -> str | None:
    return next((name for name, value in names.items() if value is t), None)


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


def graph_text(root: Tensor, names: Mapping[str, Tensor]) -> str:
    """The list in aligned columns."""
    rows = graph_rows(root, names)
    if len(rows) > MOST_ROWS:
        half = MOST_ROWS // 2
        left_out = (f"… {len(rows) - 2 * half} more", "", "", "")
        rows = [*rows[:half], left_out, *rows[-half:]]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join(
        "  ".join([*(row[i].ljust(widths[i]) for i in range(3)), row[3]]).rstrip() for row in rows
    )
