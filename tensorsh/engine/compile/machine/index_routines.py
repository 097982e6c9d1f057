"""Rows that indices name as machine code."""

from __future__ import annotations

from .routines import Routine, Word


def add_rows(f: Routine, out: Word, index: Word, source: Word, rows: Word, n: Word) -> None:
    """Each of the rows (rows, n) added to the one of `out` that its index names, one after the other."""
    with f.loop(rows) as r:
        into, row = f.at(out, f.read("i64", index, r) * n), f.at(source, r * n)
        with f.loop(n, independent=True) as i:
            into[i] = into[i] + row[i]
