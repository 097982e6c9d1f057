"""Training loops as people write them: compiled, with what they do besides, and with the digits of evaluation."""

from __future__ import annotations

import re

import pytest

from tensorsh import Session

START = """import torch
from torch import nn
from torch.distributions import Normal
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 4))
attention = nn.MultiheadAttention(4, 2, batch_first=True)
optimizer = torch.optim.SGD([*net.parameters(), *attention.parameters()], lr=0.1)
x = torch.randn(5, 4)
xs = [torch.randn(5, 4) for _ in range(3)]
samples = [(torch.randn(5, 4), i * 0.1, i) for i in range(100)]
scales = [0.5, 2.0, 3.0]
"""
STEP = """
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
#: name → (what comes before the loop, what its rounds begin with, what is printed at the end)
LOOPS = {
    "attention and its weights": (
        "",
        "h, weights = attention(x[None], x[None], net(x)[None]); loss = h.pow(2).mean() + weights.std()",
        "h, weights, weights._base is not None",
    ),
    "a distribution of a number": (
        "",
        "q = Normal(net(x), 1.); a = q.sample(); loss = -(q.log_prob(a) * x).mean() - q.entropy().mean()",
        "q.scale, q.scale.stride(), q.scale._base, a",
    ),
    "items of lists": (
        "",
        "v = xs[i % 3]; sample = samples[i]; t, a, k = sample; w = samples[i + 1]; "
        "loss = (net(v) - t * a + k * scales[i % len(str(111))] - w[0]).pow(2).mean()",
        "v is xs[1], sample is samples[19], k, a, w",
    ),
    "sizes that a function takes apart": (
        "def shaped(a, t, shape):\n    b, *_ = t.shape\n    return a.gather(-1, t).view(b, *(1,) * (len(shape) - 1))",
        "t = torch.arange(5) + i % 3; loss = (net(x) * shaped(x.reshape(-1), t, x.shape)).pow(2).mean()",
        "t",
    ),
    "a border that goes round": (
        "",
        "y = nn.functional.pad(x[None] * i, (2, 2), mode='circular')[0, :, 2:6]; loss = net(y).pow(2).mean()",
        "y, y.stride()",
    ),
    "an item that is changed": (
        "base = torch.zeros(7, 4)\nrows = list(base)",
        "r = rows[i % 7]; loss = net(x + r).pow(2).mean(); r += 1; q = rows[(i + 1) % 7]; q *= 0.5",
        "base, rows, r is rows[5], q._base is base",
    ),
    "items in a function": (
        "def total(ys):\n    for i in range(20):\n        y = ys[i % 3]; t = net(y).sum()\n    return t, y is ys[1]",
        "loss = net(x).pow(2).mean()",
        "total(xs)",
    ),
    "results by columns": (
        "root = torch.linalg.cholesky(x @ x.T + torch.eye(5))",
        "a = torch.linalg.solve_triangular(root, net(x), upper=False); loss = a.pow(2).sum()",
        "a, a.stride()",
    ),
}
#: what becomes of the list between the rounds, and in them
CHANGES = {
    "an item is another one": "if i == 12: xs[1] = xs[2]",
    "it is longer": "if i == 12: xs.insert(0, x)",
    "it has other items": "if i == 12: xs = [torch.ones(2, 4)] * 3",
    "it is another sequence": "if i == 12: xs = tuple(xs)",
    "it is a tensor": "if i == 12: xs = torch.ones(3, 5, 4)",
    "an item is set": "xs[i % 2] = v * 0.5",
    "all items are taken": "loss = loss + len(xs) + sum(each.sum() for each in xs)",
    "another name for it": "ys = xs; ys[0] = v * 0.5; v = xs[i % 2]",
}


def printed(compile: bool, name: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, list[str]]:
    before, body, end = LOOPS[name]
    session = Session(compile=compile)
    text = f"{START}{before}\nfor i in range(20):\n    {body}{STEP}print(loss, {end})\nprint(*net.parameters())\n"
    session.execute(text, "train.py", lambda shown: None)
    return capsys.readouterr().out, [each.text for each in session.uncompiled()]


@pytest.mark.parametrize("name", LOOPS)
def test_as_it_is_evaluated(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    compiled, left = printed(True, name, capsys)
    assert compiled == printed(False, name, capsys)[0]
    assert left == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_list_that_changes(change: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for compile in (True, False):
        session = Session(compile=compile)
        loop = f"for i in range(30):\n    v = xs[i % 3]; loss = net(v).mean()\n    {CHANGES[change]}\n    y = net(v)\n"
        session.execute(
            f"{START}{loop}    loss = loss + y.sum()\nprint(loss, xs)\n", "a.py", lambda shown: None
        )
        found.append(capsys.readouterr().out)
    assert found[0] == found[1]


def test_an_index_that_is_out_of_range(capsys: pytest.CaptureFixture[str]) -> None:
    loop = "for i in range(20):\n        v = xs[i // 5]; y = net(v).sum()"
    for compile in (True, False):
        Session(compile=compile).execute(
            f"{START}try:\n    {loop}\nexcept IndexError as e: print(i, e)", "a.py", lambda shown: None
        )
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert first.startswith("15 list index out of range")


ASSERTED = """
    assert x.shape == (5, 4)
    h = net(x); k = h.exp()
    assert h.shape == (5, 4)
    y = h.pow(2) * k
    assert not torch.isnan(y).any()
    loss = (y * h).mean()
    assert loss.item() < 1e3"""


@pytest.mark.parametrize(
    "change", ["pass", "if i == 12: h.data.mul_(2)", "if i == 12: print(y.grad_fn, h.grad_fn)"]
)
def test_a_graph_of_several_programs(change: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What one program has made, and the next one needs for its derivatives, the third one finds there."""
    found = []
    for compile in (True, False):
        session = Session(compile=compile)
        loop = f"for i in range(20):{ASSERTED}\n    {change}{STEP}print(loss, *net.parameters())"
        session.execute(START + loop, "a.py", lambda shown: None)
        found.append(re.sub(" at 0x[0-9a-f]+", "", capsys.readouterr().out))
        left = [each.span.text for each in session.uncompiled()]
        assert change != "pass" or all(text.startswith(("assert", "if")) for text in left), left
    assert found[0] == found[1]


KEPT = """
    h = net(x)
    seen.append(h.log_softmax(1).mean())
    n += (h.argmax(1) == 1).sum().item()
    a = 100 * (h > 0).float().mean().item() / 2
    hold.kept.append(h.detach().sum())
    loss = h.pow(2).mean()"""


def test_what_is_kept_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """What a list gets and what `.item()` looks at is computed by the programs around."""
    start = f"{START}from types import SimpleNamespace\nhold = SimpleNamespace(kept=[]); n, a, seen = 0, 0.0, []\n"
    loop = f"for i in range(20):{KEPT}{STEP}"
    shown = "print(n, a, hold.kept, seen[3].grad_fn, sum(each.item() for each in seen), loss)"
    found = []
    for compile in (True, False):
        session = Session(compile=compile)
        session.execute(start + loop + shown, "a.py", lambda shown: None)
        found.append(re.sub(" at 0x[0-9a-f]+", "", capsys.readouterr().out))
        titles = [re.findall(r"\d+", title) for title, _ in session._evaluator.loops.programs]
        first = start.count("\n") + 2
        done = {line for start, *end in titles for line in range(int(start), int((end or [start])[0]) + 1)}
        assert not compile or done.issuperset(range(first, first + KEPT.count("\n")))
    assert found[0] == found[1]
