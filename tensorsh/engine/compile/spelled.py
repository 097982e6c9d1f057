"""Functions of ours that a program writes out: NumPy calls into memory that is used again.

What the function is made of costs less than calling it, finding memory for what comes between, and casting inside a
call, where NumPy goes through a buffer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..numerics import fma, vector_exp
from ..numerics.vector_exp import LANES
from .steps import Step
from .tape import cast_into
from .values import Number, Value

if TYPE_CHECKING:
    from .lines import Calls

WIDE = np.dtype(np.float64)
NAME = re.compile(r"\b[a-z]\w*\b(?!=)")


class StepWriter:
    """Writes the lines of one step."""

    def __init__(self, calls: Calls):
        self.calls = calls
        self.used: list[np.ndarray[Any, Any]] = []

    def put(self, place: str, x: str) -> None:
        """The numbers of `x` in another array, cast to its dtype."""
        self.calls.lines.append(f"{place}[...] = {x}")

    def ufunc(self, function: np.ufunc, *args: str) -> None:
        """A call; the last argument is where the result goes."""
        *rest, out = args
        name = self.calls.named(function, f"np_{function.__name__}_")
        into = f"out={out}" if function in (np.maximum, np.minimum) else out
        self.calls.lines.append(f"{name}({', '.join([*rest, into])})")

    def scratch(self, shape: tuple[int, ...], dtype: Any) -> str:
        """Memory for this step alone."""
        memory = self.calls.spare(np.empty(shape, dtype))
        self.used.append(memory)
        return self.calls.named(memory, "b")

    def wide(self, a: Any, shape: tuple[int, ...]) -> str:
        """The numbers of an array, or one number, in float64 memory of this shape."""
        place = self.scratch(shape, WIDE)
        self.put(place, self.calls.argument(a))
        return place

    def over(self) -> None:
        """The step is written: others may have its memory."""
        for memory in self.used:
            self.calls.spared(memory)


def write_cast(w: StepWriter, step: Step, out: str) -> None:
    w.put(out, w.calls.argument(step.args[0]))


#: arrays of fewer elements are added to others together: more calls would cost more than the elements
FEW = 4096


class Together:
    """`fma.added` of float32 for several arrays in a row with one factor: each is copied, all are computed at once."""

    def __init__(self, steps: list[Step]):
        self.steps = steps
        self.outs: list[str] = []
        self.totals: list[str] = []

    def write(self, w: StepWriter, step: Step, out: str) -> None:
        sizes = [each.outs[0].size for each in self.steps]
        if not self.outs:
            self.total, self.base = (w.calls.spare(np.empty(sum(sizes), WIDE)) for _ in range(2))
        k = len(self.outs)
        start, shape = sum(sizes[:k]), step.outs[0].shape
        x, y, alpha = step.args
        parts = [a[start : start + sizes[k]].reshape(shape) for a in (self.total, self.base)]
        total, base = (w.calls.named(part, "v") for part in parts)
        w.put(total, w.calls.place(y))
        w.put(base, w.calls.place(x))
        self.outs.append(out)
        self.totals.append(total)
        if len(self.outs) < len(sizes):
            return
        whole = w.calls.named(self.total, "b")
        w.ufunc(np.multiply, whole, w.calls.rounded(alpha), whole)
        w.ufunc(np.add, whole, w.calls.named(self.base, "b"), whole)
        for out, total in zip(self.outs, self.totals, strict=True):
            w.put(out, total)
        w.used += [self.total, self.base]


def together(steps: list[Step], root: Callable[[Value], Any]) -> dict[int, Together]:
    """What additions in a row are done together, by their ids; `root` tells what memory a value lies in."""
    found: dict[int, Together] = {}
    row: list[Step] = []
    changed: set[Any] = set()
    for step in steps:
        fits = writer(step) is write_added and step.outs[0].size < FEW
        if not fits or (
            row and (factor(step) != factor(row[0]) or any(root(a) in changed for a in step.args[:2]))
        ):
            row, changed = [], set()
        if fits:
            row.append(step)
            changed.add(root(step.outs[0]))
            found[id(step)] = found[id(row[0])] if len(row) > 1 else Together(row)
    return found


def factor(step: Step) -> Any:
    alpha = step.args[2]
    return alpha.text if type(alpha) is Number else alpha


def write_added(w: StepWriter, step: Step, out: str) -> None:
    (w.calls.together.get(id(step)) or Together([step])).write(w, step, out)


def write_exp(w: StepWriter, step: Step, out: str) -> None:
    shape = step.outs[0].shape
    names = {name: w.scratch(shape, dtype) for name, dtype in vector_exp.BETWEEN.items()}
    names |= {name: w.calls.named(number, "k") for name, number in vector_exp.NUMBERS.items()}
    names |= {"x": w.calls.place(step.args[0]), "out": out}
    for line in vector_exp.LINES:
        function, call, _ = line.partition("(")
        if call:
            names.setdefault(function, w.calls.named(getattr(np, function), f"np_{function}_"))
        w.calls.lines.append(NAME.sub(lambda found: names[found[0]], line))


def write_combined(w: StepWriter, step: Step, out: str) -> None:
    """`fma.combined` of float32."""
    x, a, b = step.args
    product, factor = w.wide(a, step.outs[0].shape), w.wide(b, np.shape(b))
    w.ufunc(np.multiply, product, factor, product)
    w.ufunc(np.add, product, w.wide(x, np.shape(x)), product)
    w.put(out, product)


def write_row_sums(w: StepWriter, step: Step, out: str) -> None:
    """`vector_exp.row_totals` and `row_products`."""
    x = step.args[0]
    *rows, n = x.shape
    whole = n - n % LANES
    text = w.calls.place(x)
    if len(step.args) > 1:
        text = w.scratch(x.shape, x.dtype)
        w.ufunc(np.multiply, w.calls.place(x), w.calls.place(step.args[1]), text)
    lanes = w.calls.spare(np.empty((*rows, LANES), x.dtype))
    w.used.append(lanes)

    def some(start: int, stop: int) -> str:
        return w.calls.named(lanes[..., start:stop], "v")

    add = w.calls.named(np.add, "np_add_")
    in_lanes = f"{text}[..., :{whole}].reshape({(*rows, whole // LANES, LANES)!r})"
    w.calls.lines.append(f"{add}.reduce({in_lanes}, {len(rows)}, None, {w.calls.named(lanes, 'b')}, False)")
    if whole < n:
        first = some(0, n - whole)
        if len(step.args) == 1:
            w.ufunc(np.add, first, f"{text}[..., {whole}:]", first)
        else:
            a, b = (w.scratch((*rows, n - whole), WIDE) for _ in range(2))
            w.put(a, f"{w.calls.place(x)}[..., {whole}:]")
            w.put(b, f"{w.calls.place(step.args[1])}[..., {whole}:]")
            w.ufunc(np.multiply, a, b, a)
            w.put(b, first)
            w.ufunc(np.add, a, b, a)
            w.put(first, a)
    for half in (4, 2):
        w.ufunc(np.add, some(0, half), some(half, 2 * half), some(0, half))
    w.ufunc(np.add, some(0, 1), some(1, 2), out)


WRITERS: dict[Any, Callable[[StepWriter, Step, str], None]] = {
    cast_into: write_cast,
    fma.added: write_added,
    fma.combined: write_combined,
    vector_exp.exp: write_exp,
    vector_exp.row_totals: write_row_sums,
    vector_exp.row_products: write_row_sums,
}


def writer(step: Step) -> Callable[[StepWriter, Step, str], None] | None:
    """What writes a step out, where that is done."""
    if step.kind != "call" or (step.function is not cast_into and step.outs[0].dtype != np.float32):
        return None
    return WRITERS.get(step.function)
