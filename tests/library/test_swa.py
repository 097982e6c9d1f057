"""Averaged models: the recorded outcome of a short training, and what each averaging function does."""

from __future__ import annotations

from typing import Any

import pytest

from tensorsh import torch
from tensorsh.torch.optim import swa_utils

nn = torch.nn


def trained(average: dict[str, Any]) -> tuple[Any, Any]:
    """A model trained for a few epochs with an average beside it, and the schedule's last rates."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    averaged = swa_utils.AveragedModel(model, **average)
    schedule = swa_utils.SWALR(opt, swa_lr=0.05, anneal_epochs=3)
    x, y = torch.randn(20, 3), torch.randn(20, 1)
    for _ in range(5):
        opt.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        opt.step()
        averaged.update_parameters(model)
        schedule.step()
    swa_utils.update_bn([(x[:10], y[:10]), (x[10:], y[10:])], averaged)
    return averaged, (x, schedule)


#: the first outputs of the averaged model, as PyTorch gives them
RECORDED: dict[str, tuple[dict[str, Any], list[float]]] = {
    "mean": ({}, [0.5106078, 0.1137774, 0.1339469]),
    "ema": ({"avg_fn": swa_utils.get_ema_avg_fn(0.9)}, [0.644908, 0.1744274, 0.1961648]),
    "ema of all": (
        {"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.9), "use_buffers": True},
        [0.6449081, 0.1744275, 0.1961649],
    ),
    "mean by one": ({"avg_fn": swa_utils.get_swa_avg_fn()}, [0.5106078, 0.1137774, 0.1339469]),
}


@pytest.mark.parametrize("name", RECORDED)
def test_averaged_model(name: str) -> None:
    average, expected = RECORDED[name]
    averaged, (x, schedule) = trained(average)
    assert averaged(x)[:3].flatten().tolist() == pytest.approx(expected, rel=1e-4)
    assert averaged.n_averaged == 5
    assert schedule.get_last_lr() == [0.05]
    assert averaged.training


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="Invalid decay value 2 provided"):
        swa_utils.get_ema_avg_fn(2)
    with pytest.raises(AssertionError, match="Only one of avg_fn"):
        swa_utils.AveragedModel(nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max)
