"""A program's calls on small arrays as machine code, once it has run for long.

A training step on small arrays is some forty NumPy calls of a microsecond each, most of which is the way into NumPy
and back. Where LLVM is installed, calls that follow each other become one function (`machine.straight`) that gives
the same bits; what that cannot do stays a line between two of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .lower_classes import PLACED
from .machine.assembler import assembled
from .machine.forms import Unknown, constant
from .machine.operands import MOST, Call, Operand
from .program import Program, as_function
from .repeats import LONG, cuts, distinct, signature
from .steps import Step
from .values import Number, Value

if TYPE_CHECKING:
    from .builder import Builder
    from .machine.straight import Straight

Array = np.ndarray[Any, Any]

#: calls of NumPy, about a microsecond each, that have been made for each call that LLVM is given when it is
#: asked: making machine code then costs about what it could have saved so far. Calls are counted, not timed
ENOUGH = 4_000
#: functions of ours that there is machine code for
STRAIGHT = frozenset(
    {"added", "blank", "cast_into", "combined", "exp", "followed", "joined", "row_products", "row_totals"}
)
#: fewer calls in a row are not worth the call of a function
FEWEST = 3


class Entry:
    """Lines `start` to `stop` of a program, as a call and the lines before it (memory, views).

    A view has no call; a call of None cannot be made machine code.
    """

    __slots__ = ("call", "lines", "start", "stop")

    def __init__(self, start: int, stop: int, lines: list[str], call: Call | None):
        self.start = start
        self.stop = stop
        self.lines = lines
        self.call = call


class Warm:
    """Counts the runs of a program; when they are enough, `replay` becomes another function.

    head, body, tail   the lines of the program
    entries            what the body's lines are, in order; None for those that stay
    """

    def __init__(self, program: Program, parts: Sequence[list[str]], entries: list[Entry | None]):
        self.program = program
        self.head, self.body, self.tail = parts
        self.entries = entries
        self.runs: list[list[Entry]] | None = None
        self.left = self._enough(min(program.calls, LONG))

    def _enough(self, calls: int) -> int:
        """The runs of the program after which so many calls are worth being machine code."""
        return max(1, ENOUGH * calls // self.program.calls)

    def __call__(self) -> None:
        self.left -= 1
        if self.left:
            return
        if self.runs is None:  # as many runs as the least that can be worth while: what is to be made?
            self.runs, different = split(runs(self.entries))
            self.left = self._enough(different) - self._enough(min(self.program.calls, LONG))
            if self.left > 0:
                return
        self.change()

    def change(self) -> None:
        """Another `replay`, of the same scope; the present run goes on as it is."""
        from .machine.straight import Straight

        scope = self.program.scope
        body: list[str] = []
        done = 0
        assert self.runs is not None
        try:
            for k, run in enumerate(self.runs):
                straight = Straight([each.call for each in run if each.call is not None])
                scope[f"straight{k}"], names = function(straight), straight.given
                given = [f"float({n})" if n in straight.numbers else f"id({n})" for n in names]
                body += self.body[done : run[0].start]
                body += [line for each in run for line in each.lines]
                body.append(f"straight{k}({', '.join(given)})")
                done = run[-1].stop
        except (ImportError, OSError):
            return
        scope.update(id=id, empty=np.empty)
        text = as_function([*self.head, *body, *self.body[done:], *self.tail])
        exec(compile(text, "<tensorsh program>", "exec"), scope)
        self.program.replay = scope["replay"]


def runs(entries: list[Entry | None]) -> list[list[Entry]]:
    """The calls in a row that can be one function, with the views between them."""
    found: list[list[Entry]] = [[]]
    seen: dict[Any, bool] = {}
    for each in entries:
        if each is not None and (each.call is None or known(each.call, seen)):
            found[-1].append(each)
        elif found[-1]:
            found.append([])
    return [run for run in found if sum(each.call is not None for each in run) >= FEWEST]


def known(call: Call, seen: dict[Any, bool]) -> bool:
    """Whether there is machine code for a call."""
    from .machine.straight import Straight

    key = signature(call)
    if key not in seen:
        try:
            Straight([call])
            seen[key] = True
        except (Unknown, KeyError):
            seen[key] = False
    return seen[key]


def split(found: list[list[Entry]]) -> tuple[list[list[Entry]], int]:
    """Long runs in pieces, and how many calls the pieces have that differ."""
    made: list[list[Entry]] = []
    parts: list[tuple[Any, ...]] = []
    for run in found:
        where = [i for i, each in enumerate(run) if each.call is not None]
        signatures = [signature(each.call) for each in run if each.call is not None]
        starts = cuts(signatures)
        ends = [where[start] for start in starts[1:]]
        for a, b in zip([0, *ends], [*ends, len(run)], strict=True):
            made.append(run[a:b])
        parts += [tuple(signatures[a:b]) for a, b in zip(starts, [*starts[1:], len(signatures)], strict=True)]
    return made, distinct(parts)


def function(straight: Straight) -> Callable[..., object]:
    """The machine code, to be called with the lock of the interpreter held: it is over in microseconds."""
    import ctypes

    owner, address = assembled(straight.text())
    kinds = [ctypes.c_double if name in straight.numbers else ctypes.c_void_p for name in straight.given]
    code = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, *kinds)(address)
    table = np.array(straight.fixed, np.uintp)
    made = partial(code, table.__array_interface__["data"][0])
    made.owner = owner, table  # type: ignore[attr-defined]
    return made


def warm(builder: Builder, parts: Sequence[list[str]], spans: list[tuple[int, int]]) -> Warm | None:
    """What will make the program faster; None where nothing can. `spans` are the lines of each step."""
    lines = parts[1]
    steps = zip(builder.trace.steps, spans, strict=True)
    entries = [entry(builder, step, start, lines[start:stop]) for step, (start, stop) in steps]
    if sum(each is not None and each.call is not None for each in entries) < FEWEST:
        return None
    return Warm(builder.program, parts, entries)


def entry(builder: Builder, step: Step, start: int, lines: list[str]) -> Entry | None:
    """What the lines of a step are."""
    stop = start + len(lines)
    if step.kind == "view" or not lines:
        return Entry(start, stop, lines, None)
    place = builder.spelled.get(id(step))
    described = describe(builder, step, lines[-1] if place is None else None)
    if described is None:
        return None
    call, made = described
    return Entry(start, stop, [*lines[: -1 if place is None else place], *made], call)


def describe(builder: Builder, step: Step, line: str | None) -> tuple[Call, list[str]] | None:
    """A step for `Straight`, and the line that makes memory for its result; None if it cannot be one.

    `line` is the call as it stands in the program; None where it is written out, and has found its place before.
    """
    target, args = (step.args[0], step.args[1:]) if step.kind == "write" else (None, step.args)
    if step.kind not in ("ufunc", "call", "reduce", "accumulate", "own", "write"):
        return None
    if step.kind == "call" and step.function not in PLACED and step.label not in STRAIGHT:
        return None
    axis = 0
    if step.kind == "reduce":
        axes = step.options[0]
        if len(axes) != 1:
            return None
        axis = axes[0]
    elif step.kind == "accumulate":
        (axis,) = step.options
    result = step.outs[0] if target is None else target
    try:
        out = operand(builder, result)
        call = Call(step.kind, step.function, step.label, tuple(operand(builder, a) for a in args), out, axis)
        if any(overlaps(x, out) for x in call.args):
            return None
    except (Unknown, KeyError):
        return None
    if type(out.place) is int or line is None:
        return call, []
    made = line.startswith(f"{out.place} = ") or f"({out.place} := " in line
    if not made or not result.flags.c_contiguous:
        return None
    return call, [f"{out.place} = empty({out.shape!r}, {builder.named(out.dtype, 'd')})"]


def operand(builder: Builder, a: Any) -> Operand:
    """An argument as machine code sees it."""
    if type(a) is Number:
        if type(a.value) is not float:
            raise Unknown("a changing integer")
        return Operand(builder.number(a), (), (), float, number=True)
    if type(a) in (int, float, bool):
        return Operand(None, (), (), type(a), a)
    if isinstance(a, np.generic):
        a = builder.numbers[a.dtype, a.tobytes()]
    if isinstance(a, np.ndarray):
        return fixed(a, a.reshape(-1)[0] if a.size == 1 else None)
    if type(a) is not Value or a.size > MOST or not a.size or id(a) in builder.loose:
        raise Unknown("no small array")
    array = builder.fixed.get(id(a))
    if array is not None:
        return fixed(array, constant(a) if isinstance(a.source, np.ndarray) and a.size == 1 else None)
    return Operand(builder.places[id(a)], a.shape, a.strides, a.dtype)


def fixed(array: Array, value: Any) -> Operand:
    if not array.flags.aligned or array.size > MOST:
        raise Unknown("a large array")
    return Operand(array.__array_interface__["data"][0], array.shape, array.strides, array.dtype, value)


def overlaps(x: Operand, out: Operand) -> bool:
    """Whether an operand shares memory with the result otherwise than element by element."""
    if x.value is not None or type(x.place) is not type(out.place):
        return False
    if type(x.place) is not int or type(out.place) is not int:
        return x.place == out.place
    (a, b), (c, d) = span(x), span(out)
    same = (x.place, x.shape, x.strides) == (out.place, out.shape, out.strides)
    return a < d and c < b and not same


def span(x: Operand) -> tuple[int, int]:
    """The first byte of an array and the one after the last."""
    assert type(x.place) is int
    ends = [(n - 1) * s for n, s in zip(x.shape, x.strides, strict=True)]
    low, high = (sum(pick(0, e) for e in ends) for pick in (min, max))
    return x.place + low, x.place + high + x.dtype.itemsize


__all__ = ["Warm", "warm"]
