"""Normalisation of rows and of groups as machine code: moments (`numerics.moments`), what becomes of it, gradients."""

from __future__ import annotations

from collections.abc import Callable

from .routines import Routine, Word, vector

LANES = 8
#: products that are rounded by themselves, of what fills no vector
FOURS = 4
#: vectors in a piece of a row, and how often two of what there is are joined at most
PIECE, LEVELS = 16, 12

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


def row_moments(f: Routine, x: Word, means: Word, variances: Word, rows: Word, n: Word) -> None:
    """Mean and variance of each row of (rows, n)."""
    with f.loop(rows) as r:
        means[r], variances[r] = _moments(f, f.at(x, r * n), n)


def group_norm(
    f: Routine, x: Word, weight: Word, bias: Word, out: Word, samples: Word, groups: Word, each: Word, plane: Word,
    eps: Word,
) -> None:  # fmt: skip
    """(N, G · each, P): groups of `each` channels standardised, a weight and a bias for each channel."""
    with f.loop(samples * groups) as g:
        start = g * each * plane
        mean, rstd = _of_group(f, f.at(x, start), each * plane, eps)
        first = g % groups * each
        with f.loop(each) as c:
            row, into = (f.at(a, start + c * plane) for a in (x, out))
            scale = rstd * weight[first + c]
            shift = f.fused(-scale, mean, bias[first + c])
            with f.loop(plane, independent=True) as i:
                into[i] = f.fused(row[i], scale, shift)


def group_norm_backward(
    f: Routine, grad: Word, x: Word, weight: Word, dx: Word, along: Word, total: Word, rstds: Word,
    samples: Word, groups: Word, each: Word, plane: Word, eps: Word,
) -> None:  # fmt: skip
    """The gradient of x, and what those of weight and bias are made of.

    along, total   of each channel of a sample Σ grad · (x - mean), and Σ grad
    rstds          one over the standard deviation of each group of a sample
    """
    size = each * plane
    share = 1.0 / f.to_float(size)
    with f.loop(samples * groups) as g:
        channel, first = g * each, g % groups * each
        mean, rstd = _of_group(f, f.at(x, g * size), size, eps)
        rstds[g] = rstd
        with f.loop(each) as c:
            at = channel + c
            slopes, row = f.at(grad, at * plane), f.at(x, at * plane)
            along[at], total[at] = _two_sums(f, plane, slopes, row)
        weights = f.at(weight, first)
        a, b = (group_sum(f, f.at(sums, channel), weights, each) for sums in (along, total))
        slope = f.fused(b, mean, -a) * rstd * rstd * rstd * share
        start = f.fused(-(b * rstd), share, -slope * mean)
        with f.loop(each) as c:
            at = channel + c
            slopes, row, into = (f.at(whole, at * plane) for whole in (grad, x, dx))
            factor = rstd * weights[c]
            with f.loop(plane, independent=True) as i:
                into[i] = f.fused(factor, slopes[i], slope * row[i]) + start
            along[at] = f.fused(-total[at], mean, along[at])


def group_norm_parameters(
    f: Routine, along: Word, total: Word, rstds: Word, dw: Word, db: Word, samples: Word, groups: Word, each: Word
) -> None:  # fmt: skip
    """The gradients of weight and bias, zero at the beginning: sample after sample."""
    with f.loop(samples) as n, f.loop(groups) as g:
        rstd, first = rstds[n * groups + g], g * each
        with f.loop(each, independent=True) as c:
            at = (n * groups + g) * each + c
            dw[first + c] = f.fused(along[at], rstd, dw[first + c])
            db[first + c] = db[first + c] + total[at]


def group_sum(f: Routine, sums: Word, weights: Word, n: Word) -> Word:
    """Σ sums · weights: eight at a time, then four, each rounded, then one by one."""
    steps, kind = n / LANES, vector(LANES)
    whole = steps * LANES
    rounded = whole + (n - whole) / FOURS * FOURS
    lanes, total = f.variable(kind, 0), f.variable("float", 0)
    with f.loop(steps) as i:
        at = i * LANES
        lanes.value = f.fused(f.read(kind, sums, at), f.read(kind, weights, at), lanes.value)
    with f.when(steps > 0):
        for lane in range(LANES):
            total.value = total.value + f.element(lanes.value, lane)
    with f.loop(rounded, whole) as i:
        total.value = total.value + sums[i] * weights[i]
    with f.loop(n, rounded) as i:
        total.value = f.fused(sums[i], weights[i], total.value)
    return total.value


