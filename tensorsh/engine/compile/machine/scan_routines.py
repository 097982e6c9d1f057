"""Running totals of rows as machine code."""

from __future__ import annotations

from .routines import Routine, Word


def running_sums(f: Routine, x: Word, out: Word, rows: Word, n: Word) -> None:
    """Sums of each row's elements so far, added up in double precision and rounded at each place."""
    with f.loop(rows) as r:
        total = f.variable("double", 0.0)
        source, into = f.at(x, r * n), f.at(out, r * n)
        with f.loop(n) as i:
            total.value = total.value + f.to_double(source[i])
            into[i] = f.to_float(total.value)
