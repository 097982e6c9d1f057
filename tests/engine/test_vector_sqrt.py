"""Square roots of float32, and optimisers that divide by them: PyTorch's bits, recorded."""

from __future__ import annotations

import numpy as np
import pytest

from tensorsh import torch
from tensorsh.engine.numerics import vector_sqrt

ROOTS = {
    0.1: 0.3162277638912201,
    0.2: 0.44721361994743347,
    0.3: 0.547722578048706,
    0.6: 0.7745966911315918,
    0.7: 0.8366600275039673,
    1.1: 1.0488089323043823,
    1.7: 1.3038405179977417,
    3.0: 1.7320507764816284,
    5.0: 2.2360680103302,
    7.0: 2.6457512378692627,
    1e-12: 9.999999974752427e-07,
    3e-20: 1.7320507528229e-10,
    1e30: 999999986991104.0,
    2.0: 1.4142135381698608,
    38.724: 6.222861289978027,
}
ADAM = [0.7015863656997681, 1.7006233930587769, 2.7003815174102783]


def test_bits() -> None:
    assert torch.tensor(list(ROOTS)).sqrt().tolist() == list(ROOTS.values())
    assert (torch.tensor([list(ROOTS)]).T ** 0.5).flatten().tolist() == list(ROOTS.values())
    assert torch.tensor(0.7).sqrt().item() == 0.8366600275039673


def test_edges() -> None:
    x = torch.tensor([0.0, -0.0, 1e-40, 3.4e38, float("inf"), float("nan"), -1.0])
    found = "[0.0, -0.0, 9.999973025467516e-21, 1.8439089273756975e+19, inf, nan, nan]"
    assert str(x.sqrt().tolist()) == found
    assert torch.zeros(0).sqrt().tolist() == []


def test_adam() -> None:
    p = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    optimizer = torch.optim.Adam([p], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (p * torch.tensor([0.3, 0.7, 1.1])).pow(2).sum().backward()
        optimizer.step()
    assert p.tolist() == ADAM


def test_every_number_is_near() -> None:
    """The estimate's tables have no slip: a wrong one would be off by more than the last digit."""
    x = (np.arange(1 << 15, dtype=np.uint32) * 512 + (126 << 23)).view(np.float32)
    off = vector_sqrt.sqrt(x).view(np.int32) - np.sqrt(x).view(np.int32)
    assert np.abs(off).max() == 1
    assert np.mean(off != 0) == pytest.approx(0.2, abs=0.05)
