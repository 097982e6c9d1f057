"""Expression nodes out of grammar rules: one method for each rule, named as in `tensorsh.lark`."""

from __future__ import annotations

from keyword import iskeyword
from typing import Any

from ...errors import ParseError
from ...source import Source, Span, same_letters
from . import ast, checks
from .lexer import Tokens
from .literal import number
from .strings import decode, decode_fstring_text

Children = list[Any]


class Expressions:
    """Makes the expressions of one source."""

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
        plain = same_letters(word)
        if plain is not word and iskeyword(plain):
            raise ParseError(
                f"invalid syntax: `{word}` is the keyword `{plain}` in other letters", span=self.at(token)
            )
        return plain

    def at(self, token: int) -> Span:
        return Span(self.source, self.starts[token], self.ends[token])

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
            annotation = ast.Hint(self.span(on, place.end), None, self.text(children[1]), place)
        return ast.Convert(self.span(start, end), value, annotation)

    def conditional(self, start: int, end: int, children: Children) -> ast.Conditional:
        then, condition, otherwise = children
        return ast.Conditional(self.span(start, end), condition, then, otherwise)

    def walrus(self, start: int, end: int, children: Children) -> ast.Walrus:
        name, value = children
        return ast.Walrus(self.span(start, end), ast.Name(self.at(name), self.word(name)), value)

    def yielding(self, start: int, end: int, children: Children) -> ast.Yield:
        if children:
            checks.no_star(children[0])
        return ast.Yield(self.span(start, end), children[0] if children else None)

    def yield_from(self, start: int, end: int, children: Children) -> ast.YieldFrom:
        return ast.YieldFrom(self.span(start, end), children[0])

    def lambda_expression(self, start: int, end: int, children: Children) -> ast.Lambda:
        *parameters, body = children
        return ast.Lambda(self.span(start, end), checks.parameters(parameters), body)

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
        return ast.GradWrt(self.span(start, end), value, *several(wrt))

    def attribute(self, start: int, end: int, children: Children) -> ast.Attribute:
        value, name = children
        return ast.Attribute(Span(self.source, start, end), value, self.word(name), self.at(name))

    def call(self, start: int, end: int, children: Children) -> ast.Call:
        function, *arguments = children
        if arguments:
            checks.arguments(arguments)
            checks.lone_generator(arguments, end)
        return ast.Call(Span(self.source, start, end), function, tuple(arguments))

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

    def subscript_nothing(self, start: int, end: int, children: Children) -> ast.Subscript:
        return ast.Subscript(self.span(start, end), children[0], ())

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
            checks.fail(str(error), self.span(start, end))

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
        checks.no_star(children[0])
        return children[0]

    def generator(self, start: int, end: int, children: Children) -> ast.Comprehension:
        return self.comprehension("generator", start, end, children)

    def list_expression(self, start: int, end: int, children: Children) -> ast.ListExpr:
        return ast.ListExpr(Span(self.source, start, end), tuple(children))

    def list_comprehension(self, start: int, end: int, children: Children) -> ast.Comprehension:
        return self.comprehension("list", start, end, children)

    def dict_expression(self, start: int, end: int, children: Children) -> ast.DictExpr:
        return ast.DictExpr(Span(self.source, start, end), tuple(children))

    def entry(self, start: int, end: int, children: Children) -> ast.Entry:
        key, value = children
        return ast.Entry(Span(self.source, start, end), key, value)

    def spread(self, start: int, end: int, children: Children) -> ast.Entry:
        return ast.Entry(self.span(start, end), None, children[0])

    def set_expression(self, start: int, end: int, children: Children) -> ast.SetExpr:
        return ast.SetExpr(self.span(start, end), tuple(children))

    def dict_comprehension(self, start: int, end: int, children: Children) -> ast.Comprehension:
        return self.comprehension("dict", start, end, children)

    def set_comprehension(self, start: int, end: int, children: Children) -> ast.Comprehension:
        return self.comprehension("set", start, end, children)

    def comprehension(self, kind: str, start: int, end: int, children: Children) -> ast.Comprehension:
        item, *clauses = children
        return ast.Comprehension(self.span(start, end), kind, item, tuple(clauses))

    def clause(self, start: int, end: int, children: Children) -> ast.ForClause:
        target, iterable, *conditions = children
        return ast.ForClause(self.span(start, end), checks.target(target), iterable, tuple(conditions))

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
            values = [part.value for part in parts if isinstance(part, ast.Constant)]
            kinds = set(map(type, values))
            if len(kinds) > 1:
                checks.fail("cannot mix bytes and nonbytes literals", self.span(start, end))
            return ast.Constant(self.span(start, end), kinds.pop()().join(values))
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, bytes):
                checks.fail("cannot mix bytes and nonbytes literals", self.span(start, end))
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
                    checks.fail(
                        f"f-string: invalid conversion character '{conversion}': expected 's', 'r', or 'a'",
                        self.at(part),
                    )
        if label is not None and conversion is None and format is None:
            conversion = "r"
        return ast.Replacement(self.span(start, end), value, conversion, format, label)

    def format_text(self, start: int, end: int, children: Children) -> ast.FString:
        return ast.FString(self.span(start + 1, end), tuple(self._pieces(children, False, braces=False)))


def several(value: ast.Expr) -> tuple[tuple[ast.Expr, ...], bool]:
    """What is differentiated with respect to: one expression, or a tuple of them."""
    if isinstance(value, ast.TupleExpr | ast.ListExpr):
        return value.items, True
    return (value,), False


def _blanks(text: str, at: int) -> str:
    end = at
    while text[end].isspace():
        end += 1
    return text[at:end]
