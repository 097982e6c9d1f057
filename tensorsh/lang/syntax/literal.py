"""Numeric literals: brackets that hold only numbers, read in one go.

Long ones are JSON, or become JSON by writing `1.` as `1.0`, and a C parser reads them. The others, and
what JSON has not (`0x1F`, `2j`, comments, `inf`), are read number by number. Brackets that hold anything
else, `[w, 1]` or `[2 * pi]`, are no literal: `read` answers None, and they are an ordinary list.

Errors are raised here only where no ordinary list could be meant: `[1 2]`, `[1.2.3]`, `[1, 2; 3]`. Rows
of different lengths are no syntax error: the literal remembers the first one that does not fit.
"""

from __future__ import annotations

import re
from itertools import chain
from math import inf, nan, pi
from typing import Any

from ...errors import ParseError
from ...source import Source, Span
from .ast import Ragged
from .characters import OPERATOR_WORDS

CONSTANTS: dict[str, Any] = {
    "True": True,
    "False": False,
    "true": True,
    "false": False,
    "inf": inf,
    "nan": nan,
    "pi": pi,
}
# Names that a session may give another meaning: a literal remembers which of them it used.
REBINDABLE = frozenset(["true", "false", "inf", "nan", "pi"])

MAX_DEPTH = 200  # of brackets, as in CPython
SHORT = 64  # numbers up to which asking the JSON parser does not pay

# Patterns are kept as text: `re` compiles each when it is first used, and remembers it.
GAP = r"(?:[ \t\f\r\n]|#[^\r\n]*|\\(?:\r\n|\r|\n))*+"
WORD = r"(?:[Tt]rue|[Ff]alse|inf|nan|pi)(?!\w)"
DIGITS = (
    r"(?:0[xXbBoO][0-9a-fA-F_]++|(?:[0-9][0-9_]*+\.?+[0-9_]*+|\.[0-9][0-9_]*+)(?:[eE][-+]?[0-9][0-9_]*+)?)"
)

FIRST = rf"\[(?:{GAP}[-+\[(])*+{GAP}(?:\.?[0-9]|{WORD})"
RUN = r"[ \t\f\r\n0-9.,eE+\-\[\]_TrueFals]*+"
ELEMENT = (
    rf"{GAP}((?:[-+][ \t]*+)*+){GAP}((?:\({GAP})*+)((?:[-+][ \t]*+)*+){GAP}({DIGITS}[jJ]?|{WORD})"
    rf"(?:{GAP}([-+]){GAP}({DIGITS}[jJ]))?((?:{GAP}\))*+){GAP}(?=[,\]])"
)
SIGN = rf"{GAP}(?:([\[\],;])|({DIGITS}[jJ]?)|)"
SIGNED = rf"{GAP}(?:[-+][ \t]*+)*+{GAP}({DIGITS}[jJ]?)"
TAIL = r"[\w.]*\w"
INDEX_LIKE = r"\[[^\[\]]*,[^\[\]]*\]"
BRACKET = r"#[^\r\n]*|[\[\]]"
MARK = r"#[^\r\n]*|[\[\],]"


class Literal:
    """What was read: nested lists up to offset `end`, and the rebindable names among them."""

    __slots__ = ("end", "ragged", "values", "words")

    def __init__(
        self, values: list[Any], end: int, words: tuple[str, ...] = (), ragged: Ragged | None = None
    ):
        self.values = values
        self.end = end
        self.words = words
        self.ragged = ragged


TOO_LONG = Literal([], 0)


