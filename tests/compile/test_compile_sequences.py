"""Random loops whose graphs go from round to round, evaluated and compiled: nothing tells the two apart.

`python tests/compile/test_compile_sequences.py FIRST COUNT [--machine-code] [--soon] [--small]` runs more of them than
the suite has time for (`compile_compare.campaign`).
"""

from __future__ import annotations

import sys

import pytest

from compile_compare import campaign, difference, learn_soon
from round_writer import RoundProgram
from sequence_writer import SequenceProgram


@pytest.mark.parametrize("seed", range(0, 1500, 50))
def test_a_random_loop_over_sequences_does_the_same_compiled(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed % 100:
        learn_soon(monkeypatch)
    made = SequenceProgram(seed)
    found = difference(made.program, made.after)
    assert found is None, f"{found}\n{made.program}"


@pytest.mark.parametrize("seed", range(0, 4000, 100))
def test_a_random_round_does_the_same_compiled(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    learn_soon(monkeypatch)
    made = RoundProgram(seed)
    found = difference(made.program, made.after)
    assert found is None, f"{found}\n{made.program}"


if __name__ == "__main__":
    campaign(RoundProgram if "--small" in sys.argv else SequenceProgram, sys.argv)
