"""What our front makes of a Python text, beside what Python's own parser makes of it.

`written(text)` is Python's tree and `made(text)` the one that a PyTorch program is compiled from, both as
lists of the dumps of their statements. What is compiled another way on purpose is told in Python's words
again: attributes behind a check, imports, and long things that are kept beside the code.
"""

from __future__ import annotations

import ast
from typing import Any

from tensorsh.lang.code.expressions import BINARY, UNARY
from tensorsh.lang.code.pythonic import PythonCompiler
from tensorsh.lang.code.table import Table
from tensorsh.lang.syntax.parse import parse
from tensorsh.source import Source

LOAD = ast.Load()


def written(text: str) -> list[str]:
    """The statements as Python reads them."""
    return [ast.dump(each) for each in Same().block(ast.parse(text).body)]


def made(text: str) -> list[str]:
    """The statements as a PyTorch program's compiler builds them."""
    table = Table("<text>", silent=True, pythonic=True)
    compiler = PythonCompiler(table)
    body = [each for node in parse(Source(text), pythonic=True).body for each in compiler.statement(node)]
    return [ast.dump(each) for each in Again(table).block(body)]


class Same(ast.NodeTransformer):
    """Python's tree without what makes no difference to the code."""

    def block(self, body: list[Any]) -> list[Any]:
        return [each for node in body for each in self.statements(self.visit(node))]

    def statements(self, node: Any) -> list[Any]:
        return node if isinstance(node, list) else [node]

    def visit_Import(self, node: ast.Import) -> list[ast.stmt]:
        return [imported("", each.name, each.asname) for each in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        path = "." * node.level + (node.module or "")
        return [imported(path, each.name, each.asname or each.name) for each in node.names]

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(value=node.value)  # the u of u"…" says nothing

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() | complex() as value)):
                return ast.Constant(value=-value)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:  # a complex number
            case ast.BinOp(
                left=ast.Constant(value=int() | float() as real),
                op=ast.Add() | ast.Sub(),
                right=ast.Constant(value=complex() as imaginary),
            ):
                return ast.Constant(
                    value=real + imaginary if isinstance(node.op, ast.Add) else real - imaginary
                )
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        self.generic_visit(node)
        parts: list[Any] = []
        for part in node.values:
            if isinstance(part, ast.Constant) and parts and isinstance(parts[-1], ast.Constant):
                parts[-1] = ast.Constant(value=parts[-1].value + part.value)
            elif not isinstance(part, ast.Constant) or part.value:
                parts.append(part)
        return ast.JoinedStr(values=parts)

    def visit_List(self, node: ast.List) -> ast.expr:
        self.generic_visit(node)
        return node if node.ctx.__class__ is ast.Load else ast.Tuple(elts=node.elts, ctx=node.ctx)


class Again(Same):
    """Our tree in Python's words."""

    def __init__(self, table: Table):
        self.table = table

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        given: list[Any] = node.args
        match node.func:
            case ast.Name(id=".keeps" | ".changes"):
                return given[0]
            case ast.Name(id=".attr"):
                return ast.Attribute(value=given[0], attr=given[1].value, ctx=LOAD)
            case ast.Name(id=".ranged" | ".asked"):
                return ast.Call(func=given[0], args=given[1:], keywords=node.keywords)
            case ast.Name(id=".uncalled"):
                return given[0]
            case ast.Name(id=".undefined"):
                return ast.Name(id=given[0].value, ctx=LOAD)
            case ast.Name(id=".list"):
                return self.numbers(self.table.literals[given[0].slice.value])
            case ast.Name(id=".signs"):
                value = given[1]
                for sign in reversed(given[0].value):
                    value = ast.UnaryOp(op=UNARY[sign](), operand=value)
                return value
            case ast.Name(id=".chain"):
                operands = given[2].elts
                value = operands[0]
                for op, right in zip(given[1].value, operands[1:], strict=True):
                    value = ast.BinOp(left=value, op=BINARY[op](), right=right)
                return value
        return node

    def numbers(self, value: Any) -> ast.expr:
        if isinstance(value, list):
            return ast.List(elts=[self.numbers(item) for item in value], ctx=LOAD)
        return ast.Constant(value=value)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        match node.test:
            case ast.Attribute(value=ast.Name(id=".tracing")):
                return node.orelse
            case ast.Compare(left=asked, comparators=[ast.Name(id=".free" | ".own")]):
                given = asked.args[0] if isinstance(asked, ast.Call) else asked
                return given.value if isinstance(given, ast.NamedExpr) else given
            case ast.BoolOp(values=[_, ast.Compare(left=asked, comparators=[ast.Name(id=".own")])]):
                return asked  # a class, asked whether it is the program's
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        match node.value:
            case ast.Call(func=ast.Name(id=".fields"), args=[value]):
                return ast.Attribute(value=value, attr=node.slice.value, ctx=node.ctx)
        return node

    def visit_Match(self, node: ast.Match) -> ast.stmt:
        self.generic_visit(node)
        cases, checked = [], {}
        for case in node.cases:
            match case.guard:
                case ast.UnaryOp(
                    operand=ast.Tuple(elts=[ast.NamedExpr(target=ast.Name(id=name)), *_] as checks)
                ):
                    if name[0] == ".":
                        checked = {check.target.id: check.value.args[0] for check in checks}
                        continue
            for pattern in ast.walk(case.pattern):
                if isinstance(pattern, ast.MatchClass) and isinstance(pattern.cls, ast.Name):
                    pattern.cls = checked.get(pattern.cls.id, pattern.cls)
            cases.append(case)
        node.cases = cases
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        match node:
            case ast.Assign(targets=[ast.Name(id=".module")], value=ast.Call(args=[path, level, *_])):
                self.path = "." * level.value + path.value
                return []
            case ast.Assign(targets=[target], value=ast.Call(func=ast.Name(id=".imported"), args=[_, name])):
                return imported(self.path, name.value, target.id)
            case ast.Assign(
                targets=[target], value=ast.Call(func=ast.Name(id=".import_module"), args=[path, aliased, _])
            ):
                return imported("", path.value, target.id if aliased.value else None)
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> Any:
        match node.value:
            case ast.Call(func=ast.Name(id=".import_all"), args=[path, level, *_]):
                return imported("." * level.value + path.value, "*", "*")
        return self.generic_visit(node)


def imported(path: str, name: str, alias: str | None) -> ast.stmt:
    return ast.Expr(value=ast.Constant(value=("import", path, name, alias)))