class LiteralReader:
    """Reads the literals of one source, looking at each character a bounded number of times."""

    def __init__(self, source: Source, pythonic: bool = False):
        self.source = source
        self.pythonic = pythonic  # brackets behind a value are an index, as everywhere in Python
        self.not_literal: set[int] = set()  # opening brackets that turned out to hold something else
        self.slow_until = 0  # before this offset the fast way has failed already

    def read(self, at: int, depth: int) -> Literal | None:
        """The literal that opens at offset `at` inside `depth` brackets, or None."""
        text = self.source.text
        if at in self.not_literal or not re.compile(FIRST).match(text, at):
            return None
        literal = self._exact(at, depth, SHORT if at >= self.slow_until else -1)
        if literal is TOO_LONG:
            literal = self._fast(at) or self._exact(at, depth, -1)
        if literal is not None:
            literal.ragged = _ragged(self.source, at, literal.values)
        return literal

    def _fast(self, at: int) -> Literal | None:
        from json import JSONDecoder

        text = self.source.text
        decode = JSONDecoder(parse_constant=_refuse).raw_decode
        try:
            values, end = decode(text, at)
        except (ValueError, RecursionError):
            end = _balanced(text, at)
            if _match(RUN, text, at, end).end() != end:
                return None
            try:
                values, _ = decode(_normalised(text[at:end]))
            except (ValueError, RecursionError):
                return None
        kinds, depth = _kinds(values)
        if not kinds <= {int, float, bool, list} or depth > MAX_DEPTH:
            return None
        words = [word for word in ("false", "true") if bool in kinds and text.find(word, at, end) >= 0]
        return Literal(values, end, tuple(words))

    def _exact(self, at: int, depth: int, limit: int) -> Literal | None:
        """Element by element, up to `limit` of them.

        Where it meets what no literal holds, it remembers the brackets that are open there.
        """
        text, element, sign = self.source.text, re.compile(ELEMENT).match, re.compile(SIGN).match
        opened: list[int] = []
        rows: list[list[Any]] = []
        words: set[str] = set()
        complete = True  # a bracket or comma came last: an element may follow
        while True:
            if complete and opened:
                found = element(text, at)
                if found and (found[2] == "" == found[7] or _closed(found[2], found[7])):
                    rows[-1].append(self._number(found, words))
                    at, complete = found.end(), False
                    limit -= 1
                    if limit == 0:
                        return TOO_LONG
                    continue
            found = sign(text, at)
            assert found is not None
            mark, start = found.group(1), found.start(found.lastindex) if found.lastindex else found.end()
            if mark == "[" and complete and depth + len(opened) < MAX_DEPTH:
                opened.append(start)
                rows.append([])
            elif mark == "]" and (not complete or not rows[-1] or text[at - 1] == ","):
                opened.pop()
                row = rows.pop()
                if not rows:
                    return Literal(row, found.end(), tuple(sorted(words)))
                rows[-1].append(row)
                complete = False
            elif mark == "," and not complete:
                complete = True
            else:
                if opened and start == len(text):
                    raise self._never_closed(opened[-1])
                self._check(text, at, start, rows, complete)
                self.not_literal.update(opened)
                self.slow_until = max(self.slow_until, start)
                return None
            at = found.end()

    def _number(self, found: re.Match[str], words: set[str]) -> Any:
        outer, bracket, inner, written, sign, imaginary, _ = found.groups()
        if not bracket:
            outer, inner = "", outer
        value = CONSTANTS.get(written)
        if value is None:
            value = self._value(written, found.start(4))
        elif written in REBINDABLE:
            words.add(written)
        if inner:
            value = _signed(inner, value)
        if sign:
            other = self._value(imaginary, found.start(6))
            value = value + other if sign == "+" else value - other
        return _signed(outer, value) if outer else value

    def _value(self, written: str, at: int) -> int | float | complex:
        try:
            return number(written)
        except ValueError as error:
            raise self._error(str(error), at, at + len(written)) from None

    def _check(self, text: str, at: int, start: int, rows: list[list[Any]], complete: bool) -> None:
        """Raise where what follows the elements read so far fits no list either."""
        if not complete:
            row, mark = rows[-1], text[start : start + 1]
            in_row = type(row[-1]) is list and not any(type(item) is list for item in row[-1])
            if _match(SIGN, text, at).group(2):
                raise self._no_comma(_place(rows), at, start)
            if (
                mark == "["
                and not self.pythonic
                and (start > at or (in_row and re.compile(INDEX_LIKE).match(text, start)))
            ):
                raise self._no_comma(_place(rows), at, start)
            if mark == ";":
                raise self._semicolon(_place(rows), start)
            return
        if text[start : start + 1] == ",":
            raise self._error(f"invalid syntax: expected a number ({_place(rows)})", start, start + 1)
        found = re.compile(SIGNED).match(text, at)
        if not found:
            return
        end = found.end()
        tail = re.compile(TAIL).match(text, end)
        if tail and (tail.group()[0] != "." or tail.group()[1:2].isdigit()):
            if tail.group() not in OPERATOR_WORDS:
                raise self._error(f"invalid number ({_place(rows)})", found.start(1), tail.end())
            return
        follows = _match(SIGN, text, end)
        if follows.group(2) or (follows.group(1) == "[" and not self.pythonic):
            raise self._no_comma(_place(rows, 2), end, follows.start(follows.lastindex or 0))
        if follows.group(1) == ";":
            raise self._semicolon(_place(rows, 2), follows.start(1))

    def _never_closed(self, at: int) -> ParseError:
        error = self._error("'[' was never closed", at, at + 1, help="close it with `]`")
        error.incomplete = True
        return error

    def _no_comma(self, place: str, at: int, next_start: int) -> ParseError:
        return self._error(
            f"invalid syntax: expected `,` before {place}", at, max(next_start, at + 1), help="type `,` here"
        )

    def _semicolon(self, place: str, at: int) -> ParseError:
        help = "write each row in brackets of its own: [[1, 2], [3, 4]]"
        return self._error(
            f"invalid syntax: expected `,` or `]`, not `;`, before {place}", at, at + 1, help=help
        )

    def _error(self, message: str, start: int, end: int, help: str | None = None) -> ParseError:
        return ParseError(message, span=Span(self.source, start, end), help=help)


