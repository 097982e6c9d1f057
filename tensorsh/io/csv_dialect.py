"""What a table of text looks like: its delimiter, its header, its comments, and what a cell means."""

from __future__ import annotations

import contextlib
import csv
import re
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from ..errors import DataError
from .csv_encoding import decoded
from .csv_numbers import Numerals, is_missing, is_name, is_word
from .csv_quotes import open_quote, unclosed

BLANKS = " "  # the delimiter that stands for any run of blanks and tabs

_HEAD = 1 << 16  # bytes looked at
_JUDGED = 1 << 12  # characters of a long row looked at
_FLOAT32: np.dtype[Any] = np.dtype(np.float32)
_SAMPLE = 20  # rows looked at


@dataclass(frozen=True)
class Options:
    """What the caller says of the text; None is: find out."""

    name: str  # of the file, for errors
    delimiter: str | None = None
    header: bool | None = None
    columns: tuple[int | str, ...] | None = None
    decimal: str = "."
    thousands: str | None = None
    dtype: np.dtype[Any] | None = None
    float_dtype: np.dtype[Any] = _FLOAT32
    kind: str = "csv"
    skip: int = 0  # lines left out at the top
    nrows: int | None = None  # rows read at most
    encoding: str | None = None  # of the bytes


@dataclass(frozen=True)
class Dialect:
    delimiter: str
    width: int  # cells in a row
    columns: list[int] | None  # those asked for
    names: tuple[str, ...] | None
    start: int  # where the numbers begin, in bytes
    line: int  # and in lines of the file, from 1
    comment: re.Pattern[bytes]
    numerals: Numerals
    texts: frozenset[int] = frozenset()  # the columns of words: they become codes


def read_head(stream: BinaryIO, name: str) -> bytes:
    """The first bytes, at least one line of them, without a byte order mark."""
    head = stream.read(_HEAD)
    while b"\n" not in head and (more := stream.read(len(head) or 1)):
        head += more
    if head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    if b"\0" in head:
        order = next(
            (n for n in (0, 1) if b"\0" not in head[n::2] and not head[1 - n :: 2].strip(b"\0")), None
        )
        raise DataError(
            f"{name}: {'binary data' if order is None else 'UTF-16 text'}, not UTF-8 text",
            help='say what it is: load(path, format="npy")'
            if order is None
            else f'load(path, encoding="utf-16-{"lb"[order]}e") reads it',
        )
    if b"\r" in head and b"\n" not in head:
        head = head.replace(b"\r", b"\n")
    return head


@dataclass(frozen=True)
class Row:
    """One of the first rows: where it begins and the next one does, in bytes; its first line; its text."""

    start: int
    end: int
    line: int
    text: str


def find_dialect(head: bytes, options: Options) -> Dialect:
    """What `options` leave open, settled by the first rows. DataError where there are none."""
    comment = re.compile(rb"#[^\r\n]*" if options.kind == "txt" else rb"(?m)^[ \t]*#[^\r\n]*")
    numerals = _numerals(options)
    lines = _lines(options.name, head, comment, _SAMPLE, options.skip)
    if not lines:
        raise DataError(f"{options.name}: no rows", help="a table needs at least one line of numbers")
    delimiter = options.delimiter
    if delimiter is None:
        delimiter = _delimiter(lines, options.kind, numerals)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\n\r.-+#0123456789':
        raise DataError(f"{delimiter!r} cannot be a delimiter", help='one character, such as delimiter=";"')
    rows = _rows(lines, delimiter)
    if not rows:  # the first goes on for longer
        lines = _lines(options.name, head, comment, len(head), options.skip)
        rows = _rows(lines, delimiter)
    if not rows:
        raise unclosed(options.name, ((line.line, line.text) for line in lines), delimiter)
    first = rows[0]
    header = options.header
    if header is None:
        header = _is_header(_first_cells(first.text, delimiter), numerals, options, first.line)
    names = told_apart(_split(first.text, delimiter)) if header else None
    width = len(names) if names is not None else _width(first.text, delimiter)
    start, line = first.start, first.line
    if header:
        start, line = first.end, first.line + first.text.count("\n") + 1
    columns = _columns(options, names, width)
    texts = _texts(rows[1:] if header else rows, delimiter, width, numerals)
    return Dialect(delimiter, width, columns, names, start, line, comment, numerals, texts)


def _texts(rows: list[Row], delimiter: str, width: int, numerals: Numerals) -> frozenset[int]:
    """The columns in which none of the first rows has a number, and some have a word; one column at least has."""
    cells = [each for each in (_split(row.text, delimiter) for row in rows) if len(each) == width]
    if not cells or width > _JUDGED:
        return frozenset()
    texts, numbers = set(), False
    for i, column in enumerate(zip(*cells, strict=True)):
        there = [cell for cell in column if not is_missing(cell)]
        if there and all(map(is_word, there)) and not any(_is_value(cell, numerals) for cell in there):
            texts.add(i)
        elif there:
            numbers = True
    return frozenset(texts) if numbers else frozenset()


def _is_value(cell: str, numerals: Numerals) -> bool:
    """Whether a cell can be read as a number, `infj` among them."""
    try:
        numerals.value(cell)
    except ValueError:
        return False
    return True


