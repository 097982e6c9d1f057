"""Numbers, texts and what else never changes: it leads to nothing, so nothing of it is undone."""

from __future__ import annotations

from .kind import Kind, describe
from .undo import ATOMS

for _kind in ATOMS:
    describe(_kind, Kind(parts=()))
