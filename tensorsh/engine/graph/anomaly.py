"""Anomaly detection: an error on the way back names the place on the way forth that made the operation.

`Watching` is more than PyTorch has: it stops at the first NaN or infinity, also on the way forth.
"""

from __future__ import annotations

import sys
from traceback import FrameSummary, format_list, walk_stack
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ...errors import GradientError, NotFinite
from ...source import PACKAGE
from ..core import context
from ..core.dtype import FLOAT
from ..core.mode import EAGER, Listening
from ..core.warn import PROGRAM, warn
from ..values.batched import Batched
from ..values.tensor import Tensor
from .node import FREED, Node
from .walk import walking

#: where in the program each node was made
made_at: WeakKeyDictionary[Node, str] = WeakKeyDictionary()
#: what the operation was given that each node is the derivative of, while somebody watches
given_to: WeakKeyDictionary[Node, str] = WeakKeyDictionary()
#: operations whose results hold what was in memory
UNSET = frozenset({"empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "resize"})


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
    """GradientError where a gradient that the node passes on holds NaN; or infinity, while operations are watched."""
    for i, e in enumerate(node.inputs()):
        for to, g in found:
            if to is not e or g.spec.is_meta:
                continue
            if np.isnan(whole(g).array).any():
                what = "nan"
            elif context.current().mode.watches and worst(g) > worst(*walking[-1].seeds):
                what = "inf"
            else:
                continue
            raise GradientError(
                f"Function '{called(node)}' returned {what} values in its {i}th output.", help=way_forth(node)
            )


def way_forth(node: Node) -> str | None:
    """The line of the program that a node is the derivative of, and what it was given there."""
    where = made_at.get(node, "").rstrip().split("\n")
    if len(where) < 2:
        return None
    given = given_to.get(node) or described(tuple(node.args) if node.args is not FREED else ())
    file, _, line = where[-2].strip().removeprefix("File ").partition(", line ")
    place = f"`{where[-1].strip()}` ({file.strip(chr(34))}:{line.partition(',')[0]})"
    return f"it is the derivative of {place}" + (f", where it was given {given}" if given else "")


def called(node: Node) -> str:
    return node.name().rpartition("::")[2]


# ------------------------------------------------------------------ the way forth


class Watching(Listening):
    """Stops at the first operation that makes something infinite of what is finite, or NaN of what has none."""

    watches = True

    def by_parts(self, whole: bool) -> bool:
        return self.below.by_parts(whole)

    def heard(self, op: Any, args: tuple[Any, ...], result: Any) -> None:
        for t in result if type(result) is tuple else (result,):
            if not isinstance(t, Tensor):
                continue
            if t.node is not None:
                given_to[t.node] = described(args)
            if worst(t):
                self.judge(op, args, t, worst(*parts(args)))

    def apply_inplace(self, op: Any, args: tuple[Any, ...]) -> Tensor:
        before = worst(*parts(args)), described(args)
        result = self.below.apply_inplace(op, args)
        if result.node is not None:
            given_to[result.node] = before[1]
        if worst(result):
            self.judge(op, args, result, *before)
        return result

    def judge(self, op: Any, args: tuple[Any, ...], t: Tensor, was: int, given: str | None = None) -> None:
        """NotFinite if what the operation was given `was` better; steps of a walk are judged whole (`refuse_nan`)."""
        if was < worst(t) and not walking and op.name not in UNSET:
            at = tuple(np.argwhere(np.isnan(t.array) if was else ~np.isfinite(t.array))[0].tolist())
            place = f" at [{', '.join(map(str, at))}]" if at else ""
            raise NotFinite(
                f"{op.name} returned {t.array[at]}{place}, of {'infinite' if was else 'finite'} operands",
                code="not-finite",
                operands=args,
                help=f"it was given {described(args) if given is None else given}",
            )

    def accumulate(self, t: Tensor, g: Tensor, create: bool, alone: bool) -> None:
        was = worst(g, t.grad_slot)
        self.below.accumulate(t, g, create, alone)
        if was < worst(t.grad_slot):
            raise NotFinite("the sum of a leaf's gradients is not finite", code="not-finite")


def watch(on: bool) -> None:
    """Watch what operations make from here on, or no longer."""
    state = context.current()
    if on and not state.mode.watches:
        Watching().__enter__()
    elif not on and isinstance(state.mode, Watching):
        state.mode = EAGER


def parts(args: tuple[Any, ...]) -> list[Any]:
    """The tensors and numbers among an operation's arguments."""
    return [each for a in args for each in (a if isinstance(a, tuple | list) else (a,))]


def worst(*values: Any) -> int:
    """2 if there is NaN among tensors and numbers, 1 if there is infinity, 0 if all is finite."""
    found = 0
    for value in values:
        if isinstance(value, Tensor):
            if value.is_meta or value.dtype.category < FLOAT:
                continue
            value = whole(value).array
        elif not isinstance(value, float | complex):
            continue
        if not np.isfinite(value).all():
            found = max(found, 2 if np.isnan(value).any() else 1)
    return found


def finite(value: Any) -> bool:
    """Whether a tensor or number holds neither NaN nor infinity."""
    return not worst(value)


def whole(t: Tensor) -> Tensor:
    """The tensor itself; of one inside `vmap` all slices."""
    while isinstance(t, Batched):
        t = t.value
    return t


def described(args: tuple[Any, ...]) -> str:
    """The tensors among an operation's arguments: dtype, shape and between what their values lie."""
    found = []
    for t in parts(args):
        if isinstance(t, Tensor) and not isinstance(t, Batched) and not t.is_meta:
            text = f"{t.dtype.name}{list(t.shape)}"
            if t.spec.numel and not t.dtype.is_complex and t.dtype.name != "bool":
                text += f" from {t.array.min()} to {t.array.max()}"
            found.append(text)
    return ", ".join(found)
