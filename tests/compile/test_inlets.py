"""Runs that go on from graphs that they know nothing of: an earlier round's state, what evaluation has made."""

from __future__ import annotations

from typing import Any

import pytest

from compile_compare import difference
from tensorsh import Session
from tensorsh.engine.compile import pullbacks

START = """
import torch
import torch.nn as nn
torch.manual_seed(0)
cell, head, table = nn.GRUCell(4, 4), nn.Linear(4, 3), nn.Embedding(5, 4)
parameters = [*cell.parameters(), *head.parameters(), *table.parameters()]
optimizer = torch.optim.SGD(parameters, lr=0.1)
criterion = nn.CrossEntropyLoss()
lengths = [3, 5, 2, 7, 4, 6, 3, 8, 1, 5, 9, 2, 6, 4, 7, 3, 5, 8] * 2

def token(x, h):
    h = cell(table(x), h)
    return head(h), h

def sequence(n):
    h = torch.zeros(1, 4)
    loss = 0
    said = []
    for t in range(n):
        out, h = token(torch.tensor([t % 5]), h)
        IN_ROUND
        loss = loss + criterion(out, torch.tensor([(t + n) % 3]))
    return loss, h, said
"""
LOOP = """
for n in lengths:
    loss, h, said = sequence(n)
    optimizer.zero_grad()
    BACKWARD
    optimizer.step()
"""
SUM = "total = out.sum() if t == 0 else total"
MORE = "g = torch.tanh(h * 2) * out.mean() + h"
ROWS = "rows = torch.zeros(9, 4) if t == 0 else rows"
#: what a round does besides, and how it goes back
WAYS = {
    "plain": ("pass", "loss.backward()"),
    "two results": ("said.append(out.sum())", "(loss + sum(said) + h.sum()).backward()"),
    "one of its results": ("said.append(out[0, 0])", "said[-1].backward()"),
    "a state that is looked at": ("said.append(h.sum().item())", "loss.backward()"),
    "a state that keeps its gradient": ("h.retain_grad(); said.append(h)", "loss.backward(); said[0].grad.sum()"),
    "a hook": ("h.register_hook(lambda g: g * 0.5)", "loss.backward()"),
    "a state that is cut": ("h = h.detach() if t % 3 == 2 else h", "loss.backward()"),
    "in place": ("h = h.clone(); h[0, 1] = out[0, 0] * 0.5", "loss.backward()"),
    "written into a table": (
        "rows = torch.zeros(2, 4) if t == 0 else rows; rows[t % 2] = h[0]; h = h + rows.mean()", "loss.backward()"
    ),
    "a sum in place": (f"{SUM}; total += out.mean(); total *= 0.9; said.append(total)", "(loss + said[-1]).backward()"),
    "a sum that has two names": (
        f"{SUM}; first = total; total += out.mean(); said.append(first)", "(loss + said[-1]).backward()"
    ),
    "a sum that something looks into": (
        f"{ROWS}; part = rows[1]; part.sum().item(); {MORE}; rows += g; h = h + part.mean(); said.append(rows)",
        "(loss + said[-1].sum()).backward()",
    ),
    "a product in place": (
        f"{SUM}; total.sum().item(); total.mul_(out.mean()); total += out.mean(); said.append(total)",
        "(loss + said[-1]).backward()",
    ),
    "a sum that keeps its gradient": (
        f"{SUM}; total.sum().item(); total += out.mean(); total.retain_grad(); said.append(total)",
        "(loss + said[-1] * 2).backward(); print(said[-1].grad)",
    ),
    "a sum that is needed as it was": (
        f"{SUM}; loss = loss + total * h.sum(); total.sum().item(); total += out.mean()",
        """try: loss.backward()
    except RuntimeError as error: print(error)""",
    ),
    "a sum of no gradients": (
        f"total = torch.zeros(1) if t == 0 else total; h.sum().item(); {MORE}; total += g.mean(); said.append(total)",
        "(loss + said[-1].sum()).backward()",
    ),
    "rows of a table": (
        f"{ROWS}; h.sum().item(); {MORE}; rows[t] = g[0]; said.append(rows)",
        "(loss + said[-1].pow(2).sum()).backward()",
    ),
    "more for rows": (
        f"{ROWS}; h.sum().item(); rows[t % 3] += h[0]; said.append(rows)",
        "(loss + said[-1].pow(2).sum()).backward()",
    ),
    "columns of rows": (
        f"{ROWS}; h.sum().item(); rows[t % 3, 1:3] = h[0, :2]; rows[0, 0] *= 0.5; said.append(rows)",
        "(loss + said[-1].pow(2).sum()).backward()",
    ),
    "a row with a name": (
        f"{ROWS}; row = rows[t]; h.sum().item(); {MORE}; row += g[0]; said.append(row.sum())",
        "(loss + sum(said)).backward()",
    ),
    "where a mask says": (
        f"{ROWS}; h.sum().item(); rows[rows[:, 0] < t] += h[0]; said.append(rows)",
        "(loss + said[-1].pow(2).sum()).backward()",
    ),
    "asked for by name": (
        "pass", "for p, g in zip(parameters, torch.autograd.grad(loss, parameters)): p.grad = g"
    ),
    "some inputs": ("pass", "loss.backward(inputs=parameters[:2])"),
    "twice": ("pass", "loss.backward(retain_graph=True); loss.backward()"),
    "with its graph": (
        "pass",
        "g, = torch.autograd.grad(loss, [cell.weight_hh], create_graph=True); (loss + g.pow(2).sum()).backward()",
    ),
    "a state of two": ("h = torch.cat([h[:, :2], out[:, :2]], 1)", "loss.backward()"),
    "a state that is used twice": ("h = h + 0.1 * h * out.mean()", "loss.backward()"),
    "nothing for the last": ("h = h if t < n - 1 else h * 0", "(loss * 2).backward()"),
}  # fmt: skip


