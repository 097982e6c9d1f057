"""Convolutions as machine code, in oneDNN's order (`ops.nn.conv_steps`).

The planes of one sample at a time are padded, and parted where windows move by more than one, so its windows are its
numbers from one place on, if those that begin in the padding on the right are computed too and left out.
"""

from __future__ import annotations

from collections.abc import Callable

from .batch_norm_routines import FLOATS, LANES, beside
from .product_routines import KIND, chains, counted, padded
from .routines import Routine, Word


def lay(f: Routine, x: Word, into: Word, sizes: tuple[Word, ...], ways: tuple[Word, ...]) -> None:
    """The planes of a sample among the zeros of `into`, so that windows that move by some steps lie side by side.

    Of every so many rows and columns (`down`, `along`) the first are a plane, then those beside them, and so on.

    sizes   how many channels, their rows and columns, and the rows and columns of each plane here
    ways    the zeros above and on the left, and the steps of the windows
    """
    channels, rows, columns, high, wide = sizes
    top, left, down, along = ways
    with f.loop(channels) as c, f.loop(rows) as y:
        source = f.at(x, (c * rows + y) * columns)
        at = (y + top) / down
        first = (c * down + (y + top - at * down)) * along
        with f.when(along < 2):
            line = f.at(into, (first * high + at) * wide + left)
            with f.loop(columns, independent=True) as i:
                line[i] = source[i]
        with f.when(along > 1), f.loop(along) as shift:
            # the first column that is met, and which one it is of its plane
            start = (shift + along * wide - left) - (shift + along * wide - left) / along * along
            line = f.at(into, ((first + shift) * high + at) * wide + (start + left) / along)
            with f.loop((columns - start + along - 1) / along) as i:
                line[i] = source[start + i * along]


def convolution(
    f: Routine, x: Word, w: Word, bias: Word, out: Word, planes: Word, scratch: Word,
    of_weight: Word, of_sample: Word, of_place: Word,
    samples: Word, channels: Word, height: Word, width: Word, high: Word, wide: Word,
    top: Word, left: Word, down: Word, along: Word,
    outputs: Word, rows: Word, columns: Word, apart: Word, depth: Word, biased: Word, onto: Word, turned: Word,
) -> None:  # fmt: skip
    """(N, channels, height, width), (outputs, …) → (N, outputs, rows, columns), or added to what is there (`onto`).

    Vectors are of places beside each other; or of outputs (`turned`), where the places of a plane fill vectors badly.

    planes                 memory for a sample as `lay` lays it, zeros
    of_weight, of_sample   for each of `depth` steps, where its numbers of the first output's weight and of a sample are
    of_place               where in a sample the window of each place begins
    high, …, along         see `lay`
    apart                  how far the weights of outputs are apart; `turned`: those of steps
    biased                 whether outputs begin with a bias
    """
    area = rows * columns
    places = (rows - 1) * wide + columns
    line = padded(f, places)
    kept = f.at(scratch, area * apart)  # what vectors of outputs come to, place by place behind each other

    def factor(i: Word, k: Word) -> Word:
        return w[i * apart + f.read("i64", of_weight, k)]

    def window(k: Word, j: Word) -> Word:
        return f.read(KIND, planes, f.read("i64", of_sample, k) + j)

    def keep(i: Word, j: Word, found: Word) -> None:
        f.write(found, scratch, i * line + j)

    def number(i: Word, k: Word) -> Word:
        return planes[f.read("i64", of_place, i) + f.read("i64", of_sample, k)]

    def weights(k: Word, j: Word) -> Word:
        return f.read(KIND, w, k * apart + j)

    def keep_outputs(i: Word, j: Word, found: Word) -> None:
        f.write(found, scratch, i * apart + j)

    with f.loop(samples) as n:
        lay(
            f, f.at(x, n * channels * height * width), planes, (channels, height, width, high, wide),
            (top, left, down, along),
        )  # fmt: skip
        with f.when(turned < 1):
            for condition, start in ((biased > 0, lambda i, j: bias[i]), (biased < 1, None)):
                with f.when(condition):
                    chains(f, outputs, places, counted(f, depth), factor, window, keep, start)
        with f.when(turned > 0):
            chains(
                f, area, outputs, counted(f, depth), number, weights, keep_outputs, lambda i, j: f.read(KIND, bias, j)
            )  # fmt: skip
            _turn(f, scratch, area, outputs, apart, kept, area)
        found = f.address_of(turned > 0, kept, scratch)
        plane, step = f.choose(turned > 0, area, line), f.choose(turned > 0, columns, wide)
        with f.loop(outputs) as i, f.loop(rows) as y:
            row, into = (
                f.at(found, i * plane + y * step),
                f.at(out, ((n * outputs + i) * rows + y) * columns),
            )
            with f.when(onto > 0), f.loop(columns, independent=True) as at:
                into[at] = into[at] + row[at]
            with f.when(onto < 1), f.loop(columns, independent=True) as at:
                into[at] = row[at]


