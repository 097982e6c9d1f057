"""`.grad` has memory of its own, also where a gradient that nobody else holds is not copied."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tensorsh import Session

#: programs that make gradients which are shared with something: each leaves tensors in `all`
SHARED = {
    "one gradient for two leaves": "(a + b).backward(g); all = [a.grad, b.grad, g]",
    "the seed itself": "(a + 0).backward(g); all = [a.grad, g]",
    "a leaf used twice": "(a * 2 + a).backward(g); all = [a.grad, g]",
    "a view": "a.reshape(-1).backward(g.reshape(-1)); all = [a.grad, g]",
    "turned": "a.t().backward(g.t()); all = [a.grad, g]",
    "expanded": "a.sum().backward(); all = [a.grad, g]",
    "kept by a saved output": "y = (a * g).exp(); y.backward(g, retain_graph=True); all = [a.grad, g, y]",
    "retained": "y = a + b; y.retain_grad(); (y * 1).backward(g); all = [a.grad, b.grad, y.grad, g]",
    "with its graph": "(a * b).backward(g, create_graph=True); all = [a.grad.detach(), b.grad.detach(), g]",
    "fresh": "(a * b).backward(g); all = [a.grad, b.grad, g]",
}


@pytest.mark.parametrize("program", SHARED.values(), ids=SHARED)
def test_gradients_share_no_memory(program: str) -> None:
    session = Session(seed=0, compile=False)
    session.run("a = randn(3, 3, requires_grad=True); b = randn(3, 3, requires_grad=True); g = randn(3, 3)")
    session.run(program)
    arrays = [t.array for t in session["all"]] + [session["a"].array, session["b"].array]
    for i, x in enumerate(arrays):
        for y in arrays[:i]:
            assert not np.shares_memory(x, y)
    gradient = session["a"].grad.array
    assert gradient.flags.c_contiguous and gradient.flags.writeable


def test_a_fresh_gradient_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorsh.engine.graph import walk

    copied = []
    numpy = SimpleNamespace(array=lambda *a, **k: copied.append(a), empty=np.empty)
    monkeypatch.setattr(walk, "np", numpy)
    session = Session(seed=0, compile=False)
    session.run("a = randn(3, 3, requires_grad=True); b = randn(3, 3)")
    session.run("(a * b).backward(b)")
    assert not copied and session["a"].grad is not None
