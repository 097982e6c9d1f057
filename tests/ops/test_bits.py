"""Random programs with what PyTorch printed for them, to the last bit: one recorded file a subject."""

from __future__ import annotations

from typing import Any

import pytest

from oracle import read_lines
from tensorsh import Session, TensorshError

SUBJECTS = ["random", "views", "half"]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{s}-{i}")
        for s in SUBJECTS
        for i, case in enumerate(read_lines(f"bits_{s}.jsonl.gz"))
    ],
)
def test_prints_the_same_bits(case: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    error = None
    try:
        Session().run("import torch\n" + case["program"])
    except TensorshError as stopped:
        error = stopped.message.split("\n")[0].strip()
    assert capsys.readouterr().out == case["stdout"]
    assert error == case["error"]
