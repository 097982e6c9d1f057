"""Random loops, evaluated and compiled: nothing that can be observed tells the two apart.

`python tests/compile/test_compile_fuzz.py FIRST COUNT` runs more of them than the suite has time for, with
`--machine-code` as machine code from the first round, with `--soon` compiled after as few rounds as can be.
"""

from __future__ import annotations

import sys

import pytest

from compile_compare import campaign, difference
from loop_writer import LoopProgram


@pytest.mark.parametrize("seed", range(0, 3000, 25))
def test_a_random_loop_does_the_same_compiled(seed: int) -> None:
    made = LoopProgram(seed)
    found = difference(made.program, made.after)
    assert found is None, f"{found}\n{made.program}"


#: loops over arrays that are large enough for groups
LARGE = {
    "a vector as long as a square has rows": "y = tanh(m) * 2 + i + v * v; z = m.amax(1) * v",
    "other rows of memory that is written": "m.mul_(1.5); y = mt * 2; z = y + m; mv.add_(3)",
}


@pytest.mark.parametrize("name", LARGE)
def test_large_arrays(name: str) -> None:
    start = "m = rand(600, 600); v = rand(600); mt = m.T; mv = m[1]\nfor i in range(6):\n    "
    found = difference(start + LARGE[name], [])
    assert found is None, found


if __name__ == "__main__":
    campaign(LoopProgram, sys.argv)
