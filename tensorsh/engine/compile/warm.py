"""A program's calls on small arrays as machine code, once it has run for long.

A training step on small arrays is some forty NumPy calls of a microsecond each, most of which is the way into NumPy
and back. Where LLVM is installed, calls that follow each other become one function (`machine.straight`) that gives
the same bits; what that cannot do stays a line between two of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.context import compiling
from ..numerics.class_places import PLACED
from . import apart, store
from .machine.assembler import assembled
from .machine.forms import Unknown, constant
from .machine.image import placed
from .machine.operands import MOST, Bases, Call, Operand
from .plain import OTHER, VIEW, Describer, Plain, addresses_of
from .program import Program, as_function
from .steps import Step
from .values import Number, Value

if TYPE_CHECKING:
    from .builder import Builder
    from .metered import Meter
    from .plan import Outline

Array = np.ndarray[Any, Any]
#: what owns a function, its address, and the loops and tables whose addresses it is given
Code = tuple[Any, int, Sequence[tuple[str, str]]]

# Work is counted in calls of NumPy, about a microsecond each, and so are costs: never timed.
#: what has been done for each call's time that is spent on machine code
SHARE = 20
#: calls after which a program is looked for in the cache
LOOK = 1_000
#: what it costs to have machine code made by another process, to load LLVM, to make that of a call
ASKING, LOADING, EACH = 1_500, 100_000, 1_500
#: calls between looks whether another process is done
WAIT = 20_000
#: a number of runs that does not come
NEVER = -1
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


class Progress:
    """What has been done for the code of a key, by all programs that would have it.

    calls   of NumPy, that they have made meanwhile
    maker   the process that was asked; 0 while others are at work
    """

    __slots__ = ("calls", "maker")

    def __init__(self) -> None:
        self.calls = self.maker = 0


#: of each key: models of one kind are trained one after another by programs that are the same but for their arrays
PROGRESS: defaultdict[str, Progress] = defaultdict(Progress)


class Warm:
    """Counts the runs of a program; when it is time, `replay` becomes another function.

    It is looked for in the user's cache when the program is seen to be run again and again. If it is not there,
    another process makes it and puts it there, so that this one goes on meanwhile; where that cannot be, it is made
    here, later. Nothing else depends on when and by whom: not a bit is another.

    head, body, tail   the lines of the program
    entries            what the body's lines are, in order; None for those that stay
    turn               what is done next, after `left` more runs; it answers after how many runs its successor is
    """

    def __init__(self, program: Program, parts: Sequence[list[str]], entries: list[Entry | None]):
        self.program = program
        self.head, self.body, self.tail = parts
        self.entries = entries
        self.plain: list[Plain] = []
        self.key = ""
        self.patience = SHARE * (LOADING + EACH)  # calls to wait for it
        self.outline: Outline | None = None
        self.turn: Callable[[], int] = self._look
        self.left = max(1, self._runs(LOOK))
        self.meter: Meter | None = None

    def _runs(self, calls: int) -> int:
        """In how many runs the program makes so many calls."""
        return -(-calls // self.program.calls)

    def __call__(self) -> None:
        self.left -= 1
        while not self.left:
            self.left = compiling(self.turn)

    def _then(self, turn: Callable[[], int], calls: int) -> int:
        self.turn = turn
        return self._runs(calls)

    def _look(self) -> int:
        """Whether it is there."""
        self.plain = plain(self.entries)
        if store.usable():
            self.key = store.key("calls", self.plain)
            if self._found():
                return NEVER
            if apart.possible():
                return self._count()
        return self._then(self._outline, SHARE * (LOADING + EACH))

    def _found(self) -> bool:
        found = store.find(self.key)
        if found is None:
            return False
        image, pieces, codes = found
        owner, address = placed(image)
        self._change(pieces, [(owner, address + place, loops) for place, loops in codes])
        return True

    def _count(self) -> int:
        """Whether it has been done without for long enough."""
        progress = PROGRESS[self.key]
        progress.calls += max(LOOK, 1)
        return self._ask() if progress.calls >= SHARE * ASKING else self._then(self._count, LOOK)

    def _ask(self) -> int:
        """Have it made."""
        progress = PROGRESS[self.key]
        if not progress.maker:
            progress.maker = apart.start(self.key, "calls", self.plain)
        return self._then(self._wait, WAIT)

    def _wait(self) -> int:
        """Whether it is there by now; when other work has left that process no time for so long it is made here."""
        maker = PROGRESS[self.key].maker
        over = maker and apart.over(maker)
        if self._found() or over:
            return NEVER
        self.patience -= WAIT
        if self.patience <= 0:
            return self._then(self._outline, 0)
        return self._runs(WAIT) if maker else self._ask()

    def _outline(self) -> int:
        """What there is to do; it is done here when it is a small share of what has been done."""
        from .plan import outlined

        self.outline = outlined(self.plain)
        if not self.outline.pieces:
            return NEVER
        return self._then(self._make, SHARE * EACH * self.outline.calls)

    def _make(self) -> int:
        assert self.outline is not None
        if self.key and self._found():
            return NEVER
        try:
            made = [assembled(text) for text in self.outline.texts]
        except (ImportError, OSError):
            return NEVER
        if self.key:
            store.keep_calls(self.key, self.outline, [each.image for each in made])
        parts = zip(made, self.outline.loops, strict=True)
        self._change(self.outline.pieces, [(each.owner, each.address, loops) for each, loops in parts])
        return NEVER

    def _change(self, pieces: Sequence[Any], codes: Sequence[Code]) -> None:
        """Another `replay`, of the same scope; the present run goes on as it is."""
        if not pieces:
            return
        scope = self.program.scope
        body: list[str] = []
        done = 0
        for k, (start, stop, number) in enumerate(pieces):
            run = [each for each in self.entries[start:stop] if each is not None]
            bases = Bases(each.call for each in run if each.call is not None)
            made = function(codes[number], bases)
            if made is None:
                return
            scope[f"straight{k}"] = made
            given = [f"float({n})" if n in bases.numbers else n for n in bases.given]
            body += self.body[done : run[0].start]
            body += [] if self.meter is None else [self.meter.together(start, stop)]
            body += [line for each in run for line in each.lines]
            body.append(f"straight{k}({', '.join(given)})")
            body += [] if self.meter is None else self.meter.again(stop)
            done = run[-1].stop
        scope.update(empty=np.empty)
        lines = [*self.head, *body, *self.body[done:], *self.tail]
        text = as_function(lines if self.meter is None else [*self.meter.once(lines)])
        exec(compile(text, "<tensorsh program>", "exec"), scope)
        self.program.replay = scope["replay"]


def plain(entries: Sequence[Entry | None]) -> list[Plain]:
    """What the entries do."""
    writer = Describer()
    found: list[Plain] = []
    for each in entries:
        try:
            found.append(OTHER if each is None else VIEW if each.call is None else writer.call(each.call))
        except Unknown:
            found.append(OTHER)
    return found


def function(code: Code, bases: Bases) -> Callable[..., object] | None:
    """The machine code, to be called with the lock of the interpreter held: it is over in microseconds.

    None where NumPy has no such loops: another version of it made the code.
    """
    import ctypes

    owner, address, loops = code
    found = [addresses_of(name, types) for name, types in loops]
    if None in found:
        return None
    kinds: list[Any] = [
        ctypes.c_double if name in bases.numbers else ctypes.py_object for name in bases.given
    ]
    called = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, *kinds)(address)
    table = np.array([*bases.fixed, *(each for pair in found for each in pair or ())], np.uintp)
    made = partial(called, table.__array_interface__["data"][0])
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
    if step.kind == "call" and step.function not in PLACED and not hasattr(step.function, "has_writer"):
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
    if type(out.place) is int or line is None or any(x.place == out.place for x in call.args):
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
    same = (x.place, x.shape, x.strides) == (out.place, out.shape, out.strides)
    if type(x.place) is not int or type(out.place) is not int:
        return x.place == out.place and not same
    (a, b), (c, d) = span(x), span(out)
    return a < d and c < b and not same


def span(x: Operand) -> tuple[int, int]:
    """The first byte of an array and the one after the last."""
    assert type(x.place) is int
    ends = [(n - 1) * s for n, s in zip(x.shape, x.strides, strict=True)]
    low, high = (sum(pick(0, e) for e in ends) for pick in (min, max))
    return x.place + low, x.place + high + x.dtype.itemsize


__all__ = ["Warm", "warm"]