def _match(pattern: str, text: str, *limits: int) -> re.Match[str]:
    """The match of a pattern that can be empty."""
    found = re.compile(pattern).match(text, *limits)
    assert found is not None
    return found


def number(written: str) -> int | float | complex:
    """A Python number without sign; ValueError says in Python's words what is wrong with it."""
    base = {"x": 16, "b": 2, "o": 8}.get(written[1:2].lower()) if written[0] == "0" else None
    try:
        if base:
            return int(written, base)
        if written[-1] in "jJ":
            return complex(0.0, float(written[:-1]))
        if written.isdecimal() or written.replace("_", "").isdecimal():
            return int(written, 0) if written.strip("0_") else int(written)
        return float(written)
    except ValueError:
        digits = written.replace("_", "")
        if digits.isdecimal() and len(digits) > 4300:
            raise ValueError(
                "integer with more than 4300 digits; write it in hexadecimal or as a float"
            ) from None
        if digits.isdecimal() and digits[0] == "0" and "__" not in written and written[-1] != "_":
            raise ValueError(
                "leading zeros in decimal integer literals are not permitted; "
                "use an 0o prefix for octal integers"
            ) from None
        names = {16: "hexadecimal", 2: "binary", 8: "octal", None: "decimal"}
        raise ValueError(f"invalid {names[base]} literal") from None


def _closed(before: str, after: str) -> bool:
    """Whether as many parentheses close behind a number as open in front of it."""
    before, after = (re.sub(r"#[^\r\n]*", "", each) if each else each for each in (before, after))
    return before.count("(") == after.count(")")


def _signed(signs: str, value: Any) -> Any:
    for sign in reversed(signs.replace(" ", "").replace("\t", "")):
        value = -value if sign == "-" else +value
    return value


def _place(rows: list[list[Any]], ahead: int = 1) -> str:
    """The next element (or the one after it) in words: `row 2, column 3`."""
    path = [len(row) + 1 for row in rows]
    path[-1] += ahead - 1
    if len(path) == 1:
        return f"{'row' if rows[0] and type(rows[0][0]) is list else 'element'} {path[0]}"
    if len(path) == 2:
        return f"row {path[0]}, column {path[1]}"
    return "element " + "".join(f"[{index - 1}]" for index in path)


