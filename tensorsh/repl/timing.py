"""How long something takes: as many runs as make the answer steady, in rounds, as IPython's `%timeit` does it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from math import sqrt
from time import perf_counter
from typing import NamedTuple

#: seconds that a round should last, and all of them at most (two are made in any case)
ROUND, ENOUGH = 0.2, 5.0
ROUNDS = 7


class Timing(NamedTuple):
    """`rounds` holds the seconds that one run took, for each round of `runs` runs."""

    runs: int
    rounds: list[float]

    @property
    def mean(self) -> float:
        return sum(self.rounds) / len(self.rounds)

    @property
    def deviation(self) -> float:
        return sqrt(sum((each - self.mean) ** 2 for each in self.rounds) / len(self.rounds))

    @property
    def best(self) -> float:
        return min(self.rounds)


def timed(run: Callable[[], object]) -> Timing:
    """Time `run`; the runs that find out how many fit into a round warm it up, and count only where they are slow."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        runs, spent = 1, _seconds(run, 1)
        while spent < ROUND:
            runs = _more(runs)
            spent = _seconds(run, runs)
        rounds, left = [spent / runs], ENOUGH - spent
        while len(rounds) < ROUNDS and (left > 0 or len(rounds) < 2):
            spent = _seconds(run, runs)
            rounds.append(spent / runs)
            left -= spent
        return Timing(runs, rounds)
    finally:
        if collecting:
            gc.enable()


def _more(runs: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50, …"""
    return runs * 5 // 2 if str(runs)[0] == "2" else runs * 2


def _seconds(run: Callable[[], object], runs: int) -> float:
    begin = perf_counter()
    for _ in range(runs):
        run()
    return perf_counter() - begin
