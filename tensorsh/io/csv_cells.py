"""Rows of text read one cell at a time, with the line and column of whatever is wrong."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DataError
from .csv_dialect import BLANKS, Dialect, Options
from .csv_encoding import decoded
from .csv_numbers import is_missing
from .csv_quotes import Quotes

Array = np.ndarray[Any, Any]

_ROWS = 10_000  # an array at a time


class CellReader:
    """Rows read one cell at a time, with the line and column of whatever is wrong."""

    def __init__(self, dialect: Dialect, options: Options):
        self.dialect = dialect
        self.options = options
        self.codes: dict[int, dict[str, int]] = {i: {} for i in dialect.texts}
        self.integral = options.dtype is not None and options.dtype.kind in "iub"

    def rows(self, blocks: Iterator[bytes], first_line: int) -> Iterator[Array]:
        """The rows of these blocks, some thousands an array."""
        quotes = Quotes(self.dialect.delimiter, first_line)

        def lines() -> Iterator[str]:
            for block in blocks:
                for raw in self._lines(block):
                    line = decoded(raw, self.options.name, quotes.line)
                    quotes.follow(line)
                    yield line
            if quotes.opened is not None:
                raise quotes.error(self.options.name)

        reader = csv.reader(lines(), delimiter=self.dialect.delimiter, skipinitialspace=True)
        rows: list[list[Any]] = []
        line = first_line
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells) or len(cells) > 1:
                    rows.append(self._row(cells, line))
                line = first_line + reader.line_num
                if len(rows) == _ROWS:
                    yield self._array(rows)
                    rows = []
        except csv.Error as error:
            if quotes.opened is not None:  # a cell that takes in line after line is too long for a cell
                raise quotes.error(self.options.name) from None
            raise DataError(f"{self.options.name}, line {line}: {error}") from None
        if rows:
            yield self._array(rows)

    def _lines(self, block: bytes) -> Iterator[bytes]:
        """The lines without comments and, where blanks delimit, without runs of them; none is left out."""
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"#" in block:
            block = self.dialect.comment.sub(b"", block)
        for line in block.splitlines():
            yield (b" ".join(line.split()) if self.dialect.delimiter == BLANKS else line) + b"\n"

    def _row(self, cells: list[str], line: int) -> list[Any]:
        dialect = self.dialect
        if len(cells) != dialect.width:
            raise DataError(
                f"{self.options.name}, line {line}: {_count(len(cells), 'cell')}, where the first row has "
                f"{dialect.width}",
                help=f"every row needs as many cells as the first; they are split at {dialect.delimiter!r}, "
                "and load(path, delimiter=…) chooses another",
            )
        chosen = dialect.columns if dialect.columns is not None else range(dialect.width)
        return [self._cell(cells, i, line) for i in chosen]

    def _cell(self, cells: list[str], i: int, line: int) -> Any:
        text = cells[i].strip()
        codes = self.codes.get(i)
        if codes is not None:
            return math.nan if is_missing(text) and not self.integral else codes.setdefault(text, len(codes))
        try:
            value = self.dialect.numerals.value(text)
        except ValueError:
            raise DataError(
                f"{self._place(i, line)}: {text!r} is not a number", help=self._columns_help(cells, i, line)
            ) from None
        if type(value) is int and not -(2**63) <= value < 2**63:
            if self.options.dtype is None or self.integral:
                raise DataError(
                    f"{self._place(i, line)}: {text} does not fit int64",
                    help="load(path, dtype=float64) reads it as a float",
                )
            value = float(value)
        if value is None:
            value = math.nan
        if self.integral and isinstance(value, float) and not math.isfinite(value):
            raise DataError(
                f"{self._place(i, line)}: {text or 'no value'}, and an integer dtype has no nan or inf",
                help="load it as a float dtype, where a missing value is nan",
            )
        return value

    def _place(self, i: int, line: int) -> str:
        names = self.dialect.names
        name = f" ({names[i]})" if names and names[i] else ""
        return f"{self.options.name}, line {line}, column {i + 1}{name}"

    def _columns_help(self, cells: list[str], i: int, line: int) -> str:
        numeric = [i for i, c in enumerate(cells) if is_missing(c) or self.dialect.numerals.is_number(c)]
        dialect = self.dialect
        if ";" in cells[i] and dialect.delimiter == ",":
            return 'load(path, delimiter=";") splits at semicolons; decimal="," reads 1,5 as a number'
        if dialect.numerals.plain and re.fullmatch(r"[-+]?[\d.]*,\d+", cells[i].strip()):
            return 'load(path, decimal=",") reads it as a number, thousands="." with dots between thousands'
        if dialect.numerals.plain and re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", cells[i].strip()):
            return 'load(path, thousands=",") reads it as a number'
        if line == dialect.line and dialect.names is None and self.options.header is None and not numeric:
            return "if this row is a header, say so: load(path, header=true)"
        if numeric and dialect.columns is None:
            listed = [dialect.names[i] for i in numeric] if dialect.names else numeric
            leave_out = f"load(path, columns={listed!r}) reads only those that are numbers"
            if line == dialect.line and dialect.names is None:
                return f"load(path, header=true) if this row is a header; {leave_out}"
            return leave_out
        if dialect.columns is None and dialect.width > 1:
            others = [dialect.names[k] if dialect.names else k for k in range(dialect.width) if k != i]
            return f"load(path, columns={others!r}) leaves this column out"
        return f"cells are split at {dialect.delimiter!r}; load(path, delimiter=…) chooses another"

    def _array(self, rows: list[list[Any]]) -> Array:
        kinds = {type(value) for row in rows for value in row}
        for kind in (complex, float, int, bool):
            if kind in kinds:
                return np.array(rows, {int: np.int64, bool: np.bool_}.get(kind, kind))
        return np.empty((len(rows), len(rows[0])))


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
