"""AST nodes out of grammar rules: one method for each rule of `tensorsh.lark`, named as there.

A method gets where the rule's text starts and ends and its children: nodes for rules, numbers for tokens
(their index among the tokens). What the grammar is too coarse to say is checked here: what can be
assigned to, the order of parameters and arguments, where `return` and `break` may stand.
"""

from __future__ import annotations

import unicodedata
from typing import Any, NoReturn

from ..errors import ParseError
from ..source import Source, Span
from . import ast, modules
from .lexer import Tokens
from .literal import number
from .strings import decode, decode_fstring_text

Children = list[Any]


class Builder:
    """Makes the nodes of one source."""

    def __init__(self, source: Source, tokens: Tokens):
        self.source = source
        self.source_text = source.text
        self.tokens = tokens
        self.starts = tokens.starts
        self.ends = tokens.ends

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def text(self, token: int) -> str:
        return self.source_text[self.starts[token] : self.ends[token]]

    def word(self, token: int) -> str:
        """The text of a NAME; letters that look alike are one, as in Python."""
        word = self.source_text[self.starts[token] : self.ends[token]]
        return word if word.isascii() else unicodedata.normalize("NFKC", word)

    def at(self, token: int) -> Span:
        return Span(self.source, self.starts[token], self.ends[token])

    def fail(self, message: str, span: Span, help: str | None = None) -> NoReturn:
        raise ParseError(message, span=span, help=help)

    # -------------------------------------------------------------- lines and blocks

    def program(self, start: int, end: int, children: Children) -> ast.Program:
        body = tuple(statements(children))
        for statement in body:
            self._check_jumps(statement)
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
            self.span(start, end), self._target(target), iterable, body, otherwise[0] if otherwise else None
        )

    def while_statement(self, start: int, end: int, children: Children) -> ast.While:
        condition, body, *otherwise = children
        return ast.While(self.span(start, end), condition, body, otherwise[0] if otherwise else None)

    def with_statement(self, start: int, end: int, children: Children) -> ast.With:
        *items, body = children
        return ast.With(self.span(start, end), tuple(items), body)

    def with_item(self, start: int, end: int, children: Children) -> ast.WithItem:
        context, *target = children
        return ast.WithItem(self.span(start, end), context, self._target(target[0]) if target else None)

    def define(self, start: int, end: int, children: Children) -> ast.Define:
        name, *parameters, body = [child for child in children if child is not None]
        return ast.Define(
            self.span(start, end), self.word(name), self.at(name), self._parameters(parameters), body
        )

    # -------------------------------------------------------------- simple statements

    def display(self, start: int, end: int, children: Children) -> ast.Display:
        (value,) = children
        self._no_star(value)
        return ast.Display(Span(self.source, start, end), value, False)

    def assign(self, start: int, end: int, children: Children) -> ast.Assign:
        *targets, value = children
        self._no_star(value)
        return ast.Assign(Span(self.source, start, end), tuple([self._target(t) for t in targets]), value)

    def augmented(self, start: int, end: int, children: Children) -> ast.AugAssign:
        target, operator, value = children
        if not isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
            self.fail(f"{_kind(target)} is an illegal expression for augmented assignment", target.span)
        self._no_star(value)
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
                self.fail(f"cannot delete {_kind(each)}", each.span)
        return ast.Delete(self.span(start, end), targets)

    def assertion(self, start: int, end: int, children: Children) -> ast.Assert:
        condition, *message = children
        return ast.Assert(self.span(start, end), condition, message[0] if message else None)

    def return_statement(self, start: int, end: int, children: Children) -> ast.Return:
        if children:
            self._no_star(children[0])
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
        return ast.Explain(self.span(start, end), value, _several(wrt[0])[0] if wrt else ())

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
            self.fail(
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

    def _parameters(self, parameters: list[ast.Parameter]) -> tuple[ast.Parameter, ...]:
        names: set[str] = set()
        star = default = last = False
        for each in parameters:
            if last:
                self.fail("arguments cannot follow var-keyword argument", each.span)
            if each.name in names:
                self.fail(f"duplicate argument '{each.name}' in function definition", each.span)
            if each.kind in ("args", "bare"):
                if star:
                    self.fail("* argument may appear only once", each.span)
                star = True
            elif each.kind == "kwargs":
                last = True
            elif each.default is not None:
                default = True
            elif default and not star:
                self.fail(
                    "non-default argument follows default argument",
                    each.span,
                    "move it to the left of the others",
                )
            names.add(each.name)
        if parameters and parameters[-1].kind == "bare":
            self.fail("named arguments must follow bare *", parameters[-1].span)
        return tuple(parameters)

    # -------------------------------------------------------------- expressions

    def tuple_expression(self, start: int, end: int, children: Children) -> ast.TupleExpr:
        return ast.TupleExpr(Span(self.source, start, end), tuple(children))

    def starred(self, start: int, end: int, children: Children) -> ast.Starred:
        return ast.Starred(self.span(start, end), children[0])

    def convert(self, start: int, end: int, children: Children) -> ast.Convert:
        value, annotation = children
        if isinstance(annotation, int):
            place = self.at(annotation)
            on = self.source_text.rindex("on", 0, place.start)
            annotation = ast.Annotation(
                self.span(on, place.end), None, None, None, self.text(children[1]), place
            )
        return ast.Convert(self.span(start, end), value, annotation)

    def conditional(self, start: int, end: int, children: Children) -> ast.Conditional:
        then, condition, otherwise = children
        return ast.Conditional(self.span(start, end), condition, then, otherwise)

    def lambda_expression(self, start: int, end: int, children: Children) -> ast.Lambda:
        *parameters, body = children
        return ast.Lambda(self.span(start, end), self._parameters(parameters), body)

    def logical_or(self, start: int, end: int, children: Children) -> ast.Logical:
        return ast.Logical(self.span(start, end), "or", tuple(children))

    def logical_and(self, start: int, end: int, children: Children) -> ast.Logical:
        return ast.Logical(self.span(start, end), "and", tuple(children))

    def compare(self, start: int, end: int, children: Children) -> ast.Compare:
        signs = children[1::2]
        return ast.Compare(
            Span(self.source, start, end),
            tuple(children[::2]),
            tuple([sign for sign, _ in signs]),
            tuple([span for _, span in signs]),
        )

    def comparator(self, start: int, end: int, children: Children) -> tuple[str, Span]:
        return "-".join([self.text(token) for token in children]), Span(self.source, start, end)

    def unary(self, start: int, end: int, children: Children) -> ast.Unary:
        operator, operand = children
        return ast.Unary(Span(self.source, start, end), self.text(operator), operand)

    def binary(self, start: int, end: int, children: Children) -> ast.Binary:
        left, sign, right = children
        source = self.source
        op_start, op_end = self.starts[sign], self.ends[sign]
        return ast.Binary(
            Span(source, start, end),
            self.source_text[op_start:op_end],
            left,
            right,
            Span(source, op_start, op_end),
        )

    def grad_of(self, start: int, end: int, children: Children) -> ast.GradOf:
        return ast.GradOf(self.span(start, end), children[1])

    def grad_wrt(self, start: int, end: int, children: Children) -> ast.GradWrt:
        _, value, wrt = children
        return ast.GradWrt(self.span(start, end), value, *_several(wrt))

    def attribute(self, start: int, end: int, children: Children) -> ast.Attribute:
        value, name = children
        return ast.Attribute(Span(self.source, start, end), value, self.word(name), self.at(name))

    def call(self, start: int, end: int, children: Children) -> ast.Call:
        function, *arguments = children
        if arguments:
            self._check_arguments(arguments)
        return ast.Call(Span(self.source, start, end), function, tuple(arguments))

    def _check_arguments(self, arguments: list[ast.Argument]) -> None:
        names: set[str] = set()
        for argument in arguments:
            name = argument.name
            if name is None:
                if names and not isinstance(argument.value, ast.Starred):
                    self.fail("positional argument follows keyword argument", argument.span)
                if len(arguments) > 1 and _bare_generator(argument):
                    self.fail("Generator expression must be parenthesized", argument.span)
            elif name != "**" and name in names:
                self.fail(f"keyword argument repeated: {name}", argument.span)
            else:
                names.add(name)

    def positional(self, start: int, end: int, children: Children) -> ast.Argument:
        return ast.Argument(Span(self.source, start, end), None, children[0])

    def keyword(self, start: int, end: int, children: Children) -> ast.Argument:
        return ast.Argument(Span(self.source, start, end), self.word(children[0]), children[1])

    def star(self, start: int, end: int, children: Children) -> ast.Argument:
        return ast.Argument(self.span(start, end), None, self.starred(start, end, children))

    def double_star(self, start: int, end: int, children: Children) -> ast.Argument:
        return ast.Argument(self.span(start, end), "**", children[0])

    def generator_argument(self, start: int, end: int, children: Children) -> ast.Argument:
        return ast.Argument(self.span(start, end), None, self.generator(start, end, children))

    def subscript(self, start: int, end: int, children: Children) -> ast.Subscript:
        return ast.Subscript(Span(self.source, start, end), children[0], tuple(children[1:]))

    def subscript_tuple(self, start: int, end: int, children: Children) -> ast.Subscript:
        return ast.Subscript(self.span(start, end), children[0], tuple(children[1:]), True)

    def slice_expression(self, start: int, end: int, children: Children) -> ast.Slice:
        parts: list[ast.Expr | None] = [None, None, None]
        place = 0
        for child in children:
            if isinstance(child, int):
                place += 1
            else:
                parts[place] = child
        return ast.Slice(self.span(start, end), *parts)

    # -------------------------------------------------------------- atoms

    def name(self, start: int, end: int, children: Children) -> ast.Name:
        word = self.source_text[start:end]
        return ast.Name(Span(self.source, start, end), word if word.isascii() else self.word(children[0]))

    def number(self, start: int, end: int, children: Children) -> ast.Constant:
        written = self.source_text[start:end]
        try:
            return ast.Constant(Span(self.source, start, end), number(written))
        except ValueError as error:
            self.fail(str(error), self.span(start, end))

    def true(self, start: int, end: int, children: Children) -> ast.Constant:
        return ast.Constant(Span(self.source, start, end), True)

    def false(self, start: int, end: int, children: Children) -> ast.Constant:
        return ast.Constant(Span(self.source, start, end), False)

    def none(self, start: int, end: int, children: Children) -> ast.Constant:
        return ast.Constant(Span(self.source, start, end), None)

    def ellipsis(self, start: int, end: int, children: Children) -> ast.Constant:
        return ast.Constant(Span(self.source, start, end), ...)

    def tensor(self, start: int, end: int, children: Children) -> ast.TensorLiteral:
        literal = self.tokens.literals[children[0]]
        return ast.TensorLiteral(Span(self.source, start, end), literal.values, literal.words, literal.ragged)

    def parenthesised(self, start: int, end: int, children: Children) -> ast.Expr:
        self._no_star(children[0])
        return children[0]

    def generator(self, start: int, end: int, children: Children) -> ast.Comprehension:
        item, *clauses = children
        return ast.Comprehension(self.span(start, end), "generator", item, tuple(clauses))

    def list_expression(self, start: int, end: int, children: Children) -> ast.ListExpr:
        return ast.ListExpr(Span(self.source, start, end), tuple(children))

    def list_comprehension(self, start: int, end: int, children: Children) -> ast.Comprehension:
        item, *clauses = children
        return ast.Comprehension(self.span(start, end), "list", item, tuple(clauses))

    def clause(self, start: int, end: int, children: Children) -> ast.ForClause:
        target, iterable, *conditions = children
        return ast.ForClause(self.span(start, end), self._target(target), iterable, tuple(conditions))

    # -------------------------------------------------------------- strings

    def strings(self, start: int, end: int, children: Children) -> ast.Constant | ast.FString:
        """Strings side by side are one."""
        parts: list[ast.Constant | ast.Replacement] = []
        formatted = False
        for child in children:
            if isinstance(child, int):
                span = self.at(child)
                parts.append(ast.Constant(span, decode(span)))
            else:
                formatted = True
                parts.extend(child)
        if not formatted:
            texts = [part.value for part in parts if isinstance(part, ast.Constant)]
            return ast.Constant(self.span(start, end), "".join(texts))
        return ast.FString(self.span(start, end), tuple(parts))

    def fstring(self, start: int, end: int, children: Children) -> list[ast.Constant | ast.Replacement]:
        opening = self.text(children[0])
        return self._pieces(children[1:-1], "r" in opening[:2].lower(), braces=True)

    def _pieces(self, children: Children, raw: bool, braces: bool) -> list[Any]:
        return [self._piece(child, raw, braces) if isinstance(child, int) else child for child in children]

    def _piece(self, token: int, raw: bool, braces: bool) -> ast.Constant:
        span = self.at(token)
        return ast.Constant(span, decode_fstring_text(span, raw, braces))

    def replacement(self, start: int, end: int, children: Children) -> ast.Replacement:
        value, *rest = children
        conversion = format = label = None
        for part in rest:
            if isinstance(part, ast.FString):
                format = part
            elif isinstance(part, int) and self.text(part) == "=":
                label = self.source_text[start + 1 : self.ends[part]]
                label += _blanks(self.source_text, self.ends[part])
            elif isinstance(part, int) and self.text(part).startswith("!"):
                conversion = self.text(part)[1:]
                if conversion not in ("r", "s", "a"):
                    self.fail(
                        f"f-string: invalid conversion character '{conversion}': expected 's', 'r', or 'a'",
                        self.at(part),
                    )
        if label is not None and conversion is None and format is None:
            conversion = "r"
        return ast.Replacement(self.span(start, end), value, conversion, format, label)

    def format_text(self, start: int, end: int, children: Children) -> ast.FString:
        return ast.FString(self.span(start + 1, end), tuple(self._pieces(children, False, braces=False)))

    # -------------------------------------------------------------- checks

    def _no_star(self, value: ast.Expr) -> None:
        if type(value) is ast.Starred:
            self.fail(
                "can't use starred expression here", value.span, "add a comma to make it a tuple: `*xs,`"
            )

    def _target(self, target: ast.Expr) -> ast.Expr:
        """`target` as something to assign to; brackets around targets make a tuple of them."""
        if type(target) is ast.Name:
            return target
        pending = [target]
        while pending:
            each = pending.pop()
            if isinstance(each, ast.TupleExpr | ast.ListExpr):
                stars = [item for item in each.items if isinstance(item, ast.Starred)]
                if len(stars) > 1:
                    self.fail("multiple starred expressions in assignment", stars[1].span)
                pending.extend(item.value if isinstance(item, ast.Starred) else item for item in each.items)
            elif isinstance(each, ast.Starred):
                self.fail("starred assignment target must be in a list or tuple", each.span)
            elif not isinstance(each, ast.Name | ast.Attribute | ast.Subscript):
                self._not_assignable(each)
        return _as_tuple(target)

    def _not_assignable(self, value: ast.Expr) -> NoReturn:
        comparable = isinstance(value, ast.Binary | ast.Call | ast.Constant | ast.Compare | ast.TensorLiteral)
        named = isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, bool))
        what = value.span.text if named else _kind(value)
        if comparable and not named and not isinstance(value, ast.Compare):
            self.fail(
                f"cannot assign to {what} here. Maybe you meant '==' instead of '='?",
                value.span,
                "`=` gives a name a value, `==` compares",
            )
        self.fail(f"cannot assign to {what}", value.span)

    def _check_jumps(self, statement: ast.Stmt) -> None:
        """`return` belongs into a function, `break` and `continue` into a loop."""
        pending: list[tuple[ast.Stmt, bool, bool]] = [(statement, False, False)]
        while pending:
            each, in_function, in_loop = pending.pop()
            match each:
                case ast.Display() | ast.Assign():
                    continue
                case ast.Return() if not in_function:
                    self.fail("'return' outside function", each.span)
                case ast.Break() if not in_loop:
                    self.fail("'break' outside loop", each.span)
                case ast.Continue() if not in_loop:
                    self.fail("'continue' not properly in loop", each.span)
                case ast.If(then=then, otherwise=otherwise):
                    pending += [(s, in_function, in_loop) for b in (then, otherwise) if b for s in b.body]
                case ast.With(body=body):
                    pending += [(s, in_function, in_loop) for s in body.body]
                case ast.For(body=body, otherwise=otherwise) | ast.While(body=body, otherwise=otherwise):
                    pending += [(s, in_function, True) for s in body.body]
                    pending += [(s, in_function, in_loop) for s in (otherwise.body if otherwise else ())]
                case ast.Define(body=body):
                    pending += [(s, True, False) for s in body.body]


