"""Gradients that tensors of a run retain (`retain_grad`) are there after each replay."""

from __future__ import annotations

import pytest

from compile_compare import difference
from tensorsh import Session

START = """
import torch
import torch.nn.functional as F
torch.manual_seed(0)
w1, w2 = torch.randn(5, 7, requires_grad=True), torch.randn(7, 3, requires_grad=True)
x, labels = torch.randn(40, 5), torch.randint(0, 3, (40,))
out = []
"""
STEP = """
for i in range(30):
    at = torch.randint(0, 40, (8,))
    h = x[at] @ w1
    a = h.tanh()
    logits = a @ w2
    loss = F.cross_entropy(logits, labels[at])
    for t in (h, a, logits):
        t.retain_grad()
    w1.grad = w2.grad = None
    loss.backward()
    for w in (w1, w2):
        w.data += -0.1 * w.grad
    out += [h.grad, a.grad, logits.grad, h.retains_grad]
"""
SHOWN = ["print(out)", "print(h.grad, h.retains_grad, h.grad_fn, a.grad_fn is not None)", "print(w1, w2)"]


def test_a_step_that_retains_gradients_is_a_program() -> None:
    assert difference(START + STEP, SHOWN) is None
    session = Session()
    session.run(START + STEP)
    assert session._evaluator.loops.programs[-1][1].runs > 20


@pytest.mark.parametrize(
    "body",
    [
        # the graph is walked twice
        "h = x @ w1; h.retain_grad(); s = h.tanh().sum(); s.backward(retain_graph=True); out.append(h.grad.clone())\n"
        "    if i > 25: s.backward(); out.append(h.grad)",
        # it is walked later
        "h = x @ w1; h.retain_grad(); s = h.tanh().sum()\n    if i % 3 == 0: print(i)\n"
        "    s.backward(); out.append(h.grad)",
        # of a tensor that is changed in place, and of what nobody has a name for
        "h = x @ w1; h.retain_grad(); h *= 2; (x @ w1).retain_grad(); h.sin().sum().backward(); out.append(h.grad)",
        # twice, and of what is a leaf
        "h = x @ w1; h.retain_grad(); h.retain_grad(); w1.retain_grad(); h.sin().sum().backward()\n"
        "    out.append(h.grad); out.append(w1.grad)",
        # two tensors of one node
        "a, b = (x @ w1).split([3, 4], 1); a.retain_grad(); b.retain_grad(); (a.sum() * b.sum()).backward()\n"
        "    out += [a.grad, b.grad]",
        # no walk at all
        "h = x @ w1; h.retain_grad(); out += [h.grad is None, h.retains_grad]",
    ],
)
def test_where_else_gradients_are_retained(body: str) -> None:
    assert difference(f"{START}for i in range(30):\n    {body}\n", ["print(out, w1.grad)"]) is None
