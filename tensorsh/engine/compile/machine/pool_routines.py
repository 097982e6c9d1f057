"""Pooling as machine code: where the largest number of each window is, picking it, and giving back to its place;
averages, and giving back to all places."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
    with _eight(f, x, starts, (planes, size, group, windows)) as (first, at, lanes):
        into = f.at(where, first * windows, "i64")
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


@contextmanager
def _eight(
    f: Routine, x: Word, starts: Word, sizes: tuple[Word, Word, Word, Word]
) -> Iterator[tuple[Word, Word, list[Word]]]:
    """Eight windows at a time: their first plane, which of the windows from there on they are, and where they begin."""
    planes, size, group, windows = sizes
    many = group * windows
    with f.loop(planes, 0, group) as p:
        first = f.least(p, planes - group)  # what is left over is taken with some before it again
        source = f.at(x, first * size)
        with f.loop(many, 0, LANES) as w:
            at = f.least(w, many - LANES)
            yield first, at, [f.at(source, f.read("i64", starts, at + lane)) for lane in range(LANES)]


def average(
    f: Routine, x: Word, out: Word, starts: Word, offsets: Word,
    planes: Word, size: Word, group: Word, windows: Word, count: Word, divisor: Word,
) -> None:  # fmt: skip
    """The sum of each window's numbers, one after the other, over the divisor; the rest is as above."""
    share = f.every(f.to_float(divisor), LANES)
    with _eight(f, x, starts, (planes, size, group, windows)) as (first, at, lanes):
        total = f.variable(vector(LANES), 0)
        with f.loop(count) as k:
            offset = f.read("i64", offsets, k)
            total.value = total.value + f.joined([lane[offset] for lane in lanes])
        f.write(total.value / share, f.at(out, first * windows), at)


def spread(
    f: Routine, given: Word, out: Word, shares: Word, starts: Word, offsets: Word,
    planes: Word, size: Word, windows: Word, count: Word, divisor: Word,
) -> None:  # fmt: skip
    """A number for each window over the divisor, added to all its places; `shares` is memory for a plane's."""
    by = f.to_float(divisor)
    with f.loop(planes) as p:
        numbers, into = f.at(given, p * windows), f.at(out, p * size)
        with f.loop(size, independent=True) as i:
            into[i] = 0.0
        with f.loop(windows, independent=True) as i:
            shares[i] = numbers[i] / by
        with f.loop(count) as k:
            place = f.at(into, f.read("i64", offsets, k))
            with f.loop(windows) as i:
                start = f.read("i64", starts, i)
                place[start] = place[start] + shares[i]


def pick(f: Routine, x: Word, where: Word, out: Word, planes: Word, size: Word, count: Word) -> None:
    """The numbers at positions of each plane."""
    with f.loop(planes) as p:
        plane, places, into = f.at(x, p * size), f.at(where, p * count, "i64"), f.at(out, p * count)
        with f.loop(count, independent=True) as i:
            into[i] = plane[f.read("i64", places, i)]


def scatter(f: Routine, values: Word, where: Word, out: Word, planes: Word, size: Word, count: Word) -> None:
    """Values added at positions of each plane, one after the other."""
    with f.loop(planes) as p:
        given, places, into = f.at(values, p * count), f.at(where, p * count, "i64"), f.at(out, p * size)
        with f.loop(size, independent=True) as i:
            into[i] = 0.0
        with f.loop(count) as i:
            place = f.read("i64", places, i)
            into[place] = into[place] + given[i]
