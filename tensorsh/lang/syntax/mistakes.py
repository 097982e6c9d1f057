"""What is wrong with a text that the grammar does not take, and what to type instead.

The automaton stopped at a token that nothing in the grammar allows there. `explain` asks one question
after the other, the most telling first; each knows one mistake, and answers with its error or None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ...errors import Help, ParseError
from ...source import Source, Span
from .grammar import Grammar
from .lexer import ERROR, REFUSED, Tokens


def explain(table: Grammar, source: Source, tokens: Tokens, at: int, states: list[int]) -> ParseError:
    """The error for token number `at`, read in the last of `states`."""
    place = Place(table, source, tokens, at, states)
    for mistake in MISTAKES:
        error = mistake(place)
        if error is not None:
            return error
    return place.error(f"invalid syntax: {place.found} cannot stand here")


# What Python has and tensorsh has not.
REFUSALS = {
    "async": ("tensorsh has no `async`", "leave it out: functions run one after the other"),
    "await": ("tensorsh has no `await`", "leave it out: functions run one after the other"),
}
BLOCK_WORDS = (
    *(
        "if",
        "elif",
        "else",
        "for",
        "while",
        "with",
        "def",
        "class",
        "try",
        "except",
        "finally",
        "match",
        "case",
    ),
)
STATEMENT_WORDS = (
    *("backward", "graph", "explain", "param", "del", "assert", "return", "pass", "break", "continue"),
    *("import", "from", "if", "for", "while", "with", "def", "class", "try", "raise", "global", "nonlocal"),
)
OPERAND_STARTS = (
    *("NAME", "NUMBER", "STRING", "TENSOR", "FSTRING_START", "TRUE", "FALSE", "NONE"),
    *("GRAD", "DERIVATIVE", "LAMBDA", "NOT"),
)


@dataclass
class Place:
    """The guilty token and what is around it."""

    table: Grammar
    source: Source
    tokens: Tokens
    at: int
    states: list[int]

    def error(
        self,
        message: str,
        span: Span | None = None,
        help: str | None = None,
        incomplete: bool = False,
        error_class: str = "SyntaxError",
    ) -> ParseError:
        error = ParseError(message, span=span or self.span, help=help, error_class=error_class)
        error.incomplete = incomplete
        return error

    def is_kind(self, *names: str) -> bool:
        return self.tokens.kinds[self.at] in [self.table.symbols[name] for name in names]

    def expects(self, name: str) -> bool:
        """Whether the terminal (a name or a sign) could stand here.

        A row alone does not say: it lists what ends a phrase anywhere in a program.
        """
        number = self.table.signs.get(name) or self.table.keywords.get(name) or self.table.symbols[name]
        states, rows = list(self.states), self.table.rows
        while (action := rows[states[-1]].get(number, 0)) < 0:
            rule = self.table.rules[-action]
            if rule.length:
                del states[-rule.length :]
            states.append(rows[states[-1]][rule.origin])
        return action > 0

    def word(self, index: int) -> str:
        """The text of a token; "" outside the line and for layout."""
        if not 0 <= index < len(self.tokens.kinds) or self.tokens.kinds[index] in self.table.layout:
            return ""
        return self.source.text[self.tokens.starts[index] : self.tokens.ends[index]]

    def span_of(self, index: int) -> Span:
        return Span(self.source, self.tokens.starts[index], self.tokens.ends[index])

    @property
    def text(self) -> str:
        return self.word(self.at)

    @property
    def before(self) -> str:
        return self.word(self.at - 1)

    @property
    def at_line_end(self) -> bool:
        return self.tokens.kinds[self.at] in self.table.layout

    @property
    def ends_text(self) -> bool:
        """Nothing but the ends of blocks follows."""
        rest = self.tokens.kinds[self.at :]
        return all(kind in self.table.layout for kind in rest)

    @property
    def span(self) -> Span:
        """The guilty token; at the end of a line, the one before it."""
        if self.at_line_end and self.at > 0 and not self.is_kind("_INDENT"):
            return self.span_of(self.at - 1)
        return self.span_of(self.at)

    @property
    def found(self) -> str:
        if self.at_line_end:
            return "the end of the line"
        text = self.text
        return f"`{text}`" if len(text) <= 20 and "\n" not in text else f"`{text[:15].splitlines()[0]}…`"

    @cached_property
    def first(self) -> int:
        """The token with which this line (not a line inside brackets) starts."""
        index = self.at
        while index and self.tokens.kinds[index - 1] not in self.table.layout:
            index -= 1
        return index

    @cached_property
    def open_brackets(self) -> list[int]:
        """The tokens that open the brackets in which the guilty token stands."""
        opened: list[int] = []
        for index in range(self.first, self.at):
            word = self.word(index)
            if word in ("(", "[", "{"):
                opened.append(index)
            elif word in (")", "]", "}") and opened:
                opened.pop()
        return opened

    @property
    def in_replacement(self) -> bool:
        """Whether the innermost bracket is the `{` of an f-string, which stands behind a piece of its text."""
        if not self.open_brackets or self.word(self.open_brackets[-1]) != "{":
            return False
        opened = self.open_brackets[-1]
        kinds = [self.table.symbols["FSTRING_START"], self.table.symbols["FSTRING_TEXT"]]
        if self.tokens.kinds[opened - 1] in kinds:
            return True
        glued = self.tokens.ends[opened - 1] == self.tokens.starts[opened]
        return glued and kinds[0] in self.tokens.kinds[:opened] and self.word(opened - 1) in ("}", ":")

    @property
    def after_operand(self) -> bool:
        """Whether what is before can be the end of an expression."""
        return self.expects("/")

    @property
    def starts_operand(self) -> bool:
        return self.is_kind(*OPERAND_STARTS)


# ------------------------------------------------------------------ mistakes, the most telling first


def never_closed(place: Place) -> ParseError | None:
    """A bracket that stays open makes nonsense of the lines below it: the bracket is the mistake."""
    error = place.tokens.error
    if (
        error is None
        or place.tokens.kinds[place.at] == ERROR
        or not error.message.endswith("was never closed")
    ):
        return None
    here, _ = place.source.position(place.tokens.starts[place.at])
    for index in place.open_brackets:
        opened = place.span_of(index)
        if error.span and error.span.start == opened.start and opened.position[0] < here:
            return place.error(error.message, opened, error.help)
    return None


def lexical(place: Place) -> ParseError | None:
    return place.tokens.error if place.tokens.kinds[place.at] == ERROR else None


def refused(place: Place) -> ParseError | None:
    text = place.text
    if place.tokens.kinds[place.at] == REFUSED:
        message, help = REFUSALS[text]
        return place.error(message, help=help)
    return None


def indentation(place: Place) -> ParseError | None:
    if place.expects("_INDENT"):
        index = place.at - 1
        while index and place.tokens.kinds[index - 1] not in place.table.layout:
            index -= 1
        word = place.word(index)
        line, _ = place.span_of(index).position
        what = {"def": "function definition", "class": "class definition"}.get(word, f"'{word}' statement")
        return place.error(
            f"expected an indented block after {what} on line {line}",
            place.span_of(index) if place.ends_text else place.span_of(place.at),
            "indent the lines that belong to it, or type `pass`",
            incomplete=place.ends_text,
            error_class="IndentationError",
        )
    if place.is_kind("_INDENT"):
        help = "start the line where the line above starts"
        return place.error("unexpected indent", help=help, error_class="IndentationError")
    return None


def else_without_if(place: Place) -> ParseError | None:
    if place.text in ("else", "elif") and place.at == place.first:
        return place.error(
            f"'{place.text}' without 'if'", help="indent it exactly as much as the `if` that it belongs to"
        )
    if place.text == "if" and place.before == "else" and place.expects(":"):
        return place.error("expected ':'", place.span_of(place.at), "type `elif` for `else if`")
    return None


def try_alone(place: Place) -> ParseError | None:
    """A `try` that nothing belongs to, `except` and `finally` that belong to nothing."""
    if place.expects("except") and place.expects("finally"):
        return place.error(
            "expected 'except' or 'finally' block",
            help="type `except Exception as error:` after the block of the `try`",
            incomplete=place.ends_text,
        )
    if place.text in ("except", "finally") and place.at == place.first:
        help = "indent it exactly as much as the `try` that it belongs to"
        return place.error(f"'{place.text}' without 'try'", help=help)
    if place.text == "," and place.word(place.first) == "except" and not place.open_brackets:
        return place.error("multiple exception types must be parenthesized", help="type `except (A, B):`")
    if place.word(place.first) == "@" and place.expects("def"):
        message = "invalid syntax: expected a `def` or `class` after the decorator"
        return place.error(message, incomplete=place.ends_text)
    return None


def print_statement(place: Place) -> ParseError | None:
    word = place.before
    if word in ("print", "exec") and place.at - 1 == place.first and place.starts_operand:
        shows = Help(
            "type `print(…)`; or leave `print` out: a line that is an expression shows its value",
            "type `print(…)`",
        )
        return place.error(
            f"Missing parentheses in call to '{word}'. Did you mean {word}(...)?",
            place.span_of(place.first),
            shows if word == "print" else None,
        )
    return None


def equals_in_expression(place: Place) -> ParseError | None:
    if place.text != "=":
        return None
    if place.open_brackets and place.word(place.open_brackets[-1]) == "(":
        opened = place.open_brackets[-1]
        if opened and place.span_of(opened - 1).text.isidentifier():
            return place.error(
                'expression cannot contain assignment, perhaps you meant "=="?',
                help="the name of an argument is a single word: `f(name=value)`",
            )
    if place.after_operand or place.expects(":"):
        return place.error(
            "invalid syntax. Maybe you meant '==' instead of '='?",
            help="did you mean `==`? `=` gives a name a value",
        )
    return None


def missing_in(place: Place) -> ParseError | None:
    """`for x xs:`; only the target can stand before this word."""
    words = [place.word(index) for index in range(place.first, place.at)]
    if words[:1] == ["for"] and "in" not in words and place.expects("in"):
        return place.error(f"invalid syntax: expected `in`, not {place.found}", help="type `for x in xs:`")
    return None


def colon(place: Place) -> ParseError | None:
    if place.word(place.first) not in BLOCK_WORDS or not place.expects(":") or place.open_brackets:
        return None
    index = place.at
    while (word := place.word(index)) not in ("", ":"):
        index += 1
    return None if word else place.error("expected ':'", help="type `:` before the block")


def missing_value(place: Place) -> ParseError | None:
    """`param w`."""
    if place.at_line_end and place.expects("="):
        if place.word(place.first) == "param":
            span = place.span_of(place.first).to(place.span_of(place.at - 1))
            return place.error("invalid syntax: expected `=` and a value", span, f"type `{span.text} = …`")
    return None


def conditional_without_else(place: Place) -> ParseError | None:
    if place.expects("else") and not place.expects(":") and not place.expects("if"):
        if place.at_line_end or place.text in (")", "]", "}", ",", "if", "for"):
            return place.error(
                "expected 'else' after 'if' expression", help="type `value if condition else other`"
            )
    return None


def fstring_expression(place: Place) -> ParseError | None:
    if not place.in_replacement:
        return None
    if place.before == "{" and place.text[:1] in ("}", ":", "=", "!"):
        return place.error(f"f-string: valid expression required before '{place.text[0]}'")
    if place.after_operand:
        return place.error("f-string: expecting '}'", help="close the expression with `}`")
    return None


def dictionary(place: Place) -> ParseError | None:
    """Inside the braces of a dictionary or set."""
    if not place.open_brackets or place.word(place.open_brackets[-1]) != "{":
        return None
    if place.text == "=" and (place.after_operand or place.expects(":") or place.expects("}")):
        return place.error("':' expected after dictionary key", help="type `:` between a key and its value")
    if place.text in (",", "}") and place.expects(":") and place.before != "lambda":
        return place.error("':' expected after dictionary key", help="each key has its value: `key: value`")
    if place.text == ":" and place.expects("}"):
        return place.error(
            "a set has no keys", help="give every value its key, `key: value`, or none of them"
        )
    if place.before == ":" and place.text in (",", "}"):
        return place.error("expression expected after dictionary key and ':'", help="give the key a value")
    return None


WORDS_FOR = {"&": "and", "|": "or"}


def missing_operand(place: Place) -> ParseError | None:
    """An operator, comma or `=` with nothing behind it."""
    if place.is_kind("GRAD", "DERIVATIVE") and place.before in ("grad", "wrt"):
        help = "type `grad (grad y wrt x) wrt x`"
        return place.error("invalid syntax: an inner gradient needs brackets", help=help)
    if place.text in ("not", "lambda") and place.expects("NAME"):
        message = f"invalid syntax: `{place.text}` needs brackets after `{place.before}`"
        return place.error(message, help=f"type `({place.text} …)`")
    if not (place.expects("NAME") and place.expects("NUMBER")) or place.starts_operand:
        return None
    before, text = place.before, place.text
    if not place.expects("STRING"):
        return place.error("a size is a whole number, a name, or `_`", help="type it as in float32[2, n, _]")
    if before in WORDS_FOR and before == text:
        return place.error(
            f"invalid syntax: `{before}{text}` is not an operator", help=f"type `{WORDS_FOR[before]}`"
        )
    if text.startswith("!"):
        return place.error("invalid syntax: `!` is not an operator", help="type `not`")
    if before in ("+", "-") and place.word(place.at - 2) == before and place.at_line_end:
        fix = f"type `{place.word(place.at - 3)} {before}= 1`"
        return place.error(f"invalid syntax: `{before}{before}` is not an operator", help=fix)
    if text in STATEMENT_WORDS:
        return place.error(
            f"invalid syntax: `{text}` starts a statement, and cannot stand inside one",
            help="put it on a line of its own",
        )
    if text.isidentifier() and not place.at_line_end and place.table.keywords.get(text):
        return place.error(f"invalid syntax: `{text}` is a keyword, not a value")
    if not before:
        return place.error(f"invalid syntax: a line cannot start with {place.found}")
    if before == "[" and text == "]":
        return place.error(
            "invalid syntax: expected an index between `[` and `]`", help="`x[...]` is all of it"
        )
    return place.error(
        f"invalid syntax: expected an expression after `{before}`",
        help="give a value" if before == "=" else None,
    )


def missing_name(place: Place) -> ParseError | None:
    """Where only a name can stand."""
    if not place.expects("NAME") or place.expects("NUMBER"):
        return None
    after = {"as": "a dtype, shape or device", "def": "the function's name", ".": "a name"}
    what = "a name" if place.word(place.first) in ("import", "from") else after.get(place.before, "a name")
    text = place.text
    help: str | None = (
        f"`{text}` is a keyword: choose another name" if place.table.keywords.get(text) else None
    )
    return place.error(f"invalid syntax: expected {what} after `{place.before}`", help=help)


def side_by_side(place: Place) -> ParseError | None:
    """Two expressions with nothing between them."""
    if not place.after_operand or not (place.starts_operand or place.text in STATEMENT_WORDS):
        return None
    before, here = place.span_of(place.at - 1), place.span
    if before.end == here.start and place.tokens.kinds[place.at - 1] == place.table.symbols["NUMBER"]:
        return place.error("invalid decimal literal", before.to(here))
    if place.open_brackets:
        return place.error(
            "invalid syntax. Perhaps you forgot a comma?", help=f"type `,` before {place.found}"
        )
    if before.text in ("wrt", "on", "retain", "create"):
        return place.error(f"invalid syntax: `{before.text}` does not belong here", before)
    if place.text == "wrt":
        return place.error("invalid syntax: `wrt` belongs to `grad` or `explain`", help="type `grad y wrt x`")
    return place.error(
        f"invalid syntax: {place.found} follows an expression without an operator",
        help="type an operator between them, or `;` between two statements",
    )


SHOWN = ("=", ":", "in", "(", ")", "]", "}", "import", "wrt", "else", ",")


def expected_sign(place: Place) -> ParseError | None:
    """Where few signs can stand, say which."""
    expected = [sign for sign in SHOWN if place.expects(sign)]
    if not place.after_operand and 0 < len(expected) <= 2:
        signs = " or ".join(f"`{sign}`" for sign in expected)
        return place.error(f"invalid syntax: expected {signs}, not {place.found}")
    if place.expects("_NEWLINE"):
        return place.error(f"invalid syntax: expected the end of the line, not {place.found}")
    return None


MISTAKES: tuple[Callable[[Place], ParseError | None], ...] = (
    never_closed,
    lexical,
    refused,
    indentation,
    else_without_if,
    try_alone,
    print_statement,
    fstring_expression,
    dictionary,
    equals_in_expression,
    conditional_without_else,
    missing_value,
    missing_in,
    colon,
    side_by_side,
    missing_operand,
    missing_name,
    expected_sign,
)
