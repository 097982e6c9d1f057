"""Runs of statements in a loop, replayed as compiled programs once they have been seen to repeat.

A `Segment` stands in the code before each run: `go(i)` does what the statements from number i on do and says
how far it came; from there the statements themselves run. It only ever does statements whole. What to do is
found out by tracing (`engine.compile`): the third time round, from i as far as a trace comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

from ...engine.compile.program import Program
from ...engine.compile.values import OtherLayout, OwnLoop, TooLittle, TraceAgain, TraceStopped
from ...engine.core import context
from ...engine.core.mode import EAGER
from ...errors import facts_of
from ..syntax import ast
from .attempt import Attempt
from .history import History

#: programs for different shapes and branches that one run may have; from how many on each must have been used how
#: often; the newest of as many as there may be, before another pushes out the one not used for longest
MOST_PROGRAMS, FEW, USED = 16, 4, 24
#: layouts that the programs of a run may get wrong, one after the other
MOST_CORRECTED = 8
#: see `_trace`
LEFT, IDLE = -2, -3
#: so many times as many misses as hits are too many
USELESS = 4


class Piece:
    """The programs that begin at one statement, and how often one has done the work (hits) and none (misses)."""

    __slots__ = ("corrected", "end", "hits", "misses", "next", "programs", "wait")

    def __init__(self, end: int):
        self.end = end
        self.hits = self.misses = 0
        self.corrected = 0  # how many programs were wrong about a layout
        self.programs: list[Program] = []
        self.next = 0  # the miss at which to trace again
        self.wait = 1  # how many to wait if that gives no program

    def missed(self, often: int) -> bool:
        """No program fits; whether that happens too often to go on."""
        self.misses += 1
        return self.misses > often and self.misses > USELESS * self.hits

    def learns(self) -> bool:
        """Whether a trace may find another program: at once after one that did nothing, else the second time, and
        rarer and rarer.

        The first time may be the only one, as an optimiser's first step is. Sequences of a few lengths have a
        program for each; of many lengths none is used often enough. A function that is given one model after
        another goes on learning. Where something is printed now and then there is never another one.
        """
        n = len(self.programs)
        if n < MOST_PROGRAMS:
            used = n < FEW or self.hits >= USED * n
        else:
            used = self.programs[-1].runs >= USED
        return used and self.misses >= self.next and not self._first()

    def _first(self) -> bool:
        """Whether this is the first time that no program fits since the newest has done rounds."""
        return bool(self.programs and self.programs[-1].runs and self.wait == 1 and self.misses == self.next)

    def add(self, program: Program) -> None:
        if len(self.programs) == MOST_PROGRAMS:
            oldest = min(self.programs, key=lambda each: each.last_run)
            self.programs.remove(oldest)
            oldest.over = True
            oldest.drop()
        self.programs.append(program)
        self.next, self.wait = self.misses, 1

    def learned_nothing(self) -> None:
        self.next = self.misses + self.wait
        self.wait *= 2


class Segment:
    """A run of statements inside a loop.

    run        the statements
    codes      makes the code of statement i, to be run for a trace
    bound      the names that each statement binds
    varying    the names that the loops around it bind
    assigned   the names that are local to the functions around it
    found      hears of each new program, and which lines it does
    over       is called when no program begins anywhere in the run
    stopped    hears at which statement a trace stopped, and by what
    own        statements that are in no program: with loops that have their own, or fed with other data each time
    history    what is known from the rounds before
    follows    whether a trace sees all that the function of a text at a line does
    """

    def __init__(
        self,
        codes: list[Callable[[], CodeType]],
        bound: list[frozenset[str]],
        varying: frozenset[str],
        assigned: frozenset[str],
        variables: dict[str, Any],
        run: list[ast.Stmt],
        found: Callable[[str, Program], None] | None = None,
        over: Callable[[], None] = lambda: None,
        stopped: Callable[[ast.Stmt, BaseException], None] = lambda statement, why: None,
        follows: Callable[[str, int], bool] = lambda filename, line: True,
        own: Iterable[int] = (),
        history: History | None = None,
    ):
        self.follows = follows
        self.run = run
        self.found = found
        self.over = over
        self.stopped = stopped
        self.codes = codes
        self.bound = bound
        self.varying = varying
        self.history = history or History()
        self.history.renew = self._renew
        self.assigned = assigned
        self.variables = variables
        self.own = {*own}
        self.pieces: list[Piece | None] = [None] * (len(codes) + 1)
        self._open(0)
        self.stops: list[tuple[int, str]] = []  # where traces stopped, and why

    def go(self, i: int, names: Any = None) -> int:
        """Do statements from i on, if there is a program for them; the number of the first one left."""
        piece = self.pieces[i]
        if piece is None:
            return i
        mode = context.current().mode
        if mode is not EAGER:
            if not i:
                mode.round(self)
            return i
        if names is None:
            names = self.variables
        for program in piece.programs:
            try:
                if program.replay(names):
                    piece.hits += 1
                    program.runs += 1
                    program.last_run = piece.hits
                    return piece.end
            except Exception as error:
                return self._failed(i, piece, program, error)
        return self._learn(i, piece, names)

    def _failed(self, i: int, piece: Piece, program: Program, error: Exception) -> int:
        """A call of a replay failed: eager evaluation will, too, and say where, or the next trace knows better."""
        program.give_up()
        piece.programs.remove(program)
        if isinstance(error, OtherLayout) and piece.corrected < MOST_CORRECTED:
            piece.corrected += 1
        elif piece.missed(3):
            self._close(i)
        return i

    def _renew(self, i: int) -> None:
        """The programs that begin at statement i would be others by now."""
        piece = self.pieces[i] if i < len(self.pieces) else None
        if piece is not None:
            for program in piece.programs:
                program.over = True
            self.pieces[i] = Piece(piece.end)

    def _fed(self, given: dict[int, list[Any]]) -> int | None:
        """The first statement that makes tensors of other data than in an earlier trace."""
        fed = None
        for k, arrays in sorted(given.items()):
            key = k, tuple([(dtype, shape) for dtype, shape, _ in arrays])
            now = [data for *_, data in arrays]
            if self.history.given.setdefault(key, now) != now and fed is None:
                fed = k
        return fed

    def _leave(self, k: int) -> None:
        """Statement k is left to evaluation from now on: what it makes comes from outside."""
        self.own.add(k)
        for i, piece in enumerate(self.pieces):
            if piece is not None and i <= k < piece.end:
                for program in piece.programs:
                    program.over = True
                self.pieces[i] = None
                self._open(i)
        self._open(k + 1)

    def end(self) -> None:
        """The loop is over, for ever."""
        for piece in self.pieces:
            for program in [] if piece is None else piece.programs:
                program.over = True
        self.pieces = []

    def title(self, i: int, end: int) -> str:
        """Which lines statements i to end are."""
        first, last = self.run[i].span, self.run[end - 1].span
        lines = sorted({first.position[0], last.end_position[0]})
        return f"{first.source.name}, line{'s' * (len(lines) > 1)} {' to '.join(map(str, lines))}"

    def _open(self, i: int) -> None:
        """A program may begin at statement i, or after it where that has one of its own."""
        n = len(self.codes)
        while i in self.own:
            i += 1
        if i < n and self.pieces[i] is None:
            self.pieces[i] = Piece(next((k for k in range(i, n) if k in self.own), n))

    def rounds(self) -> int:
        """How many rounds programs with a backward pass in them have done."""
        return sum(
            piece.hits
            for piece in self.pieces
            if piece is not None and any(program.trains for program in piece.programs)
        )

    def _close(self, i: int, end: int = 0) -> None:
        """No program begins at statement i, nor at one before `end`; one may after it."""
        self.pieces[i] = None
        self._open(max(i + 1, end))
        if not any(self.pieces):
            self.over()

    def _learn(self, i: int, piece: Piece, names: dict[str, Any]) -> int:
        """Trace from statement i on; what stops the trace ends the piece."""
        state = context.current()
        if state.noting is not None or state.function_modes or state.autocast is not None or state.replaced:
            return i  # a program's own functions are asked on the way, or operations in another dtype
        if not piece.learns():
            if piece.missed(20):
                self._close(i)
            return i
        end = piece.end
        while end > i:
            known = self.history.known()
            program, reached = self._trace(i, end, names, strict=not piece.programs)
            if reached == LEFT:
                return i
            if reached == IDLE:
                if end < piece.end or piece.missed(5):
                    self._close(i, end)
                return i
            if program is None and reached < 0 and self.history.known() > known:
                continue
            if program is not None:
                piece.add(program)
                piece.end = end
                self._open(end + 1)  # statement `end` is what the trace stopped at
                if self.found is not None:
                    self.found(self.title(i, end), program)
                try:
                    return end if program.replay(names) else i
                except Exception as error:
                    return self._failed(i, piece, program, error)
            if reached >= end or piece.programs:
                break
            end = reached
        piece.learned_nothing()
        if piece.programs:
            if piece.missed(3):
                self._close(i)
        else:
            self._close(i)
        return i

    def _trace(self, i: int, end: int, names: dict[str, Any], strict: bool) -> tuple[Program | None, int]:
        """(the program of statements i to end, or None, the statement that stopped it).

        For that -1: trace again; LEFT: the programs that begin here are others by now; IDLE: none of its parts
        computes anything, at least in this round.
        """
        attempt = Attempt(self, i, end, names, strict)
        try:
            program = attempt.program()
            fed = self._fed(attempt.given)
            if fed is None:
                return program, end
            self._leave(fed)
            return None, LEFT
        except TraceStopped as stopped:
            self.stops.append((attempt.at, stopped.reason))
            if isinstance(stopped, TraceAgain):
                return None, -1
            if isinstance(stopped, OwnLoop):
                return None, attempt.at
            self.stopped(self.run[attempt.at], stopped)
            return None, IDLE if isinstance(stopped, TooLittle) else attempt.at
        except RecursionError:
            raise
        except Exception as error:  # the statement fails, or fails under a trace: eager evaluation will say
            facts = facts_of(error)
            self.stops.append((attempt.at, f"{facts.code if facts else type(error).__name__}: {error}"))
            self.stopped(self.run[attempt.at], error)
            return None, attempt.at
