"""The patterns of `match` as Python's own.

Python reads attributes for a class pattern itself. Those that a program names are checked here; those that a
class names in `__match_args__` are checked when its case is reached, by a case before it that never matches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ParseError
from ...modules.guarded import is_guarded
from ..syntax import ast

if TYPE_CHECKING:
    import ast as py

    from .expressions import Expressions
else:
    from . import python_ast as py


class Patterns:
    """Compiles the pattern of one case; `checks` are the classes with positions, each given a name."""

    def __init__(self, compiler: Expressions):
        self.compiler = compiler
        self.checks: list[py.expr] = []

    def pattern(self, node: ast.Pattern) -> py.pattern:
        compiler = self.compiler
        at: dict[str, Any] = compiler.at(node)
        match node:
            case ast.ValuePattern(value=ast.Constant(value=None | True | False as value)):
                return py.MatchSingleton(value=value, **at)
            case ast.ValuePattern(value=value):
                return py.MatchValue(value=self.value(value), **at)
            case ast.CapturePattern(name=name, starred=True):
                return py.MatchStar(name=self.captured(name, node), **at)
            case ast.CapturePattern(name=name):
                return py.MatchAs(name=self.captured(name, node), **at)
            case ast.SequencePattern(items=items):
                return py.MatchSequence(patterns=self.all(items), **at)
            case ast.MappingPattern(keys=keys, patterns=patterns, rest=rest):
                made = [self.value(key) for key in keys]
                return py.MatchMapping(
                    keys=made, patterns=self.all(patterns), rest=self.captured(rest, node), **at
                )
            case ast.ClassPattern(kind=kind, patterns=patterns, names=names, named=named):
                for name in names:
                    if is_guarded(name):
                        raise ParseError(f"a pattern cannot look at '{name}'", span=node.span)
                return py.MatchClass(
                    cls=self.checked(kind) if patterns else self.value(kind),
                    patterns=self.all(patterns),
                    kwd_attrs=list(names),
                    kwd_patterns=self.all(named),
                    **at,
                )
            case ast.OrPattern(choices=choices):
                return py.MatchOr(patterns=self.all(choices), **at)
            case ast.AsPattern(pattern=pattern, name=name):
                return py.MatchAs(pattern=self.pattern(pattern), name=self.captured(name, node), **at)
        raise AssertionError(node)

    def checked(self, kind: ast.Expr) -> py.expr:
        """A class as the case before this one has left it under a name of its own."""
        at = self.compiler.at(kind)
        name = f".class{len(self.checks)}"
        value = self.compiler.helper(".pattern_class", [self.value(kind)], at)
        self.checks.append(py.NamedExpr(target=py.Name(id=name, ctx=py.Store(), **at), value=value, **at))
        return py.Name(id=name, ctx=py.Load(), **at)

    def before(self, case: ast.Case) -> py.match_case:
        """`case _ if not (.class0 := .pattern_class(A), …): pass`"""
        at = self.compiler.at(case.pattern)
        checks = py.Tuple(elts=self.checks, ctx=py.Load(), **at)
        guard = py.UnaryOp(op=py.Not(), operand=checks, **at)
        return py.match_case(pattern=py.MatchAs(**at), guard=guard, body=[py.Pass(**at)])

    def all(self, nodes: tuple[ast.Pattern, ...]) -> list[py.pattern]:
        return [self.pattern(node) for node in nodes]

    def captured(self, name: str | None, node: ast.Node) -> str | None:
        return None if name is None else self.compiler.bindable(name, node)

    def value(self, node: ast.Expr) -> py.expr:
        """What Python's `match` takes: constants, names, dotted names."""
        at = self.compiler.at(node)
        match node:
            case ast.Constant(value=complex() | int() | float() as number) if not isinstance(number, bool):
                return _number(number, at)
            case ast.Constant(value=value):
                return py.Constant(value=value, **at)
            case ast.Name():
                return self.compiler.name(node)
            case ast.Attribute(value=value, name=name):
                if is_guarded(name):
                    raise ParseError(f"a pattern cannot look at '{name}'", span=node.span)
                return py.Attribute(value=self.value(value), attr=name, ctx=py.Load(), **at)
        raise AssertionError(node)


def _number(number: Any, at: dict[str, Any]) -> py.expr:
    """A number as Python's grammar has it in patterns: signs and sums are operators."""
    if isinstance(number, complex) and number.real:
        sign = py.Sub() if number.imag < 0 else py.Add()
        right = py.Constant(value=complex(0, abs(number.imag)), **at)
        return py.BinOp(left=_number(number.real, at), op=sign, right=right, **at)
    if (number.imag if isinstance(number, complex) else number) < 0:
        return py.UnaryOp(op=py.USub(), operand=py.Constant(value=-number, **at), **at)
    return py.Constant(value=number, **at)
