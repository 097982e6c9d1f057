"""Max pooling as machine code: where the largest number of each window is, picking it, and giving back to its place."""

from __future__ import annotations

from .routines import Routine, Word, vector

LANES = 8


def largest(
    f: Routine, x: Word, where: Word, starts: Word, places: Word, offsets: Word,
    planes: Word, size: Word, group: Word, windows: Word, count: Word,
) -> None:  # fmt: skip
    """The flat position in its plane of each window's (first) largest number; nan is largest, and the last of them.

    starts    where in `group` planes their windows begin, at least eight, of each plane `windows`
    places    the same in a window's own plane
    offsets   of the numbers of a window from its first, of which there are `count`
    """
    many = group * windows
    with f.loop(planes, 0, group) as p:
        first = f.least(p, planes - group)  # what is left over is taken with some before it again
        source, into = f.at(x, first * size), f.at(where, first * windows, "i64")
        with f.loop(many, 0, LANES) as w:
            at = f.least(w, many - LANES)
            lanes = [f.at(source, f.read("i64", starts, at + lane)) for lane in range(LANES)]
            origins = f.read(vector(LANES, "i64"), places, at)
            best = f.variable(vector(LANES), f.joined([lane[0] for lane in lanes]))
            found = f.variable(vector(LANES, "i64"), origins)
            with f.loop(count, 1) as k:
                offset = f.read("i64", offsets, k)
                numbers, so_far = f.joined([lane[offset] for lane in lanes]), best.value
                better = (numbers > so_far).either(numbers.is_nan())
                best.value = f.choose(better, numbers, so_far)
                found.value = f.choose(better, origins + offset, found.value)
            f.write(found.value, into, at)


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
