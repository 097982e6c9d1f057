"""What programs hang on tensors and functions, read in compiled loops: nothing tells them from evaluated ones."""

from __future__ import annotations

from textwrap import indent

import pytest

from compile_compare import difference, learn_soon
from tensorsh import Session

START = """
import torch, torch.nn as nn
torch.manual_seed(0)
W, x, h = torch.ones(3, 3, requires_grad=True), torch.ones(2, 3), torch.zeros(2, 3)
xs, B = [torch.ones(2, 3) * k for k in range(4)], torch.ones(4, 3)
for k, e in enumerate(xs): e.tag = k; e.w = torch.ones(3) * k
W.rate = 0.5; x.tag = 1; x.node = 2; B.tag = 1; part = B[:2]; out = []
net = nn.Linear(3, 3); net.weight.decay = 0.1; net.bias.decay = 0.0
class Holder: pass
kept = Holder(); kept.x = x; kept.v = 1; x.holder = kept
def rated(t): return t * t.rate
def tagged(t): return t.tag if hasattr(t, 'tag') else 7
def default(t): return getattr(t, 'tag', 3)
def of_base(t): return torch.tanh(t @ W) * t._base.tag
def based(t): return torch.tanh(t @ W) * t._base.sum()
def noded(t): return torch.tanh(t @ W) * t.node
def scaled(t): return torch.tanh(t) * scaled.by
def through(t): return scaled(t) + 1
def asking(t): return torch.tanh(t) * getattr(scaled, 'other', 2)
def renamed(t): return t.tanh() + t * 2
scaled.by = 1.0
""".lstrip()
ROUNDS = {
    "a number that changes": "y = torch.tanh(x * W.rate + 1); W.rate = W.rate * 0.9",
    "in a function": "y = rated(W) + x @ W; W.rate *= 0.5",
    "of another tensor each time": "e = xs[i % 4]; y = torch.tanh(e * e.tag + e.w) * 2",
    "of each in a list": "y = sum(torch.tanh(e * e.tag) for e in xs); xs[0].tag += 1",
    "of what the round has made": "h = torch.tanh(x @ W); h.tag = i; y = h * h.tag + 1; out.append(y)",
    "of what the round before has made": "y = torch.tanh(h @ W) * tagged(h) + 1; h = torch.tanh(x @ W + i); h.tag = i",
    "that goes": "y = torch.tanh(x @ W) * tagged(xs[0])\nif i == 8: del xs[0].tag",
    "that comes": "y = torch.tanh(x @ W) * default(W)\nif i == 8: W.tag = 9",
    "of parameters": "y = net(x).sum()\nfor p in net.parameters(): y = y + p.decay * p.sum()\nif i == 7: p.decay = 0.7",
    "by `setattr`": "h = torch.tanh(x @ W); setattr(h, 'tag', i); y = h * h.tag + 1",
    "of an instance's tensor": "y = torch.tanh(kept.x @ W) * kept.x.tag; kept.x.tag += 1",
    "an instance": "y = torch.tanh(x @ W) * x.holder.v; kept.v += 1",
    "a tensor": "y = torch.tanh(x @ W) * x.tag; x.tag = y.detach()",
    "of a name that gets another": "y = torch.tanh(x @ W) * x.tag; x = x.clone(); x.tag = i",
    "by `__dict__`": "y = torch.tanh(x @ W) * x.__dict__['tag']; x.tag = i",
    "of a gradient": "(x @ W).sum().backward(); y = W.grad * default(W.grad) + 1; W.grad.tag = i",
    "a function": "x.more = lambda: x * 2 + i; y = torch.tanh(x.more() @ W)",
    "under a name of the engine's": "y = noded(x); x.node = i",
    "of a view's base": "y = of_base(part); B.tag = i",
    "a view's base": "y = based(part); B.add_(1)",
    "in the place of a method, from the start": "y = renamed(x)\nif i == 0: x.tanh = lambda: x * 0",
    "of a function": "y = scaled(x @ W); scaled.by *= 0.5",
    "of a function in a function": "y = through(x @ W)\nif i == 8: scaled.by = 0.25",
    "of a function, that comes": "y = asking(x @ W)\nif i == 8: scaled.other = 0.25",
}
#: loops that stay one program
ONE = {
    "a number that stays": "y = torch.tanh(x @ W) * W.rate + x.tag",
    "a number that changes": "y = torch.tanh(x @ W) * W.rate + 1; print(W.rate); W.rate *= 0.9",
    "of what the round before has made": "y = torch.tanh(h @ W) * default(h) + 1; print(i); h = y.detach(); h.tag = i",
    "of a function": "y = scaled(x @ W); print(i); scaled.by *= 0.5",
}


def program(rounds: str, inside: bool) -> str:
    loop = "for i in range(16):\n" + indent(rounds, "    ") + "\n"
    if not inside:
        return START + loop
    names = "x, h, W, xs, out, net, y"
    return f"{START}def loop({names}):\n{indent(loop, '    ')}    return {names}\n{names} = loop({names[:-1]}0)\n"


@pytest.mark.parametrize("inside", (False, True), ids=("in the program", "in a function"))
@pytest.mark.parametrize("name", ROUNDS)
def test_an_attribute_is_what_it_is_when_it_is_read(
    name: str, inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn_soon(monkeypatch)
    seen = "print([getattr(t, 'tag', None) for t in (x, h, W, y, *xs)], vars(x).keys(), scaled.__dict__)"
    found = difference(program(ROUNDS[name], inside), ["x.sum()", seen])
    assert found is None, found


@pytest.mark.parametrize("name", ONE)
def test_what_reads_an_attribute_is_compiled_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    learn_soon(monkeypatch)
    session = Session(seed=0)
    session.execute(program(ONE[name], False), "<input>", lambda shown: None)
    made = [made for made in session._evaluator.loops.programs if made[1].runs]
    assert len(made) <= 2, made  # what stays is first taken for a constant
    assert sum(each.runs for _, each in made) >= 8
