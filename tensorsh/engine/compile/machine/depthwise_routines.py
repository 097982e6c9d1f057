"""Convolutions of each channel by itself as machine code, in oneDNN's order (`ops.nn.conv_depthwise`)."""

from __future__ import annotations

from .batch_norm_routines import FLOATS, LANES
from .conv_routines import lay
from .product_routines import COLUMNS, KIND
from .routines import Routine, Word

#: vectors of a row of outputs that are computed beside each other
BESIDE = 4


def depthwise(
    f: Routine, x: Word, w: Word, bias: Word, out: Word, planes: Word, scratch: Word, of_weight: Word, of_plane: Word,
    samples: Word, channels: Word, height: Word, width: Word, high: Word, wide: Word,
    top: Word, left: Word, down: Word, along: Word,
    rows: Word, columns: Word, apart: Word, depth: Word, biased: Word,
) -> None:  # fmt: skip
    """(N, C, height, width), (C, apart) → (N, C, rows, columns).

    planes                 memory for a channel as `lay` lays it, zeros; a block of outputs more can be read
    scratch                for a channel of outputs, with the columns that are left out
    of_weight, of_plane    for each of `depth` steps, where its numbers of a channel's weight and of a plane are
    high, …, along         see `lay`
    biased                 whether outputs begin with a bias
    """
    one = f.given(1, "i64")
    places = (rows - 1) * wide + columns
    with f.loop(samples * channels) as plane:
        c = plane % channels
        lay(
            f, f.at(x, plane * height * width), planes, (one, height, width, high, wide), (top, left, down, along)
        )  # fmt: skip
        first = f.variable("float", 0)
        with f.when(biased > 0):
            first.value = bias[c]
        factors = f.at(w, c * apart)
        with f.loop(places, 0, BESIDE * COLUMNS) as j:
            sums = [f.variable(KIND, first.value) for _ in range(BESIDE)]
            with f.loop(depth) as k:
                factor = f.every(factors[f.read("i64", of_weight, k)], COLUMNS)
                window = f.at(planes, f.read("i64", of_plane, k) + j)
                for i, total in enumerate(sums):
                    total.value = f.fused(factor, f.read(KIND, window, i * COLUMNS), total.value)
            for i, total in enumerate(sums):
                f.write(total.value, scratch, j + i * COLUMNS)
        with f.loop(rows) as y:
            row, into = f.at(scratch, y * wide), f.at(out, (plane * rows + y) * columns)
            with f.loop(columns, independent=True) as at:
                into[at] = row[at]


def depthwise_weight(
    f: Routine, grad: Word, x: Word, out: Word, planes: Word, turned: Word, sums: Word, of_window: Word, starts: Word,
    samples: Word, channels: Word, height: Word, width: Word, wide: Word, top: Word, left: Word,
    down: Word, along: Word, rows: Word, columns: Word, high: Word, parts: Word, depth: Word, lo: Word, hi: Word,
) -> None:  # fmt: skip
    """(N, C, rows, columns), (N, C, height, width) → (C, depth), of the channels from `lo` to `hi`: chains of windows.

    These are gone through in boxes of `high` rows, and of columns from one of the `starts` to the next, of which there
    are `parts` and one more.

    planes       memory for eight channels of a sample beside each other, with what surrounds them, zeros
    turned       the same of the gradient
    sums         of `depth` vectors
    of_window    where in a window its numbers are, of which there are `depth`
    """
    with f.loop(hi, lo, LANES) as first:
        # behind the last channel comes the last one again
        lanes = [f.least(first + lane, hi - 1) for lane in range(LANES)]
        zero = f.every(f.given(0, "float"), LANES)
        with f.loop(depth) as k:
            f.write(zero, sums, k * LANES)
        with f.loop(samples) as n:
            _beside(f, x, [n * channels + lane for lane in lanes], (height, width), planes, wide, top, left)
            none = f.given(0, "i64")
            _beside(
                f, grad, [n * channels + lane for lane in lanes], (rows, columns), turned, columns, none, none
            )
            with f.loop(rows, 0, high) as above, f.loop(parts) as part:
                start, end = f.read("i64", starts, part), f.read("i64", starts, part + 1)
                with f.loop(f.least(above + high, rows), above) as y, f.loop(end, start) as column:
                    slope = f.read(FLOATS, turned, (y * columns + column) * LANES)
                    window = f.at(planes, (y * down * wide + column * along) * LANES)
                    with f.loop(depth) as k:
                        at = f.read("i64", of_window, k) * LANES
                        so_far = f.read(FLOATS, sums, k * LANES)
                        f.write(f.fused(f.read(FLOATS, window, at), slope, so_far), sums, k * LANES)
        with f.loop(depth) as k:
            found = f.read(FLOATS, sums, k * LANES)
            for i, lane in enumerate(lanes):
                out[lane * depth + k] = f.element(found, i)


def _beside(
    f: Routine, x: Word, planes: list[Word], sizes: tuple[Word, Word], into: Word, wide: Word, top: Word, left: Word
) -> None:  # fmt: skip
    """Eight planes, whose numbers come to lie beside each other, in rows of `wide` of them."""
    height, width = sizes
    with f.loop(height) as y:
        rows = [f.at(x, (plane * height + y) * width) for plane in planes]
        line = f.at(into, ((y + top) * wide + left) * LANES)
        f.each_column(rows, width, lambda i, numbers, line=line: f.write(numbers, line, i * LANES))  # type: ignore[misc]
