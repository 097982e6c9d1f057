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


def products_of_many(many: int, m: int, k: int, n: int) -> list[Any]:
    a = torch.randn(many, m, k)
    return [
        a @ torch.randn(many, k, n),
        a @ torch.randn(many, n, k).mT,
        a.mT.contiguous().mT @ torch.randn(many, k, n),
    ]


#: narrow results of long sums, and batches of many matrices, all of them from the seed 0
LARGE: list[Any] = [
    ("LIN", 256, 784, 10, [1229985969, 1353747453, 697552110]),
    ("LIN", 1, 700, 1000, [1419635944, 1702184959, 997143248]),
    ("LIN", 3, 512, 700, [1488445737, 4002248585, 2575842767]),
    ("NN", 900, 300, 5, [4276560625]),
    ("NN", 3, 400, 700, [2662759866]),
    ("TN", 700, 500, 6, [1289673784]),
    ("ADD", 1500, 256, 5, [484554300, 3882430190, 1966441268]),
    ("ADD", 3, 300, 900, [697649069, 2427123552, 189704611]),
    ("ADD", 700, 300, 10, [2373829048, 3859660300, 1574961142]),
    ("MV", 3000, 100, 0, [3236289500]),
    ("MVT", 1500, 200, 0, [3516548718]),
    ("MANY", 301, 10, 64, 10, [2811828053, 73889161, 571138701]),
    ("MANY", 1001, 5, 33, 7, [2598174384, 2492575631, 1586065463]),
    ("MANY", 300, 17, 33, 9, [1839388600, 1791471318, 2463464974]),
    ("MANY", 20001, 2, 3, 4, [743857272, 993681754, 1732646830]),
    ("MANY", 40, 1, 200, 301, [247624343, 1990958288, 1056780109]),
    ("MANY", 128, 24, 64, 24, [1886637043, 1269794059, 1606265488]),
]


@pytest.mark.parametrize("case", LARGE, ids=lambda case: "-".join(map(str, case[:-1])))
def test_large_ones_have_the_recorded_bits(case: Any) -> None:
    form, *sizes, wanted = case
    torch.manual_seed(0)
    found = products_of_many(*sizes) if form == "MANY" else results(form, *sizes)
    assert [zlib.crc32(t.detach().contiguous().numpy().tobytes()) for t in found] == wanted


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


#: sizes of an input (n, k), of which a layer makes (n, m), and a checksum of its gradient
STORED_BY_COLUMNS = [
    (1, 1, 32, [2947126835, 2101909261]),
    (1, 1, 5, [1259801027, 830889283]),
    (1, 1, 100, [3422886658, 2558642838]),
    (7, 5, 3, [989886559, 2642335687]),
    (3, 17, 9, [2552218144, 2459101703]),
    (16, 8, 24, [2968429303, 3409643935]),
    (2, 300, 4, [4229630396, 2549951039]),
]


@pytest.mark.parametrize(("n", "k", "m", "wanted"), STORED_BY_COLUMNS)
def test_gradients_of_layers_whose_input_is_stored_by_columns(
    n: int, k: int, m: int, wanted: list[int]
) -> None:
    torch.manual_seed(0)
    x = torch.randn(k, n).t().requires_grad_()
    w, b, g = torch.randn(m, k).requires_grad_(), torch.randn(m), torch.randn(n, m)
    found = torch.autograd.grad(torch.nn.functional.linear(x, w, b), (x, w), g)
    assert [zlib.crc32(t.contiguous().numpy().tobytes()) for t in found] == wanted
