"""Element-wise groups over large arrays: one pass through memory for many operations, on all cores.

Calls that compute every row (every element, of a vector) from the same row of their inputs form a group. Its
block function does all of them on a slice that stays in the cache, `engine.core.parallel` shares the slices among
threads. What only the group itself uses never exists as a whole; sums over everything are folded in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.parallel import BLOCK, LARGE
from ..numerics.class_places import PLACED
from .postpone import postponed
from .shorten import with_row_products, without_repeats
from .steps import Step, exchanged
from .values import Value

#: fewer rows than this cannot be shared out evenly
FEW = 16
FOLDS = (np.add, np.maximum, np.minimum)


class Group:
    """Steps that run together on rows `lo` to `hi` of arrays with `rows` rows.

    inner    the steps, in order
    folds    the reductions over all rows, each of one of the group's values
    block    how many rows at a time
    """

    def __init__(self, rows: int, size: int):
        self.rows = rows
        self.inner: list[Step] = []
        self.folds: list[Step] = []
        self.block = max(1, BLOCK * rows // size)
        self.made: dict[int, Value] = {}
        self.read: dict[int, Value] = {}

    @property
    def most(self) -> int:
        """The rows of the largest block: what is left over is shared out."""
        return self.block + self.block // 2 + 1

    def sliced(self, v: Value) -> bool:
        """Whether a value has a row for each row of the group."""
        return v.ndim > 0 and v.shape[0] == self.rows


def arrays(step: Step) -> list[Value]:
    return [a for a in step.args if type(a) is Value]


def fits(step: Step, group: Group) -> bool:
    """Whether a step can run on some rows at a time."""
    if not step.outs or any(type(a) is tuple for a in step.args):
        return False
    out = step.outs[0]
    if not group.sliced(out):
        return False
    if step.kind == "call" and step.function in PLACED:
        *_, at = step.args
        return id(at) not in group.made and all(
            group.sliced(v) and v.flags.c_contiguous for v in (*arrays(step), out) if v.ndim
        )
    if (step.kind == "ufunc" and step.function is not np.matmul) or (
        step.kind == "call" and step.elementwise
    ):
        return all(
            v.ndim == out.ndim if group.sliced(v) else v.ndim < out.ndim or v.shape[0] == 1
            for v in arrays(step)
        )
    x = step.args[0]
    if step.kind == "reduce":
        return 0 not in step.options[0] and group.sliced(x)
    if step.kind == "view":
        return (
            group.sliced(x)
            and not step.moves
            and id(x) in group.made
            and x.flags.c_contiguous
            and out.dtype == x.dtype
            and out.strides[:1] == x.strides[:1]
            and _offset(out.layout) == _offset(x.layout)
        )
    return False


def _offset(a: np.ndarray[Any, Any]) -> int:
    return a.__array_interface__["data"][0]


def folds(step: Step, group: Group) -> bool:
    """Whether a step reduces all rows of one of the group's values."""
    return (
        step.kind == "reduce"
        and 0 in step.options[0]
        and step.function in FOLDS
        and group.sliced(step.args[0])
    )


def only_computes(step: Step) -> bool:
    """Whether a step may as well run earlier, if what it needs is there."""
    return step.kind in ("ufunc", "reduce", "product", "view") or (step.kind == "call" and step.elementwise)


def starts(step: Step) -> Group | None:
    """The group that a step begins, if it is large enough."""
    if step.kind not in ("ufunc", "call", "reduce") or step.function is np.matmul:
        return None
    whole = step.args[0] if step.kind == "reduce" else step.outs[0]
    if whole.size < LARGE or not whole.ndim or whole.shape[0] < FEW:
        return None
    group = Group(whole.shape[0], whole.size)
    return group if fits(step, group) else None


def begins(step: Step) -> bool:
    return starts(step) is not None


def fuse(steps: list[Step], root: Callable[[Value], Any], kept: set[int]) -> list[Step]:
    """The steps with groups in place of what they are made of.

    `root` tells what memory a value lies in; `kept` are the values that somebody needs after the program.
    """
    found: list[Step] = []
    rest = list(steps)
    while rest:
        step = rest.pop(0)
        group = starts(step)
        if group is None:
            found.append(step)
            continue
        before, left = collect(group, [step, *rest], root)
        if left and left[0] is step:  # which changes what it sees in other rows as well
            found.append(step)
            continue
        rest = [*postponed(group, left, kept, begins), *left]
        found += [*before, *as_steps(group, rest, kept)]
    return found


