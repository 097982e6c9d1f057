"""Anomaly detection: an error on the way back names the place on the way forth that made the operation."""

from __future__ import annotations

import sys
from traceback import FrameSummary, format_list, walk_stack
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ...errors import GradientError
from ...source import PACKAGE
from ..core import context
from ..core.warn import PROGRAM, warn
from .node import Node

#: where in the program each node was made
made_at: WeakKeyDictionary[Node, str] = WeakKeyDictionary()


def remember(node: Node) -> None:
    """Write down where the program is."""
    state = context.current().warnings
    lines = []
    for frame, line in walk_stack(sys._getframe(1)):
        code = frame.f_code
        name = code.co_filename
        place = state.find(name, line) if state is not None and name.startswith(PROGRAM) else None
        if place is not None:
            source, number = place.span.source, place.span.position[0]
            lines.append(FrameSummary(source.name, number, code.co_name, line=source.line(number)))
        elif state is None and not name.startswith(("<", PACKAGE)):
            lines.append(FrameSummary(name, line, code.co_name))
    made_at[node] = "".join(format_list(lines[::-1]))


def differentiate(node: Node, grads: list[Any]) -> Any:
    """One node's step: an error in it, or NaN if that counts as one, says where the node was made."""
    try:
        found = node.differentiate(grads)
        if context.current().anomaly:
            refuse_nan(node, found)
    except Exception:
        where = made_at.get(node)
        warn(
            f"Error detected in {called(node)}. "
            + (
                "No forward pass information available. Enable detect anomaly during forward pass for more "
                "information."
                if where is None
                else f"Traceback of forward call that caused the error:\n{where}"
            ),
            internal=f"torch/csrc/autograd/python_anomaly_mode.cpp:{100 if where is None else 122}",
        )
        raise
    return found


def refuse_nan(node: Node, found: Any) -> None:
    """GradientError where a gradient that the node passes on holds NaN."""
    for i, e in enumerate(node.inputs()):
        for to, g in found:
            if to is e and not g.spec.is_meta and np.isnan(g.array).any():
                raise GradientError(f"Function '{called(node)}' returned nan values in its {i}th output.")


def called(node: Node) -> str:
    return node.name().rpartition("::")[2]
