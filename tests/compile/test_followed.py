"""Functions of a program that a trace follows: what they set, the modes they enter, what they call in part."""

from __future__ import annotations

from typing import Any

import pytest

from compile_compare import difference
from tensorsh import Session
from tensorsh.lang.loops import instances, uncompiled

START = """
import torch
import torch.nn as nn
from functools import partial
from types import SimpleNamespace
torch.manual_seed(0)
class Learner: pass
class Log:
    total = 0
class Callback:
    def before(self, learn): learn.xb = learn.xb * 2; learn.count += 1
    def after(self, learn): learn.seen = learn.loss.detach() * 2; learn.log.n = learn.count
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.load, self.seed = torch.zeros(()), 3
        self.hidden, self.out = nn.Linear(4, 8), nn.Linear(8, 2)
    def accuracy(self, out): return out.sigmoid().mean()
    def forward(self, x, train=True):
        with torch.set_grad_enabled(train):
            h = torch.tanh(self.hidden(x))
            self.load = 0.9 * self.load + h.detach().mean()
            return self.out(h) * self.seed
net = Net()
learn, callback = Learner(), Callback()
learn.model, learn.count, learn.log, learn.loss, learn.seen = net, 0, Log(), torch.zeros(()), None
learn.log.n = 0
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
x = torch.randn(80, 5, 4)
out = []
def step(loss):
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    return loss
def scaled(a, k, *, b=0): return (a * k + b).tanh().mean()
"""
LOOP = "for i in range(80):\n    out.append(one(x[i], i))\n"
#: what comes after the loop
AFTER = {
    "hooks of modules": f"""handle.remove()
{LOOP}handles.append(net.hidden.register_forward_hook(keeping("out")))
{LOOP}for each in handles: each.remove()
""",
}
#: a round; whether all that it does is compiled
ROUNDS = {
    "what it is given gets attributes": (
        """
def one(x, i):
    learn.xb = x
    callback.before(learn)
    learn.loss = step(net(learn.xb).pow(2).mean())
    callback.after(learn)
    return learn.seen""",
        True,
    ),
    "an attribute that comes later": (
        """
def one(x, i):
    loss = step(net(x).pow(2).mean())
    if i == 40: learn.fresh = loss.detach()
    if i > 40: learn.fresh = learn.fresh * 0.9 + loss.detach()
    return loss""",
        True,
    ),
    "what is no instance gets attributes": (
        """
space = SimpleNamespace(n=0)
def counted(holder, value): holder.n = value * 2
def one(x, i):
    loss = step(net(x).pow(2).mean())
    counted(one, loss.detach()); counted(space, loss.detach() + 1); counted(Log, loss.detach() + 2)
    return one.n + space.n + Log.n""",
        False,
    ),
    "a class gets attributes": (
        """
def one(x, i):
    loss = step(net(x).pow(2).mean())
    Log.total = Log.total + loss.detach()
    return Log.total * 2""",
        False,
    ),
    "one that the function makes": (
        """
class Result:
    pass
def one(x, i):
    result = Result()
    result.loss = step(net(x).pow(2).mean())
    result.parts = Result()
    result.parts.first = result.loss * 2
    return result.parts.first""",
        True,
    ),
    "with gradients or without": (
        """
def one(x, i):
    with torch.set_grad_enabled(i % 3 == 0):
        loss = net(x, i % 2 == 0).pow(2).mean() * net.out.weight.sum()
    return (loss, loss.requires_grad, torch.is_grad_enabled())""",
        True,
    ),
    "modes in modes": (
        """
def one(x, i):
    with torch.no_grad():
        with torch.set_grad_enabled(True):
            loss = step(net(x).pow(2).mean())
        after = net(x).mean()
    return (loss, after, after.requires_grad, torch.is_grad_enabled())""",
        True,
    ),
    "no gradients from here on": (
        """
def one(x, i):
    loss = step(net(x).pow(2).mean())
    torch.set_grad_enabled(i % 2 == 0)
    after = net.hidden(x).mean() * 2
    torch.set_grad_enabled(True)
    return (loss, after, after.requires_grad)""",
        False,
    ),
    "functions in a mode": (
        """
class Average:
    def __init__(self): self.value = torch.zeros(())
    @torch.no_grad()
    def update(self, loss): self.value = self.value * 0.9 + loss * 0.1; return self.value * 2
average = Average()
@torch.no_grad()
def clipped(p, most=0.5): return p.clamp(-most, most) * 1.0
@torch.enable_grad()
def again(x): return net(x).pow(2).mean()
@torch.set_grad_enabled(False)
def measured(x): return net(x).mean() + 1
def one(x, i):
    with torch.no_grad():
        loss = step(again(x))
    return (average.update(loss), clipped(loss).requires_grad, measured(x), loss.requires_grad)""",
        True,
    ),
    "hooks of modules": (
        """
acts, means = {"out": None}, []
def keeping(name):
    def hook(module, args, result): acts[name] = result.detach()
    return hook
class Hook:
    def __init__(self, module, f): self.mean, self.handle = None, module.register_forward_hook(partial(f, self))
def measure(hook, module, args, result): hook.mean = result.detach().mean()
def doubled(module, args): return (args[0] * 2,)
def more(module, args, kwargs, result): return result + 1
handle = net.out.register_forward_hook(keeping("out"))
hook = Hook(net.hidden, measure)
second = net.hidden.register_forward_pre_hook(doubled)
handles = [second, hook.handle, net.hidden.register_forward_hook(more, with_kwargs=True)]
def one(x, i):
    return (step(net(x).pow(2).mean()), acts["out"] * 2, hook.mean * 2)""",
        True,
    ),
    "no gradients by another name": (
        """
switch = torch.set_grad_enabled
def one(x, i):
    loss = step(net(x).pow(2).mean())
    switch(False)
    return (loss * 2, torch.is_grad_enabled(), torch.set_grad_enabled(True).prev)""",
        False,
    ),
    "a function that changes the mode": (
        """
switch = torch.set_grad_enabled
def off(a):
    switch(False)
    return a * 2
def one(x, i):
    switch(True)
    loss = step(net(x).pow(2).mean())
    return off(loss) + net(x).sum()""",
        True,
    ),
    "a library that hangs on an object": (
        """
class Holder:
    def __init__(self): self.lib = torch
    def draw(self, x):
        self.lib.manual_seed(3)
        return net(x).mean() + torch.rand(1)
holder = Holder()
def one(x, i): return (holder.draw(x), torch.rand(1))""",
        False,
    ),
    "partial calls": (
        """
act, net_without = partial(scaled, k=torch.tensor(2.0), b=1), partial(net, train=False)
def one(x, i):
    return step(act(net(x))) + net_without(x).mean() + partial(scaled, k=3)(x)""",
        True,
    ),
    "other partial calls": (
        """
scale = torch.ones(2)
acts = [partial(scaled, k=scale, b=k) for k in range(3)]
def one(x, i):
    global act
    act = acts[i % 3]
    if i == 30: scale.mul_(2)
    return step(act(net(x)))""",
        False,
    ),
    "partial calls of methods": (
        """
part = partial(net.accuracy)
def one(x, i): return step(part(net(x)) * learn.model.out.bias.sum())""",
        True,
    ),
}


