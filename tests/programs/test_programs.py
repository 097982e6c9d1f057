"""Whole programs of many kinds, recorded from PyTorch: the same bytes."""

from __future__ import annotations

from typing import Any

import pytest

from oracle import read_lines
from tensorsh import Session


@pytest.mark.parametrize("recorded", read_lines("programs.jsonl.gz"), ids=lambda recorded: recorded["id"])
def test_program(recorded: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    Session().run(recorded["program"])
    assert capsys.readouterr().out == recorded["stdout"]
