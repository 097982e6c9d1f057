"""Runs that are given views of what has a graph, integers from tensors, and tensors that are made of data."""

from __future__ import annotations

from typing import Any

import pytest

from compile_compare import difference
from tensorsh import Session
from tensorsh.engine.compile import pullbacks

VIEWS = """
import torch
w = torch.tensor([[0.3, -0.2, 0.5], [0.1, 0.7, -0.4]], requires_grad=True)
kept, parts = [], []
def score(row, k):
    wide = row.view(1, -1).expand(2, 3)
    parts.append(k)
    high = (wide * w).tanh() + row.unsqueeze(0)
    part = row.view(3, 1)
    return high.sum() * row[k].exp(), part
for i in range(45):
    w.grad = None
    feats = (w * (0.1 * i + 1)).sin()
    total = 0
    for k, row in enumerate(ROWS):
        BEFORE
        s, part = score(row, k)
        AFTER
        total = total + s
    total.backward()
    kept.append(w.grad.tolist())
"""
#: what the rows are, and what is done with one and with a view that the run has made of it
WAYS = {
    "rows": ("feats", "pass", "pass"),
    "rows of a leaf": ("w", "pass", "pass"),
    "rows of a leaf, made without a graph": ("[w.detach()[0], w.detach()[1]]", "pass", "pass"),
    "halves": ("feats.split(1)", "row = row[0]", "pass"),
    "written to": ("[feats[0], feats[1]]", "row.mul_(2)", "pass"),
    "their base is written to": ("[feats[0], feats[1]]", "feats.mul_(1.5)", "pass"),
    "their base now and then": ("[feats[0], feats[1]]", "if i % 5 == 4: feats.add_(0.1)", "pass"),
    "the run's view is written to": (
        "[feats[0], feats[1]]", "pass", "part.mul_(0.5); s = s + part.sum() + feats.sum()"
    ),
    "the run's view is looked into": ("feats", "pass", "s = s + part[1, 0] * part.view(-1)[2]"),
    "its base is asked for": ("[feats[0], feats[1]]", "pass", "s = s * (2.0 if part._base is feats else 3.0)"),
    "without a graph": ("feats", "row = row.detach()", "pass"),
    "looked at": ("feats", "pass", "s = s * (1 + len(str(part.grad_fn)) % 7)"),
}  # fmt: skip


def of_views(name: str) -> str:
    rows, before, after = WAYS[name]
    return VIEWS.replace("ROWS", rows).replace("BEFORE", before).replace("AFTER", after)


@pytest.mark.parametrize("name", WAYS)
def test_views_of_what_has_a_graph(name: str) -> None:
    assert difference(of_views(name), ["print(kept, part, part.grad_fn, part._base)"]) is None


def test_they_are_compiled() -> None:
    session = Session()
    session.run(of_views("rows").replace("parts.append(k)", "pass"))
    assert any("tanh" in listing for listing in session.listings())


def test_a_run_does_not_write_through_them() -> None:
    program = """
import torch
w = torch.tensor([0.3, -0.2, 0.5], requires_grad=True)
kept = []
def scaled(part):
    part = part * 1.5
    half = part.sin() + 1
    half.mul_(2)
    return half.sum()
def in_place(part):
    with torch.no_grad():
        part.mul_(1.01)
    return (part.sin() * 2).cos().sum()
for i in range(40):
    w.grad = None
    made = (w * i).exp()
    (scaled(made[:2]) + in_place(made[1:])).backward()
    kept.append((w.grad.tolist(), made.tolist(), made._version))
"""
    assert difference(program, ["print(kept)"]) is None


