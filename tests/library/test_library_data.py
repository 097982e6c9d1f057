"""torch.utils.data: what PyTorch printed for programs with datasets, samplers and loaders."""

from __future__ import annotations

import pytest

import library


@pytest.mark.parametrize("program, expected", library.blocks("library_data.txt"))
def test_prints_what_pytorch_prints(program: str, expected: str) -> None:
    assert library.output(program) == expected
