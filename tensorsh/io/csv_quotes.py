"""Quotes in tables: which line leaves a cell open, and the error of one that is never closed."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import DataError


def open_quote(line: str, delimiter: str, inside: bool) -> int | None:
    """The column (from 0) of the quote that is open at the end of a line; None where none is.

    `inside`: the line begins within a quoted cell, which counts as column 0. As in Python's csv: a quote
    opens a cell only at its beginning, and a doubled one within it is part of the text.
    """
    if '"' not in line:
        return 0 if inside else None
    at, opened = 0, 0
    while True:
        if not inside:
            while at < len(line) and line[at] == " ":
                at += 1
            if not line.startswith('"', at):
                at = line.find(delimiter, at) + 1
                if at == 0:
                    return None
                continue
            opened, at = at, at + 1
        while True:
            at = line.find('"', at) + 1
            if at == 0:
                return opened
            if not line.startswith('"', at):
                break
            at += 1
        inside = False
        at = line.find(delimiter, at) + 1
        if at == 0:
            return None


class Quotes:
    """Follows the lines of a table, and knows where the quote that is open began."""

    def __init__(self, delimiter: str, line: int):
        self.delimiter = delimiter
        self.line = line
        self.opened: tuple[int, int] | None = None  # line and column, both from 1

    def follow(self, text: str) -> None:
        column = open_quote(text.rstrip("\r\n"), self.delimiter, self.opened is not None)
        if column is None:
            self.opened = None
        elif self.opened is None or column:
            self.opened = self.line, column + 1
        self.line += 1

    def error(self, name: str) -> Exception:
        """For a quote that is still open at the end."""
        line, column = self.opened or (self.line, 1)
        return DataError(
            f"{name}, line {line}, character {column}: a quote that is never closed",
            help='a quoted cell ends with a quote, and a quote within it is written twice: "5"" pipe"',
        )


def unclosed(name: str, lines: Iterable[tuple[int, str]], delimiter: str) -> Exception:
    """The error for lines, each with its number, of which a quote is open at the end."""
    quotes = Quotes(delimiter, 1)
    for number, text in lines:
        quotes.line = number
        quotes.follow(text)
    return quotes.error(name)
