"""Compiled statements, and what a statement's text says about it beforehand."""

from __future__ import annotations
import __future__

from typing import Any

from ...errors import ParseError
from ...source import Source, Span
from ..syntax import ast
from ..syntax.binding import bound_names
from .runs import walk
from .table import Table


class Statement:
    """A compiled top-level statement: its node, its code, its text's table, and its loops' segments."""

    __slots__ = ("code", "node", "segments", "table")

    def __init__(self, node: ast.Stmt, code: Any, table: Table, segments: list[str]):
        self.node = node
        self.code = code
        self.table = table
        self.segments = segments

    @property
    def names(self) -> set[str]:
        """The variables that running it can bind or delete."""
        return bound_names(self.node)


def changes(statement: ast.Stmt) -> bool:
    """Whether a statement can change what it does not bind: one that calls nothing and assigns to names cannot."""
    for node in walk(statement):
        match node:
            case ast.Call() | ast.AugAssign() | ast.Delete() | ast.For() | ast.With() | ast.Import():
                return True
            case ast.ImportModule() | ast.ImportNames() | ast.Class() | ast.YieldFrom() | ast.Comprehension():
                return True
            case ast.Attribute() | ast.Subscript() | ast.Binary() | ast.Compare() | ast.Unary():
                continue
            case ast.Assign(targets=targets):
                if not all(isinstance(target, ast.Name) for target in targets):
                    return True
    return False


def future_flags(node: ast.ImportNames) -> int:
    """The flags of Python's compiler that `from __future__ import …` asks for."""
    flags = 0
    for each in node.names:
        feature = getattr(__future__, each.name, None)
        if not isinstance(feature, __future__._Feature):
            raise ParseError(f"future feature {each.name} is not defined", span=each.span)
        flags |= feature.compiler_flag
    return flags


def assignment(name: str, body: tuple[ast.Stmt, ...], source: Source) -> ast.Stmt:
    """`name = …` for a program that is one expression."""
    match body:
        case (ast.Display(value=value, span=span),):
            return ast.Assign(span, (ast.Name(span, name),), value)
    raise ParseError("expected one expression", span=Span(source, 0, len(source.text.rstrip())))