def _turn(f: Routine, x: Word, rows: Word, columns: Word, apart: Word, into: Word, line: Word) -> None:
    """(rows, columns) → (columns, rows): rows are so far `apart`, then `line` numbers."""
    whole = rows / LANES * LANES
    with f.loop(whole, 0, LANES) as first:
        eight = [f.at(x, (first + i) * apart) for i in range(LANES)]
        f.each_column(eight, columns, lambda i, column: f.write(column, into, i * line + first))
    with f.loop(rows, whole) as row:
        source = f.at(x, row * apart)
        with f.loop(columns, independent=True) as i:
            into[i * line + row] = source[i]


def weight_gradient(
    f: Routine, grad: Word, x: Word, out: Word, planes: Word, turned: Word, scratch: Word, of_row: Word,
    samples: Word, channels: Word, height: Word, width: Word, high: Word, wide: Word,
    top: Word, left: Word, down: Word, along: Word,
    outputs: Word, rows: Word, columns: Word, inner: Word,
) -> None:  # fmt: skip
    """(N, outputs, rows, columns), (N, channels, height, width) → (outputs, inner): chains of window after window.

    planes    memory for a sample as `lay` lays it, zeros
    turned    for a sample's gradient with outputs side by side
    scratch   for what is found so far, zeros
    of_row    where in a sample the numbers for an element of a window begin, of which there are `inner`
    """
    plane, line = rows * columns, padded(f, outputs)
    at, number = f.variable("i64", 0), f.variable("i64", 0)

    def steps(step: Callable[[Word], None]) -> None:
        number.value = 0
        with f.loop(rows) as y, f.loop(columns) as i:
            at.value = y * wide + i
            step(number.value)
            number.value = number.value + line

    def factor(i: Word, k: Word) -> Word:
        return planes[f.read("i64", of_row, i) + at.value]

    def so_far(i: Word, j: Word) -> Word:
        return f.read(KIND, scratch, i * line + j)

    def keep(i: Word, j: Word, found: Word) -> None:
        f.write(found, scratch, i * line + j)

    with f.loop(samples) as n:
        lay(
            f, f.at(x, n * channels * height * width), planes, (channels, height, width, high, wide),
            (top, left, down, along),
        )  # fmt: skip
        _turn(f, f.at(grad, n * outputs * plane), outputs, plane, plane, turned, line)
        chains(f, inner, outputs, steps, factor, lambda k, j: f.read(KIND, turned, k + j), keep, so_far)
    with f.loop(outputs) as o, f.loop(inner, independent=True) as i:
        out[o * inner + i] = scratch[i * line + o]


def channel_sums(f: Routine, grad: Word, out: Word, samples: Word, outputs: Word, plane: Word) -> None:
    """(N, outputs, plane) → (outputs): one number after the other, eight outputs beside each other."""
    with f.loop(outputs, 0, LANES) as first:
        lanes, each = beside(f, grad, first, samples, outputs, plane, outputs)
        total = f.variable(FLOATS, -0.0)

        def add(numbers: Word) -> None:
            total.value = total.value + numbers

        each(add)
        for k, lane in enumerate(lanes):
            out[lane] = f.element(total.value, k)
