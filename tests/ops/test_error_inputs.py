"""The calls that PyTorch's operator database says must fail: they do, with PyTorch's message."""

from __future__ import annotations

from typing import Any

import pytest

from oracle import read_lines
from tensorsh import Session, TensorshError

CASES = read_lines("error_inputs.jsonl.gz")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_message(case: dict[str, Any]) -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run(case["program"])
    assert caught.value.code != "internal"
    assert case["expect_error"] in caught.value.message.splitlines()
