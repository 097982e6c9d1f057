"""The generated runner of an operation does what `compute` does, for every recorded case."""

from __future__ import annotations

import pytest

from oracle import difference, read_lines
from tensorsh import Session
from tensorsh.engine.apply import apply_any
from tensorsh.engine.op import Op

CASES = [
    c for c in read_lines("torch_cases.jsonl.gz") if c["id"].endswith(("float32/0", "int64/1", "complex64/0"))
]


@pytest.fixture
def general(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every operation takes the general way."""
    monkeypatch.setattr(Op, "run", property(lambda self: lambda *args: apply_any(self, args)))


def test_the_general_way_passes_the_recorded_cases_too(general: None) -> None:
    wrong = []
    for case in CASES:
        session = Session()
        session.run(case["program"])
        found = difference(session["out"], case["expect"]["out"])
        if found:
            wrong.append((case["id"], found))
    assert not wrong
