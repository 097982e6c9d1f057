"""What a tensor that is too large to be shown holds, in one line.

    min -4.113  ▁▁▂▃▅▇█▇▅▃▂▁▁  max 4.052  mean 0.0021  2 nan  17 zeros

The bars count the finite numbers from the smallest to the largest, each as wide as the next. One walk over
blocks finds the sums; the bars of many numbers are those of an even sample.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .paint import Segment
from .screen import Screen

Array = np.ndarray[Any, Any]

BARS = 13
#: the bars are drawn of that many numbers at most
SAMPLE = 1 << 18
#: more numbers than this are not read, but a sample of them
READ = 1 << 26
BLOCK = 1 << 16


@dataclass(slots=True)
class Statistics:
    """Of all numbers: how many, nan, infinite, zero; of the finite ones: smallest, largest, sum."""

    count: int = 0
    nan: int = 0
    inf: int = 0
    zeros: int = 0
    low: Any = None
    high: Any = None
    sum: float = 0.0

    def add(self, block: Array) -> None:
        self.count += block.size
        self.zeros += block.size - int(np.count_nonzero(block))
        if block.dtype.kind == "f":
            finite = np.isfinite(block)
            if not finite.all():
                nan = int(np.isnan(block).sum())
                self.nan += nan
                self.inf += block.size - int(finite.sum()) - nan
                block = block[finite]
        if block.size:
            low, high = block.min(), block.max()
            self.low = low if self.low is None else min(self.low, low)
            self.high = high if self.high is None else max(self.high, high)
            self.sum += float(block.sum(dtype=np.float64))

    @property
    def finite(self) -> int:
        return self.count - self.nan - self.inf

    @property
    def mean(self) -> float:
        return self.sum / self.finite


def counted(array: Array) -> Statistics:
    """The statistics of all elements; of complex numbers those of their sizes."""
    found = Statistics()
    with np.errstate(all="ignore"):
        for block in _blocks(array):
            found.add(block)
    return found


def deviation(array: Array, found: Statistics) -> float:
    """The standard deviation of the finite elements, of which there are two at least."""
    total = 0.0
    with np.errstate(all="ignore"):
        for block in _blocks(array):
            wide = block.astype(np.float64)
            total += float(np.square(wide[np.isfinite(wide)] - found.mean).sum())
    return math.sqrt(total / (found.finite - 1))


def statistics(array: Array, screen: Screen) -> list[Segment]:
    """The facts of the line: of numbers, of the sizes of complex numbers, of how many are True."""
    with np.errstate(all="ignore"):
        return _facts(array, screen)


def _facts(array: Array, screen: Screen) -> list[Segment]:
    if array.dtype.kind == "b":
        true = int(np.count_nonzero(array))
        return [
            (f"{true:,} of {array.size:,} are True", "frame"),
            (f"{100 * true / array.size:.3g} %", "frame"),
        ]
    about = array.size > READ
    if about:
        array = _sample(array)
    found = counted(array)
    facts: list[Segment] = []
    if found.low is None:
        facts.append(("nothing finite", "frame"))
    elif found.low == found.high and not found.nan + found.inf:
        of = "of size " if array.dtype.kind == "c" else ""
        return [(f"all {of}{_number(found.low)}", "frame")]
    else:
        of = "sizes: " if array.dtype.kind == "c" else ""
        bars = _bars(array, float(found.low), float(found.high), screen)
        facts.append((f"{of}min {_number(found.low)}", "frame"))
        facts += [(bars, "bars")] if bars else []
        facts.append((f"max {_number(found.high)}", "frame"))
        facts.append((f"mean {_number(found.mean)}", "frame"))
    kinds = ((found.nan, "nan", "odd"), (found.inf, "inf", "odd"), (found.zeros, "zero", "frame"))
    for many, name, style in kinds:
        if many:
            facts.append((f"{many:,} {name}{'s' * (name == 'zero' and many != 1)}", style))
    if about:
        facts.append((f"of {array.size:,} numbers in even steps", "frame"))
    return facts


def _blocks(array: Array) -> Iterator[Array]:
    """All elements in parts, without a copy of the whole; complex numbers as their sizes."""
    if array.dtype.name == "bfloat16":  # which nditer does not buffer
        flat = array.ravel()
        for at in range(0, flat.size, BLOCK):
            yield flat[at : at + BLOCK].astype(np.float32)
        return
    walk: Any = np.nditer(array, ["external_loop", "buffered", "zerosize_ok"], order="K", buffersize=BLOCK)
    for block in walk:  # of one operand it gives arrays, not tuples of them
        yield np.abs(block) if block.dtype.kind == "c" else block.copy()


def _sample(array: Array) -> Array:
    """At most `SAMPLE` elements, evenly spread."""
    if array.size <= SAMPLE:
        return array.ravel()
    places = np.linspace(0, array.size - 1, SAMPLE).astype(np.int64)
    return array[np.unravel_index(places, array.shape)]


def _bars(array: Array, low: float, high: float, screen: Screen) -> str:
    """How many numbers there are in each of `BARS` equal steps; nothing where all are the same."""
    if not low < high or not np.isfinite(high - low):
        return ""
    sample = _sample(array)
    sample = np.abs(sample) if sample.dtype.kind == "c" else sample
    values = sample.astype(np.float64)
    integers = array.dtype.kind in "iu" and high - low < BARS
    counts, _ = np.histogram(
        values[np.isfinite(values)], int(high - low) + 1 if integers else BARS,
        (low - 0.5, high + 0.5) if integers else (low, high),
    )  # fmt: skip
    marks = screen.marks.bars
    heights = np.ceil(counts / counts.max() * len(marks)).astype(int).tolist()
    return "".join(marks[height - 1] if height else " " for height in heights)


def _number(value: Any) -> str:
    """Four digits, without an exponent as long as it is readable."""
    if isinstance(value, int | np.integer):
        return str(value)
    text = f"{float(value):.4g}"
    return f"{float(value):.1f}" if "e" in text and 1e3 < abs(float(value)) < 1e8 else text
