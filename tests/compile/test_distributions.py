"""Distributions that a loop makes, and those that it finds: their methods are part of its program."""

from __future__ import annotations

import re

import pytest

from tensorsh import Session
from tensorsh.engine.compile.tape import layouts

START = """
import torch
from torch import distributions as D
torch.manual_seed(0)
a, b = torch.randn(4, requires_grad=True), torch.zeros(4, requires_grad=True)
x = torch.randn(6, 3)
W = torch.randn(3, 4, requires_grad=True)
prior = D.Normal(torch.zeros(4), torch.ones(4))
together = D.Independent(D.Normal(torch.zeros(4), torch.ones(4)), 1)
"""
MADE = """
for i in range(12):
    q = {made}
    z = q.rsample((3,))
    loss = -q.log_prob(z).mean() + (z ** 2).mean()
    a.grad = b.grad = None
    loss.backward()
    with torch.no_grad():
        a -= 0.01 * a.grad
print(loss, q, q.batch_shape, q.event_shape, list(vars(q)), a, z.requires_grad)
"""
POLICY = """
for i in range(12):
    q = {made}
    z = q.sample()
    loss = q.log_prob(z).mean() - q.entropy().mean()
    W.grad = None
    loss.backward()
    with torch.no_grad():
        W -= 0.1 * W.grad
print(loss, q, z, list(vars(q)), W)
"""
FOUND = """
for i in range(12):
    q = D.Normal(a, b.exp())
    z = q.rsample()
    loss = D.kl_divergence(q, prior).sum() - prior.log_prob(z).sum() - together.log_prob(z)
    a.grad = b.grad = None
    loss.backward()
    with torch.no_grad():
        a -= 0.1 * a.grad
        b -= 0.1 * b.grad
    {change}
print(loss, q, a, b)
"""
PROGRAMS = [
    *(
        MADE.replace("{made}", made)
        for made in (
            "D.Normal(a, b.exp())", "D.Laplace(a, b.exp())", "D.Independent(D.Normal(a, b.exp()), 1)",
            "D.Normal(a, b.exp(), validate_args=False)",
        )
    ),
    *(
        POLICY.replace("{made}", made)
        for made in (
            "D.Categorical(logits=x @ W)", "D.Bernoulli(logits=x @ W)", "D.Categorical(torch.softmax(x @ W, 1))",
        )
    ),
    FOUND.replace("{change}", "h = loss"),
]  # fmt: skip


def printed(capsys: pytest.CaptureFixture[str], compile: bool, text: str) -> tuple[str, int]:
    session = Session(compile=compile)
    session.run(START + text)
    calls = [int(n) for each in session.listings() for n in re.findall(r"(\d+) calls", str(each))]
    return capsys.readouterr().out, max(calls, default=0)


@pytest.mark.parametrize("text", PROGRAMS)
def test_it_is_part_of_the_program(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    compiled, eager = (printed(capsys, flag, text) for flag in (True, False))
    assert compiled[0] == eager[0]
    assert compiled[1] > 25


@pytest.mark.parametrize(
    "change",
    [
        "if i == 7: prior = D.Normal(torch.ones(4), torch.ones(4))",
        "if i == 7: prior.loc = torch.ones(4)",
        "if i == 7: D.Distribution.set_default_validate_args(False)",
        "print(q.mean.sum().item())",
    ],
)
def test_what_it_relied_on_changes(change: str, capsys: pytest.CaptureFixture[str]) -> None:
    compiled, eager = (printed(capsys, flag, FOUND.replace("{change}", change)) for flag in (True, False))
    assert compiled[0] == eager[0]


def test_a_value_that_is_not_valid_is_an_error_in_its_round(capsys: pytest.CaptureFixture[str]) -> None:
    text = """
try:
    for i in range(30):
        s = torch.tensor(3.0) - i * 0.2
        q = D.Normal(torch.zeros(2), s)
        y = q.log_prob(torch.ones(2)).sum() * 2
except ValueError as error:
    print(i, error, y)
"""
    compiled, eager = (printed(capsys, flag, text) for flag in (True, False))
    assert compiled[0] == eager[0]
    assert "Expected parameter scale" in compiled[0]


DRAWN = {
    "normal": "torch.normal(zeros, ones)",
    "sample": "base.sample((64,))",
    "poisson": "torch.poisson(ones)",
    "own": "torch.normal(zeros, ones, generator=g)",
    "gamma": "D.Gamma(ones, ones).sample()",
}


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_a_replay_that_fails_gives_back_what_it_drew(drawn: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The first one fails where a kernel's result does not lie in memory as it was thought to."""
    text = f"""
g = torch.Generator().manual_seed(5)
scale = torch.ones(2, requires_grad=True)
zeros, ones, base = torch.zeros(64, 2), torch.ones(64, 2), D.Normal(torch.zeros(2), torch.ones(2))
target = D.MultivariateNormal(torch.zeros(2), torch.tensor([[1.0, 0.8], [0.8, 1.0]]))
for i in range(8):
    z = {drawn}
    loss = target.log_prob(z * scale).mean()
    loss.backward()
    print(i, z.sum(), scale.grad)
"""
    layouts.clear()
    compiled, eager = (printed(capsys, flag, text) for flag in (True, False))
    assert compiled[0] == eager[0]
