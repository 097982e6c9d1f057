"""What was measured, as Markdown."""

from __future__ import annotations

import platform
import re
import statistics
import subprocess
import sys
from datetime import date
from pathlib import Path

from rows import MODULES, NAMES, ROWS, Promise

Results = dict[str, dict[str, dict[str, list[float]]]]  # row → contestant → figure → turns

VERSIONS = """
import importlib.metadata as m, sys
for name in sys.argv[1:]:
    try: print(name, m.version(name))
    except m.PackageNotFoundError: pass
"""


def document(path: Path, results: Results, python: str, absent: list[str]) -> str:
    """The page's own text, up to its marker, and the tables behind it."""
    before = path.read_text(encoding="utf-8") if path.exists() else "# Benchmarks\n"
    missing = f" Not installed: {', '.join(sorted(absent))}." if absent else ""
    measured = (
        f"Measured {date.today()} on {processor()}, {platform.system()}; {versions(python)}.{missing} "
        "Medians; the contestants took turns in one run."
    )
    head = before.partition("<!-- tables -->")[0].rstrip()
    parts = [head, "<!-- tables -->", measured, promises_text(results), table_text(results)]
    return "\n\n".join(parts) + "\n"


def promises_text(results: Results) -> str:
    """Each promise and what came of it."""
    lines = ["| work | promised | measured |", "|---|---|---|"]
    for name, found in results.items():
        for promise in ROWS[name].promises:
            if promise.against not in found:
                continue
            ratio = figure(found["tensorsh"], promise.what) / figure(found[promise.against], promise.what)
            kept = "" if ratio <= promise.ratio else " — **no**"
            lines.append(f"| {ROWS[name].title} | {promised(promise)} | {ratio:.2f}×{kept} |")
    return "\n".join(lines)


def promised(promise: Promise) -> str:
    what = {"inner": "", "whole": ", whole process", "peak": ", peak memory"}[promise.what]
    return f"≤ {promise.ratio:g}× {NAMES[promise.against]}{what}"


def table_text(results: Results) -> str:
    lines = [
        "| work | | a step | least | whole process | peak, MB | imports, MB |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for name, found in results.items():
        row = ROWS[name]
        steps = f" ({row.times} steps)" if row.times > 1 else ""
        note = f"; {row.note}" if row.note else ""
        for contestant, turns in found.items():
            title = f"{row.title}{note}" if contestant == "tensorsh" else ""
            inner = (
                (in_units(figure(turns, "inner")), in_units(min(turns["inner"]))) if row.inner else ("", "")
            )
            base = f"{figure(turns, 'base'):.0f}" if row.inner else ""
            whole = in_units(figure(turns, "whole")) + steps
            peak = f"{figure(turns, 'peak'):.0f}"
            cells = [title, NAMES[contestant], *inner, whole, peak, base]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def figure(turns: dict[str, list[float]], what: str) -> float:
    return statistics.median(turns[what])


def in_units(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def versions(python: str) -> str:
    ours = versions_in(sys.executable, "tensorsh", "numpy", "scipy", "llvmlite")
    others = versions_in(python, *MODULES.values())
    return ", ".join([f"Python {platform.python_version()}", *ours, *others])


def versions_in(python: str, *packages: str) -> list[str]:
    done = subprocess.run([python, "-c", VERSIONS, *packages], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def processor() -> str:
    """The machine's name for its processor, and how many there are."""
    import os

    name = platform.processor() or platform.machine()
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        name = found.group(1) if found else name
    except OSError:
        pass
    return f"{name}, {os.cpu_count()} cores"
