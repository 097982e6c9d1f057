"""Layer normalisation as machine code: a row's moments (`numerics.moments`), what it becomes, and the gradients."""

from __future__ import annotations

from collections.abc import Callable

from .routines import Given, Routine, Word, vector

LANES = 8


def layer_norm(
    f: Routine,
    x: Word,
    weight: Word,
    bias: Word,
    out: Word,
    rows: Word,
    n: Word,
    eps: Word,
) -> None:
    """(rows, n) standardised, times the weight, plus the bias, which is rounded once."""
    small = f.to_float(eps)
    with f.loop(rows) as r:
        row, into = f.at(x, r * n), f.at(out, r * n)
        mean, rstd = _standard(f, row, n, small)
        with f.loop(n, independent=True) as i:
            into[i] = f.fused((row[i] - mean) * rstd, weight[i], bias[i])


def layer_norm_backward(
    f: Routine, grad: Word, x: Word, weight: Word, dx: Word, dw: Word, db: Word, rows: Word, n: Word, eps: Word
) -> None:  # fmt: skip
    """`ops.nn.norm_steps.layer_norm_backward`, row by row; dw is zero at the beginning."""
    small = f.to_float(eps)
    share = 1.0 / f.to_float(n)
    with f.loop(n, independent=True) as i:
        db[i] = grad[i]
    with f.loop(rows) as r:
        g, row, into = (f.at(each, r * n) for each in (grad, x, dx))
        mean, rstd = _standard(f, row, n, small)
        total = row_sum(f, n, lambda i, n: (f.read(vector(n), g, i), f.read(vector(n), weight, i)))
        along = row_sum(
            f,
            n,
            lambda i, n: (
                f.read(vector(n), g, i) * f.read(vector(n), row, i),
                f.read(vector(n), weight, i),
            ),
        )
        slope = f.fused(total, mean, -along) * rstd * rstd * rstd * share
        start = f.fused(-slope, mean, -(total * rstd * share))
        shift = -rstd * mean
        with f.loop(n, independent=True) as i:
            into[i] = f.fused(slope, row[i], rstd * g[i] * weight[i]) + start
            dw[i] = f.fused(g[i], f.fused(rstd, row[i], shift), dw[i])
        with f.when(r > 0), f.loop(n, independent=True) as i:
            db[i] = db[i] + g[i]


def _standard(f: Routine, row: Word, n: Word, eps: Word) -> tuple[Word, Word]:
    """Mean of a row and one over its standard deviation, by Welford's method in eight lanes."""
    steps = n / LANES
    mean, square = f.variable("float", 0), f.variable("float", 0)
    with f.loop(n, steps * LANES) as i:
        delta = row[i] - mean.value
        mean.value = mean.value + delta / f.to_float(i + 1 - steps * LANES)
        square.value = square.value + delta * (row[i] - mean.value)
    kind = vector(LANES)
    means, squares = f.variable(kind, 0), f.variable(kind, 0)
    with f.loop(steps) as i:
        each = f.read(kind, row, i * LANES)
        delta = each - means.value
        means.value = f.fused(delta, 1.0 / f.to_float(i + 1), means.value)
        squares.value = f.fused(delta, each - means.value, squares.value)
    with f.when(steps > 0):
        count = f.to_float(n - steps * LANES)
        for lane in range(LANES):
            total = count + f.to_float(steps)
            share = f.to_float(steps) / total
            delta = f.element(means.value, lane) - mean.value
            more = f.fused(delta * delta * share, count, f.element(squares.value, lane))
            square.value = square.value + more
            mean.value = f.fused(delta, share, mean.value)
            count = total
    variance = square.value / f.to_float(n)
    return mean.value, 1.0 / f.call("sqrt", variance + eps)


def row_sum(f: Routine, n: Word, of: Callable[[Given, int], tuple[Word, Word]]) -> Word:
    """The sum of a row's products as `vector_exp.row_sums` has it; of fewer than eight one after the other."""
    steps, kind = n / LANES, vector(LANES)
    found = f.variable("float", 0)
    with f.when(steps > 0):
        a, b = of(0, LANES)
        lanes = f.variable(kind, a * b)
        with f.loop(steps, 1) as i:
            a, b = of(i * LANES, LANES)
            lanes.value = lanes.value + a * b
        memory = f.variable(kind, lanes.value)
        place = Word(f, "ptr", memory.place)
        with f.loop(n, steps * LANES) as i:
            a, b = of(i, 1)
            at = i - steps * LANES
            place[at] = f.fused(a, b, place[at])
        found.value = f.halved(memory.value)
    with f.when(steps < 1):
        a, b = of(0, 1)
        found.value = a * b
        with f.loop(n, 1) as i:
            a, b = of(i, 1)
            found.value = found.value + a * b
    return found.value
