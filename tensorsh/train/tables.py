"""A first look at a table: `describe(t)`, `categories(t, name)`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.records.op import registry
from ..engine.values.columns import Columns, columns_of
from ..engine.values.tensor import Tensor
from ..errors import ArgumentError, BadIndex, ShapeError
from ..text.width import columns, left

STATISTICS = ("count", "missing", "mean", "std", "min", "25%", "50%", "75%", "max")


class Description:
    """What `describe` shows: `rows` of (column, statistics), `texts` of (column, what its codes stand for)."""

    def __init__(self, shape: str, rows: list[tuple[str, list[float]]], texts: list[tuple[str, list[str]]]):
        self.shape = shape
        self.rows = rows
        self.texts = texts

    def __repr__(self) -> str:
        lines = [self.shape]
        if self.rows:
            cells = [["", *STATISTICS], *([name, *map(_short, values)] for name, values in self.rows)]
            widths = [max(columns(row[i]) for row in cells) for i in range(len(cells[0]))]
            for row in cells:
                numbers = "  ".join(
                    cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)
                )
                lines.append(f"{left(row[0], widths[0])}  {numbers}".rstrip())
        lines += [f"{name}  {', '.join(parts)}" for name, parts in self.texts]
        return "\n".join(lines)


def describe(t: Any) -> Description:
    """Count, missing values, mean, standard deviation and quartiles of each column; how often each text is there."""
    x = t if isinstance(t, Tensor) else registry["as_tensor"](t)
    if x.is_meta or x.dtype.is_complex:
        raise ArgumentError("describe() wants real numbers")
    if len(x.spec.shape) not in (1, 2):
        raise ShapeError(
            f"describe() wants rows and columns, got {list(x.spec.shape)}", help="describe(x.flatten(1))"
        )
    table = columns_of(x) or Columns(
        tuple(map(str, range(x.spec.shape[-1] if len(x.spec.shape) == 2 else 1)))
    )
    array = np.asarray(x.array, np.float64).reshape(x.spec.shape[0], -1)
    rows, texts = [], []
    for column, values in zip(table.names, array.T, strict=True):
        name = " ".join(column.split())
        there = values[np.isfinite(values)]
        if column in table.categories:
            counts = np.bincount(there.astype(int), minlength=len(table.categories[column]))
            found = zip(table.categories[column], counts.tolist(), strict=True)
            listed = [
                f"{' '.join(text.split())} {count}"
                for text, count in sorted(found, key=lambda pair: -pair[1])
            ]
            texts.append((name, listed if len(listed) <= 8 else [*listed[:8], f"… {len(listed) - 8} more"]))
            continue
        if there.size:
            spread = there.std(ddof=1) if there.size > 1 else np.nan
            quartiles = np.quantile(there, (0.25, 0.5, 0.75)).tolist()
            numbers = [there.mean(), spread, there.min(), *quartiles, there.max()]
        else:
            numbers = [np.nan] * 7
        rows.append((name, [float(there.size), float(values.size - there.size), *map(float, numbers)]))
    return Description(
        f"{_count(array.shape[0], 'row')}, {_count(array.shape[1], 'column')}, {x.dtype.name}", rows, texts
    )


def categories(t: Any, name: str | int) -> list[str]:
    """What the codes 0, 1, … of a column of texts stand for; a column has a name, or is counted from 0."""
    table = columns_of(t)
    if table is None:
        raise ArgumentError(
            "categories() wants a table as load() gave it", help="t = load(path); categories(t, name)"
        )
    if isinstance(name, int):
        if not -len(table.names) <= name < len(table.names):
            raise BadIndex(
                f"column {name} is out of range: there are {len(table.names)}",
                raises=IndexError,
                help=f"the first has index 0, the last {len(table.names) - 1}",
            )
        name = table.names[name]
    table.position(name)
    if name not in table.categories:
        listed = ", ".join(table.categories) or "none"
        raise ArgumentError(f"the column {name!r} has numbers, not texts", help=f"columns of texts: {listed}")
    return list(table.categories[name])


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _short(value: float) -> str:
    return f"{value:.4g}"


for function in (describe, categories):
    registry[function.__name__] = function
