"""Programs of classes and numbers, without tensors, under tensorsh and under CPython.

    python bench/classes.py [--only NAME …] [--turns N]

Each file of bench/classes is run unchanged as a whole process, by both in turn; the figures are the least CPU times
(user and system) of the turns. Both must print the same.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "bench" / "classes"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.py")))
COMMANDS = {"CPython": [sys.executable], "tensorsh": [sys.executable, "-m", "tensorsh"]}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", nargs="*", choices=NAMES, default=NAMES)
    options.add_argument("--turns", type=int, default=5)
    chosen = options.parse_args()
    print("| program | CPython | tensorsh | ratio |\n|---|--:|--:|--:|")
    for name in chosen.only:
        least = {who: float("inf") for who in COMMANDS}
        for _ in range(chosen.turns):
            printed = set()
            for who, command in COMMANDS.items():
                seconds, output = timed(command, name)
                least[who] = min(least[who], seconds)
                printed.add(output)
            if len(printed) > 1:
                raise SystemExit(f"{name} prints something else")
        python, ours = least.values()
        print(f"| `{name}` | {python:.2f} s | {ours:.2f} s | {ours / python:.2f} |", flush=True)


def timed(command: list[str], name: str) -> tuple[float, bytes]:
    """CPU seconds of one process, and what it printed."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, str(FOLDER / f"{name}.py")],
        check=True, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


if __name__ == "__main__":
    main()
