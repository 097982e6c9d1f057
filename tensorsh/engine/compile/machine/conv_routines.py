"""Convolutions of windows that move by one as machine code, in oneDNN's order (`ops.nn.conv_steps`).

The planes of one sample at a time are padded, so its windows are its numbers from one place on, if those that begin in
the padding on the right are computed too and left out.
"""

from __future__ import annotations

from collections.abc import Callable

from .batch_norm_routines import FLOATS, LANES, beside
from .product_routines import KIND, chains, counted, padded
from .routines import Routine, Word


def _pad(f: Routine, x: Word, into: Word, sizes: tuple[Word, ...]) -> None:
    """The planes of a sample among the zeros of `into`: how many, their rows and columns, and these with padding."""
    channels, rows, columns, high, wide = sizes
    top, left = (high - rows) / 2, (wide - columns) / 2
    with f.loop(channels) as c, f.loop(rows) as y:
        source = f.at(x, (c * rows + y) * columns)
        line = f.at(into, (c * high + y + top) * wide + left)
        with f.loop(columns, independent=True) as i:
            line[i] = source[i]


def convolution(
    f: Routine, x: Word, w: Word, bias: Word, out: Word, planes: Word, scratch: Word, of_weight: Word, of_sample: Word,
    samples: Word, channels: Word, height: Word, width: Word, high: Word, wide: Word,
    outputs: Word, rows: Word, columns: Word, down: Word, depth: Word, biased: Word, onto: Word,
) -> None:  # fmt: skip
    """(N, channels, height, width), (outputs, …) → (N, outputs, rows, columns), or added to what is there (`onto`).

    planes                 memory for a padded sample, (channels, high, wide), zeros
    of_weight, of_sample   for each of `depth` steps, where its numbers of the first output's weight and of a sample are
    down                   how far the weights of outputs are apart
    biased                 whether outputs begin with a bias
    """
    places = (rows - 1) * wide + columns
    line = padded(f, places)

    def factor(i: Word, k: Word) -> Word:
        return w[i * down + f.read("i64", of_weight, k)]

    def window(k: Word, j: Word) -> Word:
        return f.read(KIND, planes, f.read("i64", of_sample, k) + j)

    def keep(i: Word, j: Word, found: Word) -> None:
        f.write(found, scratch, i * line + j)

    with f.loop(samples) as n:
        _pad(f, f.at(x, n * channels * height * width), planes, (channels, height, width, high, wide))
        for condition, start in ((biased > 0, lambda i, j: bias[i]), (biased < 1, None)):
            with f.when(condition):
                chains(f, outputs, places, counted(f, depth), factor, window, keep, start)
        with f.loop(outputs) as i, f.loop(rows) as y:
            row, into = (
                f.at(scratch, i * line + y * wide),
                f.at(out, ((n * outputs + i) * rows + y) * columns),
            )
            with f.when(onto > 0), f.loop(columns, independent=True) as at:
                into[at] = into[at] + row[at]
            with f.when(onto < 1), f.loop(columns, independent=True) as at:
                into[at] = row[at]


def weight_gradient(
    f: Routine, grad: Word, x: Word, out: Word, planes: Word, turned: Word, scratch: Word, of_row: Word,
    samples: Word, channels: Word, height: Word, width: Word, high: Word, wide: Word,
    outputs: Word, rows: Word, columns: Word, inner: Word,
) -> None:  # fmt: skip
    """(N, outputs, rows, columns), (N, channels, height, width) → (outputs, inner): chains of window after window.

    planes    memory for a padded sample, (channels, high, wide), zeros
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
        _pad(f, f.at(x, n * channels * height * width), planes, (channels, height, width, high, wide))
        with f.loop(outputs) as o:
            column = f.at(grad, (n * outputs + o) * plane)
            with f.loop(plane, independent=True) as i:
                turned[i * line + o] = column[i]
        chains(f, inner, outputs, steps, factor, lambda k, j: f.read(KIND, turned, k + j), keep, so_far)
    with f.loop(outputs) as o, f.loop(inner, independent=True) as i:
        out[o * inner + i] = scratch[i * line + o]


def channel_sums(f: Routine, grad: Word, out: Word, samples: Word, outputs: Word, plane: Word) -> None:
    """(N, outputs, plane) → (outputs): one number after the other, eight outputs beside each other."""
    with f.loop(outputs, 0, LANES) as first:
        lanes, each = beside(f, grad, first, samples, outputs, plane)
        total = f.variable(FLOATS, -0.0)

        def add(numbers: Word) -> None:
            total.value = total.value + numbers

        each(add)
        for k, lane in enumerate(lanes):
            out[lane] = f.element(total.value, k)