def program(name: str) -> str:
    in_round, backward = WAYS[name]
    return START.replace("IN_ROUND", in_round) + LOOP.replace("BACKWARD", backward)


@pytest.mark.parametrize("name", WAYS)
def test_sequences_of_many_lengths(name: str) -> None:
    after = ["print(loss, h, [p.grad for p in parameters])", "print(parameters)"]
    assert difference(program(name), after) is None


@pytest.mark.parametrize("name", ["plain", "two results", "one of its results", "a state that is used twice"])
def test_their_rounds_are_walked_by_programs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[Any] = []
    pulled = pullbacks.pulled
    monkeypatch.setattr(pullbacks, "pulled", lambda *args: walked.append(pulled(*args)) or walked[-1])
    Session().run(program(name))
    assert sum(1 for each in walked if each) > 15


def test_a_graph_that_was_used_up_is_an_error() -> None:
    text = program("plain").replace(
        "    loss.backward()\n", "    loss.backward()\n    if n == 9: loss.backward()\n"
    )
    assert (
        difference(
            f"try:\n    {text.strip().replace(chr(10), chr(10) + '    ')}\nexcept RuntimeError as e: print(e)",
            [],
        )
        is None
    )


def test_a_method_may_call_its_object_anything() -> None:
    text = """
import torch
class Net(torch.nn.Module):
    def __init__(it):
        super().__init__()
        it.linear, it.seen = torch.nn.Linear(3, 1), None
    def forward(it, x):
        y, it.seen = it.linear(x), x
        return y
net, x = Net(), torch.ones(2, 3)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(8):
    opt.zero_grad(); net(x).sum().backward(); opt.step()
"""
    session = Session()
    session.run(text)
    (listing,) = session.listings()
    assert "weight" in listing


