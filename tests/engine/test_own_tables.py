"""What a program adds to the library for everything of a kind is its session's own, and undone with its statement."""

from __future__ import annotations

from typing import Any

import pytest

from tensorsh import Session, TensorshError

START = """
import torch, torch.nn as nn
import torch.distributions as D
from torch.nn.modules import module as every
from torch.optim import optimizer
seen = []
def use():
    seen.clear()
    layer = nn.Linear(1, 1)
    layer(torch.ones(1)).sum().backward()
    torch.optim.SGD(layer.parameters(), lr=0.1).step()
    divergence = D.kl_divergence(D.Normal(0., 1.), D.Normal(0., 1.))
    try:
        D.Normal(0., -1.)
    except ValueError:
        seen.append('validated')
    return sorted(set(seen)), divergence
"""
PLAIN: Any = (["validated"], 0.0)
#: what a program can add, and what it finds in `seen`
ADDED = {
    "every.register_module_forward_pre_hook(lambda *a: seen.append('before'))": ["before", "validated"],
    "every.register_module_forward_hook(lambda *a: seen.append('after'))": ["after", "validated"],
    "every.register_module_full_backward_hook(lambda *a: seen.append('back'))": ["back", "validated"],
    "every.register_module_full_backward_pre_hook(lambda *a: seen.append('to'))": ["to", "validated"],
    "every.register_module_parameter_registration_hook(lambda *a: seen.append('new'))": ["new", "validated"],
    "optimizer.register_optimizer_step_pre_hook(lambda *a: seen.append('step'))": ["step", "validated"],
    "optimizer.register_optimizer_step_post_hook(lambda *a: seen.append('done'))": ["done", "validated"],
    "D.Distribution.set_default_validate_args(False)": [],
}
RULE = "D.kl.register_kl(D.Normal, D.Normal)(lambda p, q: torch.tensor(7.))"


def used(session: Session) -> Any:
    session.run("seen, divergence = use()")
    return session["seen"], session["divergence"].item()


def started() -> Session:
    session = Session(seed=0)
    session.run(START)
    return session


@pytest.mark.parametrize("line", ADDED)
def test_what_is_added_for_all_is_the_sessions_own(line: str) -> None:
    one, other = started(), started()
    one.run(line)
    assert used(one)[0] == ADDED[line]
    assert used(other) == PLAIN
    assert used(one)[0] == ADDED[line]
    assert used(started()) == PLAIN


def test_a_rule_for_a_pair_of_distributions_is_the_sessions_own() -> None:
    one, other = started(), started()
    one.run(RULE)  # before the library's own rules are read
    assert used(one)[1] == 7
    assert used(other) == PLAIN
    assert used(one)[1] == 7


@pytest.mark.parametrize("line", [*ADDED, RULE])
def test_a_statement_that_fails_has_added_nothing(line: str) -> None:
    session = started()
    assert used(session) == PLAIN
    with pytest.raises(TensorshError):
        session.run(f"if True:\n    {line}\n    1 / 0")
    assert used(session) == PLAIN


def test_a_failed_hook_of_the_old_form_forbids_no_full_one() -> None:
    session = started()
    with pytest.raises(TensorshError):
        session.run("if True:\n    every.register_module_backward_hook(print)\n    1 / 0")
    session.run("every.register_module_full_backward_hook(lambda *a: None)")
    with pytest.raises(TensorshError, match="Cannot use both"):
        session.run("every.register_module_backward_hook(print)")


def test_a_session_inside_another_has_its_own() -> None:
    outer, inner = started(), started()
    inside: list[Any] = []

    def ask() -> None:
        inside.append(used(inner))

    outer["ask"] = ask
    outer.run("every.register_module_forward_hook(lambda *a: seen.append('after'))\nask()\nfound, _ = use()")
    assert inside == [PLAIN]
    assert outer["found"] == ["after", "validated"]
