"""Timing a piece of work inside a process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object], *, at_least: float = 0.3, turns: int = 5) -> float:
    """Median seconds of one call, over turns that each last long enough to be measured."""
    work()
    n, start = 1, time.perf_counter()
    work()
    once = max(time.perf_counter() - start, 1e-7)
    n = max(1, int(at_least / turns / once))
    found = []
    for _ in range(turns):
        start = time.perf_counter()
        for _ in range(n):
            work()
        found.append((time.perf_counter() - start) / n)
    return statistics.median(found)
