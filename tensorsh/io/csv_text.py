"""Arrays as delimited text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DataError

Array = np.ndarray[Any, Any]

_CELLS = 1 << 16  # written at a time


def table_text(array: Array, delimiter: str = ",") -> Iterator[bytes]:
    """The rows of a table, some at a time: a number is one cell, a vector one row.

    Floats have the fewest digits that read back as the same value of their dtype. DataError for more
    than two dimensions.
    """
    if array.ndim > 2:
        raise DataError(
            f"a table has rows and columns, not {array.ndim} dimensions",
            help=f"x.reshape({array.shape[0]}, -1) makes each x[i] a row",
        )
    return _rows(array.reshape(1, -1) if array.ndim < 2 else array, delimiter)


def _rows(table: Array, delimiter: str) -> Iterator[bytes]:
    count = max(_CELLS // max(table.shape[1], 1), 1)
    for start in range(0, len(table), count):
        cells = _cells(table[start : start + count])
        yield "".join(delimiter.join(row) + "\n" for row in cells).encode()


def _cells(part: Array) -> list[list[str]]:
    if part.dtype.name == "bfloat16":
        part = part.astype(np.float32)
    if part.dtype.kind == "c":
        return [[str(value).strip("()") for value in row] for row in part.tolist()]
    if part.dtype.kind == "f" and part.dtype != np.float64:
        return part.astype("U").tolist()
    return [list(map(str, row)) for row in part.tolist()]
