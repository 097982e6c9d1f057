"""`p.data = …` in a run, and leaves that a run makes: whose memory is whose, before and after."""

from __future__ import annotations

import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.compile.tape import layouts


@pytest.fixture(autouse=True)
def unlearned() -> None:
    """What programs of other tests have found out about layouts is forgotten."""
    layouts.clear()


START = """
import copy
import torch
from torch import nn
torch.manual_seed(0)
X = torch.randn(6, 4)
w = torch.randn(4, 3, requires_grad=True); v = torch.randn(4, 3, requires_grad=True)
net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)); target = copy.deepcopy(net)
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
class Own:
    def __init__(self, params, lr): self.params, self.lr = list(params), lr
    def step(self):
        for p in self.params:
            if p.grad is not None: p.data = p.data - self.lr * p.grad
own = Own(target.parameters(), 0.1)
buffer = torch.zeros(4)
old, view, held, out = w.data, w.view(-1), [], []
"""
#: the body of a loop over i → whether all of it is one program
BODIES = {
    "(X @ w).tanh().sum().backward(); w.data = w.data - 0.1 * w.grad; w.grad = None": True,
    "(X @ w).tanh().sum().backward()\n    for p in (w,): p.data = p.data - 0.1 * p.grad.data; p.grad = None": True,
    "s = net(X).pow(2).sum(); opt.zero_grad(); s.backward(); opt.step()\n"
    "    for p in net.parameters(): p.data = p.data.clamp(-0.2, 0.2)": True,
    "for p, t in zip(net.parameters(), target.parameters()): t.data = 0.9 * t.data + 0.1 * p.data": True,
    "for p in target.parameters(): p.grad = None\n    target(X).pow(2).mean().backward(); own.step()": True,
    "buffer.data = buffer.data * 0.9 + X[i % 6]": True,
    # memory that has two names stays one, so such a statement is left to evaluation
    "new = w.data * 0.9 + 1; w.data = new; new.add_(1); held = [w.data, new]": False,
    "new = w.data * 0.9 + 1; w.data = new; v.data = new; v.data.add_(1)": False,
    "w.data, v.data = v.data * 0.9, w.data * 1.1": False,
    "w.data, v.data = v.data, w.data; (w * v).sum().backward()": False,
    "for p, t in zip(net.parameters(), target.parameters()): t.data = p.data\n"
    "    with torch.no_grad():\n        for p in net.parameters(): p.mul_(0.9)": False,
    "w.data = w.data * 0.5; w.data.add_(1)": False,
    "w.data = (w.data * 0.5).t().contiguous().t()": False,
    "buffer.data = torch.ones(i % 3 + 1) * i": False,
    # leaves of the run's own
    "d = torch.zeros(6, 4, requires_grad=True); ((X + d) @ w).sum().backward(); out.append(d.grad)\n"
    "    w.grad = None": True,
    "d = torch.full((2,), 1.5, requires_grad=True); (d.exp()).sum().backward(); _ = d.grad.zero_()\n"
    "    (d * i).sum().backward()\n    with torch.no_grad(): d += d.grad\n    out.append(d)": True,
    "d = torch.rand(3, 3, requires_grad=True); d.data = d.data * 2 - 1; (d * d).sum().backward()\n"
    "    d.data = (d + 0.1 * d.grad.sign()).clamp(-1, 1); d.grad = None; out.append(d)": True,
    "d = torch.ones(6, 4, requires_grad=True); d.data = X; (d * i).sum().backward(); d.data -= 0.1 * d.grad": False,
}
SEEN = (
    "[w, v, old, view, buffer, *net.parameters(), *target.parameters(), *held, *out, X, w.grad, v.grad, "
    "[w._version, v._version, buffer._version, [a.data_ptr() == b.data_ptr() for a in held for b in held]], "
    "[(p.stride(), p.shape, p.is_leaf) for p in (w, v, buffer)]]"
)


@pytest.mark.parametrize("body", BODIES)
def test_memory_that_a_tensor_gets(body: str) -> None:
    shown = []
    for compile in (True, False):
        session = Session(compile=compile)
        session.run(START)
        for rounds in (12, 1, 12):
            session.run(f"for i in range({rounds}):\n    {body}")
            shown.append(session.run(f"repr({SEEN})"))
    assert shown[:3] == shown[3:]


@pytest.mark.parametrize("body", [body for body, whole in BODIES.items() if whole])
def test_it_belongs_to_the_program(body: str) -> None:
    session = Session()
    session.run(START)
    session.run(f"for i in range(12):\n    {body}")
    (_, program) = session._evaluator.loops.programs[-1]
    assert program.runs > 6
    assert not session._evaluator.loops.left


def test_what_is_undone_has_its_memory_back() -> None:
    session = Session()
    session.run(START)
    before = session.run("w.tolist(), old.data_ptr() == w.data_ptr()")
    with pytest.raises(TensorshError):
        session.run("for i in range(12):\n    w.data = w.data * 0.9\n    1 / (11 - i)")
    assert session.run("w.tolist(), old.data_ptr() == w.data_ptr()") == before
