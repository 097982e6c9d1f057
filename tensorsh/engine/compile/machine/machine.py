"""When a group is worth machine code, and the block function that runs it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.context import compiling
from .. import apart, store
from ..fuse import Group, changed
from ..steps import Step
from ..values import Number, Value
from .assembler import assembled
from .exact import ExactMachine, address, addresses, is_exact
from .forms import VECTOR, Forms, Unknown, constant
from .image import placed
from .phases import Phases
from .writer import STARTS, Writer

Array = np.ndarray[Any, Any]
Block = Callable[[int, int], object]

#: additions (of 0.1 ns) that NumPy does before there is machine code: twice what that costs to make where nobody has
#: made it yet. It is their number that counts, not the time they take nor what is in the user's cache, so that a
#: program computes the same bits each time
ENOUGH = 4_000_000_000
#: the part of them after which another process is asked to have the code ready by then
EARLY = 10


class Machine:
    """The machine code of one group, once it has run for so long that it pays.

    Called before each run with NumPy's block function and the arrays at hand, it answers which to use.
    `folds` take the partial sums, a dictionary for each fold.
    """

    def __init__(self, group: Group, ins: list[Any], outs: list[Value], keys: dict[str, str]):
        forms = Forms(group)
        phases = Phases(forms, {id(v) for v in outs})
        self.text = Writer(forms, phases, ins, outs).text()
        self.cost = phases.work
        self.layouts = [None if type(v) is Number else (v.shape, v.dtype) for v in (*ins, *outs)]
        self.inputs = len(ins)
        self.folds = [
            (step.outs[0].shape, partial_dtype(step, forms), STARTS[step.function.__name__])
            for step in group.folds
        ]
        self.buffers = 8 * forms.length * len(phases.buffers)
        self.work: float = 0
        self.pool: list[Array] = []
        self.code: Callable[..., object] | None = None
        self.owner: Any = None
        self.keys = keys  # of the texts of all groups of the program, once they have been asked for
        keys[self.text] = ""

    def __call__(
        self, block: Block, ins: tuple[Any, ...], outs: tuple[Array, ...], folds: tuple[dict[int, Any], ...]
    ) -> Block:
        if self.code is None:
            self.work += self.cost
            if self.work < ENOUGH:
                if not self.keys[self.text] and self.work * EARLY >= ENOUGH and store.usable():
                    compiling(self._ask)
                return block
            if not compiling(self._assemble):
                return block
        code = self.code
        arguments = addresses((*ins, *outs), self.layouts, self.inputs)
        if code is None or arguments is None:
            return block

        def run(lo: int, hi: int) -> None:
            parts = []
            for into, (shape, dtype, start) in zip(folds, self.folds, strict=True):
                part = into[lo] = np.full(shape, start, dtype)
                parts.append(address(part))
            buffer = self._buffer()
            code(lo, hi, *arguments, *parts, address(buffer))
            self.pool.append(buffer)

        return run

    def _buffer(self) -> Array:
        """Memory for what one thread keeps of a row."""
        try:
            return self.pool.pop()
        except IndexError:
            return np.empty(self.buffers, np.uint8)

    def _assemble(self) -> bool:
        """Whether there is machine code now; if LLVM cannot be loaded there never is."""
        import ctypes

        try:
            self.owner, place = self._code()
        except (ImportError, OSError):
            self.work = -math.inf
            return False
        kinds: list[Any] = [ctypes.c_int64, ctypes.c_int64]
        kinds += [ctypes.c_double if layout is None else ctypes.c_void_p for layout in self.layouts]
        kinds += [ctypes.c_void_p] * (len(self.folds) + 1)
        self.code = ctypes.CFUNCTYPE(None, *kinds)(place)
        return True

    def _ask(self) -> None:
        """Have another process make what the program's groups will need."""
        for text in self.keys:
            self.keys[text] = store.key("text", text)
        wanted = [(key, text) for text, key in self.keys.items() if store.find(key) is None]
        if wanted and apart.possible():
            apart.start("", "texts", wanted)

    def _code(self) -> tuple[Any, int]:
        """What owns the machine code, and its address."""
        key = self.keys[self.text]
        kept = store.find(key) if key else None
        if kept is not None:
            return placed(kept)
        owner, place, image = assembled(self.text, thorough=True)
        if key and image is not None:
            store.keep(key, image)
        return owner, place


def partial_dtype(fold: Step, forms: Forms) -> np.dtype[Any]:
    """The dtype of a partial sum: one number is added up in double precision."""
    wide = fold.function is np.add and forms.folded(fold) != VECTOR
    return np.dtype(np.float64) if wide else fold.args[0].dtype


def machine_for(
    group: Group, outs: list[Value], keys: dict[str, str]
) -> tuple[Machine | ExactMachine, list[Any]] | None:
    """Machine code for a group, and the arrays and numbers it reads; None if NumPy has to do it.

    `outs` are the values that it leaves whole, `keys` those of the texts of the program's groups. What changes memory
    that was there before is left to NumPy.
    """
    if any(changed(step) for step in group.inner):
        return None
    made = {id(out) for step in group.inner for out in step.outs}
    ins: dict[int, Any] = {}
    for step in (*group.inner, *group.folds):
        for a in step.args:
            if type(a) is Number:
                if type(a.value) is not float:
                    return None
                ins[id(a)] = a
            elif type(a) is Value and id(a) not in made and constant(a) is None:
                ins[id(a)] = a
    given = list(ins.values())
    if any(type(v) is Value and not v.flags.c_contiguous for v in (*given, *outs)):
        return None
    try:
        if is_exact(group):
            return ExactMachine(group, given, outs), given
        return Machine(group, given, outs, keys), given
    except (Unknown, KeyError):
        return None
