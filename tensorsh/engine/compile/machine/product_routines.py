"""Products of matrices whose elements are chains: products are added one by one, rounded with the sum or before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .routines import Given, Routine, Value, vector

#: rows that are computed together, and columns: one vector, or two of half the width
ROWS, COLUMNS = 6, 16

KIND = vector(COLUMNS)

#: what becomes of the elements (i, j) to (i, j + 15)
Done = Callable[[Value, Value, Value], None]


def product(
    f: Routine,
    sizes: Sequence[Given],
    a: Value,
    of_a: tuple[Given, Given],
    b: Value,
    of_b: Given,
    done: Done,
    fused: bool = True,
) -> None:
    """(m, k) @ (k, n), of n the next multiple of 16.

    of_a    how far rows and columns of a are apart
    of_b    how far the rows of b are, whose columns lie side by side
    """
    m, n, depth = (f.given(size, "i64") for size in sizes)
    down, along = of_a
    whole = m / ROWS * ROWS
    for rows, start, stop in ((ROWS, f.given(0, "i64"), whole), (1, whole, m)):
        with f.loop(stop, start, rows) as i, f.loop(n, 0, COLUMNS) as j:
            left, right = f.at(a, i * down), f.at(b, j)
            sums = [f.variable(KIND, 0) for _ in range(rows)]
            with f.loop(depth) as k:
                each = f.read(KIND, right, k * of_b)
                column = f.at(left, k * along)
                for row, total in enumerate(sums):
                    factor = f.every(column[f.given(down, "i64") * row], COLUMNS)
                    if fused:
                        total.value = f.fused(factor, each, total.value)
                    else:
                        total.value = total.value + factor * each
            for row, total in enumerate(sums):
                done(i + row, j, total.value)


def padded(f: Routine, n: Value) -> Value:
    """The next multiple of 16."""
    return (n + (COLUMNS - 1)) / COLUMNS * COLUMNS


def pack(
    f: Routine,
    into: Value,
    source: Value,
    sizes: tuple[Value, Value],
    strides: tuple[Given, Given],
    factor: Value | None = None,
) -> None:
    """A matrix by rows whose length is the next multiple of 16, filled with zeros; times a factor."""
    rows, columns = sizes
    down, along = strides
    width = padded(f, columns)
    with f.loop(rows) as i:
        row, line = f.at(source, i * down), f.at(into, i * width)
        with f.loop(columns, independent=True) as j:
            x = row[j * along]
            line[j] = x if factor is None else x * factor
        with f.loop(width, columns, independent=True) as j:
            line[j] = 0.0
