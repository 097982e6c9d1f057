"""Where the cursor is: what a half-typed text says without being a program yet.

`scan(text)` cuts any text into coarse tokens, right or wrong; `place(text)` says what stands at its end:
the word that is being typed, what is before its dot, the calls it is inside of, an open string.
Completion, signatures and the highlighter's last resort are built on these two.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ..lang.syntax.characters import marks, word_pattern
from ..lang.syntax.lexer import REFUSED_WORDS


@lru_cache(maxsize=16)
def pattern(marks: str) -> re.Pattern[str]:
    """One piece of a text in whose names are these marks."""
    return re.compile(
        rf"""(?P<comment>\#[^\n]*)
        |(?P<string>[rRuUfF]{{0,2}}(?P<quote>\"{{3}}|'{{3}}|"|'))
        |(?P<number>0[xXbBoO]\w*|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[jJ]?)
        |(?P<word>{word_pattern(marks)})
        |(?P<space>[^\S\n]+|\\\n)
        |(?P<newline>\n)
        |(?P<sign>\*\*|//|<<|>>|->|[=!<>]=|.)""",
        re.VERBOSE,
    )


CLOSING = {")": "(", "]": "[", "}": "{"}
KEYWORDS = frozenset(keyword.kwlist) - {"True", "False", "None"} - set(REFUSED_WORDS)
SOFT_KEYWORDS = frozenset({
    "param", "graph", "explain", "backward", "grad", "on", "wrt", "retain", "create", "match", "case",
})  # fmt: skip


class Token(NamedTuple):
    """One piece of text; `kind` is a group of `pattern`, or `open` for a string without an end."""

    kind: str
    start: int
    end: int


def scan(text: str, at: int = 0) -> Iterator[Token]:
    """The tokens of `text` from `at` on, without blanks."""
    match = pattern(marks(text)).match
    while at < len(text):
        found = match(text, at)
        assert found is not None
        start, (at, kind) = at, (found.end(), found.lastgroup or "sign")
        if kind in ("string", "quote"):
            kind, at = _string(text, at, found["quote"], "r" in found["string"].lower())
        if kind != "space":
            yield Token(kind, start, at)


def _string(text: str, at: int, quote: str, raw: bool) -> tuple[str, int]:
    """Whether a string ends, and where; one line's string ends with the line."""
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(quote, at):
            return "string", at + len(quote)
        elif text[at] == "\n" and len(quote) == 1:
            return "string", at
        else:
            at += 1
    return "open", len(text)


#: `torch.nn.relu` as its names; the first is None where a value of any kind stands, `"` for a string
Chain = tuple[str | None, ...]


@dataclass(slots=True)
class Bracket:
    """An open bracket; of a call also what is called and which argument is being typed.

    subject    what is indexed, where it is the bracket of an index
    index      how many arguments are complete
    keyword    the name of the argument that is being typed, if it has one
    keywords   all names given so far
    """

    sign: str
    callee: Chain = ()
    subject: Chain = ()
    index: int = 0
    keyword: str | None = None
    keywords: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Place:
    """What is at the end of a text.

    word       the beginning of a name there, perhaps empty
    receiver   what is before the dot that the word follows; () if there is no dot
    before     the tokens of the last statement before the word (and before the receiver's dot), as text
    brackets   the open brackets, innermost last
    string     the text of an open string; None outside of strings
    quiet      inside a comment or after a number: nothing can be completed
    start      where the last statement begins
    """

    word: str = ""
    receiver: Chain = ()
    before: list[str] = field(default_factory=list)
    brackets: list[Bracket] = field(default_factory=list)
    string: str | None = None
    quiet: bool = False
    start: int = 0

    @property
    def call(self) -> Bracket | None:
        """The innermost call; a list or index inside it does not hide it."""
        return next((each for each in reversed(self.brackets) if each.callee), None)


def place(text: str) -> Place:
    """What is at the end of `text`."""
    found = Place()
    tokens = list(scan(text))
    last = tokens[-1] if tokens else None
    if last is not None and last.end == len(text):
        if last.kind == "comment":
            return Place(quiet=True)
        if last.kind == "open":
            quote = pattern("").match(text, last.start)
            assert quote is not None
            found.string = text[quote.end() : last.end]
            tokens.pop()
        elif last.kind == "word":
            found.word = text[last.start :]
            tokens.pop()
        elif last.kind == "number":
            found.quiet = True

    seen: list[Token] = []
    for token in tokens:
        if token.kind == "comment":
            continue
        if token.kind == "newline" and not found.brackets:
            seen.clear()
            continue
        _bracket(text, token, seen, found.brackets)
        seen.append(token)
    if seen and text[seen[-1].start : seen[-1].end] == "." and found.string is None:
        found.receiver = chain(text, seen[:-1])
    found.start = seen[0].start if seen else len(text) - len(found.word)
    found.before = [text[token.start : token.end] for token in seen]
    return found


def _bracket(text: str, token: Token, seen: list[Token], brackets: list[Bracket]) -> None:
    """Follow brackets, commas and `name=` with one more token."""
    sign = text[token.start : token.end] if token.kind == "sign" else ""
    if sign in ("(", "[", "{"):
        named = chain(text, seen)
        brackets.append(Bracket(sign, named if sign == "(" else (), named if sign == "[" else ()))
    elif sign in CLOSING:
        if brackets and brackets[-1].sign == CLOSING[sign]:
            brackets.pop()
    elif not brackets:
        return
    elif sign == ",":
        brackets[-1].index += 1
        brackets[-1].keyword = None
    elif sign == "=" and len(seen) > 1 and seen[-1].kind == "word":
        if text[seen[-2].start : seen[-2].end] in ("(", ","):
            brackets[-1].keyword = text[seen[-1].start : seen[-1].end]
            brackets[-1].keywords.add(brackets[-1].keyword)


def chain(text: str, tokens: list[Token]) -> Chain:
    """The dotted name that `tokens` end with; () where no value stands there."""
    names: list[str | None] = []
    for token in reversed(tokens):
        word = text[token.start : token.end]
        if len(names) % 2:  # before a name: only a dot goes on
            if word != ".":
                break
            names.append(".")
        elif token.kind == "word" and word not in KEYWORDS:
            names.append(word)
        else:
            if token.kind == "string":
                names.append('"')
            elif token.kind == "number" or word in (")", "]", "}"):
                names.append(None)
            break
    if names and names[-1] == ".":
        return ()
    return tuple(names[::-2])
