"""Layers of packed sequences as one operation: PyTorch's numbers, and the bits of what is written in operations."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tensorsh import Session
from tensorsh.torch.nn.modules import recurrence

TRAINED = """
import torch, torch.nn as nn
from torch.nn.utils.rnn import pack_sequence
torch.manual_seed(0)
net = getattr(nn, kind)(2, 3, bidirectional=True)
xs = [torch.randn(l, 2, requires_grad=True) for l in (2, 4, 1)]
out, h = net(pack_sequence(xs, enforce_sorted=False))
h = h[0] if kind == "LSTM" else h
(out.data.sin().sum() + h.pow(2).sum()).backward()
w, b = net.weight_hh_l0.grad[1], net.bias_hh_l0_reverse.grad[:2]
found = h[:, 1].tolist(), xs[1].grad[0].tolist(), w.tolist(), b.tolist(), out.data.grad_fn.name()
"""
#: the last states, gradients of an input, of a recurrent weight, and of a bias of the other direction
PYTORCH: dict[str, Any] = {
    "RNN": (
        [
            [-0.7289257645606995, 0.4848719835281372, 0.46771833300590515],
            [-0.3538304567337036, 0.5959293842315674, 0.08060336112976074],
        ],
        [0.48240646719932556, 0.47215887904167175],
        [-0.23912382125854492, -0.4907712936401367, 1.892018437385559],
        [3.7032434940338135, 7.08200216293335],
    ),
    "GRU": (
        [
            [0.6195081472396851, 0.42640188336372375, -0.23307818174362183],
            [0.31681954860687256, -0.7588274478912354, 0.08983896672725677],
        ],
        [-0.288216769695282, -0.2780406177043915],
        [0.17492064833641052, 0.07427479326725006, -0.0645880401134491],
        [0.08065320551395416, -0.08808562904596329],
    ),
    "LSTM": (
        [
            [0.40257707238197327, -0.16502565145492554, -0.08747358620166779],
            [-0.33309313654899597, -0.11098209023475647, -0.18517079949378967],
        ],
        [-0.44313257932662964, -0.11538039147853851],
        [-0.03265596181154251, 0.00021975924028083682, 0.008644153364002705],
        [-0.5357887744903564, -0.4683994948863983],
    ),
}


@pytest.mark.parametrize("kind", PYTORCH)
def test_what_pytorch_gives(kind: str) -> None:
    session = Session()
    session["kind"] = kind
    session.run(TRAINED)
    assert session["found"] == (*PYTORCH[kind], "CatBackward0")


BOTH = """
import torch, torch.nn as nn
from torch.nn.utils.rnn import pack_sequence
def trained(kind, lengths, features, hidden, layers, both, seed, options, started, scale, twice):
    torch.manual_seed(seed)
    net = getattr(nn, kind)(features, hidden, num_layers=layers, bidirectional=both, **options)
    xs = [torch.randn(l, features).mul_(scale).requires_grad_() for l in lengths]
    first = None
    if started:
        h = torch.randn(layers * (1 + both), len(lengths), hidden, requires_grad=True)
        first = (h, h * 0.5) if kind == "LSTM" else h
    out, last = net(pack_sequence(xs, enforce_sorted=False), first)
    last = last if isinstance(last, tuple) else (last,)
    of_outputs = torch.linspace(-1, 1, out.data.numel()).view_as(out.data)
    loss = (out.data.sin() * of_outputs).sum() + sum((x * x.cos()).sum() for x in last)
    if seed % 4 == 3:
        loss = out.data.sum()
    if seed % 4 == 2:
        loss = last[0][:, :1].sum() * 2
    inputs = [*xs, *net.parameters(), *([h] if started else [])]
    if twice:
        grads = torch.autograd.grad(loss, xs, create_graph=True)
        loss = sum(g.pow(2).sum() for g in grads)
    found = torch.autograd.grad(loss, inputs, allow_unused=True)
    return [t if t is None else t.detach() for t in (out.data, *last, *found)]
"""


def drawn(seed: int) -> tuple[Any, ...]:
    r = random.Random(seed)
    kind = r.choice(["RNN", "GRU", "LSTM"])
    lengths = [r.randint(1, r.choice([1, 3, 9])) for _ in range(r.choice([1, 2, 3, 5, 8, 16]))]
    options = {"nonlinearity": "relu"} if kind == "RNN" and r.random() < 0.5 else {}
    sizes = r.choice([1, 3, 4, 8, 16]), r.choice([1, 2, 4, 8, 13, 16, 32])
    ways = r.choice([1, 1, 2]), r.random() < 0.5, seed, options, r.random() < 0.5, r.choice([1.0, 0.0, 3.0])
    return kind, lengths, *sizes, *ways


@pytest.mark.parametrize("seed", range(40))
def test_the_bits_of_operations(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    session.run(BOTH)
    whole = session["trained"](*drawn(seed), False)
    monkeypatch.setattr(recurrence, "_in_one", lambda *given: False)
    parts = session["trained"](*drawn(seed), False)
    assert [t.numpy().tobytes() for t in whole] == [t.numpy().tobytes() for t in parts]


@pytest.mark.parametrize("seed", range(40, 52))
def test_gradients_of_gradients(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    session.run(BOTH)
    whole = session["trained"](*drawn(seed), True)
    monkeypatch.setattr(recurrence, "_in_one", lambda *given: False)
    parts = session["trained"](*drawn(seed), True)
    session["pairs"] = [(a, b) for a, b in zip(whole, parts, strict=True) if a is not None]
    session.run("close = all(torch.allclose(a, b, 1e-3, 1e-5) for a, b in pairs)")
    assert session["close"] and len(session["pairs"]) > 3


def test_what_no_operation_does_is_written_in_operations() -> None:
    session = Session()
    session.run("""
import torch, torch.nn as nn
from torch.nn.utils.rnn import pack_sequence
p = pack_sequence([torch.ones(3, 2), torch.ones(1, 2)])
found = [nn.GRU(2, 3, bias=False)(p)[0].data.shape, nn.LSTM(2, 3, proj_size=2)(p)[0].data.shape]
found.append(nn.LSTM(2, 3).double()(pack_sequence([torch.ones(3, 2).double()]))[0].data.dtype)
""")
    assert [str(each) for each in session["found"]] == [
        "torch.Size([4, 3])", "torch.Size([4, 2])", "torch.float64"
    ]  # fmt: skip
