"""What every worker does with its work: `worker.py NAME` times it, `worker.py NAME --times N` just does it.

Work is `{name: prepare}`; `prepare()` makes the data and returns the step that is timed. Timing prints one line
of JSON: seconds of a step, turn by turn, and memory in MB: `base` after the imports, `peak` at the end.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Mapping

Step = Callable[[], object]
AT_LEAST = 0.1  # seconds that a turn lasts
TURNS = 5
LONG = 1.0  # seconds of a step that is long
WARM = 0.5  # seconds of steps before the first turn, for what compiles late


def main(work: Mapping[str, Callable[[], Step]]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=work)
    parser.add_argument("--times", type=int)
    options = parser.parse_args()
    base = peak_memory()
    step = work[options.name]()
    if options.times is not None:
        for _ in range(options.times):
            step()
        return
    seconds = turns(step)
    print(json.dumps({"seconds": seconds, "base": base, "peak": peak_memory()}))


def turns(step: Step, inside: int = 1) -> list[float]:
    """Seconds of one step, for each turn; `step` itself may do several (`inside`). Long ones have fewer turns."""
    first = seconds(step, 1)  # caches fill, programs are compiled
    once = first if first > LONG else seconds(step, 1)
    if once < LONG:
        seconds(step, max(1, int(WARM / max(once, 1e-7))))
    n = max(1, int(AT_LEAST / max(once, 1e-7)))
    return [seconds(step, n) / inside for _ in range(TURNS if once < LONG else 1)]


def seconds(step: Step, n: int) -> float:
    """The mean of n steps in a row."""
    start = time.perf_counter()
    for _ in range(n):
        step()
    return (time.perf_counter() - start) / n


def peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
