"""Modules called with other tensors in the place of their parameters, in compiled loops."""

from __future__ import annotations

import pytest

from tensorsh import Session

START = """import torch
from torch import nn
from torch.func import functional_call
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 4); self.b = nn.Linear(4, 3, bias=False); self.b.weight = self.a.weight
        self.norm = nn.BatchNorm1d(4); self.register_buffer("mean", torch.zeros(4))
    def forward(self, x):
        h = self.norm(torch.tanh(self.a(x)))
        self.mean = 0.9 * self.mean + 0.1 * h.detach().mean(0)
        return self.b(h.reshape(-1, 4) @ torch.ones(4, 4)) + sum(p.sum() for p in self.parameters()) + self.mean.sum()
torch.manual_seed(0)
net, x = Net(), torch.randn(5, 3)
net.b.weight = nn.Parameter(net.a.weight.detach().T.clone())
plain = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
optimizer = torch.optim.SGD(plain.parameters(), lr=0.1)
buffers = {k: b.clone() for k, b in net.named_buffers()}
"""
INNER = """params = dict(plain.named_parameters())
    inner = functional_call(plain, params, (x,)).pow(2).mean()
    grads = torch.autograd.grad(inner, list(params.values()), create_graph=True)
    fast = {k: p - 0.1 * g for (k, p), g in zip(params.items(), grads)}
    loss = functional_call(plain, fast, x).pow(2).mean() + plain(x).mean() * 0.01
    optimizer.zero_grad(); loss.backward(); optimizer.step()"""
BODIES = {
    "the parameters a step later": INNER,
    "buffers that change": "params = {k: p.detach() * (1 + i) for k, p in net.named_parameters()}\n"
    "    loss = functional_call(net, (params, buffers), x).sum(); net.eval() if i == 9 else None",
    "before and after": "loss = net(x).sum() + net(x).sum()\n"
    "    loss = loss + functional_call(net, {'a.bias': torch.ones(4) * i}, (x,)).sum() + net(x).sum()",
    "buffers after one was set": "loss = net(x).sum() + sum(b.sum() for b in net.buffers())",
}


@pytest.mark.parametrize("name", BODIES)
def test_as_it_is_evaluated(name: str) -> None:
    found = []
    for compiled in (True, False):
        session = Session(compile=compiled)
        session.run(
            START + f"losses = []\nfor i in range(12):\n    {BODIES[name]}\n    losses.append(loss.item())"
        )
        session.run("kept = losses, [t.tolist() for m in (net, plain) for t in m.state_dict().values()]")
        session.run(
            "now = {k: b.tolist() for k, b in buffers.items()}, [k for k, _ in net.named_parameters()]"
        )
        found.append((session["kept"], session["now"]))
    assert found[0] == found[1]


def test_a_step_of_meta_learning_is_compiled() -> None:
    session = Session()
    session.execute(f"{START}for i in range(9):\n    {INNER}\n", "train.py", lambda shown: None)
    assert [each.why for each in session.uncompiled()] == []