def _of_group(f: Routine, row: Word, n: Word, eps: Word) -> tuple[Word, Word]:
    """Mean of a row and one over its standard deviation, which is taken in float64."""
    mean, variance = _moments(f, row, n)
    return mean, f.to_float(1.0 / f.call("sqrt", f.to_double(variance) + eps))


def _two_sums(f: Routine, n: Word, grad: Word, x: Word) -> tuple[Word, Word]:
    """Σ grad · x, each product rounded, and Σ grad."""
    along = row_sum(f, n, lambda read: (read(grad) * read(x),))
    return along, row_sum(f, n, lambda read: (read(grad),))


def _standard(f: Routine, row: Word, n: Word, eps: Word) -> tuple[Word, Word]:
    """Mean of a row and one over its standard deviation."""
    mean, variance = _moments(f, row, n)
    return mean, 1.0 / f.call("sqrt", variance + eps)


def _moments(f: Routine, row: Word, n: Word) -> tuple[Word, Word]:
    """Mean and variance of a row, by Welford's method in eight lanes (`numerics.moments`)."""
    steps = n / LANES
    mean, square = f.variable("float", 0), f.variable("float", 0)
    with f.loop(n, steps * LANES) as i:
        delta = row[i] - mean.value
        mean.value = mean.value + delta / f.to_float(i + 1 - steps * LANES)
        square.value = square.value + delta * (row[i] - mean.value)
    kind = vector(LANES)
    means, squares = f.variable(kind, 0), f.variable(kind, 0)
    with f.when(steps <= PIECE):
        means.value, squares.value = _running(f, row, steps)
    with f.when(steps > PIECE):
        means.value, squares.value = _in_pieces(f, row, steps)
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
    return mean.value, square.value / f.to_float(n)


def _running(f: Routine, row: Word, steps: Word) -> tuple[Word, Word]:
    """The lanes' means and squared deviations of so many vectors."""
    kind = vector(LANES)
    means, squares = f.variable(kind, 0), f.variable(kind, 0)
    with f.loop(steps) as i:
        each = f.read(kind, row, i * LANES)
        delta = each - means.value
        means.value = f.fused(delta, 1.0 / f.to_float(i + 1), means.value)
        squares.value = f.fused(delta, each - means.value, squares.value)
    return means.value, squares.value


#: count, mean and squared deviations of a piece, lane by lane
Moments = tuple[Word, Word, Word]


def _in_pieces(f: Routine, row: Word, steps: Word) -> tuple[Word, Word]:
    """The same of many vectors: pieces of them are joined two by two, then two of these and so on."""
    pieces = (steps + (PIECE - 1)) / PIECE
    kinds = "float", vector(LANES), vector(LANES)
    kept = [[f.variable(kind, 0) for kind in kinds] for _ in range(LEVELS)]
    for each in kept:
        for variable in each:
            variable.value = 0
    depth = f.given(0, "i64")
    for level in range(LEVELS):
        depth = f.choose(pieces > 1 << level, level + 1, depth)

    def put(level: int, moments: Moments) -> None:
        for variable, value in zip(kept[level], moments, strict=True):
            variable.value = value

    def of(level: int) -> Moments:
        count, mean, square = kept[level]
        return count.value, mean.value, square.value

    def go_up(level: int, number: Word) -> None:
        if level < LEVELS:
            half = number / 2
            with f.when((depth > level).both(number <= half * 2)):
                put(level, _joined(f, of(level - 1), of(level)))
                kept[level - 1][0].value = 0
                go_up(level + 1, half)

    with f.loop(pieces) as piece:
        left = steps - piece * PIECE
        size = f.choose(left < PIECE, left, f.given(PIECE, "i64"))
        found = _running(f, f.at(row, piece * (PIECE * LANES)), size)
        put(0, _joined(f, (f.to_float(size), *found), of(0)))
        go_up(1, piece + 1)
    for level in range(1, LEVELS):
        with f.when((depth > level).both(of(level)[0] > 0)):
            put(0, _joined(f, of(level), of(0)))
    return of(0)[1:]


def _joined(f: Routine, more: Moments, to: Moments) -> Moments:
    """`moments._joined`; where nothing is there yet, what comes."""
    (size, other, deviations), (count, mean, square) = more, to
    total = count + size
    delta = other - mean
    way = delta * (size / total)
    return _chosen(f, count > 0, (total, mean + way, f.fused(way, delta * count, deviations + square)), more)


def _chosen(f: Routine, which: Word, a: Moments, b: Moments) -> Moments:
    count, mean, square = (f.choose(which, x, y) for x, y in zip(a, b, strict=True))
    return count, mean, square


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
