"""RNN and GRU layers as instructions: all their steps, products included, forward and backward.

States (N, H); steps are counted as they are done, which is from the last one on if `reverse`. The rows of weights are
filled up to the next multiple of 16.
"""

from __future__ import annotations

from collections.abc import Callable

from ....engine.compile.machine import mkl
from ....engine.compile.machine.double_loops import DoubleLoop
from ....engine.compile.machine.functions import vector_exp
from ....engine.compile.machine.product_routines import COLUMNS, KIND, fused_product, row_blocks
from ....engine.compile.machine.routines import Routine, Word

#: of an element, what its inputs, hidden part and tables give: the new state
Simple = Callable[[Routine, Word, Word], Word]


def simple_layer(function: Simple) -> Callable[..., None]:
    """h' = function(W h + b + what inputs give)."""

    def layer(
        f: Routine, gates: Word, bias: Word, h: Word, weight: Word, outputs: Word, room: Word, table: Word,
        parts: Word, count: Word, steps: Word, batch: Word, n: Word, reverse: Word,
    ) -> None:  # fmt: skip
        with f.loop(steps) as s:
            t, state = (
                _step(f, s, steps, reverse),
                f.address_of(s > 0, _before(f, outputs, s, steps, batch * n, reverse), h),
            )
            fused_product(f, room, state, n, weight, (batch, n), parts, count, bias)
            given, into = (f.at(each, t * batch * n) for each in (gates, outputs))
            with f.loop(batch) as i:
                row = i * n
                with f.loop(n, independent=True) as j:
                    at = row + j
                    into[at] = function(f, room[at] + given[at], table)

    return layer


def tanh(f: Routine, x: Word, table: Word) -> Word:
    return f.of_number(mkl.tanh, x, table)


def relu(f: Routine, x: Word, table: Word) -> Word:
    return f.choose(x.is_nan(), x, f.choose(x > 0.0, x, 0.0))


def tanh_slope(f: Routine, y: Word) -> Word:
    """1 - y², rounded once."""
    wide = f.to_double(y)
    return f.to_float(1.0 - wide * wide)


def through_tanh(f: Routine, y: Word, grad: Word) -> Word:
    return grad * tanh_slope(f, y)


def through_relu(f: Routine, y: Word, grad: Word) -> Word:
    return f.choose(y <= 0.0, f.given(0.0, "float"), grad)


def simple_backward(through: Callable[[Routine, Word, Word], Word]) -> Callable[..., None]:
    """The gradient: that of h after the last step becomes that before the first, `deltas` follow."""

    def backward(
        f: Routine, outputs: Word, grad_output: Word, grad_h: Word, weight: Word, deltas: Word,
        parts: Word, count: Word, steps: Word, batch: Word, n: Word, reverse: Word,
    ) -> None:  # fmt: skip
        with f.loop(steps) as s:
            t = _step(f, steps - 1 - s, steps, reverse)
            y, grad, delta = (f.at(each, t * batch * n) for each in (outputs, grad_output, deltas))
            with f.loop(batch * n, independent=True) as i:
                delta[i] = through(f, y[i], grad[i] + grad_h[i])
            fused_product(f, grad_h, delta, n, weight, (batch, n), parts, count)

    return backward


def gru(
    f: Routine, gates: Word, bias: Word, h: Word, weight: Word, outputs: Word, saved: Word, room: Word, table: Word,
    parts: Word, count: Word, exp: Word, of_exp: Word, steps: Word, batch: Word, n: Word, reverse: Word,
) -> None:  # fmt: skip
    """Reset and update gate, new state; of them and of the hidden part of the new state `saved` has all."""
    three, four, whole = n * 3, n * 4, n / COLUMNS * COLUMNS
    single = DoubleLoop(f, (exp, of_exp), 2 * COLUMNS)
    with f.loop(steps) as s:
        t = _step(f, s, steps, reverse)
        state = f.address_of(s > 0, _before(f, outputs, s, steps, batch * n, reverse), h)
        fused_product(f, room, state, n, weight, (batch, three), parts, count, bias)
        with f.loop(batch) as i:
            row = t * batch + i
            given, kept, into = (f.at(a, row * k) for a, k in ((gates, three), (saved, four), (outputs, n)))
            hidden, old = f.at(room, i * three), f.at(state, i * n)

            def less(place: Word, given: Word = given, hidden: Word = hidden) -> Word:
                return -(hidden[place] + given[place])

            def keep(
                j: Word, r: Word, z: Word,
                given: Word = given, kept: Word = kept, into: Word = into, hidden: Word = hidden, old: Word = old,
            ) -> None:  # fmt: skip
                at_n = hidden[j + n * 2]
                new = tanh(f, given[j + n * 2] + at_n * r, table)
                into[j] = (old[j] - new) * z + new
                for k, x in enumerate((r, z, new, at_n)):
                    kept[j + n * k] = x

            with f.loop(whole, independent=True) as j:
                powers = [f.of_number(vector_exp, less(j + n * k)) for k in range(2)]
                keep(j, *(1.0 / (power + 1.0) for power in powers))
            left = n - whole
            with f.when(left > 0):  # exponentials that fill no vectors are correctly rounded
                for k in range(2):
                    with f.loop(left) as j:
                        single.put(j + left * k, less(whole + j + n * k))
                single.call(left * 2)
                with f.loop(left) as j:
                    keep(whole + j, *(1.0 / (single.get(j + left * k) + 1.0) for k in range(2)))


