"""One work in the spellings that people have for it: what a step and a whole process take in each.

    python bench/spellings.py [--torch PYTHON] [--jax PYTHON] [--only NAME] [--turns N] [--threads N] [--write FILE]

The work is a network for 8×8 digits (64-32-10, batches of 64, cross entropy, plain descent), a file of
bench/spellings for each spelling, which runs unchanged under tensorsh and under PyTorch. Whole processes of 200, 2,000
and 20,000 steps take turns, tensorsh's once with an empty cache and once with what was left in one. The slope between
2,000 and 20,000 is the time of a step. Beside them the same work in NumPy by hand, under torch.compile, and in JAX. All
is CPU time (user and system, of all threads and of processes that were waited for), the least of the turns: other work
on the machine disturbs that least.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from programs import ROOT, timed

FOLDER = ROOT / "bench" / "spellings"
SPELLINGS = (
    "no_grad", "data", "optimizer", "module", "loader", "functions", "collected", "permuted", "dataset",
    "trainer", "operation", "scheduled", "functional",
)  # fmt: skip
STEPS = (196, 1988, 19992)  # whole epochs of 28
MARK = "<!-- spellings -->"

#: seconds of CPU for each of STEPS
Times = dict[int, float]


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--torch", help="an interpreter that has torch")
    options.add_argument("--jax", help="an interpreter that has JAX")
    options.add_argument("--only", nargs="*", choices=SPELLINGS, default=SPELLINGS)
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--write", type=Path, help="a page whose part after the mark this table becomes")
    chosen = options.parse_args()
    found: dict[tuple[str, str], Times] = {}
    for _ in range(chosen.turns):
        for row, seconds in measured(chosen):
            best = found.setdefault(row, seconds)
            found[row] = {n: min(best[n], seconds[n]) for n in STEPS}
    table = "\n".join(lines(found))
    print(table)
    if chosen.write:
        page = chosen.write.read_text()
        chosen.write.write_text(f"{page.partition(MARK)[0]}{MARK}\n\n{table}\n")


def measured(chosen: argparse.Namespace) -> Iterator[tuple[tuple[str, str], Times]]:
    """One turn: (spelling, contestant) and its times."""
    ours = [sys.executable, "-m", "tensorsh"]
    for name in chosen.only:
        file = FOLDER / f"{name}.py"
        with tempfile.TemporaryDirectory() as cache:
            cold: Times = {}
            for n in STEPS:
                with tempfile.TemporaryDirectory() as empty:
                    cold[n] = timed(ours, file, n, chosen.threads, XDG_CACHE_HOME=empty)[1]
            for _ in range(2):  # on a busy machine the code may come late
                timed(ours, file, STEPS[2], chosen.threads, XDG_CACHE_HOME=cache)
            yield (name, "cold"), cold
            yield (
                (name, "warm"),
                {n: timed(ours, file, n, chosen.threads, XDG_CACHE_HOME=cache)[1] for n in STEPS},
            )
        if chosen.torch:
            yield (name, "PyTorch"), {n: timed([chosen.torch], file, n, chosen.threads)[1] for n in STEPS}
    others = [("by_numpy", sys.executable), ("by_torch_compile", chosen.torch), ("by_jax", chosen.jax)]
    for name, python in others:
        if python:
            file = FOLDER / f"{name}.py"
            yield (name, "itself"), {n: timed([python], file, n, chosen.threads)[1] for n in STEPS}


def lines(found: dict[tuple[str, str], Times]) -> Iterator[str]:
    """The table; a step of a spelling also as how many of the cheapest spelling's, and of PyTorch's."""
    yield (
        "| spelling | a step | ÷ cheapest | PyTorch, a step | ÷ | "
        + " | ".join(f"{n} steps: from nothing, again, PyTorch" for n in ("200", "2,000", "20,000"))
        + " |"
    )
    yield "|---|" + "--:|" * 7
    spelled = [name for name, who in found if who == "warm"]
    cheapest = min((step(found[name, "warm"]) for name in spelled), default=0.0)
    for name in spelled:
        cold, warm, theirs = found[name, "cold"], found[name, "warm"], found.get((name, "PyTorch"))
        mine = step(warm)
        yield (
            f"| `{name}` | {mine * 1e6:.0f} µs | {mine / cheapest:.2f} | "
            + (f"{step(theirs) * 1e6:.0f} µs | {mine / step(theirs):.2f} | " if theirs else "| | ")
            + " | ".join(
                f"{cold[n]:.2f}, {warm[n]:.2f}" + (f", {theirs[n]:.2f} s" if theirs else " s") for n in STEPS
            )
            + " |"
        )
    for name, who in found:
        if who == "itself":
            own = found[name, who]
            label = name.removeprefix("by_").replace("_", " ")
            yield (
                f"| {label} | {step(own) * 1e6:.0f} µs | | | | "
                + " | ".join(f"{own[n]:.2f} s" for n in STEPS)
                + " |"
            )


def step(times: Times) -> float:
    """The slope between the two long runs, in seconds."""
    return (times[STEPS[2]] - times[STEPS[1]]) / (STEPS[2] - STEPS[1])


if __name__ == "__main__":
    main()
