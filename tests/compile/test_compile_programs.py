"""Every public case, twin, program and sample in loops, evaluated and compiled: nothing tells the two apart.

The suite takes some of them; `python tests/compile/test_compile_programs.py` takes all, which is a matter of minutes.
"""

from __future__ import annotations

import re
import textwrap
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compile_compare import difference
from oracle import read_lines
from tensorsh.lang.loops.segments import Segment

ROUNDS = 4
#: how a trace must not end: with an exception that is not an operation's refusal of its arguments
MISTAKE = re.compile(r"(?!ArgumentError|ValueError: these|ShapeError)\w*(Error|Exception)\b")
SAMPLES = Path(__file__).parents[2] / "samples"
#: what a case begins with: its tensors, and whether gradients reach them
OPERAND = re.compile(r"(\w+) = (?:tensor|zeros|empty|ones|full|None|\()[^\n]*?(requires_grad=True\))?$")


def case_in_a_loop(program: str, inside: bool) -> str:
    """The operation of a case again and again on the same tensors, perhaps in a function."""
    lines = program.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("out")), len(lines))
    operands = [OPERAND.match(line) for line in lines[:start]]
    body = [f"{found[1]}.grad = None" for found in operands if found and found[2]] + lines[start:]
    loop = [f"for _ in range({ROUNDS}):", *[f"    {line}" for line in body]]
    if inside:
        names = ", ".join(found[1] for found in operands if found)
        loop = [
            f"def work({names}):",
            *[f"    {line}" for line in loop],
            "    return out",
            f"out = work({names})",
        ]
    return "\n".join([*lines[:start], *loop]) + "\n"


def program_in_a_loop(program: str) -> str:
    """A whole program again and again; what it imports it imports once."""
    lines = program.splitlines()
    imports = [line for line in lines if re.match(r"(import|from) ", line)]
    body = "\n".join(line for line in lines if line not in imports)
    return "\n".join([*imports, f"for _ in range({ROUNDS}):", textwrap.indent(body, "    ")]) + "\n"


def everything() -> Iterator[tuple[str, str]]:
    """(name, program) of all there are."""
    for name in ("torch_cases", "further_cases"):
        for i, case in enumerate(read_lines(f"{name}.jsonl.gz")):
            yield f"{name} {case['id']}", case_in_a_loop(case["program"], inside=i % 2 == 1)
    for name in ("twins", "programs", "errors"):
        for i, one in enumerate(read_lines(f"{name}.jsonl.gz")):
            yield f"{name} {i}", program_in_a_loop(one["program"])


PROGRAMS = list(everything())
SHARE = 32


def watch(monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[str]]:
    """Hears of every program that is made, and of every trace that an exception ended which is no refusal."""
    built: list[int] = []
    raised: list[str] = []
    trace = Segment._trace

    def tracing(self: Segment, *args: Any, **kwargs: Any) -> Any:
        before = len(self.stops)
        result = trace(self, *args, **kwargs)
        built.extend([1] * (result[0] is not None))
        raised.extend(why for _, why in self.stops[before:] if MISTAKE.match(why))
        return result

    monkeypatch.setattr(Segment, "_trace", tracing)
    return built, raised


@pytest.mark.parametrize("part", range(8))
def test_some_programs_do_the_same_compiled(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    built, raised = watch(monkeypatch)
    chosen = PROGRAMS[part * SHARE // 8 :: SHARE]
    wrong = {name: found for name, text in chosen if (found := difference(text, [])) is not None}
    assert not wrong, "\n".join(f"{name}: {found}" for name, found in wrong.items())
    assert len(built) > len(chosen) / 4  # most are compiled, or nothing has been compared
    assert not raised  # a mistake of a trace's own would only cost speed, and nobody would know


@pytest.mark.parametrize("sample", ["autograd", "diabetes", "iris", "tour"])
def test_a_sample_does_the_same_compiled(sample: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES)
    assert difference((SAMPLES / f"{sample}.tsh").read_text(), []) is None


def main() -> None:
    """All programs; prints what differs, and where tracing failed in a program that does not."""
    _, raised = watch(pytest.MonkeyPatch())
    for name, text in PROGRAMS:
        raised.clear()
        try:
            found = difference(text, [])
        except Exception:
            found = traceback.format_exc()[-600:]
        if found is not None:
            print(f"{'=' * 30} {name}\n{found}\n{textwrap.shorten(text, 600)}", flush=True)
        for why in raised:
            print(f"{'-' * 10} {name}: {why[:200]}", flush=True)
    print(len(PROGRAMS), "programs")


if __name__ == "__main__":
    main()
