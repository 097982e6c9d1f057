"""The loops of a session's programs: when a run of statements is traced, and what has become of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from ...engine.core import context
from ...engine.core.mode import EAGER
from ...engine.records.op import registry
from ..code.codegen import Compiler
from ..code.statements import Statement
from ..syntax import ast

if TYPE_CHECKING:
    from ..run.evaluate import Evaluator
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
            def make() -> Any:
                again = self.evaluator.compiler(table, None, watched=True)
                again.functions = functions
                again.tells = True
                made = again.compile(statement)
                prelude.provide(made)
                return made

            return make

        visits = 0

        def go(i: int, names: Any = None) -> int:
            """The first calls only count; then the compiler is brought in."""
            nonlocal visits
            visits += i == 0
            if visits < patience:
                if i == 0 and (mode := context.current().mode) is not EAGER:
                    mode.round(name)
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
            )
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
