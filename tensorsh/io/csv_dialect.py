"""What a table of text looks like: its delimiter, its header, its comments, and what a cell means."""

from __future__ import annotations

import builtins
import contextlib
import csv
import re
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from ..errors import DataError

BLANKS = " "  # the delimiter that stands for any run of blanks and tabs

_HEAD = 1 << 16  # bytes looked at
_JUDGED = 1 << 12  # characters of a long row looked at
_FLOAT32: np.dtype[Any] = np.dtype(np.float32)
_SAMPLE = 20  # rows looked at
_MISSING = {"", "na", "n/a", "#n/a", "null", "none"}
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class Options:
    """What the caller says of the text; None is: find out."""

    name: str  # of the file, for errors
    delimiter: str | None = None
    header: bool | None = None
    columns: tuple[int | str, ...] | None = None
    dtype: np.dtype[Any] | None = None
    float_dtype: np.dtype[Any] = _FLOAT32
    kind: str = "csv"


@dataclass(frozen=True)
class Dialect:
    delimiter: str
    width: int  # cells in a row
    columns: list[int] | None  # those asked for
    names: tuple[str, ...] | None
    start: int  # where the numbers begin, in bytes
    line: int  # and in lines, from 1
    comment: re.Pattern[bytes]


def read_head(stream: BinaryIO, name: str) -> bytes:
    """The first bytes, at least one line of them, without a byte order mark."""
    head = stream.read(_HEAD)
    while b"\n" not in head and (more := stream.read(len(head) or 1)):
        head += more
    if head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    if b"\0" in head:
        wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
        raise DataError(
            f"{name}: {'UTF-16 text' if wide else 'binary data'}, not UTF-8 text",
            help="save the table as UTF-8 text" if wide else 'say what it is: load(path, format="npy")',
        )
    if b"\r" in head and b"\n" not in head:
        head = head.replace(b"\r", b"\n")
    return head


def find_dialect(head: bytes, options: Options) -> Dialect:
    """What `options` leave open, settled by the first rows. DataError where there are none."""
    comment = re.compile(rb"#[^\r\n]*" if options.kind == "txt" else rb"(?m)^[ \t]*#[^\r\n]*")
    sample: list[tuple[int, int, str]] = []  # start, line, text of the first rows
    end = 0
    for number, raw in enumerate(head.split(b"\n"), 1):
        start, end = end, end + len(raw) + 1
        complete = end <= len(head)
        if (text := decoded(comment.sub(b"", raw)).strip("\r ")).strip() and (complete or not sample):
            sample.append((start, number, text))
        if len(sample) == _SAMPLE:
            break
    if not sample:
        raise DataError(f"{options.name}: no rows", help="a table needs at least one line of numbers")
    rows = [text for _, _, text in sample]
    delimiter = options.delimiter if options.delimiter is not None else _delimiter(rows, options.kind)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\n\r.-+#0123456789':
        raise DataError(f"{delimiter!r} cannot be a delimiter", help='one character, such as delimiter=";"')
    header = options.header if options.header is not None else _is_header(_first_cells(rows[0], delimiter))
    names = tuple(_split(rows[0], delimiter)) if header else None
    width = len(names) if names is not None else _width(rows[0], delimiter)
    start, line, _ = sample[0]
    if header:
        after = head.find(b"\n", start) + 1
        start, line = after or len(head), line + 1
    return Dialect(delimiter, width, _columns(options, names, width), names, start, line, comment)


def decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _split(row: str, delimiter: str) -> list[str]:
    """The cells of one line."""
    if delimiter == BLANKS:
        row = " ".join(row.split())
    if '"' in row:
        with contextlib.suppress(csv.Error):
            (row_cells,) = csv.reader([row], delimiter=delimiter, skipinitialspace=True)
            return [cell.strip() for cell in row_cells]
    return [cell.strip() for cell in row.split(delimiter)]


def _width(row: str, delimiter: str) -> int:
    if '"' in row or delimiter == BLANKS:
        return len(_split(row, delimiter))
    return row.count(delimiter) + 1


def _first_cells(row: str, delimiter: str) -> list[str]:
    """The cells of one line, or, where it is long, enough of them to judge."""
    if len(row) > _JUDGED and delimiter in row[:_JUDGED]:
        row = row[: row.rindex(delimiter, 0, _JUDGED)]
    return _split(row, delimiter)


def _delimiter(rows: list[str], kind: str) -> str:
    """The candidate that gives every row the same number of cells, at best all of them numbers."""
    candidates = {"tsv": "\t,;| ", "txt": ",;|\t "}.get(kind, ",;\t| ")
    even = []
    for candidate in candidates:
        width = _width(rows[-1], candidate)
        if width > 1 and all(_width(row, candidate) == width for row in rows):
            if all(is_number(cell) or is_missing(cell) for cell in _first_cells(rows[-1], candidate)):
                return candidate
            even.append(candidate)
    if even:
        return even[0]
    uneven = [c for c in candidates if c in rows[0] and (c != BLANKS or kind == "txt")]
    return uneven[0] if uneven else candidates[0]


def _is_header(cells: list[str]) -> bool:
    named = [cell for cell in cells if not is_missing(cell)]
    return bool(named) and not any(map(is_number, named))


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


def cell_value(text: str) -> Any:
    """The number in a cell, None where it is missing; Python's ValueError for any other text."""
    lowered = text.lower()
    if lowered in _MISSING:
        return None
    if lowered in _TRUTH:
        return _TRUTH[lowered]
    if "_" in text or not text.isascii():
        raise builtins.ValueError
    for kind in (int, float):
        try:
            return kind(text)
        except builtins.ValueError:
            pass
    return complex(text)


def is_number(text: str) -> bool:
    try:
        return cell_value(text.strip()) is not None
    except builtins.ValueError:
        return False


def is_missing(text: str) -> bool:
    return text.strip().lower() in _MISSING
