"""Layers of usual sizes, forward and backward, under tensorsh and under PyTorch.

    python bench/layers.py --torch PYTHON [--seconds N] [--warm N] [--write FILE]

`bench/layers/steps.py` is run unchanged by both, on one thread: it takes each layer as often as fits `--seconds` and
says the least time. tensorsh runs it `--warm` times before, so that its machine code is in the cache. PYTHON is an
interpreter that has torch; without one tensorsh runs alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STEPS = ROOT / "bench" / "layers" / "steps.py"
MARK = "<!-- layers -->"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--torch", help="an interpreter that has torch")
    options.add_argument("--seconds", type=float, default=1.0)
    options.add_argument("--warm", type=int, default=2)
    options.add_argument("--write", type=Path, help="a page whose part after the mark this table becomes")
    chosen = options.parse_args()
    ours = [sys.executable, "-m", "tensorsh"]
    for _ in range(chosen.warm):
        times(ours, chosen.seconds)
    found = times(ours, chosen.seconds)
    theirs = times([chosen.torch], chosen.seconds) if chosen.torch else {}
    lines = ["| layer | tensorsh | PyTorch | ratio |", "|---|--:|--:|--:|"]
    for name, here in found.items():
        there = theirs.get(name)
        lines.append(
            f"| {name} | {here:.2f} ms | | |"
            if there is None
            else f"| {name} | {here:.2f} ms | {there:.2f} ms | {here / there:.2f} |"
        )
    table = "\n".join(lines)
    print(table)
    if chosen.write:
        page = chosen.write.read_text(encoding="utf-8")
        chosen.write.write_text(f"{page.partition(MARK)[0]}{MARK}\n\n{table}\n", encoding="utf-8")


def times(command: list[str], seconds: float) -> dict[str, float]:
    """Milliseconds of each layer."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | threads
    done = subprocess.run(
        [*command, str(STEPS), str(seconds)],
        check=True, capture_output=True, text=True, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    rows = (line.split("\t") for line in done.stdout.splitlines())
    return {name: float(took) for name, took in rows}


if __name__ == "__main__":
    main()
