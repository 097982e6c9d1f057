"""Benchmarks, side by side in one run: `python bench/run.py [--torch PYTHON] [--write docs/benchmarks.md]`.

Each row runs the same work in tensorsh, in hand-written NumPy, and in PyTorch where a Python that has it
is given (or this one does). Contestants take turns, and the median of the turns is reported, so that a
noisy machine disturbs all alike. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
TURNS = 7


def whole_process(command: list[str]) -> float:
    """Seconds from start to exit."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def inner(python: str, script: str, *arguments: str) -> dict[str, float]:
    """What a worker script measured, in seconds by name."""
    done = subprocess.run(
        [python, str(HERE / script), *arguments], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def medians(contestants: dict[str, Callable[[], float]], turns: int = TURNS) -> dict[str, float]:
    """The median over turns of each contestant, in alternation after one warm-up."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run()
    for _ in range(turns):
        for name, run in contestants.items():
            times[name].append(run())
    return {name: statistics.median(found) for name, found in times.items()}


def start_up(torch: str | None) -> dict[str, float]:
    python = sys.executable
    contestants = {
        "tensorsh": lambda: whole_process([python, "-m", "tensorsh", "-c", "1+1"]),
        "numpy": lambda: whole_process([python, "-c", "import numpy"]),
        "python": lambda: whole_process([python, "-c", "pass"]),
    }
    if torch:
        contestants["torch"] = lambda: whole_process([torch, "-c", "import torch; print(1+1)"])
    return medians(contestants)


def workloads(torch: str | None) -> dict[str, dict[str, float]]:
    """{work: {contestant: seconds}}: each worker runs in its own process, turn and turn about."""
    runs: dict[str, list[dict[str, float]]] = {"tensorsh": [], "numpy": []}
    workers = {"tensorsh": (sys.executable, "work_tensorsh.py"), "numpy": (sys.executable, "work_numpy.py")}
    if torch:
        workers["torch"] = (torch, "work_torch.py")
        runs["torch"] = []
    for _ in range(3):
        for name, (python, script) in workers.items():
            runs[name].append(inner(python, script))
    table: dict[str, dict[str, float]] = {}
    for name, found in runs.items():
        for work in found[0]:
            table.setdefault(work, {})[name] = statistics.median(run[work] for run in found)
    return table


def versions(torch: str | None) -> str:
    import numpy

    found = [f"Python {platform.python_version()}", f"NumPy {numpy.__version__}"]
    if torch:
        done = subprocess.run(
            [torch, "-c", "import torch; print(torch.__version__, torch.get_num_threads())"],
            capture_output=True,
            text=True,
            check=True,
        )
        version, threads = done.stdout.split()
        found.append(f"PyTorch {version} ({threads} threads)")
    return ", ".join(found)


def in_units(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def table_text(rows: dict[str, dict[str, float]]) -> str:
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = ["| work | " + " | ".join(names) + " | tensorsh / NumPy | PyTorch / tensorsh |"]
    lines.append("|---" * (len(names) + 3) + "|")
    for work, row in rows.items():
        cells = [in_units(row[name]) if name in row else "" for name in names]
        ours = row["tensorsh"]
        ratio = f"{ours / row['numpy']:.2f}" if "numpy" in row else ""
        against = f"{row['torch'] / ours:.2f}" if "torch" in row else ""
        lines.append("| " + " | ".join([work, *cells, ratio, against]) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--torch", help="a Python interpreter that has PyTorch")
    parser.add_argument("--write", type=Path, help="put the table into this Markdown file")
    options = parser.parse_args()
    torch = options.torch
    if torch is None:
        try:
            import torch as _  # noqa: F401

            torch = sys.executable
        except ImportError:
            pass
    rows = {"start-up, whole process": start_up(torch), **workloads(torch)}
    rows["start-up, whole process"].pop("python")
    text = (
        f"Measured {date.today()} on {platform.processor() or platform.machine()}, {platform.system()}; "
        f"{versions(torch)}. Medians; the contestants took turns in one run.\n\n{table_text(rows)}\n"
    )
    print(text)
    if options.write:
        before = options.write.read_text(encoding="utf-8") if options.write.exists() else "# Benchmarks\n"
        head = before.partition("<!-- table -->")[0].rstrip()
        options.write.write_text(f"{head}\n\n<!-- table -->\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
