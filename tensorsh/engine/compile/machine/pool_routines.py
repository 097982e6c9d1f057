"""Max pooling as machine code: where the largest number of each window is, picking it, and giving back to its place."""

from __future__ import annotations

from .routines import Routine, Word


def largest(
    f: Routine, x: Word, where: Word, offsets: Word,
    planes: Word, size: Word, width: Word, rows: Word, columns: Word, down: Word, across: Word, count: Word,
) -> None:  # fmt: skip
    """The flat position in its plane of each window's (first) largest number; nan is largest, and the last of them.

    offsets        of the numbers of a window from its first, of which there are `count`
    down, across   how far windows are apart
    """
    with f.loop(planes) as p, f.loop(rows) as y:
        plane, into = f.at(x, p * size), f.at(where, (p * rows + y) * columns, "i64")
        with f.loop(columns) as i:
            start = y * down * width + i * across
            at, best = f.variable("i64", start), f.variable("float", plane[start])
            with f.loop(count, 1) as k:
                place = start + f.read("i64", offsets, k)
                number = plane[place]
                best_so_far = best.value
                better = (number > best_so_far).either(number.is_nan())
                best.value = f.choose(better, number, best_so_far)
                at.value = f.choose(better, place, at.value)
            f.write(at.value, into, i)


def pick(f: Routine, x: Word, where: Word, out: Word, planes: Word, size: Word, count: Word) -> None:
    """The numbers at positions of each plane."""
    with f.loop(planes) as p:
        plane, places, into = f.at(x, p * size), f.at(where, p * count, "i64"), f.at(out, p * count)
        with f.loop(count, independent=True) as i:
            into[i] = plane[f.read("i64", places, i)]


def scatter(
    f: Routine, values: Word, where: Word, out: Word, sums: Word, planes: Word, size: Word, count: Word
) -> None:
    """Values added in double at positions of each plane; `sums` is memory for a plane."""
    with f.loop(planes) as p:
        given, places, into = f.at(values, p * count), f.at(where, p * count, "i64"), f.at(out, p * size)
        with f.loop(size, independent=True) as i:
            f.write(f.given(0.0, "double"), sums, i)
        with f.loop(count) as i:
            place = f.read("i64", places, i)
            f.write(f.read("double", sums, place) + f.to_double(given[i]), sums, place)
        with f.loop(size, independent=True) as i:
            into[i] = f.to_float(f.read("double", sums, i))
