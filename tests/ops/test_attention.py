"""Attention some queries at a time gives what the plain form gives, in bounded memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tensorsh import Session
from tensorsh.ops.nn import attention_rows

CASES = {
    "plain": ((2, 3, 301, 16), (2, 3, 203, 16), 24, "None", "False"),
    "causal": ((5, 301, 16), (5, 301, 16), 16, "None", "True"),
    "causal, more keys": ((400, 8), (900, 8), 8, "None", "True"),
    "causal, fewer keys": ((900, 8), (400, 8), 8, "None", "True"),
    "bool mask": ((2, 3, 301, 16), (2, 3, 203, 16), 16, "rand(3, 301, 203) > 0.5", "False"),
    "a query that sees nothing": ((2, 401, 16), (2, 403, 16), 16, "(arange(401) > 3).unsqueeze(1)", "False"),
    "added mask": ((2, 3, 301, 16), (2, 3, 203, 16), 16, "randn(301, 203)", "False"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_as_the_plain_form(case: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    query, key, features, mask, causal = case
    value = (*key[:-1], features)
    monkeypatch.setattr(attention_rows, "SCORES", 7_000)
    session = Session(seed=0, threads=2)
    session.run(f"q = randn{query}; k = randn{key}; v = randn{value}; g = randn{(*query[:-1], features)}")
    session.run(f"mask = {mask}")
    run = f"""
q.requires_grad_(); k.requires_grad_(); v.requires_grad_()
y = nn.functional.scaled_dot_product_attention(q, k, v, mask, is_causal={causal})
grads = autograd.grad(y, [q, k, v], g)
"""
    session.run(run)
    assert session["y"].grad_fn.name() == "ScaledDotProductFlashAttentionForCpuBackward0"
    long = [session["y"].detach(), *session["grads"]]
    # with dropout of next to nothing the plain form is taken
    session.run(run.replace("is_causal", "1e-300, is_causal"))
    for got, want in zip(long, [session["y"].detach(), *session["grads"]], strict=True):
        np.testing.assert_allclose(got.array, want.array, rtol=1e-4, atol=2e-5)


def test_second_order() -> None:
    session = Session(seed=0)
    session.run(
        "q = randn(600, 4).double().requires_grad_(); k = randn(500, 4).double(); v = randn(500, 2).double()"
    )
    run = """
y = nn.functional.scaled_dot_product_attention(q, k, v, None, P)
(first,) = autograd.grad((y ** 2).sum(), [q], create_graph=True)
(second,) = autograd.grad((first ** 2).sum(), [q])
"""
    session.run(run.replace("P", "0.0"))
    long = session["second"].array
    session.run(run.replace("P", "1e-300"))
    np.testing.assert_allclose(long, session["second"].array, rtol=1e-9, atol=1e-12)


def test_memory_grows_with_the_length_and_not_with_its_square() -> None:
    pytest.importorskip("resource")
    program = (
        "import resource; from tensorsh import Session; s = Session(seed=0)\n"
        "s.run('q = randn(8192, 16, requires_grad=True); k = randn(8192, 16); v = randn(8192, 16)')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "s.run('nn.functional.scaled_dot_product_attention(q, k, v).sum().backward()')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    scale = 1024 if sys.platform == "darwin" else 1
    assert int(done.stdout) / scale < 60_000  # KB; the scores alone would be 262,144
