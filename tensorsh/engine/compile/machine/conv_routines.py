"""Convolutions of windows that move by one as machine code, in oneDNN's order (`ops.nn.conv_steps`).

Planes are padded, so the windows of a sample are its elements from one place on, if those that begin in the padding
on the right are computed too and left out. Which number of the weight and of the sample belong to a step is in a table.
"""

from __future__ import annotations

from collections.abc import Callable

from .product_routines import COLUMNS, KIND, chains, counted
from .routines import Routine, Word


def convolution(
    f: Routine, x: Word, w: Word, bias: Word, out: Word, scratch: Word, of_weight: Word, of_sample: Word,
    samples: Word, outputs: Word, depth: Word, down: Word, sample: Word, width: Word, rows: Word, columns: Word,
    biased: Word, onto: Word,
) -> None:  # fmt: skip
    """(N, C, …) padded, (O, …) → (N, O, rows, columns), or added to what is there (`onto`).

    of_weight, of_sample   for each of `depth` steps, where its numbers of the first output's weight, of a sample are
    down, sample, width    how far weights of outputs, samples, and rows of planes are apart
    biased                 whether outputs begin with a bias
    """
    places = (rows - 1) * width + columns
    line = (places + (COLUMNS - 1)) / COLUMNS * COLUMNS
    with f.loop(samples) as n:
        planes, made = f.at(x, n * sample), f.at(out, n * outputs * rows * columns)

        def factor(i: Word, k: Word, w: Word = w) -> Word:
            return w[i * down + f.read("i64", of_weight, k)]

        def window(k: Word, j: Word, planes: Word = planes) -> Word:
            return f.read(KIND, planes, f.read("i64", of_sample, k) + j)

        def keep(i: Word, j: Word, found: Word) -> None:
            f.write(found, scratch, i * line + j)

        for condition, start in ((biased > 0, lambda i: bias[i]), (biased < 1, None)):
            with f.when(condition):
                chains(f, outputs, places, counted(f, depth), factor, window, keep, start)
        with f.loop(outputs) as i, f.loop(rows) as y:
            row, into = f.at(scratch, i * line + y * width), f.at(made, (i * rows + y) * columns)
            with f.when(onto > 0), f.loop(columns, independent=True) as at:
                into[at] = into[at] + row[at]
            with f.when(onto < 1), f.loop(columns, independent=True) as at:
                into[at] = row[at]


def weight_gradient(
    f: Routine, grad: Word, x: Word, out: Word, turned: Word, scratch: Word, of_row: Word,
    samples: Word, outputs: Word, inner: Word, sample: Word, width: Word, rows: Word, columns: Word,
) -> None:  # fmt: skip
    """(N, O, rows, columns), (N, C, …) padded → (O, inner): one chain for each element, window after window.

    of_row    where in a sample the numbers for an element of a window begin, of which there are `inner`
    turned    memory for the gradient with outputs side by side
    scratch   and for what is found
    """
    plane = rows * columns
    line = (outputs + (COLUMNS - 1)) / COLUMNS * COLUMNS
    with f.loop(samples) as n, f.loop(line) as o:
        into, column = f.at(turned, n * plane * line), f.at(grad, (n * outputs + o) * plane)
        with f.when(o < outputs), f.loop(plane, independent=True) as p:
            into[p * line + o] = column[p]
        with f.when(o >= outputs), f.loop(plane, independent=True) as p:
            into[p * line + o] = 0.0

    def steps(step: Callable[[Word], None]) -> None:
        windows.value = 0
        with f.loop(samples) as n, f.loop(rows) as y, f.loop(columns) as at:
            start.value = n * sample + y * width + at
            step(windows.value)
            windows.value = windows.value + line

    windows, start = f.variable("i64", 0), f.variable("i64", 0)

    def factor(i: Word, k: Word) -> Word:
        return x[f.read("i64", of_row, i) + start.value]

    def keep(i: Word, j: Word, found: Word) -> None:
        f.write(found, scratch, i * line + j)

    chains(f, inner, outputs, steps, factor, lambda k, j: f.read(KIND, turned, k + j), keep)
    with f.loop(outputs) as o, f.loop(inner, independent=True) as i:
        out[o * inner + i] = scratch[i * line + o]
