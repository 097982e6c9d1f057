"""Whole programs in the part that PyTorch and tensorsh share: the same bytes, the same errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oracle import DATA, read_lines
from tensorsh import Session, TensorshError

TWINS = read_lines("twins.jsonl.gz")
KNOWN = json.loads((DATA / "known_twin_differences.json").read_text())


@pytest.mark.parametrize("twin", [t for t in TWINS if t["id"] not in KNOWN], ids=lambda t: t["id"])
def test_twin(twin: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    expected = twin.get("expect_error")
    if expected is None:
        session.run(twin["program"])
    else:
        with pytest.raises(TensorshError) as caught:
            session.run(twin["program"])
        assert expected in caught.value.message.splitlines()
        assert caught.value.exit_code == 1
    assert capsys.readouterr().out == twin["expect_stdout"]
