"""Softmax of rows as machine code, its logarithm, and their gradients: some rows at a time, which stay in the cache."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from . import functions
from .norm_routines import LANES, row_sum
from .routines import Routine, Word, vector

#: so many elements are taken at a time, or a row
ROOM = 1 << 12


def softmax(f: Routine, x: Word, out: Word, rows: Word, n: Word) -> None:
    """Exponentials of (rows, n) over their sums; `out` may be x."""
    with _parts(f, rows, n, x, out) as (count, given, part):
        _less_largest(f, count, n, given, part)
        _exponentials(f, count * n, part, part)
        with _rows(f, count, n, part) as (into,):
            share = 1.0 / row_sum(f, n, lambda read: (read(into),))
            with f.loop(n, independent=True) as i:
                into[i] = into[i] * share


def softmax_backward(f: Routine, grad: Word, y: Word, out: Word, rows: Word, n: Word) -> None:
    """(grad - the sum of grad · y) · y; `out` may be grad."""
    with _rows(f, rows, n, grad, y, out) as (g, row, into):
        along = row_sum(f, n, lambda read: (read(g), read(row)))
        with f.loop(n, independent=True) as i:
            into[i] = (g[i] - along) * row[i]


def log_softmax(f: Routine, x: Word, out: Word, room: Word, rows: Word, n: Word) -> None:
    """(rows, n) less the logarithm of the sum of exponentials; `out` may be x, `room` is memory for a part."""
    with _parts(f, rows, n, x, out) as (count, given, part):
        _less_largest(f, count, n, given, part)
        _exponentials(f, count * n, part, room)
        with _rows(f, count, n, part, room) as (into, row):
            total = row_sum(f, n, lambda read: (read(row),))
            logarithm = f.of_number(functions.vector_log, total)
            with f.loop(n, independent=True) as i:
                into[i] = into[i] - logarithm


def log_softmax_backward(f: Routine, grad: Word, y: Word, out: Word, room: Word, rows: Word, n: Word) -> None:
    """grad - e^y · the sum of grad, rounded once; `out` may be grad, `room` is memory for a part."""
    with _parts(f, rows, n, grad, y, out) as (count, given, values, part):
        _exponentials(f, count * n, values, room)
        with _rows(f, count, n, given, room, part) as (g, row, into):
            less = -row_sum(f, n, lambda read: (read(g),))
            with f.loop(n, independent=True) as i:
                into[i] = f.fused(row[i], less, g[i])


@contextmanager
def _parts(f: Routine, rows: Word, n: Word, *arrays: Word) -> Iterator[list[Word]]:
    """How many rows a part has, and where they are in each array."""
    some = f.given(ROOM, "i64") / n
    some = f.choose(some > 1, some, f.given(1, "i64"))
    with f.loop((rows + (some - 1)) / some) as part:
        start = part * some
        left = rows - start
        yield [f.choose(left < some, left, some), *(f.at(each, start * n) for each in arrays)]


@contextmanager
def _rows(f: Routine, rows: Word, n: Word, *arrays: Word) -> Iterator[list[Word]]:
    with f.loop(rows) as r:
        yield [f.at(each, r * n) for each in arrays]


def _exponentials(f: Routine, n: Word, x: Word, out: Word) -> None:
    with f.loop(n, independent=True) as i:
        out[i] = f.of_number(functions.vector_exp, x[i])


def _less_largest(f: Routine, rows: Word, n: Word, x: Word, out: Word) -> None:
    """Each row less its largest number."""
    with _rows(f, rows, n, x, out) as (row, into):
        largest = _largest(f, row, n)
        with f.loop(n, independent=True) as i:
            into[i] = row[i] - largest


def _largest(f: Routine, row: Word, n: Word) -> Word:
    """The largest number of a row. What is none is passed over: it makes a row's sum none."""
    lanes = f.variable(vector(LANES), -math.inf)
    with f.loop(n, 0, LANES) as i:
        which = f.first(LANES, n - i)
        each = f.read_some(LANES, row, i, which)
        lanes.value = f.choose(which.both(each > lanes.value), each, lanes.value)
    found, width = lanes.value, LANES
    while width > 1:
        width //= 2
        a, b = f.part(found, 0, width), f.part(found, width, width)
        found = f.choose(a > b, a, b)
    return found
