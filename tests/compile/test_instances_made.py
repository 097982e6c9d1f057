"""Instances that a round makes or is given anew: programs hold for others like them, and make others like them."""

from __future__ import annotations

import pytest

from compile_compare import difference
from tensorsh import Session

START = """
import torch, torch.nn as nn
from dataclasses import dataclass, field
torch.manual_seed(0)
class Task:
    def __init__(self, k):
        self.a, self.x, self.n, self.tags, self.count = 0.01 * k, torch.full((4, 2), 0.01 * k), k % 3, ["t"], 0
    def target(self):
        return self.a * torch.sin(self.x).sum(1, keepdim=True)
class Other:
    a, x, n, count = 0.5, torch.ones(4, 2), 1, 0
    def target(self):
        return self.x.sum(1, keepdim=True)
@dataclass
class Out:
    loss: torch.Tensor
    info: dict = field(default_factory=dict)
    def scaled(self):
        return self.loss * 2
@dataclass
class Counted:
    value: torch.Tensor
    twice: torch.Tensor = None
    def __post_init__(self):
        self.twice = self.value * 2
class Base:
    kind = "base"
    def __init__(self, v):
        self.v = v
class Derived(Base):
    pass
class Deep(Derived):
    kind = "deep"
    def __init__(self, v, w):
        super().__init__(v)
        self.w = w
    @property
    def both(self):
        return self.v * self.w
    def __len__(self):
        return 3
class Slotted:
    __slots__ = ("v",)
    def __init__(self, v):
        self.v = v
class Counting:
    made = 0
    def __init__(self, v):
        Counting.made += 1
        self.v = v
class Head:
    def __init__(self, n, eps):
        self.n, self.eps, self.scale = n, eps, torch.ones(4, requires_grad=True)
    def __call__(self, x):
        x = nn.functional.layer_norm(x, (4,), self.scale, None, self.eps)
        return x.view(-1, self.n, 2).sum(1)
heads = [Head(2, 1e-5), Head(1, 1e-3)]
class Holder:
    loss = state = None
    def scaled(self):
        return self.loss * 2
net = nn.Linear(2, 1)
opt = torch.optim.SGD(net.parameters(), lr=0.05)
holder, tasks = Holder(), [Task(k) for k in range(4)]
kept = []
def error(task):
    return ((net(task.x) - task.target()) ** 2).mean()
def fit(task):
    loss = error(task)
    task.count += 1
    return Out(loss, {"n": task.n})
"""
#: a round, which ends with what is gone back from in `loss`
ROUNDS = {
    "made and given back": "o = fit(Task(k)); loss = o.scaled()",
    "given and made": "t = Task(k); loss = fit(t).loss; kept.append(t.count)",
    "with a size and a number of its own": (
        "h = heads[k % 2]; loss = (h(torch.full((2, 4), 0.01 * k)) @ net.weight.T).pow(2).mean()"
    ),
    "one of a few": "t = tasks[k % 4]; loss = fit(t).loss * t.a; kept.append(t.count)",
    "now and then of another class": "t = Other() if k % 7 == 6 else Task(k); loss = error(t)",
    "now and then with something else": (
        "t = Task(k)\n    if k % 6 == 5: t.target = lambda: torch.ones(4, 1)\n    loss = error(t)"
    ),
    "without what was there": "t = Task(k)\n    if k % 9 == 8: t.x = t.x[:2]\n    loss = error(t)",
    "derived": "d = Deep(error(Task(k)), 2.0); loss = d.both * len(d); kept.append((d.kind, type(d).__name__))",
    "inherits its making": "d = Derived(error(Task(k))); d.extra = k; loss = d.v; kept.append(vars(d).keys())",
    "a dataclass that goes on": "c = Counted(error(Task(k))); loss = c.twice; kept.append(c == c)",
    "with slots": "loss = Slotted(error(Task(k))).v",
    "counted": "loss = Counting(error(Task(k))).v; kept.append(Counting.made)",
    "kept": "o = Out(error(Task(k))); kept.append(o); p = o; loss = p.loss; kept.append(p is o)",
    "in another": "o = Out(Derived(error(Task(k))), {'d': Derived(k)}); loss = o.loss.v; kept.append(o.info['d'].v)",
    "set in an attribute": "holder.loss = error(Task(k)); loss = holder.scaled()",
    "set where it is evaluated": (
        "try: holder.loss = error(Task(k))\n    except ValueError: pass\n    loss = holder.scaled()"
    ),
    "a state in an attribute": (
        "holder.state = (net.weight * 0.1 if holder.state is None else holder.state.detach() * 0.9 + net.weight * 0.1)"
        "\n    loss = (holder.state ** 2).sum() + error(Task(k))"
    ),
    "made where it is evaluated": "try: o = fit(Task(k))\n    except ValueError: pass\n    loss = o.scaled()",
}  # fmt: skip


def program(name: str) -> str:
    return f"""{START}
for k in range(60):
    {ROUNDS[name]}
    opt.zero_grad()
    loss.backward()
    opt.step()
    kept.append(loss.item())
"""


@pytest.mark.parametrize("name", ROUNDS)
def test_a_round_with_instances(name: str) -> None:
    assert difference(program(name), ["print(kept, net.weight, Counting.made, holder.loss)"]) is None


@pytest.mark.parametrize(
    "name", ["made and given back", "one of a few", "kept", "set in an attribute", "derived"]
)
def test_it_is_compiled(name: str) -> None:
    session = Session()
    session.run(program(name))
    assert any("'step'" in each or "momentum" in each for each in session.listings())


def test_others_need_no_other_programs() -> None:
    session = Session()
    session.run(f"""{START}
for k in range(60):
    t = Task(k)
    if t.n > 5: break
    y = error(t)
    z = y.exp() + t.a
""")
    assert len(session.listings()) < 6


def test_what_was_two_instances_is_one() -> None:
    program = """
import torch
class P:
    def __init__(self, v):
        self.v, self.n = torch.full((3,), float(v)), 0
c, kept = P(0.5), []
def bump(a, b):
    a.v = a.v * 2 + 1
    b.v = (b.v * 3).sin() + a.v
    a.n += 1; b.n += 1
    return (a.v + b.v).exp().sum()
for i in range(60):
    p, q = P(i * 0.01), P(i * 0.02)
    if i % 5 == 4: q = p
    if i % 7 == 6: q = c
    if i % 11 == 10: p = q = c
    kept.append((bump(p, q).item(), p.n, q.n, p.v.tolist()))
"""
    assert difference(program, ["print(kept, c.v, c.n)"]) is None
