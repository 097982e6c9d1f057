"""Machine code of RNN and GRU layers gives the bits of NumPy's calls, steps in both directions, and their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compile_compare import difference
from kernel_bits import same
from tensorsh import torch
from tensorsh.engine.compile.machine.assembler import available
from tensorsh.torch.nn.modules import rnn_steps

Array = np.ndarray[Any, Any]

pytestmark = pytest.mark.skipif(not available(), reason="no LLVM")

#: steps, batch, features, hidden: one step, rows that are left over, depths of two and of three parts
SIZES = [(12, 16, 8, 32), (4, 4, 3, 16), (3, 7, 8, 48), (1, 5, 4, 208), (2, 9, 5, 400)]
#: units that fill no vectors
SIZES += [(3, 5, 4, 20), (2, 4, 3, 50), (3, 6, 3, 13), (2, 4, 2, 12), (2, 7, 3, 210)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("mode", ["GRU", "RNN_TANH", "RNN_RELU"])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_layers(mode: str, sizes: tuple[int, ...], part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forward, its gradient, the recurrent weight's: each with the others as machine code."""
    codes = *rnn_steps.LAYERS[mode], rnn_steps.WEIGHT
    for code in codes:
        if code.function is None:
            code.make()
    same(codes[part], lambda: trained(mode, sizes), monkeypatch)


def trained(mode: str, sizes: tuple[int, ...]) -> list[Array]:
    steps, batch, features, n = sizes
    torch.manual_seed(0)
    options = {} if mode == "GRU" else {"nonlinearity": mode[4:].lower()}
    layer = getattr(torch.nn, mode[:3])(features, n, bidirectional=True, **options)
    x = torch.randn(steps, batch, features, requires_grad=True)
    h = torch.randn(2, batch, n, requires_grad=True)
    output, last = layer(x, h)
    torch.autograd.backward([output, last], [torch.randn_like(output), torch.randn_like(last)])
    grads = [each.grad for each in (x, h, *layer.parameters())]
    return [each.detach().numpy() for each in (output, last, *grads)]


@pytest.mark.parametrize("sizes", [(2, 3, 4, 16), (2, 4, 4, 11)])
def test_other_orders_are_numpys(sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Products of fewer sequences or units are no fused chains."""
    for code in (*rnn_steps.LAYERS["GRU"], rnn_steps.WEIGHT):
        monkeypatch.setattr(code, "function", lambda *_: pytest.fail("machine code"))
    trained("GRU", sizes)


@pytest.mark.parametrize("width", (1, 3, 5, 11))
@pytest.mark.parametrize("batch, steps", [(1, 1), (1, 7), (3, 4), (6, 2)])
@pytest.mark.parametrize("layer", ("nn.RNN", "nn.GRU", "relu", "both ways"))
def test_narrow_layers_are_steps_of_a_program(layer: str, batch: int, steps: int, width: int) -> None:
    """Their products have orders of their own, which no routine for whole layers has."""
    made = {"relu": "nn.RNN(2, {}, nonlinearity='relu')", "both ways": "nn.GRU(2, {}, bidirectional=True)"}
    program = (
        f"import torch\nfrom torch import nn\nm = {made.get(layer, layer + '(2, {})').format(width)}\n"
        f"x = torch.randn({steps}, {batch}, 2)\n"
        "opt = torch.optim.SGD(m.parameters(), lr=0.1)\nfor i in range(7):\n"
        "    y, h = m(x); loss = (y ** 2).sum() + h.sum()\n    opt.zero_grad(); loss.backward(); opt.step()"
    )
    assert difference(program, []) is None
