"""All tables by the module's name."""

from __future__ import annotations

from ..table import Table
from . import (
    collections,
    drawing,
    files,
    functorch,
    ignite,
    learning,
    numbers,
    numpy,
    process,
    text,
    time,
    types,
)

TABLES: dict[str, Table] = {
    **numbers.TABLES,
    **collections.TABLES,
    **text.TABLES,
    **files.TABLES,
    **time.TABLES,
    **types.TABLES,
    **process.TABLES,
    **numpy.TABLES,
    **drawing.TABLES,
    **functorch.TABLES,
    **ignite.TABLES,
    **learning.TABLES,
}
