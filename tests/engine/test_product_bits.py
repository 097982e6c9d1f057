"""Products of matrices to the last bit, as PyTorch (MKL on a processor with AVX2, one thread) computed them.

A case is the form, m, k, n and checksums of the results; its number is the seed of its operands. The form says
which factors are transposed views (T) of stored matrices, or is a linear layer with its gradients, a batch of two
times a matrix (T: transposed) with its gradients, a matrix times a vector, two vectors, two batches, or a product
added to a matrix and to a row.
"""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from oracle import read_lines
from tensorsh import Session, torch

CASES: list[Any] = read_lines("bits_products.jsonl.gz")
FORMS = sorted({case[0] for case in CASES})


def operands(form: str, m: int, k: int, n: int) -> tuple[Any, Any]:
    left = torch.randn(k, m).t() if form in ("TN", "TT", "MVT") else torch.randn(m, k)
    if form.startswith("MV"):
        return left, torch.randn(k)
    return left, torch.randn(n, k).t() if form[1] == "T" else torch.randn(k, n)


def results(form: str, m: int, k: int, n: int) -> list[Any]:
    if form == "BATCH":
        return [torch.randn(4, m, k) @ torch.randn(4, k, n), torch.randn(4, m, k) @ torch.randn(4, n, k).mT]
    if form == "ADD":
        a, b, c = torch.randn(m, k), torch.randn(k, n), torch.randn(m, n)
        factors = {"beta": 0.3, "alpha": 2.0}
        return [torch.addmm(c, a, b), torch.addmm(c[0], a, b), torch.addmm(c, a, b, **factors)]
    if form == "DOT":
        return [torch.randn(k) @ torch.randn(k)]
    if form.startswith("FOLD"):
        batch = torch.randn(2, m, k).requires_grad_()
        right = (torch.randn(n, k) if form == "FOLDT" else torch.randn(k, n)).requires_grad_()
        y = batch @ (right.t() if form == "FOLDT" else right)
        y.backward(torch.randn(2, m, n))
        return [y, batch.grad, right.grad]
    if form != "LIN":
        a, b = operands(form, m, k, n)
        return [a @ b]
    x, w = torch.randn(m, k).requires_grad_(), torch.randn(n, k).requires_grad_()
    y = torch.nn.functional.linear(x, w, torch.randn(n))
    y.backward(torch.randn(m, n))
    return [y, x.grad, w.grad]


@pytest.mark.parametrize("form", FORMS)
def test_products_have_the_recorded_bits(form: str) -> None:
    wrong = []
    for seed, (its_form, m, k, n, wanted) in enumerate(CASES):
        if its_form != form:
            continue
        torch.manual_seed(seed)
        got = [zlib.crc32(t.detach().numpy().tobytes()) for t in results(form, m, k, n)]
        if got != wanted:
            wrong.append((m, k, n))
    assert wrong == []


LOOP = """
import torch
torch.manual_seed(0)
x, w, v = torch.randn({m}, {k}), torch.randn({n}, {k}) * 0.1, torch.randn({n}, {m}) * 0.1
for step in range(40):
    y = x @ w.t()
    w = w + (v @ x) * 0.01 - (y.t() @ x) * 0.001
"""


@pytest.mark.parametrize("sizes", [(2, 3, 2), (5, 10, 3), (8, 20, 16), (32, 64, 20), (4, 200, 12)])
def test_loops_have_them_too(sizes: tuple[int, int, int]) -> None:
    m, k, n = sizes
    found = []
    for compiled in (True, False):
        session = Session(compile=compiled)
        session.run(LOOP.format(m=m, k=k, n=n))
        found.append(session["w"].numpy().tobytes())
    assert found[0] == found[1]
