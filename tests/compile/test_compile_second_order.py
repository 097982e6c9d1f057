"""Gradients of gradients whose graph a program has left: the same as of one that was evaluated."""

from __future__ import annotations

import pytest

from tensorsh import Session

STEPS = {
    "in place": "r = (x * w).sigmoid_(); h = r * x + h",
    "in place, twice": "r = (x * w).add_(x).sigmoid_(); h = r * x * r + h",
    "a part in place": "a, b = torch.unsafe_chunk(x * w, 2, 1); r = a.add_(b).tanh_().repeat(1, 2); h = h * r - r * r",
    "new results": "r = torch.sigmoid(x * w); h = r * x + r.exp() * h",
    "a GRU's cell": "h = cell(x, h)",
    "an LSTM's cell": "h, c = lstm(x, (h, c))",
}
TEXT = """
import torch
torch.manual_seed(0)
cell, lstm, w = torch.nn.GRUCell(4, 4), torch.nn.LSTMCell(4, 4), torch.tensor(0.7, requires_grad=True)
start, found = torch.randn(4, 4), []
def steps(x):
    h, c = torch.ones(4, 4), torch.zeros(4, 4)
    for t in range(2):
        {step}
    return h
def once():
    x = start.clone().requires_grad_()
    first = torch.autograd.grad(steps(x).sum(), x, create_graph=True)[0]
    parameters = [w, *cell.parameters(), *lstm.parameters()]
    second = torch.autograd.grad(first.pow(2).sum(), parameters, allow_unused=True)
    found.append([None if g is None else g.tolist() for g in second])
    return 1
once()
once()
once()
"""


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_second_derivatives_of_what_a_program_made(step: str) -> None:
    found = []
    for compile in (True, False):
        session = Session(compile=compile)
        session.run(TEXT.format(step=step))
        found.append(session["found"])
    assert found[0] == found[1]
