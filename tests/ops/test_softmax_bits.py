"""Softmax over many rows and losses of classes to the last bit, as PyTorch (one thread, AVX2) computed them."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from tensorsh import torch

F = torch.nn.functional

#: shapes of more elements than NumPy's plain calls would do for, and checksums of results and gradients
ROWS: list[Any] = [
    (
        (30000, 10),
        [1845433989, 2530013031, 1845433989, 2530013031, 2517356270, 21707720, 2517356270, 21707720],
    ),
    (
        (4100, 65),
        [1366165295, 1824639427, 1366165295, 1824639427, 1567499706, 1620204825, 1567499706, 1620204825],
    ),
    (
        (300, 900),
        [2761528570, 3640468731, 2761528570, 3640468731, 4110443205, 1987191793, 4110443205, 1987191793],
    ),
    (
        (8, 8, 64, 65),
        [1099684952, 2805441135, 1099684952, 2805441135, 4141578715, 1160162071, 4141578715, 1160162071],
    ),
]
#: rows, the share of them that does not count, losses: a sum of terms ends where one counts
LOSSES: list[Any] = [
    (100, 0.5, [2.055687189102173, 2.09416127204895, -0.939771294593811, 1.8847407102584839]),
    (1000, 0.1, [1.9314541816711426, 1.9220671653747559, -24.453754425048828, 1.9461159706115723]),
    (1000, 0.99, [1.8138331174850464, 1.9334180355072021, 1.1688802242279053, 1.7868900299072266]),
    (5000, 0.9, [1.9909313917160034, 2.01528263092041, 8.66420841217041, 1.9829566478729248]),
    (40000, 0.0, [1.9795022010803223, 1.9786317348480225, 352.9400634765625, 1.9782564640045166]),
    (70001, 0.5, [1.979628562927246, 1.9812450408935547, 262.857177734375, 1.9792360067367554]),
]


def checksum(t: Any) -> int:
    return zlib.crc32(t.detach().contiguous().numpy().tobytes())


@pytest.mark.parametrize(("shape", "wanted"), ROWS)
def test_softmax_of_many_rows(shape: tuple[int, ...], wanted: list[int]) -> None:
    torch.manual_seed(0)
    x, weights = torch.randn(shape, requires_grad=True), torch.randn(shape)
    found = []
    for function in (F.softmax, F.log_softmax):
        for given in (x, x.transpose(0, -1).contiguous().transpose(0, -1)):
            x.grad = None
            y = function(given, -1)
            y.backward(weights)
            found += [checksum(y), checksum(x.grad)]
    assert found == wanted


@pytest.mark.parametrize(("rows", "ignored", "wanted"), LOSSES)
def test_losses_of_rows_of_which_some_do_not_count(rows: int, ignored: float, wanted: list[float]) -> None:
    torch.manual_seed(0)
    x, target, weights = torch.randn(rows, 5), torch.randint(0, 5, (rows,)), torch.rand(5)
    target[torch.rand(rows) < ignored] = -100
    found = [
        F.cross_entropy(x, target),
        F.cross_entropy(x, target, weight=weights),
        F.nll_loss(x, target, reduction="sum"),
        F.cross_entropy(x, target.clamp(0), ignore_index=0),
    ]
    assert [loss.item() for loss in found] == wanted