def _numerals(options: Options) -> Numerals:
    for option, character in (("decimal", options.decimal), ("thousands", options.thousands)):
        if character is not None and (
            len(character) != 1 or character.isalnum() or character in '"+-#\n\r\t'
        ):
            raise DataError(f"{option}={character!r}: no number is written so", help='such as decimal=","')
    if options.decimal == options.thousands:
        raise DataError(f"decimal and thousands are both {options.decimal!r}")
    return Numerals(options.decimal, options.thousands)


def _lines(name: str, head: bytes, comment: re.Pattern[bytes], most: int, above: int) -> list[Row]:
    """The first lines, without comments; empty ones only where they may be part of a quoted cell.

    `above`: how many lines of the file were left out before them.
    """
    lines: list[Row] = []
    quoted, end = b'"' in head, 0
    for number, raw in enumerate(head.split(b"\n"), above + 1):
        start, end = end, end + len(raw) + 1
        complete = end <= len(head)
        text = decoded(comment.sub(b"", raw), name, number).strip("\r ") if complete or not lines else ""
        if (text.strip() or (lines and quoted)) and (complete or not lines):
            lines.append(Row(start, min(end, len(head)), number, text))
        if len(lines) == most:
            break
    return lines


def _rows(lines: list[Row], delimiter: str) -> list[Row]:
    """The lines as rows: one whose quote is open goes on in the next. The last may not end here."""
    rows: list[Row] = []
    part: list[Row] = []
    inside = False
    for line in lines:
        inside = open_quote(line.text, delimiter, inside) is not None
        part.append(line)
        if not inside:
            text = "\n".join(each.text for each in part)
            if text.strip():
                rows.append(Row(part[0].start, line.end, part[0].line, text))
            part = []
    return rows


def _split(row: str, delimiter: str) -> list[str]:
    """The cells of one line."""
    if delimiter == BLANKS:
        row = " ".join(row.split())
    if '"' in row:
        with contextlib.suppress(csv.Error):
            lines = (line + "\n" for line in row.split("\n"))
            row_cells = next(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
            return [cell.strip() for cell in row_cells]
    return [cell.strip() for cell in row.split(delimiter)]


def told_apart(names: list[str]) -> tuple[str, ...]:
    """Names of columns, as pandas tells them apart: `a`, `a.1` and, where there is none, `Unnamed: 2`."""
    named = [name or f"Unnamed: {i}" for i, name in enumerate(names)]
    found: list[str] = []
    taken = set(named)
    for name in named:
        count, new = 0, name
        while new in found or (count and new in taken):
            count += 1
            new = f"{name}.{count}"
        found.append(new)
    return tuple(found)


def _width(row: str, delimiter: str) -> int:
    if '"' in row or delimiter == BLANKS:
        return len(_split(row, delimiter))
    return row.count(delimiter) + 1


def _first_cells(row: str, delimiter: str) -> list[str]:
    """The cells of one line, or, where it is long, enough of them to judge."""
    if len(row) > _JUDGED and delimiter in row[:_JUDGED]:
        row = row[: row.rindex(delimiter, 0, _JUDGED)]
    return _split(row, delimiter)


def _delimiter(lines: list[Row], kind: str, numerals: Numerals) -> str:
    """The candidate that gives every row the same number of cells, at best all of them numbers."""
    candidates = {"tsv": "\t,;| ", "txt": ",;|\t "}.get(kind, ",;\t| ")
    quoted = any('"' in line.text for line in lines)
    if not quoted:  # what is in numbers is between cells only where those are quoted
        candidates = candidates.replace(numerals.decimal, "").replace(numerals.thousands or "\0", "")
    even = []
    rows = [line.text for line in lines]
    for candidate in candidates:
        rows = [row.text for row in _rows(lines, candidate)] if quoted else rows
        width = _width(rows[-1], candidate) if rows else 0
        if width > 1 and all(_width(row, candidate) == width for row in rows):
            if all(numerals.is_number(c) or is_missing(c) for c in _first_cells(rows[-1], candidate)):
                return candidate
            even.append(candidate)
    if even:
        return even[0]
    uneven = [c for c in candidates if c in lines[0].text and (c != BLANKS or kind == "txt")]
    return uneven[0] if uneven else candidates[0]


def _is_header(cells: list[str], numerals: Numerals, options: Options, line: int) -> bool:
    """Whether the first row names the columns. DataError where it is neither names nor numbers."""
    if any(numerals.is_number(cell) and not is_word(cell) for cell in cells):
        return False
    there = [cell for cell in cells if not is_missing(cell)]
    if any(map(is_name, there)) and all(map(is_word, there)):
        return True
    strange = next((cell for cell in there if not is_word(cell)), None)
    if strange is None:
        return False
    comma = re.fullmatch(r"[-+]?[\d.]*,\d+", strange) and numerals.decimal == "."
    raise DataError(
        f"{options.name}, line {line}: {strange!r} is neither a number nor a name",
        help='load(path, decimal=",") reads it as a number'
        if comma
        else "load(path, header=true) if this row is a header",
    )


def _columns(options: Options, names: tuple[str, ...] | None, width: int) -> list[int] | None:
    """The positions of the columns asked for, by number or name."""
    if options.columns is None:
        return None
    found = []
    for column in options.columns:
        if isinstance(column, str) and names and column in names:
            found.append(names.index(column))
        elif not isinstance(column, str) and -width <= column < width:
            found.append(column % width)
        else:
            there = ", ".join(names) if names else f"0 to {width - 1}"
            raise DataError(f"{options.name}: no column {column!r}", help=f"the columns are {there}")
    return found
