"""Graphs of many replayed rounds are walked by programs, with the same bits, errors and gradients."""

from __future__ import annotations

from typing import Any

import pytest

from tensorsh.engine.compile import pullbacks
from tensorsh.session import Session

START = """
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
kept = []

def choose(x, kept):
    probabilities = F.softmax(net(x), -1)
    i = probabilities.multinomial(1)
    kept.append(probabilities.log().gather(0, i))
    return i.item()

def episode(n):
    total = 0
    for _ in range(n):
        total += choose(torch.randn(4), kept)
    return total
"""
STEP = """
for round in range(12):
    kept.clear()
    reward = episode(3 + round % 4)
    loss = torch.cat(kept).sum() * (reward - 2)
    optimizer.zero_grad()
    BACKWARD
    optimizer.step()
    print(reward, loss)
print([p.grad.abs().sum() for p in net.parameters()])
print(*net.parameters())
"""
#: what goes back → whether programs do it
BACKWARDS = {
    "plain": ("loss.backward()", True),
    "twice": ("loss.backward(retain_graph=True); loss.backward()", True),
    "each for itself": ("for each in kept: (each * reward).sum().backward()", True),
    "by weights": ("sum(k * each for k, each in enumerate(kept)).sum().backward()", True),
    "of lists": ("torch.stack(kept).mean().backward(); print(len(kept))", True),
    "a penalty that holds the weights, too": (
        "(loss + 0.1 * sum((p ** 2).sum() for p in net.parameters())).backward()",
        True,
    ),
    "some of them": ("kept[0].sum().backward() if round % 2 else loss.backward()", True),
    "with the graph of the gradient": (
        "grads = torch.autograd.grad(loss, list(net.parameters()), create_graph=True); "
        "(loss + sum(g.sum() for g in grads)).backward()",
        False,
    ),
    "asked for by name": (
        "g = torch.autograd.grad(loss, net[0].weight)[0]; net[0].weight.grad = g; "
        "[setattr(p, 'grad', torch.zeros_like(p)) for p in list(net.parameters())[1:]]",
        False,
    ),
    "with a hook": (
        "h = net[0].weight.register_hook(lambda g: g * 2); loss.backward(); h.remove()",
        False,
    ),
    "looked at": (
        "node = kept[0].grad_fn; loss.backward(); print(node.name(), node.next_functions[0][0].name())",
        True,
    ),
}


def outcome(text: str, compile: bool, capsys: pytest.CaptureFixture[str]) -> str:
    session = Session(compile=compile)
    try:
        session.execute(START + text, "train.py", lambda shown: None)
    except Exception as error:
        return capsys.readouterr().out + str(error)
    return capsys.readouterr().out


def used(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    pulled = pullbacks.pulled
    monkeypatch.setattr(pullbacks, "pulled", lambda *args: found.append(pulled(*args)) or found[-1])
    return found


@pytest.mark.parametrize("name", BACKWARDS)
def test_as_it_is_evaluated(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    backward, by_programs = BACKWARDS[name]
    text = STEP.replace("BACKWARD", backward)
    found = used(monkeypatch)
    compiled = outcome(text, True, capsys)
    assert any(each is not None for each in found) == by_programs
    assert compiled == outcome(text, False, capsys)


MISTAKES = {
    "a second time": "loss.backward(); loss.backward()",
    "after a step": "optimizer.step(); loss.backward()",
    "one of them again": "loss.backward(); kept[-1].sum().backward()",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_errors_are_those_of_the_walk(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = STEP.replace("BACKWARD", f"loss.backward() if round < 10 else [loss.backward(retain_graph=True)]\n"
                        f"    if round == 10:\n        {MISTAKES[name]}")  # fmt: skip
    found = used(monkeypatch)
    compiled = outcome(text, True, capsys)
    assert any(each is not None for each in found)
    assert "Trying to backward" in compiled or "modified by an inplace operation" in compiled
    assert compiled == outcome(text, False, capsys)


def test_a_failed_statement_gives_the_graph_back() -> None:
    session = Session()
    session.execute(
        START + STEP.replace("BACKWARD", "loss.backward()").replace("print(reward, loss)", ""), "train.py"
    )
    session.execute("kept.clear()\nreward = episode(4)\nloss = torch.cat(kept).sum()\noptimizer.zero_grad()")
    with pytest.raises(Exception, match="division by zero"):
        session.execute("[loss.backward(), 1 / 0]")
    assert session["net"][0].weight.grad is None
    session.execute("loss.backward()")
    assert session["net"][0].weight.grad is not None
