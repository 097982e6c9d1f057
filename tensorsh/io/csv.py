"""Delimited text: `.csv`, `.tsv`, `.txt`. A table of numbers, always two-dimensional.

The first lines settle the dialect: the delimiter, whether the first row is a header, how many cells a
row has. Then blocks of whole lines are read on all cores by `csv_digits`, which knows plain decimal numbers;
others go to NumPy's parser. What that does not take (quotes, words, a line of another length) is read again
by `csv_cells`, cell by cell, which either understands it or says which line and column is wrong. The rows
are put into one array that grows in place.

    header      a first row of names: words, none of which begins as a number does; repeated ones are told apart
    encoding    UTF-8, or what a byte order mark says
    delimiter   of comma, semicolon, tab, bar and blanks the one that splits the first lines evenly
    comments    lines that begin with #; in .txt whatever follows a #
    numbers     as in programs, or with another character before decimals and one between thousands
    missing     an empty cell, NA, N/A, null, none: nan
    texts       a column in which no row has a number becomes codes 0, 1, … in the order of appearance
    dtype       bool if every cell is true/false, int64 if every cell is an integer, else the default float
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, cast

import numpy as np

from ..engine.core import parallel
from ..errors import DataError
from . import csv_digits
from .csv_cells import CellReader
from .csv_dialect import BLANKS, Dialect, Options, find_dialect, read_head
from .csv_encoding import as_utf8
from .files import Rejoined

Array = np.ndarray[Any, Any]

BLOCK = 1 << 18  # bytes parsed at a time
AHEAD = 8  # blocks for each core, read before they are parsed

_FLOATING = re.compile(rb"[.eEnN]")


@dataclass(frozen=True)
class Table:
    array: Array
    names: tuple[str, ...] | None
    categories: dict[int, tuple[str, ...]]  # of a column of texts: what its codes stand for


def read(stream: BinaryIO, options: Options) -> Table:
    """The table in a stream of bytes: [rows, columns] and the header's names."""
    stream = _behind(as_utf8(stream, options.encoding, options.name), options.skip)
    head = read_head(stream, options.name)
    dialect = find_dialect(head, options)
    table = Rows(dialect, options)
    careful = CellReader(dialect, options)
    for part in _parts(_blocks(head[dialect.start :], stream), dialect, careful):
        if options.nrows is not None and table.n + len(part) >= options.nrows:
            table.add(part[: options.nrows - table.n])
            break
        table.add(part)
    names = dialect.names
    if names and not table.n and options.header is None and options.nrows is None:
        raise DataError(
            f"{options.name}: a header, {names[0]!r} …, and no numbers",
            help="load(path, header=true) gives an empty table",
        )
    chosen = range(dialect.width) if dialect.columns is None else dialect.columns
    if names is not None:
        names = tuple(names[i] for i in chosen)
    categories = {n: tuple(careful.codes[i]) for n, i in enumerate(chosen) if i in careful.codes}
    return Table(table.whole(), names, categories)


def _behind(stream: BinaryIO, lines: int) -> BinaryIO:
    """The stream behind its next lines."""
    while lines and (block := stream.read(BLOCK)):
        here = block.count(b"\n")
        if here >= lines:
            rest = block.split(b"\n", lines)[-1]
            return cast(BinaryIO, Rejoined(rest, stream))
        lines -= here
    return stream


