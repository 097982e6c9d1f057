"""RNN and GRU layers, and sigmoids of what lies in memory with gaps: PyTorch's bits, and those of single steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tensorsh import torch

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "bits_recurrent.json").read_text())


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: f"{case['kind']}{case['shape']}")
def test_bits(case: dict[str, Any]) -> None:
    steps, batch, features, hidden = case["shape"]
    torch.manual_seed(0)
    layer = getattr(torch.nn, case["kind"])(features, hidden)
    x = torch.randn(steps, batch, features, requires_grad=True)
    y, _ = layer(x)
    y.backward(torch.randn(steps, batch, hidden))
    assert y.flatten().tolist() == case["output"]
    assert x.grad.flatten().tolist() == case["grad"]
    assert layer.weight_hh_l0.grad.flatten().tolist()[:40] == case["weight"]
    assert layer.bias_hh_l0.grad.tolist() == case["bias"]


@pytest.mark.parametrize("kind", ["RNN", "GRU"])
@pytest.mark.parametrize(
    "shape", [(3, 4, 2, 20), (5, 1, 3, 8), (2, 70, 1, 64), (4, 3, 5, 1), (3, 5, 2, 200), (2, 3, 400, 20)]
)
def test_whole_layers_are_steps(
    kind: str, shape: tuple[int, int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorsh.torch.nn.modules import recurrence

    steps, batch, features, hidden = shape
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        layer = getattr(torch.nn, kind)(features, hidden, bidirectional=True)
        x = torch.randn(steps, batch, features, requires_grad=True)
        y, last = layer(x)
        (y * torch.randn_like(y)).sum().backward()
        grads = [p.grad.tolist() for p in layer.parameters()]
        found.append((y.tolist(), last.tolist(), x.grad.tolist(), grads))
        monkeypatch.setattr(recurrence, "_in_one", lambda *given: False)
    assert found[0] == found[1]


def test_a_loop_goes_along_what_has_no_gaps() -> None:
    x = torch.arange(72.0).reshape(3, 24) * 0.11 - 4
    rows = torch.stack([row[:8].clone().sigmoid() for row in x])
    assert torch.equal(x[:, :8].sigmoid(), rows)
    first, *_ = torch.unsafe_chunk(x, 3, 1)
    assert first.stride() == (24, 1)
    assert torch.equal(first.sigmoid_(), rows)
