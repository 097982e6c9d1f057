"""Rows that indices name as machine code."""

from __future__ import annotations

from .routines import Routine, Word


def add_rows(f: Routine, out: Word, index: Word, source: Word, rows: Word, n: Word) -> None:
    """Each of the rows (rows, n) added to the one of `out` that its index names, one after the other."""
    with f.loop(rows) as r:
        into, row = f.at(out, f.read("i64", index, r) * n), f.at(source, r * n)
        with f.loop(n, independent=True) as i:
            into[i] = into[i] + row[i]


def class_places(f: Routine, target: Word, out: Word, wrong: Word, rows: Word, classes: Word) -> None:
    """The flat place of each row's class in a matrix of `classes` columns; whether one is no class."""
    found = f.variable("i64", 0)
    with f.loop(rows) as i:
        each = f.read("i64", target, i)
        f.write(i * classes + each, out, i)
        found.value = f.choose((each < 0).either(each >= classes), f.given(1, "i64"), found.value)
    f.write(found.value, wrong, 0)
