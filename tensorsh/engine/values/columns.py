"""Names of the columns of a table that was loaded, and what the codes of a column of texts stand for.

They belong to the tensor as it was loaded and to the rows that are cut out of it; what is computed from it is a tensor
like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import numpy as np

from ...errors import BadIndex, BadValue
from ..core.addresses import address
from .tensor import Tensor
from .wrapping import layout


@dataclass(frozen=True, slots=True)
class Columns:
    """`names` of the columns; `categories`: for a column of texts, what 0, 1, … stand for."""

    names: tuple[str, ...]
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def position(self, name: str) -> int:
        if name not in self.names:
            near = ", ".join(map(repr, self.names[:12])) + (", …" if len(self.names) > 12 else "")
            raise BadIndex(f"there is no column {name!r}", raises=KeyError, help=f"the columns are {near}")
        return self.names.index(name)


_known: dict[int, tuple[ref[Tensor], Columns]] = {}


def name_columns(t: Tensor, columns: Columns) -> None:
    """Remember what the columns of a tensor (its last dimension) are called."""
    if len(columns.names) != t.spec.shape[-1]:
        raise BadValue(f"got {t.spec.shape[-1]} columns and {len(columns.names)} names")
    key = id(t)
    _known[key] = ref(t, lambda _: _known.pop(key, None)), columns


def columns_of(t: Any) -> Columns | None:
    """The columns of a table, or of rows of one."""
    if not _known:
        return None
    own, view = _named(t), getattr(t, "view_of", None)
    if own is not None or view is None:
        return own
    columns = _named(view.base)
    return columns if columns is not None and _shows_rows(layout(t.array), layout(view.base.array)) else None


def _shows_rows(part: np.ndarray[Any, Any], table: np.ndarray[Any, Any]) -> bool:
    """Whether a view of a table shows one of its rows or several, whole."""
    if not 1 <= part.ndim <= 2 or part.shape[-1] != table.shape[-1] or part.strides[-1] != table.strides[-1]:
        return False
    row = table.strides[0]
    return row > 0 and (address(part) - address(table)) % row == 0


def _named(t: Any) -> Columns | None:
    found = _known.get(id(t))
    return found[1] if found is not None and found[0]() is t else None


def chosen(t: Tensor, index: Any) -> Any:
    """The index that names mean: of a column, of a list of them; None for any other index."""
    columns = columns_of(t)
    if columns is None:
        return None
    if isinstance(index, str):
        return (..., columns.position(index))
    return (..., [columns.position(name) for name in index])
