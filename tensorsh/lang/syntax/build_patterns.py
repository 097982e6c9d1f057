"""`match` out of grammar rules: one method for each rule of `case` patterns, named as in `tensorsh.lark`."""

from __future__ import annotations

from typing import Any

from . import ast, checks
from .build_expressions import Children, Expressions


class Patterns(Expressions):
    """Makes the `match` statements of one source."""

    def match_statement(self, start: int, end: int, children: Children) -> ast.Match:
        _, subject, *cases = children
        return ast.Match(self.span(start, end), subject, tuple(cases))

    def case(self, start: int, end: int, children: Children) -> ast.Case:
        _, pattern, *guard, body = children
        return ast.Case(self.span(start, end), pattern, guard[0] if guard else None, body)

    def guard(self, start: int, end: int, children: Children) -> ast.Expr:
        return children[0]

    def as_pattern(self, start: int, end: int, children: Children) -> ast.AsPattern:
        pattern, name = children
        return ast.AsPattern(self.span(start, end), pattern, self.word(name))

    def or_pattern(self, start: int, end: int, children: Children) -> ast.OrPattern:
        return ast.OrPattern(self.span(start, end), tuple(children))

    def starred_pattern(self, start: int, end: int, children: Children) -> ast.CapturePattern:
        return ast.CapturePattern(self.span(start, end), self._captured(children[0]), True)

    def capture_pattern(self, start: int, end: int, children: Children) -> ast.CapturePattern:
        return ast.CapturePattern(self.span(start, end), self._captured(children[0]))

    def _captured(self, token: int) -> str | None:
        name = self.word(token)
        return None if name == "_" else name

    def sequence_pattern(self, start: int, end: int, children: Children) -> ast.SequencePattern:
        return ast.SequencePattern(self.span(start, end), tuple(children))

    # -------------------------------------------------------------- values

    def number_pattern(self, start: int, end: int, children: Children) -> ast.ValuePattern:
        """`-1`, `2 + 3j`."""
        numbers: list[ast.Constant] = []
        value: Any = 0
        sign = "+"
        for child in children:
            text = self.text(child)
            if text in ("+", "-"):
                sign = text
            else:
                numbers.append(self.number(self.starts[child], self.ends[child], [child]))
                number = numbers[-1].value
                value = value - number if sign == "-" else value + number if value else number
        if len(numbers) > 1:
            for each, word, imaginary in zip(numbers, ("real", "imaginary"), (False, True), strict=True):
                if isinstance(each.value, complex) is not imaginary:
                    checks.fail(f"{word} number required in complex literal", each.span)
        return ast.ValuePattern(self.span(start, end), ast.Constant(self.span(start, end), value))

    def strings_pattern(self, start: int, end: int, children: Children) -> ast.ValuePattern:
        text = self.strings(start, end, children)
        if not isinstance(text, ast.Constant):
            checks.fail("patterns may only match literals and attribute lookups", text.span)
        return ast.ValuePattern(text.span, text)

    def true_pattern(self, start: int, end: int, children: Children) -> ast.ValuePattern:
        return ast.ValuePattern(self.span(start, end), self.true(start, end, children))

    def false_pattern(self, start: int, end: int, children: Children) -> ast.ValuePattern:
        return ast.ValuePattern(self.span(start, end), self.false(start, end, children))

    def none_pattern(self, start: int, end: int, children: Children) -> ast.ValuePattern:
        return ast.ValuePattern(self.span(start, end), self.none(start, end, children))

    def value_pattern(self, start: int, end: int, children: Children) -> ast.ValuePattern:
        return ast.ValuePattern(self.span(start, end), children[0])

    def dotted(self, start: int, end: int, children: Children) -> ast.Expr:
        made: ast.Expr = self.name(start, self.ends[children[0]], children[:1])
        for token in children[1:]:
            made = ast.Attribute(self.span(start, self.ends[token]), made, self.word(token), self.at(token))
        return made

    def tensor_pattern(self, start: int, end: int, children: Children) -> ast.Pattern:
        """`[1, [2, 3]]`: the lexer took it for a literal."""
        span = self.span(start, end)

        def pattern(value: Any) -> ast.Pattern:
            if isinstance(value, list):
                return ast.SequencePattern(span, tuple(map(pattern, value)))
            return ast.ValuePattern(span, ast.Constant(span, value))

        return pattern(self.tokens.literals[children[0]].values)

    # -------------------------------------------------------------- mappings and classes

    def mapping_pattern(self, start: int, end: int, children: Children) -> ast.MappingPattern:
        rest = [child for child in children if isinstance(child, ast.CapturePattern)]
        items = [child for child in children if not isinstance(child, ast.CapturePattern)]
        if len(rest) > 1 or (rest and children[-1] is not rest[0]):
            checks.fail("double star pattern must be the last subpattern in the mapping", rest[0].span)
        return ast.MappingPattern(
            self.span(start, end),
            tuple([key.value for key, _ in items]),
            tuple([pattern for _, pattern in items]),
            rest[0].name if rest else None,
        )

    def mapping_item(self, start: int, end: int, children: Children) -> tuple[ast.ValuePattern, ast.Pattern]:
        key, pattern = children
        return key, pattern

    def rest_pattern(self, start: int, end: int, children: Children) -> ast.CapturePattern:
        return ast.CapturePattern(self.span(start, end), self.word(children[0]), True)

    def class_pattern(self, start: int, end: int, children: Children) -> ast.ClassPattern:
        kind, *arguments = children
        if not isinstance(kind, ast.Expr):  # the span of a lone name
            kind = ast.Name(kind, kind.text)
        patterns, names, named = [], [], []
        for name, pattern in arguments:
            if name is not None:
                names.append(name)
                named.append(pattern)
            elif names:
                checks.fail("positional patterns follow keyword patterns", pattern.span)
            else:
                patterns.append(pattern)
        return ast.ClassPattern(self.span(start, end), kind, tuple(patterns), tuple(names), tuple(named))

    def positional_pattern(self, start: int, end: int, children: Children) -> tuple[None, ast.Pattern]:
        return None, children[0]

    def keyword_pattern(self, start: int, end: int, children: Children) -> tuple[str, ast.Pattern]:
        name, pattern = children
        return self.word(name), pattern
