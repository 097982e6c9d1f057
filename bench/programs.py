"""PyTorch programs as people write them, under tensorsh and under PyTorch.

    python bench/programs.py --torch PYTHON [--only NAME] [--turns N] [--steps N] [--threads N] [--write FILE]

Each file of bench/programs is run unchanged as a whole process: once for few steps, once for many. The slope between
the two is the time of a step; the long run is the time of the process. The contestants take turns, so that a noisy
machine disturbs both; the table has medians of the turns, of wall and of CPU time (user and system, all threads).
PYTHON is an interpreter that has torch; without one tensorsh runs alone.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "bench" / "programs"
NAMES = ("mlp", "xor", "linear", "lstm", "cell", "cnn", "gpt", "encoder")
FEW = 20
#: of the long run, where a step takes longer
MANY = {"lstm": 200, "cell": 200, "cnn": 500, "gpt": 200, "encoder": 500}
MARK = "<!-- programs -->"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--torch", help="an interpreter that has torch")
    options.add_argument("--only", nargs="*", choices=NAMES, default=NAMES)
    options.add_argument("--turns", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--steps", type=int, help="of the long run")
    options.add_argument("--write", type=Path, help="a page whose part after the mark this table becomes")
    chosen = options.parse_args()
    contestants = {"tensorsh": [sys.executable, "-m", "tensorsh"]}
    if chosen.torch:
        contestants["PyTorch"] = [chosen.torch]
    lines = [
        "| program | steps | | a step, wall | a step, CPU | whole process, wall | whole process, CPU |",
        "|---|--:|---|--:|--:|--:|--:|",
    ]
    for name in chosen.only:
        many = chosen.steps or MANY.get(name, 1000)
        lines += rows(name, many, measured(name, many, contestants, chosen.turns, chosen.threads))
        print("\n".join(lines[-3:]), file=sys.stderr)
    table = "\n".join(lines)
    print(table)
    if chosen.write:
        page = chosen.write.read_text()
        chosen.write.write_text(f"{page.partition(MARK)[0]}{MARK}\n\n{table}\n")


Times = dict[str, tuple[float, float, float, float]]


def measured(name: str, many: int, contestants: dict[str, list[str]], turns: int, threads: int) -> Times:
    """Medians of each: a step's wall and CPU time, the whole process's."""
    found: dict[str, list[tuple[float, float, float, float]]] = {who: [] for who in contestants}
    for _ in range(turns):
        for who, command in contestants.items():
            file = FOLDER / f"{name}.py"
            short, long = timed(command, file, FEW, threads), timed(command, file, many, threads)
            steps = many - FEW
            found[who].append(((long[0] - short[0]) / steps, (long[1] - short[1]) / steps, *long))
    return {
        who: (median(times, 0), median(times, 1), median(times, 2), median(times, 3))
        for who, times in found.items()
    }


def median(times: list[tuple[float, float, float, float]], column: int) -> float:
    return statistics.median(row[column] for row in times)


def timed(command: list[str], file: Path, steps: int, threads: int, **more: str) -> tuple[float, float]:
    """Wall and CPU seconds of one process; `more` is added to its environment."""
    settings = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL")}
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | settings
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [*command, str(file), str(steps)],
        check=True, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)} | more, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows(name: str, steps: int, times: Times) -> list[str]:
    """The contestants' lines of the table, and the ratio of the two."""
    label, lines = f"`{name}`", []
    for who, (wall, cpu, whole, whole_cpu) in times.items():
        lines.append(
            f"| {label} | {steps} | {who} | {wall * 1e6:.0f} µs | {cpu * 1e6:.0f} µs "
            f"| {whole:.2f} s | {whole_cpu:.2f} s |"
        )
        label = ""
    if len(times) == 2:
        ours, theirs = times.values()
        ratios = " | ".join(f"**{a / b:.2f}**" for a, b in zip(ours, theirs, strict=True))
        lines.append(f"| | | ratio | {ratios} |")
    return lines


if __name__ == "__main__":
    main()
