"""A compiled round whose call fails after others have drawn or changed something: it is as if it had not begun."""

from __future__ import annotations

import pytest

from compile_compare import difference

#: what a round does before it looks something up in four rows, the last time in a fifth
BEFORE = {
    "draws": "x = torch.rand(3)",
    "a change": "with torch.no_grad(): a.mul_(0.5)",
    "a change of .data": "a.data.mul_(0.5)",
    "a change of a view": "with torch.no_grad(): a[1:].mul_(0.5)",
    "a change of one of two": "with torch.no_grad(): a.mul_(0.5); torch.tanh(b)",
    "a change through another name": "old.data -= 0.25",
    "an optimizer": "opt.zero_grad(); (a * b * torch.rand(3)).sum().backward(); opt.step()",
    "an optimizer with momentum": "descent.zero_grad(); (a * b * torch.rand(3)).sum().backward(); descent.step()",
    "draws and changes": "b.data.add_(torch.randn(3)); d = torch.rand(2)",
}


@pytest.mark.parametrize("name", BEFORE)
def test_a_failed_round_has_changed_nothing_twice(name: str) -> None:
    program = f"""import torch
import torch.nn.functional as F
a = torch.tensor([1., 2., 3.], requires_grad=True); b = torch.ones(3, requires_grad=True)
old = a.detach()
opt = torch.optim.Adam([a], lr=0.1); descent = torch.optim.SGD([a], lr=0.1, momentum=0.9)
table = torch.arange(8.).reshape(4, 2)
places = torch.tensor([0, 1, 2, 3] * 6 + [4, 0, 1])
seen = []
for i in range(27):
    try:
        {BEFORE[name]}
        y = F.embedding(places[i], table)
        with torch.no_grad(): b.add_(y.sum())
    except IndexError as e:
        seen.append(i)
after = torch.rand(2)
"""
    assert difference(program, ["print(a, b, seen, after)"]) is None


@pytest.mark.parametrize(
    "target", ["rand(4)", "rand(4) * (2. if i > 20 else 1.)", "p.detach() + 0.5 * (i == 23)"]
)
def test_a_loss_that_refuses_what_is_no_probability(target: str) -> None:
    """Its check is part of the program, which is left where a target is none."""
    program = f"""import torch
import torch.nn.functional as F
from torch import rand
w = torch.zeros(4, requires_grad=True)
said = []
for i in range(27):
    try:
        p = torch.sigmoid(w * 2)
        loss = F.binary_cross_entropy(p, {target})
        loss.backward()
        with torch.no_grad(): w -= 0.1 * w.grad
    except RuntimeError as e:
        said.append((i, str(e)))
"""
    assert difference(program, ["print(w, w.grad, said)", "print(rand(1))"]) is None
