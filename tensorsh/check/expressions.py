"""Expressions of a program that is analysed: calls, conditions, comparisons, parts and texts ask the analysis."""

from __future__ import annotations

import ast as py
from typing import Any

from .tree import at, call, constant, index_of, load, shape_of

#: calls that look at the frame that calls them
DIRECT = frozenset(("super", "locals", "globals", "vars", "dir", "eval", "exec", "breakpoint"))
#: helpers of compiled programs that are no calls of the program
HELPERS = (".annotate", ".import", ".locals", ".scope", ".round", ".display", ".failed")
#: attributes of which the analysis has something to say when they are read
READ = {"grad": ".gradient", "shape": ".shape", "size": ".shape"}
COMPARE = {
    py.Eq: "==", py.NotEq: "!=", py.Lt: "<", py.LtE: "<=", py.Gt: ">", py.GtE: ">=", py.In: "in", py.NotIn: "not in",
    py.Is: "is", py.IsNot: "is not",
}  # fmt: skip


class Expressions(py.NodeTransformer):
    """Rewrites expressions."""

    def visit_Call(self, node: Any) -> Any:
        name = node.func.id if isinstance(node.func, py.Name) else ""
        node = self.generic_visit(node)
        if name in DIRECT or name.startswith(HELPERS):
            return node
        return at(py.Call(func=load(".run"), args=[node.func, *node.args], keywords=node.keywords), node)

    def visit_BoolOp(self, node: Any) -> Any:
        both = ".and" if isinstance(node.op, py.And) else ".or"
        goes = ".then" if isinstance(node.op, py.And) else ".otherwise"
        *rest, made = map(self.visit, node.values)
        for value in reversed(rest):
            other = py.IfExp(test=call(goes), body=made, orelse=constant(None))
            made = call(both, call(".decide", value), other)
        return at(made, node)

    def visit_IfExp(self, node: Any) -> Any:
        test, body, orelse = map(self.visit, (node.test, node.body, node.orelse))
        first = py.IfExp(test=call(".then"), body=body, orelse=constant(None))
        second = py.IfExp(test=call(".otherwise"), body=orelse, orelse=constant(None))
        return at(call(".choice", call(".decide", test), first, second), node)

    def visit_UnaryOp(self, node: Any) -> Any:
        node = self.generic_visit(node)
        return at(call(".not", node.operand), node) if isinstance(node.op, py.Not) else node

    def visit_Compare(self, node: Any) -> Any:
        node = self.generic_visit(node)
        words = constant(tuple(COMPARE[type(op)] for op in node.ops))
        return at(call(".compare", words, node.left, *node.comparators), node)

    def visit_Subscript(self, node: Any) -> Any:
        node = self.generic_visit(node)
        if not isinstance(node.ctx, py.Load):
            return node
        return at(call(".item", node.value, index_of(node.slice)), node)

    def visit_Attribute(self, node: Any) -> Any:
        node = self.generic_visit(node)
        asked = READ.get(node.attr) if isinstance(node.ctx, py.Load) else None
        return at(call(asked, node), node) if asked else node

    def gathered(self, node: Any) -> Any:
        return at(call(".gathered", call(".mark"), self.generic_visit(node)), node)

    def visit_GeneratorExp(self, node: Any) -> Any:
        return at(call(".generated", call(".mark"), self.generic_visit(node)), node)

    visit_ListComp = visit_SetComp = visit_DictComp = gathered

    def visit_JoinedStr(self, node: Any) -> Any:
        for part in node.values:
            if isinstance(part, py.FormattedValue):
                part.value = self.visit(part.value)
                if part.format_spec is not None:
                    for inner in py.walk(part.format_spec):
                        if isinstance(inner, py.FormattedValue):
                            inner.value = self.visit(inner.value)
        return at(call(".gathered", call(".mark"), node), node)

    def visit_BinOp(self, node: Any) -> Any:
        node = self.generic_visit(node)
        return at(call(".gathered", call(".mark"), node), node) if isinstance(node.op, py.Mod) else node

    def visit_comprehension(self, node: Any) -> Any:
        shape = shape_of(node.target)
        node = self.generic_visit(node)
        node.iter = call(".items", node.iter, constant(shape))
        node.ifs = [call(".holds", test) for test in node.ifs]
        return node
