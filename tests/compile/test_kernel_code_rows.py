"""Machine code of random words and of rows gives the bits of NumPy's calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernel_bits import normal, same
from tensorsh.engine.compile.machine.assembler import available
from tensorsh.engine.numerics import class_places
from tensorsh.engine.numerics.kernel_code import KernelCode
from tensorsh.engine.random import generator_stream
from tensorsh.engine.random.generator import Generator
from tensorsh.engine.values.wrapping import wrap as tensor
from tensorsh.ops.activation import softmax_rows as rows
from tensorsh.ops.index import index_write
from tensorsh.ops.reduce import scan

Array = np.ndarray[Any, Any]

pytestmark = pytest.mark.skipif(not available(), reason="no LLVM")


def drawn() -> list[Array]:
    """Words after a seed, after others, of several runs, and what goes on from them."""
    stream = Generator(5)
    found = [stream.random_u32(n) for n in (3, 700, 30_001, 5)]
    for p, n in ((0.3, 40_000), (1.0, 77), (0.0, 5), (0.9, 1)):
        found.append(stream.bernoulli(p, (n,), np.float32))
    for n in (7, 2_000, 40_000):
        chances = np.linspace(0, 1, n, dtype=np.float32)
        found += [stream.bernoulli(chances), stream.bernoulli(chances.reshape(1, n))]
        for wrong in (1.5, -0.1, np.nan):
            with pytest.raises(RuntimeError, match="Expected p_in >= 0"):
                stream.bernoulli(np.where(np.arange(n) == n // 2, np.float32(wrong), chances))
    other = stream.fork()
    return [*found, other.random_u32(4_000), stream.random_u32(4_000)]


@pytest.mark.parametrize("code", [generator_stream.WORDS, generator_stream.BELOW, generator_stream.CHOSEN])
def test_random_words(code: KernelCode, monkeypatch: pytest.MonkeyPatch) -> None:
    same(code, drawn, monkeypatch)


@pytest.mark.parametrize("seed", [0, 5, 2**32 - 1, 2**32 + 7, 2**64 - 1])
def test_seeds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    same(generator_stream.SEEDED, lambda: generator_stream._first(seed), monkeypatch)


#: rows that fill vectors, that do not, of less than one, of one number, longer than a part
ROWS = [(8, 16, 32), (64, 65), (1000, 5), (600, 8), (4200, 1), (30, 20, 20), (3, 5000)]


@pytest.mark.parametrize("shape", ROWS)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(shape: tuple[int, ...], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, grad = normal(*shape), normal(*shape)
    x.reshape(-1, shape[-1])[1, : shape[-1] // 2] = -np.inf  # hidden by a mask
    forward, backward = getattr(rows, name), getattr(rows, f"{name}_backward")
    same(getattr(rows, name.upper()), lambda: forward(x), monkeypatch)
    y = forward(x)
    same(getattr(rows, f"{name.upper()}_BACKWARD"), lambda: backward(grad, y), monkeypatch)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_what_is_no_number(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x = normal(128, 33)
    x[0], x[1, 5], x[2, 32], x[3, 7] = -np.inf, np.nan, np.nan, np.inf
    with np.errstate(all="ignore"):
        same(getattr(rows, name.upper()), lambda: np.nan_to_num(getattr(rows, name)(x)), monkeypatch)


@pytest.mark.parametrize("shape", [(21, 64), (5, 3), (4, 2, 7)])
def test_rows_added(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    x, index = normal(*shape), np.random.RandomState(1).randint(0, shape[0], 300)
    source = normal(300, *shape[1:])
    same(index_write.ADD_ROWS, lambda: index_write.index_add.kernel(x, 0, index, source, 1), monkeypatch)
    for wrong in (-1, shape[0]):
        index[7] = wrong
        with pytest.raises((IndexError, RuntimeError)):
            index_write.index_add.kernel(x, 0, index, source, 1)


@pytest.mark.parametrize("wrong", [None, -1, 10, 2**62, -(2**63)])
def test_class_places(wrong: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    target = np.arange(67) % 10

    def asked() -> list[Array]:
        fits = class_places.ClassesFit(67, 10)
        assert fits(tensor(target))
        found = [fits.answer.astype(np.int32)]
        if wrong is not None:
            bad = target.copy()
            bad[66] = wrong
            assert not fits(tensor(bad))
            assert fits(tensor(target))
        return [*found, fits.answer.astype(np.int32)]

    same(class_places.PLACES, asked, monkeypatch)


@pytest.mark.parametrize("shape", [*ROWS, (7,), (3, 0), (0, 3)])
def test_running_sums(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    x = normal(*shape)
    if x.size > 9:
        x.reshape(-1)[[1, 4, 8]] = np.inf, -0.0, -np.inf
    same(scan.RUNNING_SUMS, lambda: scan.cumsum.kernel(x, -1, None), monkeypatch)
