"""Going through data: batches, and a progress bar that a front end may draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..engine.core import context
from ..engine.core import dtype as dt
from ..engine.records.op import registry
from ..engine.values.tensor import Tensor
from ..engine.values.wrapping import wrap
from ..errors import ArgumentError, BadValue, ShapeError

#: draws progress, which a front end puts here: `bar` is (iterable, label, live values) → the same items, and `screen`
#: (`progress.Screen`) shows bars that are moved by hand
progress: dict[str, Any] = {"bar": lambda items, label, live: items, "screen": None}


def batches(*tensors: Any, size: int = 32, shuffle: bool = False, drop_last: bool = False) -> Iterator[Any]:
    """Go through tensors in batches of `size` rows: one tensor a batch, or a tuple of them.

    `shuffle=True` draws a new order (`randperm`) each time; `drop_last=True` leaves out a batch that is
    not full. All tensors need the same length.
    """
    if not tensors:
        raise ArgumentError("batches() wants at least one tensor", help="for x, y in batches(X, Y, size=32):")
    rows = [registry["as_tensor"](t) if not isinstance(t, Tensor) else t for t in tensors]
    for t in rows:
        if not t.spec.shape:
            raise ShapeError("batches() cannot split a 0-d tensor")
    n = len(rows[0])
    if any(len(t) != n for t in rows):
        raise ShapeError(
            "batches() wants tensors of one length, got " + ", ".join(str(len(t)) for t in rows),
            operands=tuple(rows),
        )
    if not isinstance(size, int) or size < 1:
        raise BadValue(f"batch size must be a positive integer, got {size!r}", raises=ValueError)
    return _batches(rows, n, size, shuffle, drop_last)


def _batches(rows: list[Tensor], n: int, size: int, shuffle: bool, drop_last: bool) -> Iterator[Any]:
    order = wrap(context.current().generator.randperm(n, dt.int64.np)) if shuffle else None
    for start in range(0, n - size + 1 if drop_last else n, size):
        which = slice(start, start + size) if order is None else order[start : start + size]
        found = tuple(t[which] for t in rows)
        yield found if len(found) > 1 else found[0]


def track(items: Iterable[Any], label: str | None = None, **live: Any) -> Iterable[Any]:
    """Go through `items` with a progress bar where there is a terminal to show it on.

    `live` values are shown beside it, with the way they have come: `track(range(1000), loss=lambda: loss.item())`.
    """
    return progress["bar"](items, label, live)
