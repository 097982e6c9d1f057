"""Steps that a group had better leave to the groups that need what they make.

What a group makes for others is written and read again. Where it is made of one array that is there anyway, and only
later groups use it, they read that array and make it themselves: `x - x.mean()` after the sum of its squares. What the
group uses as well is made twice where that is one cheap step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy as np

from .steps import Step, exchanged
from .values import Value

if TYPE_CHECKING:
    from .fuse import Group

#: steps that cost no more than what they make, written and read
CHEAP = frozenset({np.add, np.subtract, np.multiply, np.negative, np.absolute})


def postponed(
    group: Group, rest: list[Step], kept: Collection[int], begins: Callable[[Step], bool]
) -> list[Step]:
    """Take such steps out of the group; they are to be the first of the rest.

    kept     the ids of values that somebody needs after the program
    begins   whether a step of the rest will be in a group
    """
    if any(step.over for step in group.inner):
        return []
    made_by = {id(out): step for step in group.inner for out in step.outs}
    whole = {*kept, *(key for key, v in group.made.items() if v.source is not None or v.again)}
    for step in rest:
        used = {
            id(a) for each in step.args for a in (each if type(each) is tuple else (each,))
        } & made_by.keys()
        if used and not begins(step):
            whole |= used
    needed = whole | {id(fold.args[0]) for fold in group.folds}
    if not needed & made_by.keys():  # what nobody needs now would begin the same group again
        return []
    stays: set[int] = set()  # ids of steps
    for step in reversed(group.inner):
        if id(step) in stays or any(id(out) in needed for out in step.outs):
            stays.add(id(step))
            stays.update(id(made_by[id(a)]) for a in step.args if id(a) in made_by)
    # what is made of something that stays, or of several arrays, stays with all that it is made of
    reads: dict[int, set[int]] = {}
    for step in group.inner:
        read: set[int] = set()
        for a in step.args:
            if type(a) is not Value:
                continue
            maker = made_by.get(id(a))
            if maker is not None and id(maker) in stays:
                break
            read |= {id(a)} if maker is None and group.sliced(a) else reads.get(id(maker), set())
        else:
            reads[id(step)] = read
            if len(read) <= 1:
                continue
        stays.add(id(step))
    for step in reversed(group.inner):
        if id(step) in stays:
            stays.update(id(made_by[id(a)]) for a in step.args if id(a) in made_by)
    found = [step for step in group.inner if id(step) not in stays]
    group.inner = [step for step in group.inner if id(step) in stays]
    for step in found:
        for out in step.outs:
            del group.made[id(out)]
    return [*_again(group, [found, rest], whole, reads), *found]


def _again(
    group: Group, others: list[list[Step]], whole: Collection[int], reads: dict[int, set[int]]
) -> list[Step]:
    """Cheap steps of the group, once more for other steps, which from now on read what these make."""
    wanted = {id(a) for steps in others for step in steps for a in step.args}
    found = []
    for step in group.inner:
        out = step.outs[0]
        cheap = step.function in CHEAP or step.label == "cast_into"
        if cheap and len(reads.get(id(step), ())) == 1 and id(out) in wanted and id(out) not in whole:
            other = Value(out.layout)
            found.append(exchanged(step, out, other))
            for steps in others:
                steps[:] = [exchanged(s, out, other) if any(a is out for a in s.args) else s for s in steps]
    return found