@pytest.mark.parametrize("name", ROUNDS)
def test_a_round_is_followed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    round_, whole = ROUNDS[name]
    stops: list[str] = []
    left = uncompiled.left

    def noted(statement: Any, error: Any, find: Any) -> Any:
        found = left(statement, error, find)
        stops.append(str(found.why))
        return found

    monkeypatch.setattr(uncompiled, "left", noted)
    program = START + round_ + "\n" + LOOP + AFTER.get(name, "")
    assert difference(program, ["print(out, net.load, vars(learn))"]) is None
    # as long as what calls is evaluated, a walk may go through what a program has made
    stops = [why for why in stops if why not in ("too little to do", "a graph from elsewhere")]
    assert bool(stops) is not whole, stops


def test_work_of_pythons_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a trace each attribute that is set takes some forty times as long."""
    program = """
import torch
class Link:
    def __init__(self, value): self.value, self.next = value, None
def chain(n):
    first = last = Link(0)
    for i in range(n):
        last.next = Link(i)
        last = last.next
    return first
for k in range(20): links = chain(50_000)
"""
    seen: list[str] = []
    set_ = instances.Instances.set

    def counted(self: Any, value: Any, name: str, new: Any) -> None:
        seen.append(name)
        set_(self, value, name, new)

    monkeypatch.setattr(instances.Instances, "set", counted)
    session = Session()
    session.run(program)
    assert session.run("links.next.next.value") == [1]
    assert 0 < len(seen) < 20 * instances.FEWEST_SETS  # some parts of the program are tried