def gru_backward(
    f: Routine, outputs: Word, saved: Word, h: Word, grad_output: Word, weight: Word, kept: Word, back: Word,
    at_x: Word, at_h: Word, parts: Word, count: Word, steps: Word, batch: Word, n: Word, reverse: Word,
) -> None:  # fmt: skip
    """The gradients of both parts of the gates; `kept` and `back` are those of h, to be added."""
    three, four = n * 3, n * 4
    with f.loop(steps) as s:
        done = steps - 1 - s
        t = _step(f, done, steps, reverse)
        state = f.address_of(done > 0, _before(f, outputs, done, steps, batch * n, reverse), h)
        delta = f.at(at_h, t * batch * three)
        with f.loop(batch) as i:
            row = t * batch + i
            of_x, of_h, was, slopes = (
                f.at(a, row * k) for a, k in ((at_x, three), (at_h, three), (saved, four), (grad_output, n))
            )
            old, kept_row, back_row = (f.at(a, i * n) for a in (state, kept, back))
            with f.loop(n, independent=True) as j:
                r, z, new, hidden = (was[j + n * k] for k in range(4))
                grad = slopes[j] + kept_row[j] + back_row[j]
                stays = grad * z
                of_new = (grad - stays) * tanh_slope(f, new)
                of_r = (1.0 - r) * (of_new * hidden) * r
                of_z = (1.0 - z) * (grad * (old[j] - new)) * z
                kept_row[j] = stays
                for k, x in enumerate((of_r, of_z, of_new)):
                    of_x[j + n * k] = x
                for k, x in enumerate((of_r, of_z, of_new * r)):
                    of_h[j + n * k] = x
        fused_product(f, back, delta, three, weight, (batch, n), parts, count)


def weight_gradient(
    f: Routine, deltas: Word, outputs: Word, h: Word, out: Word,
    steps: Word, batch: Word, m: Word, n: Word, reverse: Word,
) -> None:  # fmt: skip
    """(m, n): of each step its deltas (N, m) turned times the state before (N, n), added as gradients come."""
    whole = n / COLUMNS * COLUMNS
    for rows, first, stop in row_blocks(f, m):
        for start, end in ((f.given(0, "i64"), whole), (whole, n)):
            with f.loop(stop, first, rows) as i, f.loop(end, start, COLUMNS) as j:
                # behind the last row comes the last row again, of which nothing becomes
                places = [f.least(i + row, m - 1) for row in range(rows)]
                totals = [f.variable(KIND, -0.0) for _ in range(rows)]
                which = None if end is whole else f.first(COLUMNS, n - j)
                with f.loop(steps) as s:
                    done = steps - 1 - s
                    t = _step(f, done, steps, reverse)
                    state = f.address_of(done > 0, _before(f, outputs, done, steps, batch * n, reverse), h)
                    left = f.at(deltas, t * batch * m)
                    sums = [f.variable(KIND, 0.0) for _ in range(rows)]
                    with f.loop(batch) as k:
                        row, at = f.at(left, k * m), k * n + j
                        line = (
                            f.read(KIND, state, at)
                            if which is None
                            else f.read_some(COLUMNS, state, at, which)
                        )
                        for place, total in zip(places, sums, strict=True):
                            total.value = f.fused(f.every(row[place], COLUMNS), line, total.value)
                    for total, each in zip(totals, sums, strict=True):
                        total.value = total.value + each.value
                for row_number, (place, total) in enumerate(zip(places, totals, strict=True)):
                    with f.when(i + row_number < m):
                        if which is None:
                            f.write(total.value, out, place * n + j)
                        else:
                            f.write_some(total.value, out, place * n + j, which)


def _step(f: Routine, s: Word, steps: Word, reverse: Word) -> Word:
    """Where the step is that is done after s others."""
    return f.choose(reverse > 0, steps - 1 - s, s)


def _before(f: Routine, outputs: Word, s: Word, steps: Word, size: Word, reverse: Word) -> Word:
    """What the step before gave."""
    return f.at(outputs, f.choose(reverse > 0, steps - s, s - 1) * size)
