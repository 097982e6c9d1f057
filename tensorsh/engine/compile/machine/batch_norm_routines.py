"""Batch normalisation of planes as machine code: the statistics of channels, what becomes of them, and the gradients.

The numbers of a channel are added up in float64 one by one, which is a chain that nothing shortens; so the chains of
eight channels go beside each other.
"""

from __future__ import annotations

from collections.abc import Callable

from .routines import Routine, Variable, Word, vector

LANES = 8
FLOATS, DOUBLES = vector(LANES), vector(LANES, "double")


def beside(
    f: Routine, x: Word, first: Word, samples: Word, channels: Word, plane: Word, end: Word
) -> tuple[list[Word], Callable[[Callable[[Word], None]], None]]:
    """Eight channels of (N, C, P), the last before `end` as often as there is room; what calls a step with them.

    These are a vector, of one place after the other.
    """
    lanes = [f.least(first + lane, end - 1) for lane in range(LANES)]

    def each(step: Callable[[Word], None]) -> None:
        with f.loop(samples) as n:
            planes = [f.at(x, (n * channels + lane) * plane) for lane in lanes]
            f.each_column(planes, plane, lambda _, numbers: step(numbers))

    return lanes, each


def moments(
    f: Routine, x: Word, mean: Word, squares: Word, samples: Word, channels: Word, plane: Word, lo: Word, hi: Word
) -> None:  # fmt: skip
    """(N, C, P) → (C) and (C): the mean of each channel, and the sum of the squared deviations, from `lo` to `hi`."""
    count = f.to_double(samples * plane)
    with f.loop(hi, lo, LANES) as first:
        lanes, each = beside(f, x, first, samples, channels, plane, hi)
        total = f.variable(DOUBLES, 0)

        def add(numbers: Word) -> None:
            total.value = total.value + f.to_double(numbers)

        each(add)
        middle = f.to_float(total.value / f.every(count, LANES))
        total.value = 0

        def add_square(numbers: Word) -> None:
            off = numbers - middle
            total.value = total.value + f.to_double(off * off)

        each(add_square)
        found = f.to_float(total.value)
        for k, lane in enumerate(lanes):
            mean[lane] = f.element(middle, k)
            squares[lane] = f.element(found, k)


def rstd_of(f: Routine, squares: Word, count: Word, eps: Word) -> Word:
    """One over the standard deviation."""
    return f.to_float(1.0 / f.call("sqrt", f.to_double(squares / f.to_float(count)) + eps))


def batch_norm(
    f: Routine, x: Word, weight: Word, bias: Word, out: Word, scale: Word, shift: Word,
    samples: Word, channels: Word, plane: Word, lo: Word, hi: Word, eps: Word,
) -> None:  # fmt: skip
    """(N, C, P) standardised by the statistics of its channels, times the weight, plus the bias, from `lo` to `hi`.

    scale, shift   memory for a number of each channel
    """
    moments(f, x, shift, scale, samples, channels, plane, lo, hi)
    with f.loop(hi, lo) as c:
        factor = rstd_of(f, scale[c], samples * plane, eps) * weight[c]
        shift[c] = f.fused(-shift[c], factor, bias[c])
        scale[c] = factor
    with f.loop(samples) as n, f.loop(hi, lo) as c:
        source, into = (f.at(each, (n * channels + c) * plane) for each in (x, out))
        factor, start = scale[c], shift[c]
        with f.loop(plane, independent=True) as i:
            into[i] = f.fused(source[i], factor, start)


def batch_norm_backward(
    f: Routine, grad: Word, x: Word, weight: Word, dx: Word, dw: Word, db: Word,
    samples: Word, channels: Word, plane: Word, lo: Word, hi: Word, eps: Word,
) -> None:  # fmt: skip
    """The gradients of a batch that was standardised by its own statistics, of weight and bias, from `lo` to `hi`."""
    moments(f, x, db, dw, samples, channels, plane, lo, hi)
    count = samples * plane
    with f.loop(hi, lo) as c:
        mean, rstd = db[c], rstd_of(f, dw[c], count, eps)
        total, along = f.variable("double", 0), f.variable("double", 0)
        with f.loop(samples) as n:
            source, slopes = (f.at(each, (n * channels + c) * plane) for each in (x, grad))
            _add_plane(f, source, slopes, mean, plane, total, along)
        share = f.to_float(total.value / f.to_double(count))
        factor = weight[c]
        slope = f.to_float(along.value) * rstd * rstd / f.to_float(count)
        with f.loop(samples) as n:
            source, slopes, into = (f.at(each, (n * channels + c) * plane) for each in (x, grad, dx))
            with f.loop(plane, independent=True) as i:
                into[i] = f.fused(mean - source[i], slope, slopes[i] - share) * rstd * factor
        dw[c] = f.to_float(along.value * f.to_double(rstd))
        db[c] = f.to_float(total.value)


def _add_plane(
    f: Routine, x: Word, grad: Word, mean: Word, plane: Word, total: Variable, along: Variable
) -> None:  # fmt: skip
    """Add Σ grad and Σ grad (x - mean) of a plane: eight lanes of vectors, whose sums are added up by halves.

    What is left over is added to the first lanes, the products rounded once with the sum. Less than a vector is added
    one by one.
    """
    steps = plane / LANES
    with f.when(steps > 0):
        first = f.read(FLOATS, grad, 0)
        sums = f.variable(FLOATS, first)
        products = f.variable(FLOATS, (f.read(FLOATS, x, 0) - mean) * first)
        with f.loop(steps, 1) as i:
            slopes = f.read(FLOATS, grad, i * LANES)
            sums.value = sums.value + slopes
            products.value = products.value + (f.read(FLOATS, x, i * LANES) - mean) * slopes
        whole = steps * LANES
        with f.when(whole < plane):
            which = f.first(LANES, plane - whole)
            slopes = f.read_some(LANES, grad, whole, which)
            off = f.read_some(LANES, x, whole, which) - mean
            sums.value = f.choose(which, sums.value + slopes, sums.value)
            products.value = f.choose(which, f.fused(off, slopes, products.value), products.value)
        total.value = total.value + f.to_double(f.halved(sums.value))
        along.value = along.value + f.to_double(f.halved(products.value))
    with f.when(steps < 1):
        sum_, product = f.variable("float", grad[0]), f.variable("float", (x[0] - mean) * grad[0])
        with f.loop(plane, 1) as i:
            sum_.value = sum_.value + grad[i]
            product.value = product.value + (x[i] - mean) * grad[i]
        total.value = total.value + f.to_double(sum_.value)
        along.value = along.value + f.to_double(product.value)