#: what is done with an integer that a tensor has
ITEMS = {
    "a place": "v[at(v)] * 2",
    "from the end": "v[at(v) - 1] + v[-1 - at(v)]",
    "two places": "v.view(2, 3)[at(v) // 3, at(v) % 3]",
    "a factor": "v * ((v > 0).sum().item() + 1)",
    "a divisor": "v.sum() / ((v > 0).sum().item() + 1)",
    "a slice": "v[: at(v) + 1].sum()",
    "a branch": "v.sum() if at(v) > 2 else v.prod()",
    "a greater one": "v[max(at(v), 3)]",
    "a place in a list": "v.sum() * [1, 2, 3, 4, 5, 6][at(v)]",
    "a key": "v.sum() * {0: 1.0, 1: 2.0}.get(at(v), 3.0)",
    "a count of rounds": "sum((v[j] for j in range(at(v))), v.sum())",
    "data": "torch.nn.functional.cross_entropy(v.view(1, -1), torch.tensor([at(v)]))",
    "text": "v.sum() * len(f'{at(v)}')",
    "a shift": "v.roll(at(v)).cumsum(0)[at(v)] + v.select(0, at(v)) + v.narrow(0, at(v) // 2, 1).sum()",
    "written to": "v.clone().index_fill_(0, torch.tensor([at(v)]), 0.5).sum()",
    "a truth": "v.sum() * (v > 0).any().item()",
    "out of range": "v[at(v) + 1]",
}


@pytest.mark.parametrize("name", ITEMS)
def test_integers_that_tensors_have(name: str) -> None:
    program = f"""
import torch
w = torch.tensor([0.3, -0.2, 0.5, 0.1, 0.7, -0.4], requires_grad=True)
kept = []
def at(v):
    _, i = torch.max(v.view(1, -1), 1)
    return i.item()
def used(v):
    found = {ITEMS[name]}
    return found.sum()
for k in range(60):
    v = w * torch.sin(torch.arange(6.0) * k) + 0.005 * k
    w.grad = None
    try:
        s = used(v)
        s.backward()
        kept.append((s.item(), w.grad.tolist()))
    except IndexError as error:
        kept.append(str(error))
"""
    assert difference(program, ["print(kept)"]) is None


def test_a_place_that_a_tensor_has_does_not_end_a_run() -> None:
    session = Session()
    session.run("""
import torch
def highest(v):
    _, i = torch.max(v.view(1, -1), 1)
    return i.item()
def log_sum_exp(v):
    top = v[highest(v)]
    return top + torch.log(torch.sum(torch.exp(v - top)))
v = torch.tensor([0.3, 0.9, -0.4])
for k in range(20):
    v = v.roll(1) + log_sum_exp(v)
""")
    assert any(
        ("exp" in listing and "argmax" in listing) or "max" in listing for listing in session.listings()
    )


def test_pullbacks_for_each_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that changes in a round's graph: each of a few places has a program."""
    walked: list[Any] = []
    pulled = pullbacks.pulled
    monkeypatch.setattr(pullbacks, "pulled", lambda *args: walked.append(pulled(*args)) or walked[-1])
    program = """
import torch
w = torch.tensor([[0.3, -0.2], [0.5, 0.1], [0.7, -0.4]], requires_grad=True)
kept = []
for i in range(60):
    w.grad = None
    state, seen = torch.zeros(2), []
    for k in range(3):
        state = (state * 0.5 + w[k]).tanh() * w[2 - k] + w[k].exp()
        seen.append(state[0].item() > 0)
    state.sum().backward()
    kept.append(w.grad.tolist())
"""
    assert difference(program, ["print(kept)"]) is None
    assert sum(1 for each in walked if each) > 30


