"""How tables, indices and arrays of pandas are undone.

What a table holds is in its manager, which pandas replaces or changes. A copy of the manager shares the columns: where
pandas copies a shared column before it writes (pandas 3), it holds what was; else the arrays are noted as well, which
puts them back in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from pandas.api.extensions import ExtensionArray

from ..kinds import ALL, Kind, describe
from ..kinds.aspects import Part
from ..kinds.undo import Notes
from .behind import behind


def note_table(table: Any, s: Notes) -> Iterable[Any]:
    """A DataFrame or a Series."""
    names, manager = vars(table), table._mgr
    kept = {name: value for name, value in names.items() if name != "_item_cache"}
    held = manager.copy(deep=False)

    def put_back() -> bool:
        changed = not _alike(table._mgr, held) or any(
            names.get(name) is not value for name, value in kept.items() if name != "_mgr"
        )
        again: dict[str, Any] = {"_item_cache": {}} if "_item_cache" in names else {}
        names.clear()
        names.update(kept | again, _mgr=held.copy(deep=False))
        return changed

    s.add(table, put_back)
    return [*held.axes, *([] if copies_on_write() else _arrays(held))]


def _arrays(manager: Any) -> list[Any]:
    return [block.values for block in manager.blocks]


def _alike(a: Any, b: Any) -> bool:
    """Whether two managers hold the very same columns under the same labels."""
    mine, others = [*_arrays(a), *a.axes], [*_arrays(b), *b.axes]
    return len(mine) == len(others) and all(x is y for x, y in zip(mine, others, strict=True))


def copies_on_write() -> bool:
    """Whether a column that two tables share is copied before one of them is written to."""
    return int(pd.__version__.partition(".")[0]) >= 3 or pd.get_option("mode.copy_on_write") is True


def note_index(index: Any, s: Notes) -> Iterable[Any]:
    """An index, of which only the names can change."""
    names = list(index.names)

    def put_back() -> bool:
        if list(index.names) == names:
            return False
        index.names = names
        return True

    s.add(index, put_back)
    return ()


def note_array(array: Any, s: Notes) -> Iterable[Any]:
    """Categories, dates, texts: what is no array of NumPy's."""
    before = array.copy()

    def put_back() -> bool:
        array[:] = before
        return True

    s.add(array, put_back)
    return ()


def note_value(value: Any, s: Notes) -> Iterable[Any]:
    """What stands for an object of pandas: to that, and to the table that a group or an indexer is of."""
    real = behind(value)[1]
    return [each for each in (real, getattr(real, "obj", None)) if isinstance(each, CHANGING)]


CHANGING = (pd.DataFrame, pd.Series, pd.Index, ExtensionArray)


def describe_kinds() -> None:
    """Enter the descriptions: pandas is imported now."""
    from .frame_faces import Value

    for kind in (pd.DataFrame, pd.Series):
        describe(kind, Kind(parts=(Part(note_table),), closed=ALL))
    describe(pd.Index, Kind(parts=(Part(note_index),), closed=ALL))
    describe(ExtensionArray, Kind(parts=(Part(note_array),), closed=ALL))
    describe(Value, Kind(parts=(Part(note_value),), closed=ALL))