#: what a round is given in the rounds that a program is learned of, and in others; what becomes of its results then
ALIKE = {
    "inputs": ("x, x", "x, y", "o.sum() + p.sum()", "o.sum() + p.sum()"),
    "gradients": ("x, y", "x, y", "(o + p).sum()", "(o * 2 - p * 3).sum()"),
    "graphs": ("*[w[0] * 2] * 2", "w[0] * i, w[1].exp()", "(o + p * 2).sum()", "(o * 3 + p).sum()"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_was_one_thing_while_a_program_was_learned(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[Any] = []
    pulled = pullbacks.pulled
    monkeypatch.setattr(pullbacks, "pulled", lambda *args: walked.append(pulled(*args)) or walked[-1])
    same, other, then, otherwise = ALIKE[name]
    program = f"""import torch
w = torch.tensor([0.3, -0.2, 0.5], requires_grad=True)
kept, grads = [], []
def both(u, v):
    a = (u * w).tanh() * v
    return a * w, (a + v).sin() * u
for i in range(120):
    alike = 20 <= i < 70
    try:  # which is evaluated
        x, y = torch.full((3,), 0.1 * i), torch.full((3,), 2.0)
        kept.append(both({same}) if alike else both({other}))
        if i % 3 == 2:
            sum([{then} if alike else {otherwise} for o, p in kept]).backward()
            kept.clear(); grads.append(w.grad.tolist()); w.grad = None
    except ValueError:
        pass
"""
    assert difference(program, ["print(grads)"]) is None
    assert any(walked)


#: what a derivative saves, and how that is changed before the way back
SAVED = {
    "a transposed weight": ("y = torch.tanh(x[t] @ W.t()) @ W.t()", "with torch.no_grad(): W.add_(1)"),
    "a part of a weight": (
        "y = torch.tanh(x[t] @ W[:2].t()) @ W.narrow(0, 0, 2)", "with torch.no_grad(): W.add_(1)"
    ),
    "a row of a state": ("y = torch.tanh(x[t] @ h[t % 3]) * h[0].sum()", "with torch.no_grad(): h.add_(1)"),
    "a result": ("g = torch.tanh(x[t] @ W) + 1; y = g * g", "g.mul_(2)"),
    "a result, twice": ("g = torch.tanh(x[t] @ W) + 1; y = g * g", "g.mul_(2).zero_()"),
    "a result that is gone": ("y = over(torch.tanh(x[t] @ W))", "pass"),
    "a result that is needed itself": ("g = torch.tanh(x[t] @ W); y = g * W[0]", "g.add_(1)"),
    "a view of a result": ("g = torch.tanh(x[t] @ W) + 1; v = g[0]; y = v * v * g", "v.add_(g[1])"),
    "what has a view": ("g = torch.tanh(x[t] @ W) + 1; v = g[0]; y = v * v * g", "g.add_(1)"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAVED)
def test_what_was_saved_is_named_after_what_changed_it(name: str) -> None:
    body, change = SAVED[name]
    program = f"""
import torch
W = torch.randn(3, 3, requires_grad=True); x = torch.randn(4, 2, 3)
def over(v):
    c = v + 1
    y = c * c
    c.mul_(2)
    return y
for i in range(30):
    h = W * 2
    loss = 0
    for t in range(1 + i % 4):
        {body}
        loss = loss + y.sum()
    if i > 20:
        {change}
    try:
        loss.backward()
    except RuntimeError as e:
        print(e)
"""
    assert difference(program, []) is None


#: what a round does to its state, and what happens outside of it
STATES = {
    "cut in each round": ("h = h.detach(); h = torch.tanh(x[t] @ W + h @ V)", "h = x[0]", "h.sum()"),
    "cut now and then": (
        "h = h.detach() if t % 2 else h; h = torch.tanh(x[t] @ W + h @ V)", "h = x[0]", "h.sum()"
    ),
    "another view of what is outside": ("h = torch.tanh(x[t] @ W + h.t().t() @ V)", "h = x[0]", "h.sum()"),
    "a share that is left": (
        "s = torch.tanh(x[t] @ W + h @ V); loss = loss + s.sum(); h = torch.sigmoid(s @ W) * s",
        "h = x[0]; loss = 0",
        "loss",
    ),
    "kept sums": ("kept.append(W[:2] + V[:2])", "kept = []", "sum(v.sin().sum() for v in kept)"),
    "a view with a hook": (
        "kept.append(h.sum())", "kept = []; h = V[:1].expand(2, 3); h.register_hook(lambda g: g * 0.5)", "sum(kept)"
    ),
    "a view that keeps its gradient": (
        "kept.append(h.sum() * t)", "kept = []; h = V[:1].expand(2, 3); h.retain_grad()", "sum(kept) + (h.grad is None)"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_states(name: str) -> None:
    inner, outer, total = STATES[name]
    program = f"""
import torch
W, V = torch.randn(3, 3, requires_grad=True), torch.randn(3, 3, requires_grad=True)
x = torch.randn(6, 2, 3)
for i in range(40):
    {outer}
    for t in range(1 + i % 4):
        {inner}
    l = {total} + (W * V).sum()
    l.backward()
"""
    assert difference(program, ["print(W.grad, V.grad)", "print(torch.autograd.grad(h.sum(), s))"]) is None


QUESTIONS = [
    "h.retains_grad",
    "h._version == 1",
    "h is last",
    "h is not x",
    "h is W",
    "last is None or last is h",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_round_asks_of_its_state(question: str) -> None:
    program = f"""
import torch
W = torch.randn(3, 3, requires_grad=True); x = torch.randn(2, 3); last = None; kept = []
def use(h, last):
    y = torch.tanh(h @ W)
    if {question}: y = y * 2 + 1
    return y * (y @ W)
for i in range(60):
    h = x @ W
    if i % 20 > 12:
        h = [x, W[:2] * 1, last, h.detach().add_(1), W][i % 5]
    if i % 7 == 6 and h.grad_fn is not None: h.retain_grad()
    y = use(h, last)
    y.sum().backward()
    kept.append(y.sum().item())
    last = y.detach()
"""
    assert difference(program, ["print(kept, W.grad)"]) is None


def test_a_state_that_retains_its_gradient_already() -> None:
    program = """
import torch
W = torch.randn(3, 3, requires_grad=True); x = torch.randn(2, 3)
def sequence(n, h):
    loss = (W * W).sum()
    for t in range(n):
        h.retain_grad()
        loss = loss + torch.tanh(h @ W).sum()
    return loss
for i in range(30):
    h = x @ W
    sequence(1 + i % 4, h).backward()
    print(h.grad)
"""
    assert difference(program, []) is None
