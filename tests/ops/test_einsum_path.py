"""einsum of many operands: with opt_einsum's order or from left to right, the same values and gradients."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from tensorsh import Session
from tensorsh.ops.linalg import einsum

EQUATIONS = [
    ("ij,jk,kl,lm->im", "a, b, c, d"),
    ("ij,jk,kl->il", "a, b, c"),
    ("ab,bc,cd,de,ea->", "s, s, s, s, s"),
    ("bi,bj,bk,ijk->b", "p, p, p, t"),
    ("ii,ij,jk->k", "s, s, s"),
    ("ij,kl,mn->", "s, s, s"),
    ("...ij,...jk,...kl->...il", "t, t, t"),
]
OPERANDS = """
def mk(*shape):
    n = 1
    for size in shape:
        n = n * size
    return (arange(n, dtype=float64) * 0.37 + 0.4).sin().reshape(shape).requires_grad_()
a, b, c, d = mk(2, 3), mk(3, 4), mk(4, 5), mk(5, 2)
p, t, s = mk(2, 3), mk(3, 3, 3), mk(3, 3)
"""


def computed(equation: str, operands: str) -> list[np.ndarray]:
    session = Session()
    session.run(f"{OPERANDS}out = einsum('{equation}', {operands})\nout.sum().backward()")
    names = sorted(set(operands.split(", ")))
    return [session["out"].detach().numpy(), *(session[n].grad.numpy() for n in names)]


@pytest.mark.skipif(
    importlib.util.find_spec("opt_einsum") is None, reason="the extra einsum is not installed"
)
@pytest.mark.parametrize(("equation", "operands"), EQUATIONS)
def test_the_order_does_not_matter(equation: str, operands: str, monkeypatch: pytest.MonkeyPatch) -> None:
    best = computed(equation, operands)
    monkeypatch.setattr(einsum, "find_spec", lambda name: None)
    for have, want in zip(computed(equation, operands), best, strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(
    importlib.util.find_spec("opt_einsum") is None, reason="the extra einsum is not installed"
)
def test_a_cheap_order_is_found() -> None:
    session = Session()
    session.run("v, m = ones(2), ones(2, 2)")
    operands = [session["m"], session["m"], session["v"]]
    assert einsum.contraction_path("ij,jk,k->i", operands)[0] == (1, 2)
