"""The loops over one row: a sum along the row is known after one, what depends on it comes in the next."""

from __future__ import annotations

from typing import Any

from ..steps import Step
from ..values import Value
from .forms import COLUMN, FULL, Forms

#: what a step costs, in additions: about the time of a NumPy call on one number of a block, in 0.1 ns
COSTS = {
    "divide": 2, "sqrt": 2, "exp": 4, "log": 4, "tanh": 4, "expm1": 6, "log1p": 6, "erf": 10, "gelu": 12,
    "gelu_backward": 20,
}  # fmt: skip
#: a value that costs no more is computed again in a later loop, others are kept
CHEAP = 3


class Phase:
    """One loop over the elements of a row, and the numbers of a row that are known before it.

    columns   the steps that give one number for the row, in order
    steps     the steps of the loop, in order; loads are the values kept by an earlier loop
    stores    the values that are kept, in an output or a buffer
    sums      the steps that reduce the row
    folds     the indices of the group's folds over values of this loop
    """

    def __init__(self) -> None:
        self.columns: list[Step] = []
        self.steps: list[Step] = []
        self.loads: list[Value] = []
        self.stores: list[Value] = []
        self.sums: list[Step] = []
        self.folds: list[int] = []


class Phases:
    """The loops of a group; `outs` are the ids of values that are needed whole after it.

    buffers   id of a value → which buffer of one row keeps it
    level     id of a value → the loop that computes it, or before which it is known
    """

    def __init__(self, forms: Forms, outs: set[int]):
        self.forms = forms
        self.outs = outs
        self.level: dict[int, int] = {}
        self.buffers: dict[int, int] = {}
        self.made: dict[int, Step] = {}
        self.costs: dict[int, int] = {}
        for step in forms.group.inner:
            self._place(step)
        self.phases = [Phase() for _ in range(1 + max(self.level.values()))]
        self._share_out()
        self.work = forms.size * sum(cost(step) for step in (*forms.group.inner, *forms.group.folds))

    def _place(self, step: Step) -> None:
        """The level of what a step makes, and what it costs to make it again."""
        out = step.outs[0]
        level = max([0, *(self.level.get(id(a), 0) for a in step.args if type(a) is Value)])
        sums = self.sums(step)
        self.level[id(out)] = level + 1 if sums else level
        self.made[id(out)] = step
        if self.forms.of(out, out) == FULL:  # a row's one number is there, whatever it has cost
            inputs = {id(a) for a in step.args if type(a) is Value} - self.outs
            self.costs[id(out)] = cost(step) + sum(self.costs.get(key, 0) for key in inputs)

    def sums(self, step: Step) -> bool:
        """Whether a step makes one number of each row."""
        return step.kind in ("reduce", "product") or step.label == "pick"

    def _share_out(self) -> None:
        forms, group = self.forms, self.forms.group
        for step in group.inner:
            out = step.outs[0]
            if self.sums(step):
                self.phases[self.level[id(out)] - 1].sums.append(step)
            elif forms.of(out, out) == COLUMN:
                self.phases[self.level[id(out)]].columns.append(step)
            elif forms.of(out, out) == FULL and id(out) in self.outs:
                self.phases[self.level[id(out)]].stores.append(out)
        for k, fold in enumerate(group.folds):
            x = fold.args[0]
            if forms.of(x, x) == FULL:
                self.phases[self.level.get(id(x), 0)].folds.append(k)
        for p in range(len(self.phases) - 1, -1, -1):
            self._fill(p)

    def _fill(self, p: int) -> None:
        """The steps of loop p: what its results are made of, back to what is in memory."""
        phase = self.phases[p]
        wanted: list[Any] = list(phase.stores)
        wanted += [a for step in phase.sums for a in step.args]
        wanted += [self.forms.group.folds[k].args[0] for k in phase.folds]
        needed: set[int] = set()
        while wanted:
            v = wanted.pop()
            if type(v) is not Value or id(v) in needed or id(v) not in self.made:
                continue
            if self.forms.of(v, v) != FULL:
                continue
            needed.add(id(v))
            if self.level[id(v)] < p and self._kept(v):
                phase.loads.append(v)
            else:
                wanted += self.made[id(v)].args
        loaded = {id(v) for v in phase.loads}
        phase.steps = [step for step in self.forms.group.inner if id(step.outs[0]) in needed - loaded]

    def _kept(self, v: Value) -> bool:
        """Whether a later loop finds a value in memory; a dear one is kept from here on."""
        if id(v) in self.outs or id(v) in self.buffers:
            return True
        if self.costs[id(v)] <= CHEAP:
            return False
        self.buffers[id(v)] = len(self.buffers)
        self.phases[self.level[id(v)]].stores.append(v)
        return True


def cost(step: Step) -> int:
    if step.kind == "view":
        return 0
    return COSTS.get(step.label.removeprefix("np."), 1)
