"""AST nodes out of grammar rules: one method for each rule of `tensorsh.lark`, named as there.

A method gets where the rule's text starts and ends and its children: nodes for rules, numbers for tokens
(their index among the tokens). Statements are here, expressions in `build_expressions`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ...source import Span
from . import ast, checks
from .build_expressions import Children, several
from .build_patterns import Patterns
from .strings import decode


class Builder(Patterns):
    """Makes the nodes of one source."""

    # -------------------------------------------------------------- lines and blocks

    def program(self, start: int, end: int, children: Children) -> ast.Program:
        body = tuple(statements(children))
        for statement in body:
            checks.jumps(statement)
        checks.future(body)
        return ast.Program(Span(self.source, 0, len(self.source_text)), body)

    def line(self, start: int, end: int, children: Children) -> list[ast.Stmt]:
        return statements(children)

    def quiet_line(self, start: int, end: int, children: Children) -> list[ast.Stmt]:
        made = statements(children)
        last = made[-1]
        if isinstance(last, ast.Display):
            made[-1] = ast.Display(last.span, last.value, True)
        return made

    def block(self, start: int, end: int, children: Children) -> ast.Block:
        body = statements(children)
        return ast.Block(body[0].span.to(body[-1].span), tuple(body))

    def if_statement(self, start: int, end: int, children: Children) -> ast.If:
        otherwise = children.pop() if len(children) % 2 else None
        while len(children) > 2:
            then, condition = children.pop(), children.pop()
            last = otherwise or then
            elif_span = condition.span.to(last.span)
            otherwise = ast.Block(elif_span, (ast.If(elif_span, condition, then, otherwise),))
        condition, then = children
        return ast.If(self.span(start, end), condition, then, otherwise)

    def try_statement(self, start: int, end: int, children: Children) -> ast.Try:
        body, *rest = children
        handlers = [child for child in rest if isinstance(child, ast.Handler)]
        blocks: dict[str, ast.Block] = dict(child for child in rest if isinstance(child, tuple))
        groups = [handler.group for handler in handlers]
        for handler, after in pairwise(handlers):
            if handler.kind is None:
                checks.fail("default 'except:' must be last", handler.span)
            if groups[0] != after.group:
                checks.fail("cannot have both 'except' and 'except*' on the same 'try'", after.span)
        return ast.Try(
            self.span(start, end),
            body,
            tuple(handlers),
            blocks.get("else"),
            blocks.get("finally"),
        )

    def except_clause(self, start: int, end: int, children: Children, group: bool = False) -> ast.Handler:
        kind, *name, body = children
        return ast.Handler(self.span(start, end), kind, self.word(name[0]) if name else None, body, group)

    def except_all(self, start: int, end: int, children: Children) -> ast.Handler:
        return ast.Handler(self.span(start, end), None, None, children[0])

    def except_group(self, start: int, end: int, children: Children) -> ast.Handler:
        return self.except_clause(start, end, children, group=True)

    def else_block(self, start: int, end: int, children: Children) -> tuple[str, ast.Block]:
        return "else", children[0]

    def finally_block(self, start: int, end: int, children: Children) -> tuple[str, ast.Block]:
        return "finally", children[0]

    def for_statement(self, start: int, end: int, children: Children) -> ast.For:
        target, iterable, body, *otherwise = children
        return ast.For(
            self.span(start, end), checks.target(target), iterable, body, otherwise[0] if otherwise else None
        )

    def while_statement(self, start: int, end: int, children: Children) -> ast.While:
        condition, body, *otherwise = children
        return ast.While(self.span(start, end), condition, body, otherwise[0] if otherwise else None)

    def with_statement(self, start: int, end: int, children: Children) -> ast.With:
        *items, body = [child for child in children if not isinstance(child, int)]
        return ast.With(self.span(start, end), tuple(items), body)

    def with_item(self, start: int, end: int, children: Children) -> ast.WithItem:
        context, *target = children
        return ast.WithItem(self.span(start, end), context, checks.target(target[0]) if target else None)

    def define(self, start: int, end: int, children: Children) -> ast.Define:
        name, *parameters, body = children
        returns = parameters.pop() if parameters and isinstance(parameters[-1], ast.Expr) else None
        return ast.Define(
            self.span(start, end),
            self.word(name),
            self.at(name),
            checks.parameters(parameters),
            body,
            (),
            returns,
        )

    def define_class(self, start: int, end: int, children: Children) -> ast.Class:
        name, *arguments, body = children
        checks.bases(arguments)
        return ast.Class(self.span(start, end), self.word(name), self.at(name), tuple(arguments), body)

    def decorated(self, start: int, end: int, children: Children) -> ast.Define | ast.Class:
        *decorators, made = children
        made.decorators = tuple(decorators)
        return made

    def decorator(self, start: int, end: int, children: Children) -> ast.Expr:
        return children[0]

    # -------------------------------------------------------------- simple statements

    def display(self, start: int, end: int, children: Children) -> ast.Display:
        (value,) = children
        checks.no_star(value)
        return ast.Display(Span(self.source, start, end), value, False)

    def assign(self, start: int, end: int, children: Children) -> ast.Assign:
        *targets, value = children
        checks.no_star(value)
        for target in targets:
            if isinstance(target, ast.Yield | ast.YieldFrom):
                checks.fail("assignment to yield expression not possible", target.span)
        return ast.Assign(Span(self.source, start, end), tuple([checks.target(t) for t in targets]), value)

    def augmented(self, start: int, end: int, children: Children) -> ast.AugAssign:
        target, operator, value = children
        if not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
            checks.fail(
                f"{checks.kind(target)} is an illegal expression for augmented assignment", target.span
            )
        checks.no_star(value)
        sign = self.text(operator)[:-1]
        return ast.AugAssign(self.span(start, end), target, sign, value, self.at(operator))

    def declare(self, start: int, end: int, children: Children) -> ast.Declare:
        target, annotation, *value = children
        if not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
            what = {ast.TupleExpr: "tuple", ast.ListExpr: "list", ast.TensorLiteral: "list"}.get(type(target))
            message = (
                f"only single target (not {what}) can be annotated"
                if what
                else "illegal target for annotation"
            )
            checks.fail(message, target.span)
        return ast.Declare(self.span(start, end), target, annotation, value[0] if value else None, False)

    def declare_param(self, start: int, end: int, children: Children) -> ast.Declare:
        name, *annotation, value = children
        target = ast.Name(self.at(name), self.word(name))
        return ast.Declare(self.span(start, end), target, annotation[0] if annotation else None, value, True)

    def delete(self, start: int, end: int, children: Children) -> ast.Delete:
        (target,) = children
        checks.deletable(target)
        targets = target.items if isinstance(target, ast.TupleExpr) and target.items else (target,)
        return ast.Delete(self.span(start, end), targets)

    def assertion(self, start: int, end: int, children: Children) -> ast.Assert:
        condition, *message = children
        return ast.Assert(self.span(start, end), condition, message[0] if message else None)

    def return_statement(self, start: int, end: int, children: Children) -> ast.Return:
        if children:
            checks.no_star(children[0])
        return ast.Return(self.span(start, end), children[0] if children else None)

    def raise_statement(self, start: int, end: int, children: Children) -> ast.Raise:
        error, cause, *_ = (*children, None, None)
        return ast.Raise(self.span(start, end), error, cause)

    def global_statement(self, start: int, end: int, children: Children) -> ast.Global:
        return ast.Global(self.span(start, end), tuple([self.word(child) for child in children]), False)

    def nonlocal_statement(self, start: int, end: int, children: Children) -> ast.Global:
        return ast.Global(self.span(start, end), tuple([self.word(child) for child in children]), True)

    def pass_statement(self, start: int, end: int, children: Children) -> ast.Pass:
        return ast.Pass(self.span(start, end))

    def break_statement(self, start: int, end: int, children: Children) -> ast.Break:
        return ast.Break(self.span(start, end))

    def continue_statement(self, start: int, end: int, children: Children) -> ast.Continue:
        return ast.Continue(self.span(start, end))

    def backward(self, start: int, end: int, children: Children) -> ast.Backward:
        flags = [self.text(child) for child in children if isinstance(child, int)]
        roots, *gradients = [child for child in children if not isinstance(child, int)]
        return ast.Backward(
            self.span(start, end),
            roots,
            gradients[0] if gradients else (),
            "retain" in flags,
            "create" in flags,
        )

    def roots(self, start: int, end: int, children: Children) -> tuple[ast.Expr, ...]:
        return tuple(children)

    def graph(self, start: int, end: int, children: Children) -> ast.Graph:
        value, *rest = children
        gradients = bool(rest) and isinstance(rest[-1], int)
        to = rest[0] if rest and isinstance(rest[0], ast.Expr) else None
        return ast.Graph(self.span(start, end), value, to, gradients)

    def explain(self, start: int, end: int, children: Children) -> ast.Explain:
        value, *wrt = children
        return ast.Explain(self.span(start, end), value, several(wrt[0])[0] if wrt else ())

    def import_file(self, start: int, end: int, children: Children) -> ast.Import:
        return ast.Import(self.span(start, end), decode(self.at(children[0])))

    def import_modules(self, start: int, end: int, children: Children) -> list[ast.Stmt]:
        return [ast.ImportModule(self.span(start, end), path.text, path, alias) for path, alias in children]

    def import_names(self, start: int, end: int, children: Children) -> ast.ImportNames:
        origin, names = children
        path, level = origin if isinstance(origin, tuple) else (origin, 0)
        written = "" if path is None else path.text
        place = self.span(start, end) if path is None else path
        return ast.ImportNames(self.span(start, end), written, place, level, tuple(names))

    def module(self, start: int, end: int, children: Children) -> tuple[ast.Name, str | None]:
        path, *alias = children
        return path, self.word(alias[0]) if alias else None

    def path(self, start: int, end: int, children: Children) -> Span:
        """A dotted name."""
        return self.span(start, end)

    def relative(self, start: int, end: int, children: Children) -> tuple[Span | None, int]:
        """`..path`: the name, and how many dots stand in front of it."""
        level, *path = children
        return path[0] if path else None, level

    def dots(self, start: int, end: int, children: Children) -> int:
        return sum(len(self.text(child)) for child in children)

    def all_names(self, start: int, end: int, children: Children) -> list[Any]:
        return []

    def names(self, start: int, end: int, children: Children) -> list[Any]:
        return children

    def imported(self, start: int, end: int, children: Children) -> ast.ImportedName:
        """The name that is imported and the one it gets here."""
        return ast.ImportedName(self.span(start, end), self.word(children[0]), self.word(children[-1]))

    # -------------------------------------------------------------- annotations

    def annotation(self, start: int, end: int, children: Children) -> ast.Hint:
        value = device = device_span = None
        for part in children:
            if isinstance(part, int):
                device, device_span = self.text(part), self.at(part)
            else:
                value = part
        return ast.Hint(self.span(start, end), value, device, device_span)

    def device(self, start: int, end: int, children: Children) -> int:
        return children[0]

    # -------------------------------------------------------------- parameters

    def hint(self, start: int, end: int, children: Children) -> ast.Expr:
        return children[0]

    def parameter(self, start: int, end: int, children: Children) -> ast.Parameter:
        # `name: hint = default`: what stands behind a `:` is no default
        name, *rest = children
        after = self.source_text[self.ends[name] : end].lstrip()
        hint = rest.pop(0) if after.startswith(":") else None
        return ast.Parameter(self.span(start, end), self.word(name), rest[0] if rest else None, "plain", hint)

    def parameter_args(self, start: int, end: int, children: Children) -> ast.Parameter:
        name, *hint = children
        return ast.Parameter(self.span(start, end), self.word(name), None, "args", *hint)

    def parameter_kwargs(self, start: int, end: int, children: Children) -> ast.Parameter:
        name, *hint = children
        return ast.Parameter(self.span(start, end), self.word(name), None, "kwargs", *hint)

    def parameter_bare(self, start: int, end: int, children: Children) -> ast.Parameter:
        return ast.Parameter(self.span(start, end), "", None, "bare")

    def parameter_slash(self, start: int, end: int, children: Children) -> ast.Parameter:
        return ast.Parameter(self.span(start, end), "", None, "slash")


def statements(children: Children) -> list[ast.Stmt]:
    """Lines and imports are lists of statements; put them all into one."""
    made: list[ast.Stmt] = []
    for child in children:
        if isinstance(child, list):
            made.extend(child)
        else:
            made.append(child)
    return made
