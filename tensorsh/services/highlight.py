"""Colours for text that is being typed: `highlight` cuts it into styled pieces.

The language's own lexer says what each piece is, so soft keywords and f-strings are what the program
means by them. What follows a lexical error (most often a string that is still open) is read coarsely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..engine.core.dtype import dtypes
from ..lang.faults.places import PREFIXES
from ..lang.names.host import KINDS
from ..lang.syntax.lexer import Lexer
from ..lang.syntax.parse import grammar
from ..session import Session
from ..source import Source
from .scan import KEYWORDS, scan

#: longer texts are left plain: every key would colour them anew
LONGEST = 50_000

CONSTANTS = frozenset({"True", "False", "None", "true", "false", "none", "inf", "nan", "pi"})
SOFT = frozenset({
    "PARAM", "GRAPH", "EXPLAIN", "BACKWARD", "GRAD", "DERIVATIVE", "ON", "WRT", "RETAIN", "CREATE", "TO", "GRADS",
    "MATCH", "CASE",
})  # fmt: skip
STRINGS = frozenset({"STRING", "FSTRING_START", "FSTRING_TEXT", "FSTRING_END", "CONVERSION"})

#: (start, end, style); gaps are plain
Piece = tuple[int, int, str]
Kinds = Callable[[str], str]


def highlight(session: Session, text: str) -> list[Piece]:
    """The styled pieces of `text`, in order. Styles: keyword constant number string comment type
    operation."""
    if len(text) > LONGEST:
        return []
    return list(_pieces(text, name_kinds(session)))


def name_kinds(session: Session) -> Kinds:
    """A function that says what a name stands for: a style, or "" for variables and unknown names."""
    known = session.builtin_names()

    def kind(name: str) -> str:
        if name in session:
            return ""
        if name in CONSTANTS:
            return "constant"
        if name in dtypes or name in KINDS or name in PREFIXES:
            return "type"
        return "operation" if name in known else ""

    return kind


def _pieces(text: str, kinds: Kinds) -> Iterator[Piece]:
    table = grammar()
    tokens = Lexer(table, Source(text)).read()
    names = table.names
    keywords = {table.symbols[word] if isinstance(word, str) else word for word in table.keywords.values()}
    at = 0
    before = ""
    for i, kind in enumerate(tokens.kinds):
        start, end = tokens.starts[i], tokens.ends[i]
        if kind < 0 and tokens.error is not None and i == len(tokens.kinds) - 1:
            break
        yield from _comments(text, at, start)
        at = max(at, end)
        name = names[kind] if kind >= 0 else ""
        word = text[start:end]
        if name == "TENSOR":
            yield from _coarse(text, start, end, kinds)
        elif name in STRINGS:
            yield start, end, "string"
        elif name in SOFT or (kind < 0 and word.isidentifier()):
            yield start, end, "keyword"
        elif name == "NUMBER":
            yield start, end, "number"
        elif name == "DEVICE":
            yield start, end, "type"
        elif kind in keywords or name == "NAME":
            style = _word(word, before, kinds)
            if style:
                yield start, end, style
        if word:
            before = word
    yield from _coarse(text, at, len(text), kinds)


def _word(word: str, before: str, kinds: Kinds) -> str:
    if before == ".":
        return ""
    if word in KEYWORDS:
        return "keyword"
    return kinds(word)


def _comments(text: str, start: int, end: int) -> Iterator[Piece]:
    """Between two tokens there are only blanks and comments."""
    if "#" in text[start:end]:
        for token in scan(text[:end], start):
            if token.kind == "comment":
                yield token.start, token.end, "comment"


def _coarse(text: str, start: int, end: int, kinds: Kinds) -> Iterator[Piece]:
    """Without the lexer: comments, strings, numbers and words."""
    before = text[:start].rstrip()[-1:]
    for kind, first, last in scan(text[:end], start):
        word = text[first:last]
        if kind in ("string", "open"):
            yield first, last, "string"
        elif kind in ("comment", "number"):
            yield first, last, kind
        elif kind == "word":
            style = _word(word, before, kinds)
            if style:
                yield first, last, style
        before = word
