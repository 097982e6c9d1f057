"""Training loops as people write them: compiled, with what they do besides, and with the digits of evaluation."""

from __future__ import annotations

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
