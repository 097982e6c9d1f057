"""Random compositions of five operators, forward and backward, against what PyTorch computed."""

from __future__ import annotations

import pytest

from compositions import composition
from oracle import difference, read_lines
from tensorsh import Session

CASES = read_lines("compositions.jsonl.gz")


@pytest.mark.parametrize("first", range(0, len(CASES), 50))
def test_values_and_gradients_agree(first: int) -> None:
    for case in CASES[first : first + 50]:
        program, _ = composition(case["seed"])
        session = Session()
        session.run(program)
        for name, want in case["expect"].items():
            have = session[name] if name == "out" else session[name].grad
            assert difference(have, want) is None, f"{name}: {difference(have, want)}\n{program}"
