"""Steps of optimisers on large parameters, whose roots are taken as PyTorch takes them, to the last bit."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from tensorsh import torch

#: of 300,000 numbers after three steps
STEPS: list[Any] = [
    ("Adam", {}, 1160988021),
    ("AdamW", {}, 1462353409),
    ("SGD", {"momentum": 0.9}, 1434271626),
    ("RMSprop", {}, 734642626),
    ("Adagrad", {}, 3449603824),
    ("Adam", {"weight_decay": 0.1}, 2905650372),
    ("Adam", {"amsgrad": True}, 421947058),
    ("NAdam", {}, 2774925876),
]


@pytest.mark.parametrize(("name", "options", "wanted"), STEPS)
def test_steps_have_the_recorded_bits(name: str, options: dict[str, Any], wanted: int) -> None:
    torch.manual_seed(0)
    parameter = torch.nn.Parameter(torch.randn(300_000))
    optimizer = getattr(torch.optim, name)([parameter], lr=0.01, **options)
    for _ in range(3):
        parameter.grad = torch.randn(300_000)
        optimizer.step()
    assert zlib.crc32(parameter.detach().numpy().tobytes()) == wanted
