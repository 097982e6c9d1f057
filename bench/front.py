"""The front: lines a second of ordinary scripts, from text to what can be run.

    python bench/front.py [LINES]

The samples, again and again until they are LINES lines; the best of several turns for each part.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tensorsh import Session
from tensorsh.lang.syntax.parse import parse
from tensorsh.source import Source

SAMPLES = Path(__file__).parent.parent / "samples"
TURNS = 5


def best(work: Callable[[], object]) -> float:
    """The least time that some work takes, in seconds."""
    times = []
    for _ in range(TURNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    want = int(sys.argv[1]) if len(sys.argv) > 1 else 6000
    once = "\n".join(path.read_text() for path in sorted(SAMPLES.glob("*.tsh")))
    text = once * max(want // once.count("\n"), 1)
    lines, source = text.count("\n"), Source(text)
    evaluator = Session()._evaluator
    gc.disable()
    parsing = best(lambda: parse(source))
    everything = best(lambda: evaluator.compile(source))
    print(
        f"{lines} lines: parsed {lines / parsing:,.0f} a second, ready to run {lines / everything:,.0f} a second"
    )


if __name__ == "__main__":
    main()
