"""Layer normalisation as machine code: a row's moments (`numerics.moments`), what it becomes, and the gradients."""

from __future__ import annotations

from collections.abc import Callable

from .routines import Routine, Word, vector

LANES = 8

#: reads what stands in a row where a loop is
Reads = Callable[[Word], Word]


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
        total = row_sum(f, n, lambda read: (read(g), read(weight)))
        along = row_sum(f, n, lambda read: (read(g) * read(row), read(weight)))
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


def row_sum(f: Routine, n: Word, of: Callable[[Reads], tuple[Word, ...]]) -> Word:
    """The sum of a row as `vector_exp.row_sums` has it: lane by lane, of fewer than eight one after the other.

    of    what it is given reads numbers of rows, side by side; gives what is added, or two factors of it, which are
          rounded with the sum where they fill no vector
    """
    steps, kind = n / LANES, vector(LANES)
    found = f.variable("float", 0)
    with f.when(steps > 0):
        lanes = f.variable(kind, _product(of(lambda row: f.read(kind, row, 0))))
        with f.loop(steps, 1) as i:
            lanes.value = lanes.value + _product(of(lambda row: f.read(kind, row, i * LANES)))
        left = n - steps * LANES
        with f.when(left > 0):
            which, total = f.first(LANES, left), lanes.value
            last, *factor = of(lambda row: f.read_some(LANES, row, steps * LANES, which))
            more = f.fused(last, factor[0], total) if factor else total + last
            lanes.value = f.choose(which, more, total)
        found.value = f.halved(lanes.value)
    with f.when(steps < 1):
        found.value = _product(of(lambda row: row[0]))
        with f.loop(n, 1) as i:
            found.value = found.value + _product(of(lambda row: row[i]))
    return found.value


def _product(factors: tuple[Word, ...]) -> Word:
    return factors[0] * factors[1] if len(factors) > 1 else factors[0]
