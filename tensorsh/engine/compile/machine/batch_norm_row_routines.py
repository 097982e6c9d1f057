"""Batch normalisation of a matrix (N, C) as machine code: its rows lie beside each other, so sums go row after row.

All is float32; what is squared or multiplied is rounded once with the sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .batch_norm_routines import LANES, rstd_of
from .routines import Routine, Word


@contextmanager
def _rows(
    f: Routine, samples: Word, channels: Word, lo: Word, hi: Word, *arrays: Word, first: int = 0
) -> Iterator[tuple[Word, list[Word]]]:
    """Each number of each row from `first` on: its channel, and the rows of the arrays."""
    with f.loop(samples, first) as n:
        rows = [f.at(each, n * channels) for each in arrays]
        with f.loop(hi, lo, independent=True) as c:
            yield c, rows


def moments(
    f: Routine, x: Word, mean: Word, squares: Word, samples: Word, channels: Word, lo: Word, hi: Word
) -> None:
    """The mean of each channel, and the sum of the squared deviations, from `lo` to `hi`."""
    _sum(f, x, mean, samples, channels, lo, hi)
    count = f.to_float(samples)
    with f.loop(hi, lo, independent=True) as c:
        mean[c] = mean[c] / count
        squares[c] = 0.0
    with _rows(f, samples, channels, lo, hi, x) as (c, (row,)):
        off = row[c] - mean[c]
        squares[c] = f.fused(off, off, squares[c])


def _sum(f: Routine, x: Word, total: Word, samples: Word, channels: Word, lo: Word, hi: Word) -> None:
    with f.loop(hi, lo, independent=True) as c:
        total[c] = x[c]
    with _rows(f, samples, channels, lo, hi, x, first=1) as (c, (row,)):
        total[c] = total[c] + row[c]


def batch_norm(
    f: Routine, x: Word, weight: Word, bias: Word, out: Word, scale: Word, shift: Word,
    samples: Word, channels: Word, lo: Word, hi: Word, eps: Word,
) -> None:  # fmt: skip
    """The matrix standardised by the statistics of its channels, times the weight, plus the bias.

    scale, shift   memory for a number of each channel
    """
    moments(f, x, shift, scale, samples, channels, lo, hi)
    with f.loop(hi, lo) as c:
        factor = rstd_of(f, scale[c], samples, eps) * weight[c]
        shift[c] = f.fused(-shift[c], factor, bias[c])
        scale[c] = factor
    with _rows(f, samples, channels, lo, hi, x, out) as (c, (row, into)):
        into[c] = f.fused(row[c], scale[c], shift[c])


def batch_norm_backward(
    f: Routine, grad: Word, x: Word, weight: Word, dx: Word, dw: Word, db: Word, mean: Word, rstd: Word,
    samples: Word, channels: Word, lo: Word, hi: Word, eps: Word,
) -> None:  # fmt: skip
    """The gradients of a batch that was standardised by its own statistics, of weight and bias.

    The columns after the last eight are rounded twice.

    mean, rstd   memory for a number of each channel
    """
    moments(f, x, mean, rstd, samples, channels, lo, hi)
    _sum(f, grad, db, samples, channels, lo, hi)
    with f.loop(hi, lo) as c:
        rstd[c] = rstd_of(f, rstd[c], samples, eps)
        dw[c] = 0.0
    with _rows(f, samples, channels, lo, hi, x, grad) as (c, (row, slopes)):
        dw[c] = f.fused(row[c] - mean[c], slopes[c], dw[c])
    count = f.to_float(samples)
    whole = channels / LANES * LANES
    for start, stop, once in ((lo, f.least(hi, whole), True), (f.choose(lo > whole, lo, whole), hi, False)):
        with _rows(f, samples, channels, start, stop, x, grad, dx) as (c, (row, slopes, into)):
            off, shifted = row[c] - mean[c], slopes[c] - db[c] / count
            slope = dw[c] * rstd[c] * rstd[c] / count
            found = f.fused(-off, slope, shifted) if once else shifted - off * slope
            into[c] = found * rstd[c] * weight[c]
    with f.loop(hi, lo) as c:
        dw[c] = dw[c] * rstd[c]
