"""Benchmarks: `python bench/run.py [--python PYTHON] [--only ROW …] [--quick] [--write docs/benchmarks.md]`.

Every contestant does the same work (`work_*.py`), each time in a process of its own, and they take turns, so
that a noisy machine disturbs all alike. PYTHON is an interpreter that has PyTorch, JAX, autograd and pandas;
those it lacks are left out. tensorsh, NumPy and CPython run in this interpreter. Two figures each:

    inner   seconds of one step in a loop, everything imported and warm: median and least over all turns
    whole   seconds of a process that starts from nothing, does the steps and ends

and the peak of memory of the process that was timed. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import document, table_text
from rows import MODULES, NAMES, ROWS, Row
from work_tensorsh import program

HERE = Path(__file__).parent
Measured = dict[str, list[float]]


class Bench:
    def __init__(self, python: str, turns: int):
        self.python = python
        self.turns = turns
        self.absent = {name for name, module in MODULES.items() if not has(python, module)}

    def measure(self, name: str, row: Row, stdin: Path | None) -> dict[str, Measured]:
        """{contestant: {"inner", "whole", "peak", "base": a figure for each turn}}."""
        found: dict[str, Measured] = {}
        for _ in range(self.turns):
            for contestant in row.contestants:
                if contestant in self.absent:
                    continue
                figures = found.setdefault(contestant, {"inner": [], "whole": [], "peak": [], "base": []})
                if row.inner:
                    timed = json.loads(run([*self.worker(contestant), name])[0])
                    figures["inner"] += timed["seconds"]
                    figures["peak"].append(timed["peak"])
                    figures["base"].append(timed["base"])
                _, seconds, peak = run(self.whole(contestant, name, row.times), stdin)
                figures["whole"].append(seconds)
                if not row.inner:
                    figures["peak"].append(peak)
        return found

    def worker(self, contestant: str) -> list[str]:
        python = self.python if contestant in MODULES else sys.executable
        return [python, str(HERE / f"work_{contestant}.py")]

    def whole(self, contestant: str, name: str, times: int) -> list[str]:
        """The command that does the work from nothing."""
        if contestant == "tensorsh":
            return [sys.executable, "-m", "tensorsh", "-c", program(name, times)]
        return [*self.worker(contestant), name, "--times", str(times)]


def run(command: list[str], stdin: Path | None = None) -> tuple[bytes, float, float]:
    """What a process printed, its seconds from start to exit, and its peak of memory in MB."""
    environment = os.environ | {"PYTHONPATH": str(HERE.parent), "PYTHONDONTWRITEBYTECODE": ""}
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        feed = subprocess.Popen(["cat", stdin], stdout=subprocess.PIPE) if stdin else None
        process = subprocess.Popen(
            command, stdin=feed.stdout if feed else subprocess.DEVNULL, stdout=output, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if feed and feed.stdout:
            feed.stdout.close()
            feed.wait()
        if status:
            raise SystemExit(f"failed: {' '.join(command)}")
        output.seek(0)
        return output.read(), seconds, usage.ru_maxrss / 1024


def has(python: str, module: str) -> bool:
    """Whether an interpreter has a module; importing it here also writes its bytecode."""
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--python", default=sys.executable, help="an interpreter that has the other libraries"
    )
    parser.add_argument("--only", action="append", choices=ROWS, help="a row; may be given several times")
    parser.add_argument("--quick", action="store_true", help="one turn instead of three")
    parser.add_argument("--write", type=Path, help="put the tables into this Markdown file")
    options = parser.parse_args()
    bench = Bench(options.python, 1 if options.quick else 3)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only or ROWS:
            row = ROWS[name]
            stdin = Path(folder) / "numbers.csv" if row.stdin else None
            if stdin:
                run([sys.executable, str(HERE / "table.py"), str(stdin)])
            results[name] = bench.measure(name, row, stdin)
            print(table_text({name: results[name]}), end="\n\n", flush=True)
    if options.write:
        absent = [NAMES[contestant] for contestant in bench.absent]
        options.write.write_text(document(options.write, results, options.python, absent), encoding="utf-8")


if __name__ == "__main__":
    main()
