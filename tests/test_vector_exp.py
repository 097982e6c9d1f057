"""Softmax, log-softmax, sigmoid and SiLU of small arrays, and their gradients: PyTorch's bits, recorded."""

from __future__ import annotations

from typing import Any

import pytest

from oracle import read_lines
from tensorsh import torch

FUNCTIONS = {
    "torch.softmax": lambda x: torch.softmax(x, -1),
    "torch.log_softmax": lambda x: torch.log_softmax(x, -1),
    "torch.sigmoid": lambda x: torch.sigmoid(x),
    "torch.nn.functional.silu": lambda x: torch.nn.functional.silu(x),
}


@pytest.mark.parametrize("recorded", read_lines("vector_exp.jsonl.gz"))
def test_bits(recorded: dict[str, Any]) -> None:
    x = torch.tensor(recorded["input"], requires_grad=True)
    y = FUNCTIONS[recorded["function"]](x)
    y.backward(torch.tensor(recorded["grad"]))
    assert x.grad.tolist() == recorded["input_grad"]
    assert y.tolist() == recorded["output"]


def test_edges() -> None:
    x = torch.tensor([[float("inf"), 1.0], [float("nan"), 1.0], [-float("inf"), 0.0]])
    assert str(torch.softmax(x, -1).tolist()) == "[[nan, nan], [nan, nan], [0.0, 1.0]]"
    assert torch.sigmoid(torch.tensor([-200.0, 200.0, -90.0])).tolist() == [0.0, 1.0, 0.0]
