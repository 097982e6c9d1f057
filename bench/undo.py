"""What it costs that a failed statement can be taken back.

    python bench/undo.py [--turns N]

Runs statements in sessions with and without undo and prints the difference in CPU time, the least of the turns; for
containers and their elements as the time of each.
"""

from __future__ import annotations

import argparse
import time

from tensorsh import Session

LISTS = "lists = [[i] for i in range(100000)]\n"
NUMBERS = "numbers = list(range(1000000))\n"
TABLE = "table = dict.fromkeys(range(1000000))\n"
ARRAY = "import numpy as np\narray = np.zeros(50_000_000)\n"
FUNCTIONS = """
class P: pass
p = P()
def f(v): v.x = 1
def made(n): return [[i] for i in range(n)]
"""
#: what is measured, of how many things each, what the session holds, the statement
WORK = [
    ("a list, of 100,000 in a list", 100_000, LISTS, "lists.append"),
    ("a number, of 1,000,000 in a list", 1_000_000, NUMBERS, "numbers.append"),
    ("an entry, of 1,000,000 in a dictionary", 1_000_000, TABLE, "table.update"),
    ("`f(p)` beside all of these and an array of 400 MB", 1, LISTS + NUMBERS + TABLE + ARRAY, "f(p)"),
    ("the same, found without its name", 1, LISTS + NUMBERS + TABLE + ARRAY, "globals()['f'](p)"),
    ("`made(300000)`, which makes lists itself", 1, "", "made(300000)"),
]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--turns", type=int, default=5)
    turns = options.parse_args().turns
    print("| what is noted | time |\n|---|--:|")
    for what, count, setup, statement in WORK:
        session = Session()
        session.execute("import torch\n" + setup + FUNCTIONS, undo=False)
        noted, plain = (least(session, statement, undo, turns) for undo in (True, False))
        print(f"| {what} | {shown(max(noted - plain, 0.0) / count)} |", flush=True)


def least(session: Session, statement: str, undo: bool, turns: int) -> float:
    """CPU seconds of the statement, the least of the turns."""
    found = []
    for _ in range(turns):
        start = time.process_time()
        session.execute(statement + "; None", undo=undo)
        found.append(time.process_time() - start)
    return min(found)


def shown(seconds: float) -> str:
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds * 1e6:.2f} µs" if seconds >= 1e-6 else f"{seconds * 1e9:.0f} ns"


if __name__ == "__main__":
    main()
