"""What masks from outside select is part of a program, for as many elements as there were when it was made."""

from __future__ import annotations

import pytest

from compile_compare import difference
from tensorsh import Session

START = """
import torch
import torch.nn.functional as F
torch.manual_seed(0)
w = torch.randn(6, 3, requires_grad=True)
x, labels = torch.randn(40, 6), torch.randint(0, 3, (40,))
order = torch.randperm(40)
train = torch.zeros(40, dtype=torch.bool)
train[order[:25]] = True
masks = [torch.rand(40) > 0.5 for _ in range(5)]
grid = torch.rand(40, 6) > 0.4
bytes = (torch.rand(40) > 0.5).to(torch.uint8)
out = []
"""
STEP = """
for i in range(30):
    scores = (x @ w).log_softmax(1)
    loss = F.nll_loss(scores[train], labels[train])
    w.grad = None
    loss.backward()
    w.data -= 0.1 * w.grad
    out.append(loss.item())
"""


def test_a_step_with_a_mask_is_a_program() -> None:
    assert difference(START + STEP, ["print(out, w)"]) is None
    session = Session()
    session.run(START + STEP)
    assert session._evaluator.loops.programs[-1][1].runs > 20


@pytest.mark.parametrize(
    "body",
    [
        # another mask each time, now and then of as many elements
        "m = masks[i % 5]; s = (x[m] @ w).sin().sum(); s.backward(); out += [s, w.grad]; w.grad = None",
        # one that is changed in place
        "train[i] = ~train[i]; s = (x[train] @ w).sin().sum(); s.backward(); out += [s, w.grad]; w.grad = None",
        # of two dimensions, beside other indices, and as bytes
        "s = (x[grid] ** 2).sum() * w.sum() + (x[train, 1] * x[train][:, 2]).sum() * w[0, 0]\n"
        "    s.backward(); out += [s, w.grad]; w.grad = None",
        "s = ((x @ w)[:, 1][train] + (x.t()[:, train] * 2)[0]).exp().sum()\n"
        "    s.backward(); out += [s, w.grad]; w.grad = None",
        "s = (x @ w)[bytes].sum(); s.backward(); out += [s, w.grad]; w.grad = None",
        # what the round computes itself
        "m = (x @ w)[:, 0] > 0; s = (x[m] @ w).sum(); s.backward(); out += [s, w.grad]; w.grad = None",
        # graphs that keep the places, walked when masks are others
        "m = masks[i % 5]; out.append((x[m] @ w).cos().sum())\n    if i % 4 == 3: sum(out).backward(); out.clear()",
        # assignments
        "y = x.clone(); y[train] = (x @ w)[train].repeat(1, 2); y[masks[i % 5]] = 0.; s = y.tanh().sum()\n"
        "    s.backward(); out += [s, w.grad]; w.grad = None",
        # none at all
        "m = torch.zeros(40, dtype=torch.bool) if i % 2 else train; s = (x[m] @ w).sum()\n"
        "    s.backward(); out += [s, w.grad]",
    ],
)
def test_what_else_masks_select(body: str) -> None:
    assert difference(f"{START}for i in range(30):\n    {body}\n", ["print(out, w.grad)"]) is None