def collect(group: Group, steps: list[Step], root: Callable[[Value], Any]) -> tuple[list[Step], list[Step]]:
    """Move into the group what can run before everything it is not part of.

    The steps that are left: those that need nothing of the group, which may run before it, and the others.
    """
    before: list[Step] = []
    left: list[Step] = []
    later: set[int] = set()  # values made by what is left
    read: set[Any] = set()  # memory that what is left reads or writes
    written: set[Any] = set()
    rows: dict[Any, set[int]] = {}  # memory that the group uses → the values it is seen as
    rewritten: set[Any] = set()  # memory that the group writes

    def torn(step: Step, changes: set[Any]) -> bool:
        """Whether a step sees memory in other rows than the group that writes it, or the other way round."""
        seen: dict[Any, set[int]] = {}
        for v in (*arrays_deep(step), *step.outs):
            seen.setdefault(root(v), set()).add(id(v))
        return any(
            len(ids | rows.get(place, set())) > 1
            for place, ids in seen.items()
            if place in changes or place in rewritten
        )

    def apart_from(step: Step, changes: set[Any]) -> bool:
        """Whether a step has nothing to do with what the group makes and changes so far."""
        return not (
            any(id(v) in group.made or root(v) in rewritten for v in arrays_deep(step))
            or any(place in rows for place in changes)
        )

    def join(step: Step, changes: set[Any]) -> None:
        rewritten.update(changes)
        for v in (*arrays_deep(step), *step.outs):
            rows.setdefault(root(v), set()).add(id(v))

    for step in steps:
        inputs, outs = arrays_deep(step), step.outs
        changes = {root(v) for v in changed(step)}
        free = (
            not any(id(v) in later for v in inputs)
            and not any(root(v) in written for v in inputs)
            and not any(place in read or place in written for place in changes)
            and not torn(step, changes)
        )
        if free and fits(step, group):
            group.inner.append(step)
            join(step, changes)
            group.made.update((id(out), out) for out in outs)
            continue
        if free and folds(step, group):
            group.folds.append(step)
            join(step, changes)
            read.update(root(v) for v in inputs)  # when all blocks are done
            later.update(id(out) for out in outs)
            continue
        if free and group.inner and only_computes(step) and apart_from(step, changes):
            before.append(step)
            continue
        left.append(step)
        later.update(id(out) for out in outs)
        read.update(root(v) for v in inputs)
        written.update(changes)
    return before, left


def changed(step: Step) -> list[Value]:
    """The values whose memory, there before, a step writes."""
    if step.kind in ("write", "effect"):
        return [step.args[0]]
    return list(step.outs) if step.over else []


def arrays_deep(step: Step) -> list[Value]:
    found = []
    for a in step.args:
        if type(a) is Value:
            found.append(a)
        elif type(a) is tuple:
            found.extend(x for x in a if type(x) is Value)
    if step.kind in ("ufunc", "call") and changed(step):
        found.extend(step.outs)
    return found


def as_steps(group: Group, rest: list[Step], kept: set[int]) -> list[Step]:
    """The group as one step: what it reads from outside, and what others need of it.

    Behind it the views that others need: whole ones, of what the group leaves.
    """
    used = {id(v) for step in rest for v in arrays_deep(step)} | kept
    apart = told_apart(group)
    views: list[Step] = []
    for step in reversed(group.inner):
        if step.kind == "view" and id(step.outs[0]) in used:
            views.insert(0, step)
            used.add(id(step.args[0]))
    seen = {id(step.outs[0]) for step in views}
    shorten(group, used)
    inputs: dict[int, Value] = {}
    made: set[int] = set()
    for step in (*group.inner, *group.folds):
        for v in arrays_deep(step):
            if id(v) not in made:
                inputs[id(v)] = v
        made.update(id(out) for out in step.outs)
    outs = [
        out
        for key, out in group.made.items()
        if key not in seen and (key in used or out.source is not None or (out.again and key not in apart))
    ]
    outs += [step.outs[0] for step in group.folds]
    return [Step("group", None, tuple(inputs.values()), tuple(outs), "group", (group,)), *views]


def told_apart(group: Group) -> set[int]:
    """Let what the group makes and then changes be another value before each change; the ids of such values.

    So that nothing is changed. What is looked at through a view stays as it is.
    """
    made: set[int] = set()
    apart: set[int] = set()
    viewed = {id(step.args[0]) for step in group.inner if step.kind == "view"}
    for i, step in enumerate(group.inner):
        out = step.outs[0] if step.outs else None
        if out is None or not step.over or id(out) not in made - viewed:
            made.update(id(v) for v in step.outs)
            continue
        before = Value(out.layout)
        group.inner[:i] = [exchanged(earlier, out, before) for earlier in group.inner[:i]]
        group.inner[i] = step.with_args(exchanged(step, out, before).args)
        group.made[id(before)] = before
        apart.add(id(out))
    return apart


def shorten(group: Group, used: set[int]) -> None:
    """Fewer passes over the block, if the group changes nothing that was there before."""
    if any(changed(step) for step in group.inner):
        return
    group.inner, group.folds = without_repeats(group.inner, group.folds, used)

    def needed(inner: list[Step], v: Value) -> bool:
        return id(v) in used or any(a is v for step in (*inner, *group.folds) for a in step.args)

    group.inner = with_row_products(group.inner, needed)
    kept = {id(out) for step in group.inner for out in step.outs}
    group.made = {key: v for key, v in group.made.items() if key in kept}
