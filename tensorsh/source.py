"""Source text and places in it.

A `Source` is one piece of program text with a name; a `Span` is a half-open range of character
offsets into it. Errors, AST nodes and graph nodes all point at spans.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from bisect import bisect_right
from functools import cached_property
from typing import Any

#: the folder of tensorsh's own code
PACKAGE = os.path.dirname(__file__)

#: what a text in another encoding than UTF-8 says in one of its first two lines
DECLARED = rb"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*[-\w.]"


#: bytes after which what is no regular file is taken for one that has no end
ENDLESS = 1 << 28


def decoded(content: bytes) -> str:
    """The text of a file, its line ends as `\\n`; UnicodeDecodeError or SyntaxError for what is none.

    UTF-8 unless a comment at its beginning says otherwise, as in Python: `# -*- coding: latin-1 -*-`.
    """
    encoding = "utf-8-sig"
    if b"coding" in content and re.match(DECLARED, content):
        from io import BytesIO
        from tokenize import detect_encoding

        encoding, _ = detect_encoding(BytesIO(content).readline)
    return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def same_letters(word: str) -> str:
    """A name in the letters that Python takes it for: those that look alike are one (NFKC)."""
    if word.isascii():
        return word
    from unicodedata import normalize  # a large table

    return normalize("NFKC", word)


def read_program(path: str, pipes: bool = False) -> str:
    """The text of a file; OSError, UnicodeDecodeError or SyntaxError for what cannot be read as one.

    A device that never ends is no program; a pipe is one only with `pipes`, since who opens it may wait for ever.
    """
    mode = os.stat(path).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or not pipes:
        with open(path, "rb", opener=regular) as file:
            return decoded(file.read())
    with open(path, "rb") as file:
        content = file.read(ENDLESS)
    if len(content) == ENDLESS:
        raise OSError(errno.EFBIG, "File too large", path)
    return decoded(content)


def regular(path: str, flags: int) -> int:
    """An opener for `open`: of regular files. Others are refused at once, where a pipe would be waited for for ever."""
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return handle
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
    raise OSError(errno.EINVAL, "Not a regular file", path)


#: not asked yet
MISSING = object()


class Source:
    """One text with the name it is reported under (`train.tsh`, `<stdin>`, `<shell 3>`)."""

    def __init__(self, text: str, name: str = "<input>"):
        self.text = text
        self.name = name
        self.read_by_python: Any = MISSING  # what Python says of it, where it was asked

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self.text)} characters)"

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line."""
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based (line, column) of a character offset."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its newline."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return (self.text[start:] if end < 0 else self.text[start:end]).rstrip("\r")


class Span:
    """Characters `start` to `end` (exclusive) of a source."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: Source, start: int, end: int):
        self.source = source
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        return f"Span({self.source.name!r}, {self.start}, {self.end})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span) and (self.source, self.start, self.end) == (
            other.source,
            other.start,
            other.end,
        )

    def __hash__(self) -> int:
        return hash((self.source, self.start, self.end))

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def position(self) -> tuple[int, int]:
        """1-based (line, column) of the first character."""
        return self.source.position(self.start)

    @property
    def end_position(self) -> tuple[int, int]:
        """1-based (line, column) just past the last character."""
        return self.source.position(self.end)

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of `other`."""
        return Span(self.source, self.start, max(self.end, other.end))
