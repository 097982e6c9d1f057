"""Machine code for a group that has NumPy's own bits, so that nobody sees when it comes.

All that such a group does to an element is rounded once for each step, as NumPy does it: arithmetic, comparisons,
choices. Its machine code need not wait until every run of a program has it at the same round (`machine`): it comes as
that of single functions does (`engine.numerics.made_later`), from the user's cache almost at once. Sums over all rows
stay NumPy's: each block keeps what they add up.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from math import prod
from typing import Any

import numpy as np

from ...numerics.made_later import MadeLater
from ..fuse import Group
from ..steps import Step
from ..values import Number, Value
from . import instructions
from .forms import Forms
from .phases import Phases
from .writer import Writer

Array = np.ndarray[Any, Any]
Block = Callable[[int, int], object]

#: numbers that machine code computes with as NumPy does
DTYPES = frozenset(map(np.dtype, ("f4", "f8", "?", "i8", "i1")))
#: work as `phases` counts it, in additions, for one of `made_later`'s
ADDITIONS = 5


def is_exact(group: Group) -> bool:
    """Whether machine code has the same bits as NumPy's calls: each step rounds once, none goes along a row."""
    return bool(group.inner) and all(map(_rounds_once, group.inner))


def _rounds_once(step: Step) -> bool:
    values = [v for v in (*step.args, *step.outs) if type(v) is Value]
    if any(v.dtype not in DTYPES for v in values):
        return False
    if step.kind == "ufunc":
        return instructions.rounds_once(step.function)
    return step.kind == "view" or (step.kind == "call" and step.label in instructions.CHOICES)


class ExactMachine(MadeLater):
    """The machine code of one exact group.

    Called before each run with NumPy's block function and the arrays at hand, it answers which to use.
    `folds` take the partial results, a dictionary for each fold.

    kept   what only folds need: each block has memory for its rows
    """

    def __init__(self, group: Group, ins: list[Any], outs: list[Value]):
        bare = copy(group)
        bare.folds = []
        made = {id(v): v for step in group.inner for v in step.outs}
        whole = {id(v) for v in outs}
        folded = {id(fold.args[0]): fold.args[0] for fold in group.folds}
        self.kept = [v for key, v in folded.items() if key in made and key not in whole]
        written = [*outs, *self.kept]
        forms = Forms(bare)
        phases = Phases(forms, {id(v) for v in written})
        self.assembly = Writer(forms, phases, ins, written).text()
        self.cost = int(phases.work) // ADDITIONS
        self.layouts = [None if type(v) is Number else (v.shape, v.dtype) for v in (*ins, *outs)]
        self.inputs = len(ins)
        self.group = group
        self.buffers = 8 * forms.length * len(phases.buffers)
        places = {id(v): k for k, v in enumerate((*ins, *outs, *self.kept))}
        self.folds = [(fold, places[id(fold.args[0])]) for fold in group.folds]
        self.pool: list[list[Array]] = []
        kinds = "".join("d" if type(v) is Number else "p" for v in (*ins, *written))
        super().__init__(f"ii{kinds}p", shared=True)

    def text(self) -> str:
        return self.assembly

    def __call__(
        self, block: Block, ins: tuple[Any, ...], outs: tuple[Array, ...], folds: tuple[dict[int, Any], ...]
    ) -> Block:
        if self.function is None and not self.worked(self.cost):
            return block
        given = addresses((*ins, *outs), self.layouts, self.inputs)
        if given is None:
            return block
        code: Any = self.function
        arrays = (*ins, *outs)
        sizes = [prod(v.shape[1:]) * v.dtype.itemsize for v in self.kept]

        def run(lo: int, hi: int) -> None:
            memory = self._memory()
            *kept, buffer = memory
            near = [address(a) - lo * size for a, size in zip(kept, sizes, strict=True)]
            code(lo, hi, *given, *near, address(buffer))
            for into, (fold, k) in zip(folds, self.folds, strict=True):
                x = arrays[k][lo:hi] if k < len(arrays) else kept[k - len(arrays)][: hi - lo]
                axes, keepdims = fold.options
                into[lo] = fold.function.reduce(x, axes[0] if len(axes) == 1 else axes, None, None, keepdims)
            self.pool.append(memory)

        return run

    def _memory(self) -> list[Array]:
        """What one thread needs for a block."""
        try:
            return self.pool.pop()
        except IndexError:
            rows = self.group.most
            kept = [np.empty((rows, *v.shape[1:]), v.dtype) for v in self.kept]
            return [*kept, np.empty(self.buffers, np.uint8)]


def address(a: Array) -> int:
    return a.__array_interface__["data"][0]


def addresses(arrays: tuple[Any, ...], layouts: list[Any], inputs: int) -> list[Any] | None:
    """Where the arrays are; None if they are not as the code takes them to be, or outputs overlap others.

    layouts   shape and dtype of each, the first `inputs` of them are read; None for a number
    """
    found: list[Any] = []
    spans: list[tuple[int, int]] = []
    for a, layout in zip(arrays, layouts, strict=True):
        if layout is None:
            found.append(float(a))
            continue
        if type(a) is not np.ndarray:  # a number of NumPy's lies nowhere
            return None
        if a.shape != layout[0] or a.dtype != layout[1] or not a.flags.c_contiguous:
            return None
        start = address(a)
        found.append(start)
        if len(found) > inputs and any(start < hi and lo < start + a.nbytes for lo, hi in spans):
            return None
        spans.append((start, start + a.nbytes))
    return found