# ------------------------------------------------------------------ the way through JSON


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN, Infinity: names, here


def _balanced(text: str, at: int) -> int:
    """The offset past the bracket that closes the one at `at`; `at` itself if there is none."""
    depth = 0
    for mark in re.compile(BRACKET).finditer(text, at):
        sign = mark.group()
        if sign == "[":
            depth += 1
        elif sign == "]":
            depth -= 1
            if depth == 0:
                return mark.end()
    return at


def _normalised(text: str) -> str:
    """Python's spelling of numbers and lists as JSON's; what is wrong in Python stays wrong.

    `str.replace` is an order of magnitude faster than a regular expression.
    """
    if "_" in text:
        text = re.sub(r"(?<=[0-9])_(?=[0-9])", "", text)
    if re.search(r"(?<![0-9])\.(?![0-9])", text):
        raise ValueError("a point without digits")
    for follows in ",] \n\t\r\feE":
        text = text.replace(f".{follows}", f".0{follows}")
    for before in " [,-+\n\t\r\f":
        text = text.replace(f"{before}.", f"{before}0.")
    if "+" in text:
        text = re.sub(r"(?<=[ \t\f\r\n\[,])\+(?=[0-9])", "", text)
    if re.search(r",[ \t\f\r\n]*+\]", text):
        text = re.sub(r"(?<=[0-9\]e])([ \t\f\r\n]*+),(?=[ \t\f\r\n]*+\])", r"\1", text)
    return text.replace("True", "true").replace("False", "false")


def _kinds(values: list[Any]) -> tuple[set[type], int]:
    """The types of everything in nested lists, and how deep they are."""
    kinds: set[type] = set()
    rows, depth = [values], 0
    while rows:
        depth += 1
        here = set(map(type, chain.from_iterable(rows)))
        kinds |= here
        if list not in here:
            break
        rows = [item for row in rows for item in row if type(item) is list]
    return kinds, depth


# ------------------------------------------------------------------ shape


def _ragged(source: Source, at: int, values: list[Any]) -> Ragged | None:
    """The first row, in reading order, whose length is not that of its first sibling."""
    if _regular(values):
        return None
    lengths: list[int] = []
    first: Any = values
    while type(first) is list:
        lengths.append(len(first))
        first = first[0] if first else None
    pending: list[tuple[tuple[int, ...], Any]] = [((), values)]
    while pending:
        path, item = pending.pop()
        dim = len(path)
        expected = lengths[dim] if dim < len(lengths) else None
        got = len(item) if type(item) is list else None
        if got != expected:
            return Ragged(_span_of(source, at, path), path, dim, expected, got)
        if type(item) is list:
            pending.extend(((*path, index), item[index]) for index in reversed(range(len(item))))
    return None


def _regular(values: list[Any]) -> bool:
    rows = [values]
    while True:
        kinds = set(map(type, chain.from_iterable(rows)))
        if list not in kinds:
            return True
        if len(kinds) > 1:
            return False
        rows = list(chain.from_iterable(rows))
        if len(set(map(len, rows))) > 1:
            return False


def _span_of(source: Source, at: int, path: tuple[int, ...]) -> Span:
    """Where the element at index `path` of the literal at offset `at` is written."""
    text, target = source.text, list(path)
    index: list[int] = []
    for mark in re.compile(MARK).finditer(text, at):
        sign = mark.group()
        if sign == "[":
            index.append(0)
        elif sign == "]":
            index.pop()
        elif sign == ",":
            index[-1] += 1
        if sign in ("[", ",") and index == target:
            start = _match(GAP, text, mark.end()).end()
            if text[start] == "[":
                return Span(source, start, _balanced(text, start))
            end = _match(r"[^,\]#\r\n]*", text, start).end()
            return Span(source, start, start + len(text[start:end].rstrip()))
    return Span(source, at, at + 1)
