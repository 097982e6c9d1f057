"""AST nodes out of grammar rules: one method for each rule of `tensorsh.lark`, named as there.

A method gets where the rule's text starts and ends and its children: nodes for rules, numbers for tokens
(their index among the tokens). Statements are here, expressions in `build_expressions`.
"""

from __future__ import annotations

from typing import Any

from ..source import Span
from . import ast, checks, modules
from .build_expressions import Children, Expressions, several
from .strings import decode


class Builder(Expressions):
    """Makes the nodes of one source."""

    # -------------------------------------------------------------- lines and blocks

    def program(self, start: int, end: int, children: Children) -> ast.Program:
        body = tuple(statements(children))
        for statement in body:
            checks.jumps(statement)
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

    def for_statement(self, start: int, end: int, children: Children) -> ast.For:
        target, iterable, body, *otherwise = children
        return ast.For(
            self.span(start, end), checks.target(target), iterable, body, otherwise[0] if otherwise else None
        )

    def while_statement(self, start: int, end: int, children: Children) -> ast.While:
        condition, body, *otherwise = children
        return ast.While(self.span(start, end), condition, body, otherwise[0] if otherwise else None)

    def with_statement(self, start: int, end: int, children: Children) -> ast.With:
        *items, body = children
        return ast.With(self.span(start, end), tuple(items), body)

    def with_item(self, start: int, end: int, children: Children) -> ast.WithItem:
        context, *target = children
        return ast.WithItem(self.span(start, end), context, checks.target(target[0]) if target else None)

    def define(self, start: int, end: int, children: Children) -> ast.Define:
        name, *parameters, body = [child for child in children if child is not None]
        return ast.Define(
            self.span(start, end), self.word(name), self.at(name), checks.parameters(parameters), body
        )

    # -------------------------------------------------------------- simple statements

    def display(self, start: int, end: int, children: Children) -> ast.Display:
        (value,) = children
        checks.no_star(value)
        return ast.Display(Span(self.source, start, end), value, False)

    def assign(self, start: int, end: int, children: Children) -> ast.Assign:
        *targets, value = children
        checks.no_star(value)
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
        name, annotation, value = children
        return ast.Declare(self.span(start, end), self.word(name), self.at(name), annotation, value, False)

    def declare_param(self, start: int, end: int, children: Children) -> ast.Declare:
        name, *annotation, value = children
        return ast.Declare(
            self.span(start, end),
            self.word(name),
            self.at(name),
            annotation[0] if annotation else None,
            value,
            True,
        )

    def delete(self, start: int, end: int, children: Children) -> ast.Delete:
        (target,) = children
        targets = target.items if isinstance(target, ast.TupleExpr) else (target,)
        for each in targets:
            if not isinstance(each, ast.Name | ast.Attribute | ast.Subscript):
                checks.fail(f"cannot delete {checks.kind(each)}", each.span)
        return ast.Delete(self.span(start, end), targets)

    def assertion(self, start: int, end: int, children: Children) -> ast.Assert:
        condition, *message = children
        return ast.Assert(self.span(start, end), condition, message[0] if message else None)

    def return_statement(self, start: int, end: int, children: Children) -> ast.Return:
        if children:
            checks.no_star(children[0])
        return ast.Return(self.span(start, end), children[0] if children else None)

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
        return ast.Graph(self.span(start, end), children[0])

    def explain(self, start: int, end: int, children: Children) -> ast.Explain:
        value, *wrt = children
        return ast.Explain(self.span(start, end), value, several(wrt[0])[0] if wrt else ())

    def import_file(self, start: int, end: int, children: Children) -> ast.Import:
        return ast.Import(self.span(start, end), decode(self.at(children[0])))

    def import_modules(self, start: int, end: int, children: Children) -> list[ast.Stmt]:
        return [modules.import_module(self.span(start, end), path, alias) for path, alias in children]

    def import_names(self, start: int, end: int, children: Children) -> list[ast.Stmt]:
        path, names = children
        return modules.import_names(self.span(start, end), path, names)

    def module(self, start: int, end: int, children: Children) -> tuple[ast.Expr, str | None]:
        path, *alias = children
        return path, self.word(alias[0]) if alias else None

    def path(self, start: int, end: int, children: Children) -> ast.Expr:
        """A dotted name, as the expression it would be."""
        made: ast.Expr = self.name(start, self.ends[children[0]], children[:1])
        for token in children[1:]:
            made = ast.Attribute(self.span(start, self.ends[token]), made, self.word(token), self.at(token))
        return made

    def all_names(self, start: int, end: int, children: Children) -> list[Any]:
        return []

    def names(self, start: int, end: int, children: Children) -> list[Any]:
        return children

    def imported(self, start: int, end: int, children: Children) -> tuple[Span, str, str]:
        """The name that is imported and the one it gets here."""
        return self.at(children[0]), self.word(children[0]), self.word(children[-1])

    # -------------------------------------------------------------- annotations

    def annotation(self, start: int, end: int, children: Children) -> ast.Annotation:
        dtype = dtype_span = shape = device = device_span = None
        for part in children:
            if isinstance(part, tuple):
                shape = part
            elif isinstance(part, int):
                device, device_span = self.text(part), self.at(part)
            else:
                dtype, dtype_span = part.text.replace(" ", "").removeprefix("torch."), part
        return ast.Annotation(self.span(start, end), dtype, dtype_span, shape, device, device_span)

    def dtype(self, start: int, end: int, children: Children) -> Span:
        return self.span(start, end)

    def device(self, start: int, end: int, children: Children) -> int:
        return children[0]

    def shape(self, start: int, end: int, children: Children) -> tuple[ast.Size, ...]:
        if children and isinstance(children[0], int):
            return self._literal_sizes(children[0])
        return tuple(children)

    def size(self, start: int, end: int, children: Children) -> ast.Size:
        text = self.text(children[0])
        if text.isidentifier():
            return ast.Size(self.span(start, end), None if text == "_" else self.word(children[0]))
        return ast.Size(
            self.span(start, end), self._size(self.number(start, end, children).value, start, end)
        )

    def _size(self, value: Any, start: int, end: int) -> int:
        if type(value) is not int or value < 0:
            checks.fail(
                "a size is a whole number, a name, or `_`",
                self.span(start, end),
                "type it as in float32[2, n, _]",
            )
        return value

    def _literal_sizes(self, token: int) -> tuple[ast.Size, ...]:
        """`[2, 3]` in an annotation: the lexer took it for a literal."""
        sizes = []
        at, end = self.starts[token] + 1, self.ends[token] - 1
        for value in self.tokens.literals[token].values:
            stop = self.source_text.find(",", at, end)
            stop = end if stop < 0 else stop
            written = self.source_text[at:stop]
            start = at + len(written) - len(written.lstrip())
            last = start + len(written.strip())
            sizes.append(ast.Size(self.span(start, last), self._size(value, start, last)))
            at = stop + 1
        return tuple(sizes)

    # -------------------------------------------------------------- parameters

    def hint(self, start: int, end: int, children: Children) -> None:
        return None

    def parameter(self, start: int, end: int, children: Children) -> ast.Parameter:
        default = children[-1] if len(children) > 1 else None
        return ast.Parameter(self.span(start, end), self.word(children[0]), default)

    def parameter_args(self, start: int, end: int, children: Children) -> ast.Parameter:
        return ast.Parameter(self.span(start, end), self.word(children[0]), None, "args")

    def parameter_kwargs(self, start: int, end: int, children: Children) -> ast.Parameter:
        return ast.Parameter(self.span(start, end), self.word(children[0]), None, "kwargs")

    def parameter_bare(self, start: int, end: int, children: Children) -> ast.Parameter:
        return ast.Parameter(self.span(start, end), "", None, "bare")


def statements(children: Children) -> list[ast.Stmt]:
    """Lines and imports are lists of statements; put them all into one."""
    made: list[ast.Stmt] = []
    for child in children:
        if isinstance(child, list):
            made.extend(child)
        else:
            made.append(child)
    return made