def statements(children: Children) -> list[ast.Stmt]:
    """Lines and imports are lists of statements; put them all into one."""
    made: list[ast.Stmt] = []
    for child in children:
        if isinstance(child, list):
            made.extend(child)
        else:
            made.append(child)
    return made


def _several(value: ast.Expr) -> tuple[tuple[ast.Expr, ...], bool]:
    """What is differentiated with respect to: one expression, or a tuple of them."""
    if isinstance(value, ast.TupleExpr | ast.ListExpr):
        return value.items, True
    return (value,), False


def _bare_generator(argument: ast.Argument) -> bool:
    value = argument.value
    return (
        isinstance(value, ast.Comprehension)
        and value.kind == "generator"
        and not value.span.text.startswith("(")
    )


def _as_tuple(target: ast.Expr) -> ast.Expr:
    """`[a, [b, c]] = …` unpacks as `(a, (b, c)) = …`; the nesting is at most that of brackets."""
    if isinstance(target, ast.TupleExpr | ast.ListExpr):
        return ast.TupleExpr(target.span, tuple(map(_as_tuple, target.items)))
    if isinstance(target, ast.Starred):
        return ast.Starred(target.span, _as_tuple(target.value))
    return target


def _blanks(text: str, at: int) -> str:
    end = at
    while text[end].isspace():
        end += 1
    return text[at:end]


KINDS: dict[type, str] = {
    ast.Constant: "literal",
    ast.TensorLiteral: "literal",
    ast.FString: "f-string expression",
    ast.Comprehension: "comprehension",
    ast.Unary: "expression",
    ast.Binary: "expression",
    ast.Compare: "comparison",
    ast.Logical: "expression",
    ast.Conditional: "conditional expression",
    ast.Lambda: "lambda",
    ast.Call: "function call",
    ast.Convert: "conversion",
    ast.GradOf: "gradient",
    ast.GradWrt: "gradient",
    ast.TupleExpr: "tuple",
    ast.ListExpr: "list",
    ast.Starred: "starred",
    ast.Name: "name",
}


def _kind(value: ast.Expr) -> str:
    if isinstance(value, ast.Constant) and value.value is ...:
        return "ellipsis"
    return KINDS.get(type(value), "expression")
