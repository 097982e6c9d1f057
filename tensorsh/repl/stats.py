"""`:stats` as text: what numbers tensors hold, a row for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..engine.values.tensor import Tensor
from ..lang.faults.places import describe
from ..render.excerpt import displayed
from ..render.statistics import counted, deviation
from .help import Page, shortened

NUMBERS = ("min", "mean", "std", "max")
COUNTS = ("zeros", "nan", "inf")
HEAD = ("", "", *NUMBERS, *COUNTS, "bytes")
NONE = "-"


def tensors_in(name: str, value: Any, inside: tuple[int, ...] = ()) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a value with the names a program calls them by: those of a list, of a module, …"""
    if isinstance(value, Tensor):
        yield name, value
    elif id(value) in inside:
        return
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from tensors_in(f"{name}[{key!r}]", each, (*inside, id(value)))
    elif isinstance(value, list | tuple):
        for i, each in enumerate(value):
            yield from tensors_in(f"{name}[{i}]", each, (*inside, id(value)))
    elif hasattr(type(value), "named_parameters"):
        for kind in (value.named_parameters(), value.named_buffers()):
            for path, each in kind:
                yield f"{name}.{path}", each


def table(tensors: Iterable[tuple[str, Tensor]], page: Page) -> str:
    """A row for each tensor; NaN and Inf have columns where there are any, and numbers look away from them."""
    rows = [(name, describe(t), *row(t)) for name, t in tensors]
    if not rows:
        return "no tensors"
    shown = [i for i, head in enumerate(HEAD) if head not in ("nan", "inf") or any(r[i] > "0" for r in rows)]
    heads = [HEAD[i].replace("nan", "NaN").replace("inf", "Inf") for i in shown]
    cells = [[displayed(each[i]) for i in shown] for each in rows]
    widths = [max(len(head), *(len(line[i]) for line in cells)) for i, head in enumerate(heads)]
    gap = 2 if sum(widths) + 2 * (len(widths) - 1) <= page.width else 1
    over = max(sum(widths) + gap * (len(widths) - 1) - page.width, 0)
    for i in (0, 1):  # names and types give way to numbers
        least = min(widths[i], 8)
        widths[i], over = max(widths[i] - over, least), max(over - widths[i] + least, 0)
    lines = [page.paint(_line(heads, widths, gap), "note")]
    lines += [
        _line([shortened(c, size) for c, size in zip(line, widths, strict=True)], widths, gap)
        for line in cells
    ]
    return "\n".join(lines)


def _line(cells: list[str], widths: list[int], gap: int) -> str:
    """Names to the left, numbers to the right."""
    placed = (
        cell.ljust(size) if i < 2 else cell.rjust(size)
        for i, (cell, size) in enumerate(zip(cells, widths, strict=True))
    )
    return (" " * gap).join(placed).rstrip()


def row(t: Tensor) -> tuple[str, ...]:
    """min, mean, std, max, zeros, NaN, Inf, bytes. Of complex numbers, of their magnitudes."""
    size = str(t.spec.numel * t.dtype.itemsize)
    if t.is_meta or not t.spec.numel:  # no values
        return (*[NONE] * len(NUMBERS), NONE, "0", "0", size)
    found = counted(t.array)
    counts = (str(found.zeros), str(found.nan), str(found.inf))
    if not found.finite:
        return (*[NONE] * len(NUMBERS), *counts, size)
    exact = t.array.dtype.kind in "iub"
    least, most = (str(int(v)) if exact else number(float(v)) for v in (found.low, found.high))
    std = NONE if found.finite < 2 else number(deviation(t.array, found))
    return (least, number(found.mean), std, most, *counts, size)


def number(value: float) -> str:
    """Four digits."""
    return f"{value:.4g}"