def test_what_one_program_left_to_another_is_walked_by_their_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[Any] = []
    pulled = pullbacks.pulled
    monkeypatch.setattr(pullbacks, "pulled", lambda *args: walked.append(pulled(*args)) or walked[-1])
    program = """
import torch
w = torch.tensor([0.3, -0.2, 0.5], requires_grad=True)
kept = []
def inner(x):
    loss = ((x * w).tanh() - x).pow(2).mean() + w.sin().sum()
    if loss.item() > 1e9:
        print("large")
    return (loss * w).exp().mean() + (loss - w).cos().sum()
for i in range(90):
    w.grad = None
    total = 0
    for k in range(3):
        try:  # which is evaluated
            total = total + inner(torch.full((3,), 0.01 * (i + k)))
        except ValueError:
            pass
    total.backward()
    kept.append(w.grad.tolist())
"""
    assert difference(program, ["print(kept)"]) is None
    assert sum(1 for each in walked if each) > 60


#: how a program gives each round its data
DATA = {
    "for an argument": "loss = criterion(model(x), torch.tensor([ys[i % 7]]))",
    "first": "loss = criterion(torch.tensor([[0.1 * (i % 7), 1.0]]) @ w, torch.tensor([ys[i % 7]]))",
    "by itself": "y = torch.tensor([ys[i % 7]]); loss = criterion(model(x), y)",
    "in a function": "y = labels(i); loss = criterion(model(x), y)",
    "by a method": "loss = model(x).sub(torch.LongTensor([ys[i % 7]]).float()).pow(2).mean()",
    "twice": "loss = criterion(model(x * torch.tensor(0.1 * (i % 7))), torch.tensor([ys[i % 7]]))",
    "of one length or another": "loss = model(torch.tensor([[0.1 * k, 1.0] for k in range(i % 3 + 1)])).sum()",
    "constant": "loss = criterion(model(x), torch.tensor([1]))",
    "after what is bound": "loss = criterion(model(x * (k := i % 3)), torch.tensor([k]))",
    "after what changes it": "loss = criterion(turned(x), torch.tensor([ys[-1]]))",
    "after a choice": "loss = criterion(model(x) if i % 2 else x @ w, torch.tensor([ys[i % 7]]))",
    "written to": "y = torch.tensor([0, ys[i % 7]]); y[0] = 1; loss = model(x).sum() * y.sum()",
}


@pytest.mark.parametrize("name", DATA)
def test_data_of_each_round(name: str) -> None:
    program = f"""
import torch
torch.manual_seed(0)
ys = [0, 2, 1, 1, 0, 2, 0]
w = torch.randn(2, 3, requires_grad=True)
x = torch.tensor([[0.5, -1.0]])
def model(x):
    return (x @ w).tanh()
def labels(i):
    return torch.tensor([ys[i % 7]])
def turned(x):
    ys.insert(0, ys.pop())
    return model(x)
criterion = torch.nn.CrossEntropyLoss()
kept = []
for i in range(50):
    w.grad = None
    {DATA[name]}
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
    kept.append(loss.item())
"""
    assert difference(program, ["print(kept, w)"]) is None


@pytest.mark.parametrize("name", ["for an argument", "by itself", "in a function"])
def test_other_data_needs_no_other_program(name: str) -> None:
    session = Session()
    session.run(f"""
import torch
words = {{chr(97 + k): k for k in range(20)}}
w = torch.randn(3, 20, requires_grad=True)
x = torch.ones(1, 3)
def labels(c):
    return torch.tensor([words[c]])
ys, i = list(words), 0
criterion = torch.nn.CrossEntropyLoss()
def model(x):
    return (x @ w).tanh()
for c in ys * 3:
    w.grad = None
    {DATA[name].replace("ys[i % 7]", "words[c]").replace("labels(i)", "labels(c)")}
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
""")
    assert len(session.listings()) < 6


