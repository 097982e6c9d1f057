"""Leaves that one run makes and another walks back to: `coords.clone().requires_grad_()` inside a network."""

from __future__ import annotations

from compile_compare import difference
from tensorsh import Session

START = """
import torch
torch.manual_seed(0)
lin, head = torch.nn.Linear(2, 8), torch.nn.Linear(8, 1)
coords, image = torch.randn(30, 2), torch.randn(30, 1)
opt = torch.optim.Adam([*lin.parameters(), *head.parameters()], lr=1e-2)
out = []
def net(x):
    c = x.clone().detach().requires_grad_(True)
    return head(torch.sin(lin(c))), c
"""
LATER = """
for step in range(40):
    y, c = net(coords)
    loss = ((y - image) ** 2).mean()
    if step % 15 == 0:
        g, = torch.autograd.grad(y, [c], grad_outputs=torch.ones_like(y), create_graph=True)
        print(step, loss.item(), g.norm().item())
    opt.zero_grad()
    loss.backward()
    opt.step()
    out.append(c.grad.abs().sum().item())
"""
TWICE = """
for step in range(40):
    c = torch.zeros(30, 2, requires_grad=True)
    if step % 15 == 0: print(step)
    loss = (head(torch.sin(lin(coords + c))) - image).pow(2).mean()
    if step % 15 == 0: print(loss.item())
    loss.backward()
    with torch.no_grad(): d = c - 0.1 * c.grad.sign()
    if step == 20: c.grad = None
    loss = head(torch.sin(lin(coords + d))).sum() + (c * 2).sum()
    if step % 15 == 0: print(loss.item())
    opt.zero_grad(); loss.backward(); opt.step(); out.append(c.grad.sum().item())
"""
SHOWN = ["print(out)", "print(c.grad, c.is_leaf, c.requires_grad)", "print(lin.weight, head.bias)"]


def test_a_walk_back_to_a_leaf_that_another_run_has_made_is_a_program() -> None:
    assert difference(START + LATER, SHOWN) is None
    session = Session()
    session.run(START + LATER)
    assert sum(program.runs for _, program in session._evaluator.loops.programs if program.trains) > 20


def test_such_leaves_are_walked_to_twice() -> None:
    assert difference(START + TWICE, SHOWN) is None
