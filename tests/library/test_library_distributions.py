"""torch.distributions: what PyTorch printed for programs with every distribution, transform and divergence."""

from __future__ import annotations

import pytest

import library


@pytest.mark.parametrize("program, expected", library.blocks("library_distributions.txt.gz"))
def test_prints_what_pytorch_prints(program: str, expected: str) -> None:
    assert library.output(program) == expected
