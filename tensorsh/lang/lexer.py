"""Text into tokens: words, numbers, strings, signs, and the layout of lines and blocks.

The tokens are three parallel lists (kinds, starts, ends), which is what the parser reads fastest. Most
of it is one regular expression, put together from the terminals of the grammar; beside it stand the
four things a regular expression cannot see: indentation, soft keywords, f-strings and numeric literals.
The first error becomes the last token, so that a mistake the parser finds before it is told first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..errors import ParseError
from ..source import Source, Span
from .grammar import Grammar
from .literal import Literal, LiteralReader

ERROR = -1  # the token at which `Tokens.error` is raised
REFUSED = -2  # a word or sign that Python has and tensorsh has not

MAX_BRACKETS = 200  # as in CPython
MAX_INDENTS = 100

REFUSED_WORDS = frozenset("class try except finally raise global nonlocal async await yield".split())
SOFT_WORDS = frozenset("param graph explain backward grad on wrt retain create".split())

CLOSING = {")": "(", "]": "[", "}": "{"}
BLANK_LINES = re.compile(r"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*+([ \t\f]*)(?:#[^\r\n]*)?")
# What a soft keyword must stand before: an operand that cannot continue an expression.
OPERAND = re.compile(
    r"[ \t\f]+(?!(?:and|or|not|in|is|if|else|for|as|on|wrt|with|import|lambda)\b)(?:[^\W\d]|\d|[\"'])"
)
DEVICE = re.compile(r"[ \t\f]+(?!(?:and|or|not|in|is|if|else|for|as|wrt|with)\b)([^\W\d]\w*+(?::\d+)?)")
IDENTIFIER = re.compile(r"[^\W\d]\w*+")


@dataclass(slots=True)
class Tokens:
    """`kinds[i]` is the terminal (see `Grammar.symbols`) of the characters `starts[i]` to `ends[i]`."""

    kinds: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    literals: dict[int, Literal] = field(default_factory=dict)
    error: ParseError | None = None


@dataclass(slots=True)
class OpenFString:
    """An f-string that is being read; `levels` are the bracket depths of its open `{`."""

    start: int
    quote: str
    raw: bool
    levels: list[int] = field(default_factory=list)


class Lexer:
    """The tokens of one source. All positions are character offsets."""

    def __init__(self, grammar: Grammar, source: Source):
        self.source = source
        self.text = source.text
        self.grammar = grammar
        symbols = grammar.symbols
        self.name = symbols["NAME"]
        self.newline = symbols["_NEWLINE"]
        self.words = _words(grammar)
        self.operand_ends = _operand_ends(grammar)
        self.tokens = Tokens()
        self.brackets: list[tuple[str, int]] = []
        self.fstrings: list[OpenFString] = []
        self.indents: list[tuple[int, int]] = [(0, 0)]
        self.indent = ""
        self.queries: list[tuple[int, int]] = []  # (bracket depth, token) of `grad`, `explain` before a `wrt`

    def read(self) -> Tokens:
        """All tokens, ending with `$END` or an error."""
        try:
            self._scan()
        except ParseError as error:
            at = error.span.start if error.span else len(self.text)
            self.tokens.error = error
            self._add(ERROR, at, at)
        return self.tokens

    # -------------------------------------------------------------- the main loop

    def _scan(self) -> None:
        text, brackets, fstrings = self.text, self.brackets, self.fstrings
        kinds, starts, ends = self.tokens.kinds, self.tokens.starts, self.tokens.ends
        match = _pattern(self.grammar).match
        words, signs, operand_ends = self.words, _signs(self.grammar), self.operand_ends
        symbols = self.grammar.symbols
        name, number, string, augmented = self.name, symbols["NUMBER"], symbols["STRING"], symbols["AUGMENTED"]
        literals = LiteralReader(self.source)

        at = self._line_start(1 if text.startswith("\ufeff") else 0)
        while True:
            found = match(text, at)
            if found is None:
                at = self._oddity(at)
                if at < 0:
                    return
                continue
            group = found.lastindex
            start, at = found.span(group)

            if group == 1:  # a word
                kind = words.get(text[start:at], name)
                if kind == 0:
                    at = self._soft_keyword(text[start:at], start, at)
                    continue
                if kind == name and not text[start:at].isascii():
                    self._check_identifier(start, at)
            elif group == 2:
                kind = augmented
            elif group == 3:  # a sign
                kind = signs[text[start:at]]
            elif group == 4:  # brackets and colons
                sign = text[start]
                kind = signs[sign]
                if sign in "([{":
                    if sign == "[" and (not kinds or kinds[-1] not in operand_ends):
                        literal = literals.read(start, len(brackets))
                        if literal is not None:
                            at = literal.end
                            self.tokens.literals[len(kinds)] = literal
                            kinds.append(symbols["TENSOR"])
                            starts.append(start)
                            ends.append(at)
                            continue
                    self._open(sign, start)
                elif sign == ":":
                    if fstrings and fstrings[-1].levels and fstrings[-1].levels[-1] == len(brackets):
                        self._add(kind, start, at)
                        at = self._fstring_text(at)
                        continue
                else:
                    in_fstring = self._close(sign, start)
                    if in_fstring:
                        self._add(kind, start, at)
                        at = self._fstring_text(at)
                        continue
            elif group == 5:  # the end of a line
                if not brackets:
                    kinds.append(self.newline)
                    starts.append(start)
                    ends.append(start)
                    at = self._line_start(at)
                continue
            elif group == 6:  # a comment, or a line that goes on
                continue
            elif group == 7:
                kind = number
                if at < len(text) and (text[at].isalnum() or text[at] == "_"):
                    self._check_number(start, at)
            elif group == 8:
                kind = string
            elif group == 9:
                at = self._fstring_start(start, at)
                continue
            elif group == 10:
                kind = symbols["CONVERSION"]
            else:  # a word that a quote follows
                kind = words.get(text[start:at], name) or name
            kinds.append(kind)
            starts.append(start)
            ends.append(at)

    def _add(self, kind: int, start: int, end: int) -> None:
        tokens = self.tokens
        tokens.kinds.append(kind)
        tokens.starts.append(start)
        tokens.ends.append(end)

    def _error(self, message: str, start: int, end: int, *, help: str | None = None, incomplete: bool = False):
        error = ParseError(message, span=Span(self.source, start, end), help=help)
        error.incomplete = incomplete
        return error

    # -------------------------------------------------------------- lines and blocks

    def _line_start(self, at: int) -> int:
        """Skip blank lines, then say how the indentation changed; the offset of the first word."""
        found = BLANK_LINES.match(self.text, at)
        start, end = found.span(1)
        if found.end() == len(self.text):
            return found.end()
        indent = found.group(1)
        if indent != self.indent:
            self._change_indent(indent, start, end)
        return end

    def _change_indent(self, indent: str, start: int, end: int) -> None:
        tabs_to_8, tabs_to_1 = _columns(indent)
        symbols, indents = self.grammar.symbols, self.indents
        if (tabs_to_8 > indents[-1][0]) != (tabs_to_1 > indents[-1][1]):
            raise self._mixed_tabs(start, end)
        if tabs_to_8 > indents[-1][0]:
            if len(indents) > MAX_INDENTS:
                raise self._error("too many levels of indentation", start, end)
            indents.append((tabs_to_8, tabs_to_1))
            self._add(symbols["_INDENT"], start, end)
        while tabs_to_8 < indents[-1][0]:
            indents.pop()
            self._add(symbols["_DEDENT"], end, end)
        if tabs_to_8 != indents[-1][0]:
            raise self._error(
                "unindent does not match any outer indentation level",
                start,
                end,
                help="indent this line exactly as much as the line that its block belongs to",
            )
        if tabs_to_1 != indents[-1][1]:
            raise self._mixed_tabs(start, end)
        self.indent = indent

    def _mixed_tabs(self, start: int, end: int) -> ParseError:
        return self._error(
            "inconsistent use of tabs and spaces in indentation", start, end, help="indent with spaces only"
        )

    def _finish(self) -> None:
        """The end of the text: close the last line and every block."""
        tokens, symbols, end = self.tokens, self.grammar.symbols, len(self.text)
        if self.brackets:
            sign, at = self.brackets[-1]
            raise self._error(
                f"'{sign}' was never closed",
                at,
                at + 1,
                help=f"close it with `{ {'(': ')', '[': ']', '{': '}'}[sign] }`",
                incomplete=True,
            )
        if tokens.kinds and tokens.kinds[-1] not in (self.newline, symbols["_DEDENT"]):
            self._add(self.newline, end, end)
        for _ in self.indents[1:]:
            self._add(symbols["_DEDENT"], end, end)
        self._add(symbols["$END"], end, end)

    # -------------------------------------------------------------- brackets

    def _open(self, sign: str, at: int) -> None:
        if len(self.brackets) >= MAX_BRACKETS:
            raise self._error("too many nested brackets", at, at + 1, help="give the inner parts names")
        tokens = self.tokens
        if sign == "[" and self.brackets and tokens.kinds[-1] == self.grammar.symbols["TENSOR"]:
            if self.text[at - 1].isspace():
                raise self._error(
                    "invalid syntax: expected `,` between two rows", tokens.ends[-1], at, help="type `,` here"
                )
        self.brackets.append((sign, at))

    def _close(self, sign: str, at: int) -> bool:
        """Whether this `}` ends a replacement of an f-string."""
        if not self.brackets:
            raise self._error(f"unmatched '{sign}'", at, at + 1, help=f"leave the `{sign}` out")
        opening, opened = self.brackets.pop()
        if opening != CLOSING[sign]:
            line, _ = self.source.position(opened)
            where = "" if line == self.source.position(at)[0] else f" on line {line}"
            raise self._error(
                f"closing parenthesis '{sign}' does not match opening parenthesis '{opening}'{where}", at, at + 1
            )
        if self.queries:
            self.queries = [query for query in self.queries if query[0] <= len(self.brackets)]
        if sign == "}":
            levels = self.fstrings[-1].levels if self.fstrings else []
            if levels and levels[-1] == len(self.brackets) + 1:
                levels.pop()
                return True
        return False

    # -------------------------------------------------------------- soft keywords

    def _soft_keyword(self, word: str, start: int, end: int) -> int:
        """`grad`, `on`, … as a keyword where a name could not stand, as a name elsewhere."""
        symbols, kinds = self.grammar.symbols, self.tokens.kinds
        before = kinds[-1] if kinds else self.newline
        after_operand = before in self.operand_ends
        kind = self.name
        if before == symbols["DOT"]:
            pass
        elif word == "on":
            if after_operand or before == symbols["COLON"]:
                found = DEVICE.match(self.text, end)
                if found:
                    self._add(symbols["ON"], start, end)
                    self._add(symbols["DEVICE"], *found.span(1))
                    return found.end()
        elif word == "wrt":
            if after_operand and self._open_query():
                kind = symbols["WRT"]
        elif word in ("retain", "create"):
            if after_operand and self._in_backward():
                kind = symbols["RETAIN" if word == "retain" else "CREATE"]
        else:
            found = OPERAND.match(self.text, end)
            if found and not (word == "param" and self._names_parameter(end)):
                kind = symbols["GRAD" if word == "grad" else word.upper()]
            if word in ("grad", "explain") and not after_operand:
                depth = len(self.brackets)
                if depth == 0 and self.queries and self._statement_start() > self.queries[-1][1]:
                    self.queries.clear()
                self.queries.append((depth, len(kinds)))
        self._add(kind, start, end)
        return end

    def _open_query(self) -> bool:
        """Whether a `wrt` here belongs to a `grad` or `explain`; that word is then a keyword."""
        depth = len(self.brackets)
        if not self.queries or self.queries[-1][0] != depth:
            return False
        _, query = self.queries[-1]
        if depth == 0 and self._statement_start() > query:
            return False
        self.queries.pop()
        kinds, symbols = self.tokens.kinds, self.grammar.symbols
        word = self.text[self.tokens.starts[query] : self.tokens.ends[query]]
        kinds[query] = symbols["DERIVATIVE" if word == "grad" else "EXPLAIN"]
        return True

    def _statement_start(self) -> int:
        """The token with which the present statement starts (outside brackets)."""
        symbols, kinds = self.grammar.symbols, self.tokens.kinds
        starts = {self.newline, symbols["_INDENT"], symbols["_DEDENT"], symbols["SEMICOLON"], symbols["COLON"]}
        at = len(kinds)
        while at and kinds[at - 1] not in starts:
            at -= 1
        return at

    def _in_backward(self) -> bool:
        """Whether the present statement starts with the word `backward`; it is then a keyword."""
        first = self._statement_start()
        tokens = self.tokens
        if self.brackets or self.text[tokens.starts[first] : tokens.ends[first]] != "backward":
            return False
        tokens.kinds[first] = self.grammar.symbols["BACKWARD"]
        return True

    def _names_parameter(self, end: int) -> bool:
        """`param on …`: a conversion of what is named param, unless `on` is itself being declared."""
        return re.match(r"[ \t\f]+on[ \t\f]+[^\W\d]", self.text[end : end + 80]) is not None

    # -------------------------------------------------------------- f-strings

    def _fstring_start(self, start: int, end: int) -> int:
        opening = self.text[start:end]
        prefix = opening.rstrip("\"'")
        if len(self.fstrings) >= MAX_INDENTS:
            raise self._error("f-string: expressions nested too deeply", start, end)
        self.fstrings.append(OpenFString(start, opening[len(prefix) :], "r" in prefix.lower()))
        self._add(self.grammar.symbols["FSTRING_START"], start, end)
        return self._fstring_text(end)

    def _fstring_text(self, at: int) -> int:
        """Read text up to the next `{` of a replacement, or through the closing quote."""
        text, symbols = self.text, self.grammar.symbols
        fstring = self.fstrings[-1]
        while True:
            in_format = bool(fstring.levels)
            end = _fstring_pattern(fstring.quote, fstring.raw, in_format).match(text, at).end()
            if end > at:
                self._add(symbols["FSTRING_TEXT"], at, end)
            at = end
            sign = text[at : at + 1]
            if sign == "{":
                self._open(sign, at)
                fstring.levels.append(len(self.brackets))
                self._add(symbols["LBRACE"], at, at + 1)
                return at + 1
            if sign == "}" and in_format:
                self._close(sign, at)
                self._add(symbols["RBRACE"], at, at + 1)
                at += 1
            elif sign == "}":
                raise self._error("f-string: single '}' is not allowed", at, at + 1, help="type `}}` for a brace")
            elif text.startswith(fstring.quote, at):
                if in_format:
                    raise self._error("f-string: expecting '}'", at, at + 1)
                self.fstrings.pop()
                end = at + len(fstring.quote)
                self._add(symbols["FSTRING_END"], at, end)
                return end
            else:
                raise self._unterminated(fstring.start, fstring.quote, "f-string", at)

    # -------------------------------------------------------------- what no token matches

    def _oddity(self, at: int) -> int:
        """The end of the text (-1), a sign that tensorsh has not, or an error."""
        text = self.text
        while at < len(text) and text[at] in " \t\f":
            at += 1
        if at >= len(text):
            self._finish()
            return -1
        sign = text[at]
        if text.startswith(":=", at):
            levels = self.fstrings[-1].levels if self.fstrings else []
            if levels and levels[-1] == len(self.brackets):  # a format that starts with `=`
                self._add(self.grammar.symbols["COLON"], at, at + 1)
                return self._fstring_text(at + 1)
            self._add(REFUSED, at, at + 2)
            return at + 2
        if sign == "\\":
            raise self._backslash(at)
        string = re.compile(r"[rRuUbBfF]{0,2}(\"\"\"|'''|\"|')").match(text, at)
        if string:
            prefix = string.group().rstrip("\"'").lower()
            if "b" in prefix:
                raise self._error("tensorsh has no bytes", at, string.end(), help="leave the `b` out")
            raise self._unterminated(at, string.group(1), "string", at)
        raise self._bad_character(at)

    def _unterminated(self, start: int, quote: str, what: str, at: int) -> ParseError:
        triple = len(quote) == 3
        line, _ = self.source.position(len(self.text) if triple else at)
        return self._error(
            f"unterminated {'triple-quoted ' if triple else ''}{what} literal (detected at line {line})",
            start,
            self.text.index(quote, start) + len(quote),
            help=f"close it with `{quote}`",
            incomplete=triple,
        )

    def _backslash(self, at: int) -> ParseError:
        if not self.text[at + 1 :].strip():
            return self._error("unexpected EOF after line continuation character", at, at + 1, incomplete=True)
        return self._error(
            "unexpected character after line continuation character",
            at + 1,
            at + 2,
            help="a `\\` that continues a line must be the last character on it",
        )

    def _check_identifier(self, start: int, end: int) -> None:
        word = self.text[start:end]
        if not word.isidentifier():
            for length in range(1, len(word) + 1):
                if not word[:length].isidentifier():
                    raise self._bad_character(start + length - 1)

    def _check_number(self, start: int, end: int) -> None:
        """A number that runs into a word: `3x`, `0b12`, `1_`; but `1if x else 2` is Python."""
        word = IDENTIFIER.match(self.text, end)
        if word and word.group() in ("and", "or", "if", "else", "in", "is", "not", "for", "as"):
            return
        if word:
            end = word.end()
        else:
            while end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
                end += 1
        written = self.text[start:end]
        base = {"0x": "hexadecimal", "0b": "binary", "0o": "octal"}.get(written[:2].lower(), "decimal")
        raise self._error(f"invalid {base} literal", start, end, help="names cannot start with a digit")

    def _bad_character(self, at: int) -> ParseError:
        character = self.text[at]
        code = f"U+{ord(character):04X}"
        if character == "\0":
            return self._error("source code cannot contain null bytes", at, at + 1)
        if character.isascii() and character.isprintable():
            return self._error(f"invalid syntax: `{character}` has no meaning here", at, at + 1)
        if not character.isprintable():
            help = "replace it by a space" if character.isspace() else "delete it"
            return self._error(f"invalid non-printable character {code}", at, at + 1, help=help)
        meant = LOOKALIKES.get(character)
        return self._error(
            f"invalid character '{character}' ({code})", at, at + 1, help=f"type `{meant}`" if meant else None
        )


LOOKALIKES = {
    **dict.fromkeys("“”„‟″＂«»", '"'),
    **dict.fromkeys("‘’‚‛′＇", "'"),
    **dict.fromkeys("−–—‐‑‒―﹣－", "-"),
    **dict.fromkeys("×∗＊⋅·", "*"),
    **dict(zip("，、；：（）［］｛｝＝＋／＜＞．＠％＆｜～÷", ",,;:()[]{}=+/<>.@%&|~/", strict=True)),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "→": "->",
    "…": "...",
}


# ------------------------------------------------------------------ from the grammar


_cache: dict[object, object] = {}


def _words(grammar: Grammar) -> dict[str, int]:
    """Word → terminal; 0 for soft keywords, which need a look around."""
    words = dict(grammar.keywords)
    words.update(dict.fromkeys(SOFT_WORDS, 0))
    words.update(dict.fromkeys(REFUSED_WORDS, REFUSED))
    return words


def _signs(grammar: Grammar) -> dict[str, int]:
    return grammar.signs


def _operand_ends(grammar: Grammar) -> frozenset[int]:
    """The tokens after which `[` is an index and a name cannot follow."""
    ends = "NAME NUMBER STRING TENSOR FSTRING_END RPAR RSQB RBRACE TRUE FALSE NONE DEVICE".split()
    return frozenset([grammar.symbols[name] for name in ends] + [grammar.signs["..."]])


def _pattern(grammar: Grammar) -> re.Pattern[str]:
    """Blanks and one token; the number of the group says which kind of token."""
    found = _cache.get("pattern")
    if found is None:
        structure = "()[]{}:"
        signs = sorted((s for s in grammar.signs if s not in structure), key=len, reverse=True)
        patterns = grammar.patterns
        alternatives = [
            r"([^\W\d]\w*+)(?![\"'])",
            f"({patterns['AUGMENTED']})",
            "((?!\\.\\d)(?:" + "|".join(map(re.escape, signs)) + "))",
            r"([()\[\]{}]|:(?!=))",
            r"(\r\n|\r|\n)",
            r"(#[^\r\n]*|\\(?:\r\n|\r|\n)(?=[\s\S]))",
            f"({patterns['NUMBER']})",
            f"({patterns['STRING']})",
            "((?:[fF][rR]?|[rR][fF])(?:\"\"\"|'''|\"|'))",
            f"({patterns['CONVERSION']})",
            r"((?![rRbBuUfF]{1,2}[\"'])[^\W\d]\w*+)",
        ]
        found = _cache["pattern"] = re.compile(r"[ \t\f]*+(?:" + "|".join(alternatives) + ")")
    return found


def _fstring_pattern(quote: str, raw: bool, in_format: bool) -> re.Pattern[str]:
    """The text of an f-string up to a brace or the closing quote."""
    key = (quote, raw, in_format)
    found = _cache.get(key)
    if found is None:
        mark = quote[0]
        plain = rf"[^{{}}\\{mark}" + ("]" if len(quote) == 3 else r"\r\n]")
        pieces = [plain, r"\\(?:\r\n|[^{}])", r"\\(?=[{}])"]
        if not raw:
            pieces.insert(1, r"\\N\{[^{}]*\}")
        if len(quote) == 3:
            pieces.append(f"{mark}(?!{mark}{mark})")
        if not in_format:
            pieces += [r"\{\{", r"\}\}"]
        found = _cache[key] = re.compile(f"(?:{'|'.join(pieces)})*+")
    return found


def _columns(indent: str) -> tuple[int, int]:
    """The width of an indentation with tabs to the next 8, and with tabs as 1."""
    tabs_to_8 = tabs_to_1 = 0
    for character in indent:
        if character == "\f":
            tabs_to_8 = tabs_to_1 = 0
        elif character == "\t":
            tabs_to_8, tabs_to_1 = (tabs_to_8 // 8 + 1) * 8, tabs_to_1 + 1
        else:
            tabs_to_8, tabs_to_1 = tabs_to_8 + 1, tabs_to_1 + 1
    return tabs_to_8, tabs_to_1
