"""What a large array holds as nested lists, made in pieces, between which an interrupt is heard."""

from __future__ import annotations

from typing import Any

import numpy as np

#: elements that become Python's numbers at once: some ten milliseconds
PIECE = 1 << 20


def listed(array: np.ndarray[Any, Any]) -> Any:
    """`array.tolist()`."""
    if array.size <= PIECE or not array.ndim:
        return array.tolist()
    rows = max(PIECE * len(array) // array.size, 1)
    if rows == 1 and array.ndim > 1:
        return [listed(row) for row in array]
    made: list[Any] = []
    for begin in range(0, len(array), rows):
        made += array[begin : begin + rows].tolist()
    return made
