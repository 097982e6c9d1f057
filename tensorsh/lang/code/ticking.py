"""Compiling a program so that a clock hears of each statement: what is compiled while somebody measures.

Before each statement stands `.tick(place)`, where the head of a loop is come to again too, and around the body of each
function `.enter()` and `.leave(token)`, so that after a call the time is the caller's again. A generator leaves where
it yields and enters where it goes on. Nothing else is different.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...source import Span
from ..syntax import ast
from .codegen import STORE, Compiler
from .expressions import LOAD
from .pythonic import PythonCompiler, WatchedCompiler

if TYPE_CHECKING:
    import ast as py
    from collections.abc import Callable, Iterable

    from .table import Table
else:
    from . import python_ast as py

#: the variable of a function that has what `.enter` gave
TOKEN = ".entered"


class Ticking(Compiler):
    """A compiler of either kind of program, with ticks. `place_of` numbers the lines."""

    place_of: Callable[[Span], int]

    def __init__(self, table: Table, register: Any = None):
        super().__init__(table, register)
        self.headers: dict[int, ast.Stmt] = {}  # id of a loop's body → the loop
        self.inside: list[ast.Stmt] = []  # the loops that we are inside of
        self.yields = [False]  # for each function that we are inside of, whether it is a generator
        self.line: int | None = None  # the line that the last tick is for

    # ---------------------------------------------------------------- statements

    def statement(self, node: ast.Stmt) -> Iterable[py.stmt]:
        if isinstance(node, ast.Block | ast.Global) or (self.functions and is_docstring(node)):
            return super().statement(node)
        tick = self.ticks(node)
        return [tick, *super().statement(node)]

    def ticks(self, node: ast.Stmt) -> py.stmt:
        """What tells the clock that a statement begins; the second one of a line is not counted, in traces neither."""
        line = node.span.position[0]
        counted, self.line = line != self.line, line
        function = self.table.ticks.setdefault(id(node), ".tick" if counted else ".turn")
        return self.told(self.clock(node, function), node)

    def told(self, call: py.expr, node: ast.Stmt) -> py.stmt:
        """A call that tells the clock."""
        at = self.at(node)
        return self.careful(py.Expr(value=call, **at), py.Pass(**at), at)

    @staticmethod
    def careful(made: py.stmt, otherwise: py.stmt, at: dict[str, Any]) -> py.stmt:
        """Where calls are as deep as they may be the program fails, and not the clock: it is what the program does."""
        kind = py.Name(id=".RecursionError", ctx=LOAD, **at)
        handler = py.ExceptHandler(type=kind, name=None, body=[otherwise], **at)
        return py.Try(body=[made], handlers=[handler], orelse=[], finalbody=[], **at)

    def clock(self, node: ast.Stmt, function: str = ".tick") -> py.expr:
        at = self.at(node)
        return self.helper(function, [self.constant(self.place_of(node.span), at)], at)

    def for_(self, node: ast.For) -> py.stmt:
        self.headers[id(node.body)] = node
        return super().for_(node)

    def while_(self, node: ast.While) -> py.stmt:
        self.headers[id(node.body)] = node
        return super().while_(node)

    def repeated(self, node: ast.Block, *targets: ast.Stmt | ast.Expr) -> list[py.stmt]:
        """After a round the head of the loop is at work: a loader makes the next batch."""
        header = self.headers.pop(id(node))
        self.inside.append(header)
        self.line = None
        body = super().repeated(node, *targets)
        self.inside.pop()
        return [*body, self.goes_on(header)]

    def goes_on(self, header: ast.Stmt) -> py.stmt:
        """The head of a loop is come to again; in one line with its body it has been counted."""
        assert isinstance(header, ast.For | ast.While)
        alone = header.body.body[0].span.position[0] != header.span.position[0]
        return self.told(self.clock(header, ".tick" if alone else ".turn"), header)

    def continue_(self, node: ast.Continue) -> Any:
        made = super().continue_(node)
        if not self.inside:
            return made
        return [self.goes_on(self.inside[-1]), made]

    def if_(self, node: ast.If) -> py.stmt:
        """The condition of an `elif` is work of its line."""
        made: Any = super().if_(node)
        python, link = made, node
        while (following := _only(link.otherwise)) is not None:
            link, (python,) = following, python.orelse
            tick = self.clock(link)
            python.test = py.BoolOp(op=py.Or(), values=[tick, python.test], **self.at(link))
        return made

    # ---------------------------------------------------------------- functions

    def define(self, node: ast.Define) -> py.stmt:
        self.yields.append(False)
        loops, self.inside = self.inside, []
        self.line = None  # what stands on the line of the `def` itself is counted
        made: Any = super().define(node)
        self.inside = loops
        generator = self.yields.pop()
        at = self.at(node)
        begin, end = (".begin", ".end") if generator else (".enter", ".leave")
        nothing = self.constant(None, at)

        def entered(value: py.expr) -> py.stmt:
            return py.Assign(targets=[py.Name(id=TOKEN, ctx=STORE, **at)], value=value, **at)

        without = py.List(elts=[nothing, nothing], ctx=LOAD, **at) if generator else nothing
        begun = self.careful(entered(self.helper(begin, [], at)), entered(without), at)
        over = self.told(self.helper(end, [self.token(at)], at), node)
        start = 1 if made.body and isinstance(made.body[0], py.Expr) and is_text(made.body[0].value) else 0
        rest = made.body[start:] or [py.Pass(**at)]
        work = py.Try(body=rest, handlers=[], orelse=[], finalbody=[over], **at)
        made.body = [*made.body[:start], begun, work]
        return made

    def yield_(self, node: ast.Yield) -> py.expr:
        made: Any = super().yield_(node)
        if self.lambdas:
            return made
        self.yields[-1] = True
        at = self.at(node)
        value = self.constant(None, at) if made.value is None else made.value
        made.value = self.helper(".yielded", [self.token(at), value], at)
        return self.helper(".resumed", [self.token(at), made], at)

    def yield_from(self, node: ast.YieldFrom) -> py.expr:
        made: Any = super().yield_from(node)
        if self.lambdas:
            return made
        self.yields[-1] = True
        at = self.at(node)
        made.value = self.helper(".yielded", [self.token(at), made.value], at)
        return self.helper(".resumed", [self.token(at), made], at)

    @staticmethod
    def token(at: dict[str, Any]) -> py.expr:
        return py.Name(id=TOKEN, ctx=LOAD, **at)


def is_docstring(node: ast.Stmt) -> bool:
    value = node.value if isinstance(node, ast.Display) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def is_text(value: Any) -> bool:
    return isinstance(value, py.Constant) and isinstance(value.value, str)


def _only(block: ast.Block | None) -> ast.If | None:
    """The `elif` that is all of an `else`."""
    if block is not None and len(block.body) == 1 and isinstance(block.body[0], ast.If):
        return block.body[0]
    return None


class TickingPython(Ticking, PythonCompiler):
    """The same for PyTorch programs."""


class TickingWatched(Ticking, WatchedCompiler):
    """The same for traces of these."""


def compiler_for(table: Table, register: Any, place_of: Callable[[Span], int], watched: bool) -> Ticking:
    """A compiler of a text; `watched` for a trace."""
    kind: type[Ticking] = Ticking
    if table.pythonic:
        kind = TickingWatched if watched else TickingPython
    table.ticking = True
    made = kind(table, register)
    made.place_of = place_of
    return made
