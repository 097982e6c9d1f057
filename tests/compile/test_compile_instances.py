"""Loops through instances, evaluated and compiled: nothing that can be observed tells the two apart.

Run `python tests/compile/test_compile_instances.py FIRST COUNT` for everything that disturbs and more random programs.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from compile_compare import campaign, difference
from instance_writer import LINES, InstanceProgram, disturbed
from tensorsh import Session
from tensorsh.lang.loops.segments import Segment


@pytest.mark.parametrize("seed", range(0, 3000, 100))
def test_a_random_loop_through_instances_does_the_same_compiled(seed: int) -> None:
    made = InstanceProgram(seed)
    found = difference(made.program, made.after)
    assert found is None, f"{found}\n{made.program}"


OPTIMIZERS = "optim.Adam(net.parameters(), lr=0.01)", "optim.SGD(net.parameters(), lr=0.1)"
EVERY = "h1 = nn.modules.module.register_module_forward_hook(lambda m, i, o: o)"
DISTURBANCES = [EVERY, *LINES["DISTURBANCE"]]


@pytest.mark.parametrize("number", range(0, len(DISTURBANCES), 3))
def test_what_disturbs_a_loop_through_instances_is_noticed(number: int) -> None:
    program = of_disturbance(number)
    found = difference(program, [])
    assert found is None, f"{found}\n{program}"


def of_disturbance(number: int) -> str:
    line = DISTURBANCES[number].replace("MODULE", "net").replace("INDEX", "i")
    return disturbed(line, OPTIMIZERS[number % 2])


HEADER = """
import torch, torch.nn as nn, torch.nn.functional as F
class Model:
    rate = 0.5
    def __init__(self):
        self.w = torch.ones(3, 3, requires_grad=True)
        self.seen = []
        self.tril = torch.ones(3)
        self.parts = {"w1": self.w}
    def __call__(self, x):
        return torch.tanh(x @ self.w) * self.rate
    def masked(self, x):
        return x * self.tril + x @ self.parts[f"w{1}"]
    def looked(self, x):
        return x * self.w.sum().item()
    def noted(self, x):
        self.seen.append(x)
        return x * 2
    def new(self, x):
        self.fresh = x * 2
        del self.fresh
        return x
    def all(self, x):
        return x * len(self.__dict__)
class Answering(Model):
    def __getattribute__(self, name):
        return object.__getattribute__(self, name)
class Mine(nn.Sequential):
    pass
class Own(torch.optim.SGD):
    def step(self):
        return super().step()
g = torch.Generator().manual_seed(1)
m = Model(); a = Answering(); net = nn.Sequential(nn.Linear(3, 3), nn.ReLU()); x = torch.ones(2, 3)
sgd = torch.optim.SGD(net.parameters(), lr=0.1); own = Own(net.parameters(), lr=0.1)
hooked = nn.Linear(3, 3); parts = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)]); mine = Mine(*parts)
handle = hooked.register_full_backward_hook(lambda m, i, o: None)
loader = iter([x])
"""
COMPILED = {
    "an instance that is called": "y = m(x)",
    "a module": "y = net(x)",
    "a step": "sgd.zero_grad(); loss = net(x).sum(); loss.backward(); sgd.step()",
    "parameters": "n = 0.0\n    for p in net.parameters(): n = n + (p * p).sum()",
    "gradients filled with zeros": "sgd.zero_grad(set_to_none=False); net(x).sum().backward(); sgd.step()",
    "some of a list of modules": "y = x\n    for part in parts[:-1]: y = torch.relu(part(y))\n    y = parts[-1](y)",
    "some of a sequence of modules": "y = net[:1](x)",
    "a loss": "y = F.mse_loss(net(x), x)",
    "clipped gradients": "net(x).sum().backward(); nn.utils.clip_grad_norm_(net.parameters(), 1.0)",
    "an attribute called as a method is, and a key that is put together": "y = m.masked(x)",
    "random numbers": "y = torch.randn_like(x) * m(x) + F.dropout(x.expand(3, 2, 3).transpose(0, 1), 0.5).sum()",
    "a stream of one's own": "y = x[torch.randint(0, 2, (4,), generator=g)] @ m.w",
    "a mask that is looked at": "y = m(x) if bool((torch.ones(3, 3).tril() == 1).any()) else x",
    "parameters through .data": "m(x).sum().backward()\n    for p in [m.w]: p.data += -0.1 * p.grad",
    "an attribute that is set": "m.h = torch.tanh(x) * m.rate",
}
STOPPED = {
    "y = m.looked(x)": "values are looked at",
    "y = m.noted(x)": "a list changes its length",
    "y = m.new(x)": "'Model.new' may change more than tensors",
    "y = m.all(x)": "all attributes of an instance are looked at",
    "y = a(x)": "a class that answers for its attributes itself",
    "own.zero_grad(); loss = net(x).sum(); loss.backward(); own.step()": "an optimiser of the program's own",
    "y = hooked(x) * 2": "a hook of a module",
    "g.set_state(g.get_state()); y = m(x)": "a random stream is looked at",
    "y = Model()(x) * 2": "a leaf made in a run",
    "y = mine[:1](x)": "a Mine is made",
    "y = torch.relu(x) * sgd.param_groups[0]['lr']": "hyperparameters are looked at",
    "net[1] = nn.ReLU(); y = net(x)": "a module gets another part",
}


def traced(statement: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[str]]:
    """How many calls each program has that is made of a loop around a statement, and what stopped others."""
    segments: list[Segment] = []
    start = Segment.__init__

    def starting(self: Segment, *args: Any, **kwargs: Any) -> None:
        start(self, *args, **kwargs)
        segments.append(self)

    monkeypatch.setattr(Segment, "__init__", starting)
    session = Session(seed=0)
    session.execute(f"{HEADER}for i in range(8):\n    {statement}\n", "<input>", lambda shown: None)
    made = [program.calls for _, program in session._evaluator.loops.programs]
    return made, [why for segment in segments for _, why in segment.stops]


@pytest.mark.parametrize("name", COMPILED)
def test_a_loop_through_instances_is_one_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made, stops = traced(COMPILED[name], monkeypatch)
    assert made, stops
    assert len(made) == 1


@pytest.mark.parametrize("statement", STOPPED)
def test_what_cannot_be_followed_ends_the_trace(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, stops = traced(statement, monkeypatch)
    assert STOPPED[statement] in stops


if __name__ == "__main__":
    for number, line in enumerate(DISTURBANCES):
        if (what := difference(of_disturbance(number), [])) is not None:
            print(f"{'=' * 30} {line}\n{what}")
    campaign(InstanceProgram, sys.argv)