#: how a round keeps what it makes in lists from outside
KEPT = {
    "one": "kept.append(y)",
    "in order": "kept.append(y); kept.append(y * 2); other.append(y.sum())",
    "several things": "kept.append((y, i, 'y')); other.append([y, 2.5])",
    "what is changed after": "kept.append(y); y.add_(1)",
    "a view": "kept.append(y[0]); y.mul_(2); other.append(y.view(-1))",
    "what was there": "kept.append(x); other.append(w)",
    "under two names": "kept.append(y); alias.append(y * 2)",
    "under another name in a list": "kept.append(y); both[0].append(y * 2)",
    "read as well": "kept.append(y); y = y + len(kept)",
    "read under another name": "kept.append(y); y = y + len(alias)",
    "of a class of its own": "mine.append(y); kept.append(y * 2)",
    "a deque": "queue.append(y); kept.append(y * 2)",
    "a new one now and then": "kept.append(y)\n    if i % 7 == 6: other.append(len(kept)); kept = []",
    "and goes back": "kept.append(y)\n    if i % 5 == 4: sum(k.sum() for k in kept[-5:]).backward(); w.grad.mul_(0.5)",
    "in a function": "add(y)",
    "of numbers": "kept.append(i * 2); kept.append(y.argmax().item())",
}


@pytest.mark.parametrize("name", KEPT)
def test_lists_that_rounds_add_to(name: str) -> None:
    program = f"""
import torch
from collections import deque
class Mine(list):
    def append(self, value):
        list.append(self, value * 3)
w = torch.tensor([[0.3, -0.2], [0.5, 0.1]], requires_grad=True)
kept, other, mine, queue = [], [], Mine(), deque(maxlen=3)
alias, both = kept, [kept]
def add(value):
    kept.append(value * 2)
    other.append(value.sin().sum())
for i in range(40):
    x = torch.full((2, 2), 0.1 * i)
    y = (x @ w).tanh() * 2
    {KEPT[name]}
"""
    assert difference(program, ["print(kept, other, mine, queue, w.grad)"]) is None


def test_they_do_not_end_a_run() -> None:
    session = Session()
    session.run("""
import torch
w = torch.tensor([0.3, -0.2], requires_grad=True)
kept, sums, total = [], [], 0
for i in range(20):
    y = (w * i).tanh()
    kept.append(y)
    sums.append(y.sum())
    total = total + y.exp().mean()
""")
    assert any("tanh" in listing and "exp" in listing for listing in session.listings())
    assert len(session["kept"]) == len(session["sums"]) == 20
    assert session["kept"][-1].grad_fn.name() == "TanhBackward0"


def test_what_a_function_had_is_gone_when_it_is_over() -> None:
    """Its variables are at hand for its runs, and in no circle."""
    session = Session()
    session.run("""
import gc, torch, weakref
gc.disable()
def made():
    x = torch.ones(3).exp()
    y = x.sin() + 1
    seen.append(weakref.ref(y))
    z = y * x
    return z.sum()
seen = []
for _ in range(40):
    made()
gc.enable()
""")
    assert not any(session["seen"][k]() for k in range(40))


def test_what_were_two_lists_is_one() -> None:
    program = """
import torch
def changed(a, b):
    a[0] = a[0] * 2 + 1
    b[1] = b[0].sin() + a[0]
    return (b[1] + a[1]).exp().sum()
def added(kept, other, y):
    kept.append(y * 2)
    s = y.sin() + other[0] * len(other)
    kept.append(s)
    return s.sum()
class Q:
    def __init__(self, x, tags):
        self.x, self.tags = x, tags
def of_attributes(p, q):
    p.tags[0] = p.x * 2
    q.x = q.tags[0] + p.x
    return q.x.sum()
found = []
for i in range(60):
    x, y = torch.full((2,), 0.1 * i), torch.full((2,), 0.2 * i)
    a, b = [x, torch.ones(2)], [y, torch.zeros(2)]
    kept, other = [torch.ones(2)], [x + 1]
    p, q = Q(x, [torch.ones(2)]), Q(y, [torch.ones(2) * 3])
    if i % 5 == 4:
        b, other, q.tags = a, kept, p.tags
    found += [changed(a, b).item(), added(kept, other, x).item(), of_attributes(p, q).item(), len(kept)]
"""
    assert difference(program, ["print(found)"]) is None
