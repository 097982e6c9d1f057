"""functorch as old programs import it: what PyTorch printed for one."""

from __future__ import annotations

import pytest

import library
from tensorsh import Session


@pytest.mark.parametrize("program, expected", library.blocks("functorch.txt"))
def test_prints_what_pytorch_prints(program: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    Session().execute(program)
    assert capsys.readouterr().out == expected
