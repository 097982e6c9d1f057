"""What of a loop is not compiled, and why: what `:why-not-compiled` and `tensorsh compile --show` tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ...engine.compile.values import TraceStopped
from ...errors import text_of
from ...source import Span
from ..code.runs import containers_made, hindrance, walk, worthwhile
from ..syntax import ast

#: finds the piece of a program that a line of compiled code belongs to
Find = Callable[[str, int], ast.Node | None]

#: NumPy's words for arrays of the program's, which nothing may write to while a trace runs
READ_ONLY = "read-only"


class Left(NamedTuple):
    """A piece of a loop that runs as it stands."""

    span: Span
    why: str

    @property
    def text(self) -> str:
        """`train.py, line 9: print(loss): …`"""
        line, _, more = self.span.text.partition("\n")
        return f"{self.span.source.name}, line {self.span.position[0]}: {line}{' …' * bool(more)}: {self.why}"


def left(statement: ast.Stmt, error: BaseException, find: Find) -> Left:
    """Where a trace stopped: at a statement of the loop, or inside what it calls."""
    node: ast.Node = statement
    trace = error.__traceback__
    while trace is not None:
        node = find(trace.tb_frame.f_code.co_filename, trace.tb_lineno or 0) or node
        trace = trace.tb_next
    why = error.reason if isinstance(error, TraceStopped) else text_of(error)
    return Left(node.span, "an array is changed" if READ_ONLY in why else why)


def between(statement: ast.Node) -> Iterator[Left]:
    """The statements in loops that stand between what may be compiled."""
    made = containers_made([statement])
    for loop in walk(statement):
        if isinstance(loop, ast.For | ast.While):
            for inside in loop.body.body:
                found = hindrance(inside, False, made)
                if found is not None:
                    yield Left(found[0].span, found[1])
                elif not worthwhile([inside], made) and isinstance(inside, ast.For):
                    yield Left(inside.span, "there is too little to compute")


def all_left(statement: ast.Node, stopped: list[Left]) -> list[Left]:
    """Everything of a statement's loops that is not compiled, in the order of the text, each once."""
    found = [*stopped, *between(statement)]
    once = {(each.span.source.name, each.span.start, each.why): each for each in found}
    return sorted(once.values(), key=lambda each: (each.span.source.name, each.span.start))
