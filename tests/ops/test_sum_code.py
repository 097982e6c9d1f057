"""Sums as machine code have the bits of the calls of NumPy's that they stand for, whose order is PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

from tensorsh import Session
from tensorsh.engine.compile.machine.assembler import available
from tensorsh.engine.numerics import cascade

pytestmark = pytest.mark.skipif(not available(), reason="no LLVM")

#: around the ends of vectors, of four of them, and of blocks of 16 of these, one, two and three levels deep
LENGTHS = (
    *range(8, 70), 127, 128, 129, 511, 512, 513, 1000, 2047, 2048, 2049, 8191, 8192, 8193, 32_767, 32_769, 131_073,
)  # fmt: skip
ROWS = (5, 6, 7, 8, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 4095, 4097, 5000)
COLUMNS = (2, 3, 4, 5, 7, 8, 9, 16, 31, 32, 33, 40, 63, 64, 65, 100)


def numbers(*shape: int) -> np.ndarray:
    """Of seven sizes, so that the order of additions tells."""
    drawn = np.random.default_rng(shape)
    return (drawn.standard_normal(shape) * 10.0 ** drawn.integers(-3, 4, shape)).astype(np.float32)


@pytest.fixture(autouse=True, scope="module")
def made() -> None:
    cascade.ROWS.make()
    cascade.COLUMNS.make()


@pytest.mark.parametrize("many", [1, 3])
def test_rows(many: int) -> None:
    for n in LENGTHS:
        x, out = numbers(many, n), np.empty(many, np.float32)
        cascade.ROWS(x, out, many, n)
        assert out.tobytes() == np.ascontiguousarray(cascade._rows(x)).tobytes(), n


@pytest.mark.parametrize("many", [1, 3])
def test_columns(many: int) -> None:
    for n in ROWS:
        for m in COLUMNS:
            x, out = numbers(many, n, m), np.empty((many, m), np.float32)
            cascade.COLUMNS(x, out, many, n, m)
            assert out.tobytes() == np.ascontiguousarray(cascade._columns(x.swapaxes(0, 1))).tobytes(), (n, m)


def test_sums_of_negative_zeros_are_zero() -> None:
    session = Session()
    session.run("import torch\nz = torch.full((40, 70), -0.)\nfound = [z.sum(), *z.sum(0), *z.sum(1)]")
    assert not np.signbit([t.item() for t in session["found"]]).any()


def test_a_sum_asks_the_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    for code in (cascade.ROWS, cascade.COLUMNS):
        monkeypatch.setattr(code, "function", lambda *args, run=code.function: asked.append(run(*args) or 1))
    session = Session()
    session.run("import torch\nx = torch.ones(30, 20); a, b, c = x.sum(), x.sum(0), x.mean(1)")
    assert len(asked) == 3
