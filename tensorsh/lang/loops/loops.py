"""The loops of a session's programs: when a run of statements is traced, and what has become of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ...engine.core import context
from ...engine.core.mode import EAGER, TRAINED
from ...engine.records.op import registry
from ..code.codegen import Compiler
from ..code.runs import walk
from ..code.statements import Statement
from ..syntax import ast

if TYPE_CHECKING:
    from ..run.evaluate import Evaluator
    from .segments import Segment
    from .uncompiled import Left

#: how often a run is done by its statements before it is traced, and so for one inside of another run, and for one
#: in no loop but a function that is called again and again; methods are mostly called by what is a program itself
OUTER, INNER, CALLED, METHOD = 3, 12, 12, 100


class Loops:
    """Those of one session.

    segments   of the loops outside functions in the statement that is being compiled
    programs   (which lines, the program) of the newest statement with any
    left       where traces of its loops stopped
    newest     a loop, or what has called one
    """

    def __init__(self, evaluator: Evaluator):
        self.evaluator = evaluator
        self.segments: list[str] = []
        #: segments that wait for an operation: what they are bound in, their names, and what that was
        self.asleep: list[tuple[dict[str, Any], str, Callable[..., int]]] = []
        self.numbers = count()
        self.programs: list[tuple[str, Any]] = []
        self.left: list[Left] = []
        self.of: Statement | None = None
        self.newest: Statement | None = None
        self.live: WeakSet[Segment] = WeakSet()
        #: id of what a loop's body binds → the segment of it that was asked last
        self.latest: dict[int, str] = {}

    def found(self, title: str, program: Any) -> None:
        """A loop has got a program; those of the newest statement that has any can be looked at."""
        self.begin()
        self.programs.append((title, program))

    def stopped(self, statement: ast.Stmt, why: BaseException) -> None:
        """A trace of a loop has come to an end at a statement, or at something that it calls."""
        from .uncompiled import left

        self.begin()
        self.left.append(left(statement, why, self.evaluator.runtime.node))

    def begin(self) -> None:
        """What was known of the loops of an earlier statement is forgotten."""
        if self.of is not self.evaluator.running_statement:
            for _, old in self.programs:
                if old.over:
                    old.drop()
            self.programs.clear()
            self.left.clear()
            self.latest.clear()
            self.of = self.newest = self.evaluator.running_statement

    def segment(
        self,
        compiler: Compiler,
        run: list[ast.Stmt],
        bound: list[frozenset[str]],
        varying: frozenset[str],
        inside: bool,
    ) -> str:
        """Make the segment of a run of statements, and the name that code calls it by."""
        name = f".segment {next(self.numbers)}"
        if not inside:
            self.segments.append(name)
        functions = compiler.functions
        # a loop in a run is mostly done by the run's program
        called = METHOD if compiler.in_method else CALLED
        patience = called if compiler.called else INNER if compiler.inner else OUTER
        table = compiler.table
        prelude = self.evaluator.prelude_of(table)

        def code(statement: ast.Stmt) -> Callable[[], Any]:
            @cache  # for all traces: a run of many shapes has as many
            def make() -> Any:
                again = self.evaluator.compiler(table, None, watched=True)
                again.functions = functions
                again.tells = True
                made = again.compile(statement)
                prelude.provide(made)
                return made

            return make

        from .history import History

        visits = trained = walks = 0
        history = History()
        body = compiler.loops[-1] if compiler.loops else varying
        #: statements with loops that have programs; the last that was asked for, and what loops had done by then
        own: set[int] = set()
        asked = -1
        done: dict[int, int] = {}

        def go(i: int, names: Any = None) -> int:
            """The first calls only count; then the compiler is brought in."""
            nonlocal visits, trained, walks, asked, done
            state = context.current()
            if i == 0:
                visits += 1
                trained = trained + 1 if state.walks > walks and visits > 1 else 0
                walks = state.walks
            if state.mode is EAGER:  # it is known beforehand where a trace would come to a loop of its own
                now = {id(live): live.rounds() for live in self.live}
                if asked >= 0 and self.latest.get(id(body)) == name:
                    if any(rounds - done.get(key, 0) > TRAINED for key, rounds in now.items()):
                        own.add(asked)
                asked, done, self.latest[id(body)] = i, now, name
            if visits < patience and trained < TRAINED:
                history.passed(self.evaluator.spaces[table.filename] if names is None else names, varying)
                if i == 0 and state.mode is not EAGER:
                    state.mode.round(name)
                return i
            if registry.is_unused():  # there is nothing to replay, and may never be
                if i == len(run) - 1:  # and the code of this round does not ask again
                    prelude.bound[name] = 0
                    self.asleep.append((prelude.bound, name, go))
                    registry.when_used(self.wake)
                return i
            if i:
                return i
            from .segments import Segment

            local = frozenset().union(*functions)
            segment = Segment(
                [code(s) for s in run],
                bound,
                varying,
                local,
                self.evaluator.spaces[table.filename],
                run,
                self.found,
                lambda: prelude.bound.update({name: 0}),
                self.stopped,
                self.evaluator.runtime.follows,
                {k for k in own if any(map(may_go_round, walk(run[k])))},
                history,
            )
            if not any(segment.pieces):
                prelude.bound[name] = 0
                return i
            self.live.add(segment)
            prelude.bound[name] = segment.go
            return segment.go(i, names)

        prelude.bound[name] = go
        return name

    def wake(self) -> None:
        """An operation has been asked for: loops that did without may go on with one."""
        asleep, self.asleep = self.asleep, []
        for bound, name, go in asleep:
            if name in bound:  # the loop is not over
                bound[name] = go


def may_go_round(node: ast.Node) -> bool:
    """Whether it is a loop, or may call what has one."""
    return isinstance(node, ast.For | ast.Call)
