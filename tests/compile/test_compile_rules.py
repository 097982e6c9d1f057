"""Steps of optimisers in loops that are compiled: the bits of the rules, as NumPy calls and as machine code."""

from __future__ import annotations

import importlib.util

import pytest

from compile_compare import difference, warm_at_once
from tensorsh import Session, TensorshError

MACHINE = importlib.util.find_spec("llvmlite") is not None
OPTIMISERS = [
    "sgd(P, lr=0.1)",
    "sgd(P, lr=0.1, momentum=0.9, nesterov=True)",
    "sgd(P, lr=0.1, momentum=0.5, dampening=0.3, weight_decay=0.1)",
    "sgd(P, lr=0.1, weight_decay=1)",
    "adam(P, lr=0.1)",
    "adam(P, lr=0.1, weight_decay=0.1)",
    "adam(P, lr=0.1, betas=(0.3, 0.9))",
    "adam(P, lr=0.1, betas=(0.5, 0.999))",
    "adam(P, lr=0.1, amsgrad=True)",
    "adam(P, lr=0.1, maximize=True)",
    "adamw(P, lr=0.1)",
    "adamw(P, lr=0.1, weight_decay=0)",
    "rmsprop(P, lr=0.1)",
]


def program(optimizer: str, change: str) -> str:
    return f"""
x = randn(7, 5)
param w = randn(5, 4)
param b = randn(4)
param c = 2.
opt = {optimizer.replace("P", "[w, b, c]")}
for i in range(12):
    opt.zero_grad()
    loss = (tanh(x @ w + b) * c).sum()
    backward loss
    {change}
    opt.step()
"""


@pytest.mark.parametrize("change", ["", "opt.lr = 0.1 / (i + 1)", "if i == 7:\n        b.grad = None"])
@pytest.mark.parametrize("optimizer", OPTIMISERS)
def test_the_same_bits(optimizer: str, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = program(optimizer, change)
    after = ["backward (x @ w).sum()", "opt.step()", "w"]
    assert difference(text, after) is None
    if MACHINE:
        warm_at_once(monkeypatch)
        assert difference(text, after) is None


def test_parameters_of_different_age() -> None:
    """The step of one that had no gradient for a while is another than that of the rest."""
    text = program("adam(P, lr=0.1)", "if i < 4:\n        b.grad = None").replace("range(12)", "range(20)")
    loop = "for " + text.partition("for ")[2].partition("    if")[0] + "    opt.step()\n"
    assert difference(text + loop, ["opt.step()"]) is None


def test_a_statement_that_fails_undoes_the_steps() -> None:
    session = Session(seed=0)
    session.run(program("adam([w, b, c], lr=0.1)".replace("[w, b, c]", "P"), ""))
    before = session.evaluate("[w.tolist(), b.tolist()]")
    loop = program("P", "").partition("for ")[2].replace("range(12)", "range(9)")
    with pytest.raises(TensorshError):
        session.run(f"for {loop}    if i == 8:\n        [][1]")
    assert session.evaluate("[w.tolist(), b.tolist()]") == before
    session.run("opt.step()")
    other = Session(seed=0, compile=False)
    other.run(program("adam(P, lr=0.1)", ""))
    other.run("opt.step()")
    assert session.evaluate("w.tolist()") == other.evaluate("w.tolist()")


TWO_STEPS = """
manual_seed(1)
W = randn(3, 3, requires_grad=True); w = randn(3, requires_grad=True); u = randn(3)
opt = {optimizer}([W, w], lr=0.1)
for i in range(12):
    {zero}
    loss = (w * u).sum()
    loss.backward()
    opt.step()
    loss = loss.detach() + (W * W).sum()
    loss.backward()
    opt.step()
"""


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "torch.optim.Adam", "torch.optim.AdamW"])
@pytest.mark.parametrize("zero", ["opt.zero_grad()", "pass"])
def test_two_steps_a_round_of_which_a_parameter_takes_one(optimizer: str, zero: str) -> None:
    program = TWO_STEPS.format(optimizer=optimizer, zero=zero)
    if "torch" in optimizer:
        program = "import torch; from torch import manual_seed, randn" + program
    compiled, evaluated = Session(), Session(compile=False)
    for session in (compiled, evaluated):
        session.run(program)
    for name in ("W", "w", "loss"):
        assert compiled[name].tolist() == evaluated[name].tolist()