def _blocks(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Whole lines, each block ended by a newline."""
    carried = [head]
    while more := stream.read(BLOCK):
        if cut := more.rfind(b"\n") + 1:
            yield b"".join((*carried, more[:cut]))
            carried = [more[cut:]]
        else:
            carried.append(more)
    if rest := b"".join(carried):
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _parts(blocks: Iterator[bytes], dialect: Dialect, careful: CellReader) -> Iterator[Array]:
    """The numbers of each block."""
    line, dtype = dialect.line, np.dtype(np.int64)
    read = _digits(blocks, dialect) if not dialect.texts else ((block, None) for block in blocks)
    for block, part in read:
        if b'"' in block:  # a quoted cell may hold a newline: from here on, line by line
            yield from careful.rows(_followed(block, (block for block, _ in read)), line)
        else:
            if part is None and not dialect.texts:
                part = _parse(block, dialect, dtype)
            if part is None or (careful.integral and not np.isfinite(part).all()):
                yield from careful.rows(iter((block,)), line)
            elif len(part):
                dtype = part.dtype if dtype == np.int64 else dtype
                yield part
        line += block.count(b"\n")


def _digits(blocks: Iterator[bytes], dialect: Dialect) -> Iterator[tuple[bytes, Array | None]]:
    """Each block with its numbers, where they are so plain that `csv_digits` reads them."""
    if dialect.delimiter == BLANKS:
        yield from ((block, None) for block in blocks)
        return
    delimiter = ord(dialect.delimiter)
    while some := list(islice(blocks, AHEAD * parallel.threads())):
        parts: list[Array | None] = [None] * len(some)
        plain = [dialect.numerals.rewritten(block, dialect.delimiter) for block in some]

        def work(
            lo: int, hi: int, some: list[bytes | None] = plain, parts: list[Array | None] = parts
        ) -> None:
            for i in range(lo, hi):
                text = some[i]
                part = None if text is None else csv_digits.parse(text, delimiter, dialect.width)
                parts[i] = part if part is None or dialect.columns is None else part[:, dialect.columns]

        parallel.spread(work, len(some), block=1)
        yield from zip(some, parts, strict=True)


def _followed(block: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield block
    yield from rest


def _parse(block: bytes, dialect: Dialect, dtype: np.dtype[Any]) -> Array | None:
    """The block's numbers, as int64 where `dtype` says so and it can be, else as float64.

    None where the block is not just numbers in rows of the right length.
    """
    rewritten = dialect.numerals.rewritten(block, dialect.delimiter)
    if rewritten is None:
        return None
    block = rewritten
    if b"#" in block:
        block = dialect.comment.sub(b"", block)
    if not block.strip():
        return np.empty((0, dialect.width), dtype)
    delimiter = dialect.delimiter.encode()
    if dialect.columns is not None and dialect.delimiter != BLANKS:
        rows = (line for line in block.splitlines() if line.strip())
        if any(row.count(delimiter) != dialect.width - 1 for row in rows):
            return None
    part = _numbers(block, dialect, np.int64) if dtype == np.int64 else None
    if part is None:
        part = _numbers(block, dialect, np.float64)
        if part is None and dialect.delimiter != BLANKS:
            part = _numbers(_with_nan(block.replace(b"\r", b""), delimiter), dialect, np.float64)
        elif not _FLOATING.search(block):
            return None  # integers that do not fit
    fits = part is not None and (dialect.columns is not None or part.shape[1] == dialect.width)
    return part if fits else None


def _numbers(block: bytes, dialect: Dialect, dtype: type) -> Array | None:
    """NumPy's reading of the block, None where there is none."""
    try:
        return np.loadtxt(
            io.BytesIO(block),
            dtype,
            comments=None,
            delimiter=None if dialect.delimiter == BLANKS else dialect.delimiter,
            usecols=dialect.columns,
            ndmin=2,
            encoding="latin-1",
        )
    except (ValueError, OverflowError):
        return None


def _with_nan(block: bytes, delimiter: bytes) -> bytes:
    """The block with `nan` in its empty cells."""
    twice, first, last = delimiter * 2, b"\n" + delimiter, delimiter + b"\n"
    while twice in block:
        block = block.replace(twice, delimiter + b"nan" + delimiter)
    block = block.replace(first, b"\nnan" + delimiter).replace(last, delimiter + b"nan\n")
    return b"nan" + block if block.startswith(delimiter) else block


class Rows:
    """The numbers so far, in the dtype they end in unless what follows widens it; `n` rows of an array."""

    def __init__(self, dialect: Dialect, options: Options):
        self.width = len(dialect.columns) if dialect.columns is not None else dialect.width
        self.dtypes = _default_dtypes(options)
        self.kinds = list(self.dtypes)
        self.kind = self.kinds[-1]  # the narrowest
        self.chosen = options.dtype
        self.array = np.empty((0, self.width), options.dtype or options.float_dtype)
        self.n = 0

    def add(self, part: Array) -> None:
        if self.chosen is None:
            self.kind = min(self.kind, part.dtype.kind, key=self.kinds.index)
            if self.array.dtype != self.dtypes[self.kind]:
                self.array = self.array[: self.n].astype(self.dtypes[self.kind])
        elif part.dtype.kind == "c" and self.chosen.kind != "c":
            part = part.real
        end = self.n + len(part)
        if end > len(self.array):
            self.resize(max(end, self.n + self.n // 8))
        self.array[self.n : end] = part
        self.n = end

    def resize(self, rows: int) -> None:
        """The memory is moved by its pages where it is large, not copied."""
        self.array.resize((rows, self.width), refcheck=False)

    def whole(self) -> Array:
        self.resize(self.n)
        return self.array


def _default_dtypes(options: Options) -> dict[str, np.dtype[Any]]:
    wide = np.complex128 if options.float_dtype == np.float64 else np.complex64
    return {
        "c": np.dtype(wide),
        "f": options.float_dtype,
        "i": np.dtype(np.int64),
        "b": np.dtype(np.bool_),
    }
