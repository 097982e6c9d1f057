"""Text into tokens: words, numbers, strings, signs, and the layout of lines and blocks.

The tokens are three parallel lists (kinds, starts, ends), which is what the parser reads fastest. Most
of it is one regular expression, put together from the terminals of the grammar; beside it stand the
things a regular expression cannot see: indentation, soft keywords, f-strings and numeric literals.
The first error becomes the last token, so that a mistake the parser finds before it is told first.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from ...errors import ParseError
from ...source import Source
from .characters import LOOKALIKES, check_identifier, check_number, fail, marks, no_token, word_pattern
from .fstring import FStrings
from .grammar import Grammar
from .literal import Literal, LiteralReader
from .soft_keywords import SOFT_WORDS, SoftKeywords

ERROR = -1  # the token at which `Tokens.error` is raised
REFUSED = -2  # a word or sign that Python has and tensorsh has not
SOFT = 0  # a soft keyword, until `SoftKeywords` has looked around

MAX_BRACKETS = 200  # as in CPython
MAX_INDENTS = 100  # as in CPython; the first line's is one of them

REFUSED_WORDS = ("async", "await")
CLOSING = {")": "(", "]": "[", "}": "{"}
BLANK_LINES = re.compile(r"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*+([ \t\f]*)(?:#[^\r\n]*)?")
#: a line that speaks to a notebook (`%matplotlib inline`, `!pip install …`): no statement can begin so
NOTEBOOK_LINE = re.compile(r"(?:%%?(?=[A-Za-z])|!)[^\r\n]*")


class Tokens:
    """`kinds[i]` is the terminal (see `Grammar.symbols`) of the characters `starts[i]` to `ends[i]`."""

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.literals: dict[int, Literal] = {}
        self.error: ParseError | None = None
        self.skipped: list[tuple[int, int]] = []  # lines that speak to a notebook

    def add(self, kind: int, start: int, end: int) -> None:
        self.kinds.append(kind)
        self.starts.append(start)
        self.ends.append(end)


class Lexer:
    """The tokens of one source. All positions are character offsets."""

    def __init__(self, grammar: Grammar, source: Source, pythonic: bool = False):
        self.pythonic = pythonic  # words mean what they mean in Python, wherever that is anything
        self.source = source
        self.text = source.text
        self.grammar = grammar
        self.symbols = grammar.symbols
        self.tokens = Tokens()
        self.brackets: list[tuple[str, int]] = []
        self.indents: list[tuple[int, int]] = [(0, 0)]  # widths with tabs to the next 8, and with tabs as 1
        self.indent = ""
        self.header: tuple[int, int] | None = None  # the token and depth of the bracket that a `with` opened
        self.closes_header = False  # whether the closing bracket that is being read ends such a header
        signs = grammar.signs
        self.opening = {signs[sign] for sign in CLOSING.values()}
        self.closing = {signs[sign] for sign in CLOSING}

    def read(self) -> Tokens:
        """All tokens, ending with `$END` or an error."""
        try:
            self._scan()
            self._finish()
        except ParseError as error:
            at = error.span.start if error.span else len(self.text)
            self.tokens.error = error
            self.tokens.add(ERROR, at, at)
        return self.tokens

    # -------------------------------------------------------------- the main loop

    def _scan(self) -> None:
        text, source, brackets, tokens = self.text, self.source, self.brackets, self.tokens
        kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
        symbols, signs, words = self.symbols, self.grammar.signs, _words(self.grammar)
        operand_ends = _operand_ends(self.grammar)
        name, number, newline = symbols["NAME"], symbols["NUMBER"], symbols["_NEWLINE"]
        literals = LiteralReader(source, self.pythonic)
        soft = SoftKeywords(self.grammar, source, tokens, operand_ends, self.pythonic)
        fstrings = FStrings(self.grammar, source, tokens, self._open, self._close)
        match = _pattern(self.grammar, marks(text, () if self.pythonic else LOOKALIKES)).match

        at = self._line_start(1 if text.startswith("\ufeff") else 0)
        while True:
            found = match(text, at)
            assert found is not None and found.lastindex is not None
            group = found.lastindex
            start, at = found.span(group)

            if group == WORD:
                word = text[start:at]
                kind = words.get(word, name)
                if kind == SOFT:
                    kind = soft.read(word, at, len(brackets), len(self.indents))
                    if kind == symbols["ON"]:
                        tokens.add(kind, start, at)
                        kind = symbols["DEVICE"]
                        start, at = soft.device(at)
                elif kind == name and not word.isascii():
                    check_identifier(source, start, at)
            elif group == SIGN:
                kind = signs[text[start:at]]
            elif group == BRACKET:
                sign = text[start]
                kind = signs[sign]
                if sign == ":":
                    if fstrings.opened and fstrings.in_replacement(len(brackets)):
                        at = fstrings.format(start)
                        continue
                elif sign in CLOSING:
                    self._close(sign, start)
                    if self.closes_header:
                        kind, self.closes_header = symbols["WITH_CLOSE"], False
                    if fstrings.opened and fstrings.ends_replacement(sign, len(brackets)):
                        at = fstrings.after_replacement(start)
                        continue
                elif sign == "[" and (not kinds or kinds[-1] not in operand_ends):
                    literal = literals.read(start, len(brackets))
                    if literal is not None and not (self.pythonic and literal.words):
                        tokens.literals[len(kinds)] = literal
                        kind, at = symbols["TENSOR"], literal.end
                    else:
                        self._open(sign, start)
                else:
                    self._open(sign, start)
            elif group == LINE_END:
                if not brackets:
                    tokens.add(newline, start, start)
                    at = self._line_start(at)
                continue
            elif group == NUMBER:
                kind = number
                if text[at : at + 1].isalnum() or text[at : at + 1] == "_":
                    check_number(source, start, at)
            elif group == STRING:
                kind = symbols["STRING"]
            elif group == AUGMENTED:
                kind = symbols["AUGMENTED"]
            elif group == GAP:
                continue
            elif group == FSTRING:
                at = fstrings.start(start, at)
                continue
            elif group == CONVERSION:
                kind = symbols["CONVERSION"]
            elif group == WALRUS:
                if fstrings.opened and fstrings.in_replacement(len(brackets)):
                    at = fstrings.format(start)  # one that starts with `=`
                    continue
                kind = signs[":="]
            elif group == END:
                return
            elif group == QUOTED:
                kind = words.get(text[start:at], name) or name
            else:
                raise fstrings.unclosed(start) or no_token(source, start)
            kinds.append(kind)
            starts.append(start)
            ends.append(at)

    # -------------------------------------------------------------- lines and blocks

    def _line_start(self, at: int) -> int:
        """Skip blank lines, then say how the indentation changed; the offset of the first word."""
        while True:
            found = BLANK_LINES.match(self.text, at)
            assert found is not None
            start, end = found.span(1)
            if found.end() == len(self.text):
                return found.end()
            if not self.pythonic or (line := NOTEBOOK_LINE.match(self.text, end)) is None:
                break
            self.tokens.skipped.append(line.span())
            at = line.end()
        indent = found.group(1)
        if indent != self.indent:
            self._change_indent(indent, start, end)
        return end

    def _change_indent(self, indent: str, start: int, end: int) -> None:
        wide, narrow = _widths(indent)
        indents = self.indents
        if (wide > indents[-1][0]) != (narrow > indents[-1][1]):
            raise self._mixed_tabs(start, end)
        if wide > indents[-1][0]:
            if len(indents) == MAX_INDENTS:
                message = "too many levels of indentation"
                raise fail(self.source, message, start, end, error_class="IndentationError")
            indents.append((wide, narrow))
            self.tokens.add(self.symbols["_INDENT"], start, end)
        while wide < indents[-1][0]:
            indents.pop()
            self.tokens.add(self.symbols["_DEDENT"], end, end)
        if wide != indents[-1][0]:
            message = "unindent does not match any outer indentation level"
            help = "indent this line exactly as much as the line that its block belongs to"
            raise fail(self.source, message, start, end, help, error_class="IndentationError")
        if narrow != indents[-1][1]:
            raise self._mixed_tabs(start, end)
        self.indent = indent

    def _mixed_tabs(self, start: int, end: int) -> ParseError:
        message = "inconsistent use of tabs and spaces in indentation"
        return fail(self.source, message, start, end, "indent with spaces only", error_class="TabError")

    def _finish(self) -> None:
        """The end of the text: close the last line and every block."""
        tokens, end = self.tokens, len(self.text)
        newline, dedent = self.symbols["_NEWLINE"], self.symbols["_DEDENT"]
        if self.brackets:
            sign, at = self.brackets[-1]
            closing = next(close for close, open in CLOSING.items() if open == sign)
            help = f"close it with `{closing}`"
            raise fail(self.source, f"'{sign}' was never closed", at, at + 1, help=help, incomplete=True)
        if tokens.kinds and tokens.kinds[-1] not in (newline, dedent):
            tokens.add(newline, end, end)
        for _ in self.indents[1:]:
            tokens.add(dedent, end, end)
        tokens.add(self.symbols["$END"], end, end)

    # -------------------------------------------------------------- brackets

    def _open(self, sign: str, at: int) -> int:
        """Note an opening bracket; how many are open now."""
        if len(self.brackets) >= MAX_BRACKETS:
            raise fail(self.source, "too many nested brackets", at, at + 1, help="give the inner parts names")
        kinds = self.tokens.kinds
        if (
            not self.pythonic
            and sign == "["
            and self.brackets
            and kinds[-1] == self.symbols["TENSOR"]
            and self.text[at - 1].isspace()
        ):
            end = self.tokens.ends[-1]
            message = "invalid syntax: expected `,` between two rows"
            raise fail(self.source, message, end, at, help="type `,` here")
        self.brackets.append((sign, at))
        if sign == "(" and kinds and kinds[-1] == self.symbols["WITH"]:
            self.header = len(kinds), len(self.brackets)
        return len(self.brackets)

    def _close(self, sign: str, at: int) -> None:
        if self.header is not None and self.header[1] == len(self.brackets):
            self._with_items(self.header[0], at)
            self.header = None
        if not self.brackets:
            raise fail(self.source, f"unmatched '{sign}'", at, at + 1, help=f"leave the `{sign}` out")
        opening, opened = self.brackets.pop()
        if opening != CLOSING[sign]:
            line = self.source.position(opened)[0]
            where = "" if line == self.source.position(at)[0] else f" on line {line}"
            message = f"closing parenthesis '{sign}' does not match opening parenthesis '{opening}'{where}"
            raise fail(self.source, message, at, at + 1)

    def _with_items(self, opened: int, at: int) -> None:
        """The parentheses of a `with` header that hold its items (`with (a as x, b):`) are tokens of their own."""
        if not re.compile(r"\)[ \t\f]*:(?!=)").match(self.text, at):
            return
        kinds, symbols, signs = self.tokens.kinds, self.symbols, self.grammar.signs
        depth = 0
        for kind in kinds[opened + 1 :]:
            depth += (kind in self.opening) - (kind in self.closing)
            if depth == 0 and kind in (symbols["AS"], signs[","]):
                kinds[opened] = symbols["WITH_OPEN"]
                self.closes_header = True
                return


# ------------------------------------------------------------------ from the grammar

# The groups of `_pattern`.
WORD, AUGMENTED, SIGN, BRACKET, LINE_END, GAP, NUMBER, STRING, FSTRING = range(1, 10)
CONVERSION, WALRUS, QUOTED, END, NO_TOKEN = range(10, 15)


@lru_cache(maxsize=16)
def _pattern(grammar: Grammar, marks: str) -> re.Pattern[str]:
    """Blanks and one token; which group matched says what kind of token. `marks` are of names, too."""
    word = word_pattern(marks) + "+"
    signs = sorted((sign for sign in grammar.signs if sign not in (*"()[]{}:", ":=")), key=len, reverse=True)
    alternatives = [
        word + r"(?![\"'])",
        grammar.patterns["AUGMENTED"],
        r"(?!\.[0-9])(?:" + "|".join(map(re.escape, signs)) + ")",
        r"[()\[\]{}]|:(?!=)",
        r"\r\n|\r|\n",
        r"#[^\r\n]*|\\(?:\r\n|\r|\n)(?=[\s\S])",
        grammar.patterns["NUMBER"],
        grammar.patterns["STRING"],
        r"(?:[fF][rR]?|[rR][fF])(?:\"\"\"|'''|\"|')",
        grammar.patterns["CONVERSION"],
        ":=",
        r"(?!(?:[rR][bBfF]?|[bBfF][rR]?|[uU])[\"'])" + word,
        r"\Z",
        r"[\s\S]",
    ]
    return re.compile(r"[ \t\f]*+(?:" + "|".join(f"({each})" for each in alternatives) + ")")


@cache
def _words(grammar: Grammar) -> dict[str, int]:
    """Word → terminal."""
    return grammar.keywords | dict.fromkeys(SOFT_WORDS, SOFT) | dict.fromkeys(REFUSED_WORDS, REFUSED)


@cache
def _operand_ends(grammar: Grammar) -> frozenset[int]:
    """The tokens after which `[` is an index, and no name can follow."""
    names = (
        "NAME",
        "NUMBER",
        "STRING",
        "TENSOR",
        "FSTRING_END",
        "DEVICE",
        "TRUE",
        "FALSE",
        "NONE",
        "WITH_CLOSE",
    )
    signs = (")", "]", "}", "...")
    return frozenset([grammar.symbols[name] for name in names] + [grammar.signs[sign] for sign in signs])


def _widths(indent: str) -> tuple[int, int]:
    """The width of an indentation with tabs to the next 8, and with tabs as 1; a form feed starts anew."""
    wide = narrow = 0
    for character in indent.rpartition("\f")[2]:
        wide = (wide // 8 + 1) * 8 if character == "\t" else wide + 1
        narrow += 1
    return wide, narrow
