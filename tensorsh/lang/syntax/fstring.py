"""The text of f-strings, while tokens are read: `f"…{value:>{width}}…"` becomes

    FSTRING_START FSTRING_TEXT { value : FSTRING_TEXT { width } } FSTRING_TEXT FSTRING_END

where what stands between braces is read as anywhere else. As in Python 3.12, it may hold the same quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from ...errors import ParseError
from ...source import Source
from .characters import fail, unterminated
from .grammar import Grammar

if TYPE_CHECKING:
    from .lexer import Tokens

MAX_DEPTH = 100  # of f-strings inside f-strings


class OpenFString:
    """An f-string that is being read; `levels` are the bracket depths of its open `{`."""

    def __init__(self, start: int, quote: str, raw: bool):
        self.start = start
        self.quote = quote
        self.raw = raw
        self.levels: list[int] = []


class FStrings:
    """The f-strings of one source. The methods that read answer the offset at which the lexer goes on."""

    def __init__(
        self,
        grammar: Grammar,
        source: Source,
        tokens: Tokens,
        open: Callable[[str, int], int],
        close: Callable[[str, int], None],
    ):
        self.grammar = grammar
        self.source = source
        self.tokens = tokens
        self.open = open  # note a bracket; the lexer keeps them all
        self.close = close
        self.opened: list[OpenFString] = []

    def start(self, start: int, end: int) -> int:
        """Read an opening quote and the text behind it."""
        opening = self.source.text[start:end]
        prefix = opening.rstrip("\"'")
        if len(self.opened) >= MAX_DEPTH:
            raise fail(self.source, "f-string: expressions nested too deeply", start, end)
        self.opened.append(OpenFString(start, opening[len(prefix) :], "r" in prefix.lower()))
        self.tokens.add(self.grammar.symbols["FSTRING_START"], start, end)
        return self._text(end)

    def in_replacement(self, depth: int) -> bool:
        """Whether the innermost of `depth` open brackets is the `{` of a replacement."""
        levels = self.opened[-1].levels
        return bool(levels) and levels[-1] == depth

    def format(self, at: int) -> int:
        """Read the `:` before a format, and the format's text."""
        self.tokens.add(self.grammar.signs[":"], at, at + 1)
        return self._text(at + 1)

    def ends_replacement(self, sign: str, depth: int) -> bool:
        """Whether `sign`, which left `depth` brackets open, closed a replacement."""
        return sign == "}" and self.in_replacement(depth + 1)

    def after_replacement(self, at: int) -> int:
        """Read the `}` of a replacement and the text behind it."""
        self.opened[-1].levels.pop()
        self.tokens.add(self.grammar.signs["}"], at, at + 1)
        return self._text(at + 1)

    def unclosed(self, at: int) -> ParseError | None:
        """The error if what cannot be read at `at` is the quote that should have ended an f-string."""
        if self.opened and self.source.text.startswith(self.opened[-1].quote, at):
            help = "close the expression with `}`"
            return fail(self.source, "f-string: expecting '}'", at, at + 1, help=help)
        return None

    def _text(self, at: int) -> int:
        """Read text up to the next `{` of a replacement, or through the closing quote."""
        text, source, symbols, signs = self.source.text, self.source, self.grammar.symbols, self.grammar.signs
        fstring = self.opened[-1]
        while True:
            in_format = bool(fstring.levels)
            found = _pattern(fstring.quote, fstring.raw, in_format).match(text, at)
            assert found is not None
            if found.end() > at:
                self.tokens.add(symbols["FSTRING_TEXT"], at, found.end())
            at = found.end()
            sign = text[at : at + 1]
            if sign == "{":
                fstring.levels.append(self.open(sign, at))
                self.tokens.add(signs["{"], at, at + 1)
                return at + 1
            if sign == "}" and in_format:
                self.close(sign, at)
                fstring.levels.pop()
                self.tokens.add(signs["}"], at, at + 1)
                at += 1
            elif sign == "}":
                help = "type `}}` for a brace"
                raise fail(source, "f-string: single '}' is not allowed", at, at + 1, help=help)
            elif text.startswith(fstring.quote, at):
                if in_format:
                    help = "close the format with `}`"
                    raise fail(source, "f-string: expecting '}'", at, at + 1, help=help)
                self.opened.pop()
                end = at + len(fstring.quote)
                self.tokens.add(symbols["FSTRING_END"], at, end)
                return end
            else:
                raise unterminated(source, "f-string", fstring.start, fstring.quote, at)


@cache
def _pattern(quote: str, raw: bool, in_format: bool) -> re.Pattern[str]:
    """The text of an f-string up to a brace or the closing quote."""
    mark = quote[0]
    long = len(quote) == 3
    plain = rf"[^{{}}\\{mark}]++" if long else rf"[^{{}}\\{mark}\r\n]++"
    pieces = [plain, r"\\(?:\r\n|[^{}])", r"\\(?=[{}])"]
    if not raw:
        pieces.insert(1, r"\\N\{[^{}]*\}")
    if long:
        pieces.append(f"{mark}(?!{mark}{mark})")
    if not in_format:
        pieces += [r"\{\{", r"\}\}"]
    return re.compile(f"(?:{'|'.join(pieces)})*+")
