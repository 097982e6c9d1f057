"""Machine code of random words and of rows gives the bits of NumPy's calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernel_bits import same
from tensorsh.engine.compile.machine.assembler import available
from tensorsh.engine.numerics.kernel_code import KernelCode
from tensorsh.engine.random import generator_stream
from tensorsh.engine.random.generator import Generator

Array = np.ndarray[Any, Any]

pytestmark = pytest.mark.skipif(not available(), reason="no LLVM")


def drawn() -> list[Array]:
    """Words after a seed, after others, of several runs, and what goes on from them."""
    stream = Generator(5)
    found = [stream.random_u32(n) for n in (3, 700, 30_001, 5)]
    for p, n in ((0.3, 40_000), (1.0, 77), (0.0, 5), (0.9, 1)):
        found.append(stream.bernoulli(p, (n,), np.float32))
    other = stream.fork()
    return [*found, other.random_u32(4_000), stream.random_u32(4_000)]


@pytest.mark.parametrize("code", [generator_stream.WORDS, generator_stream.BELOW])
def test_random_words(code: KernelCode, monkeypatch: pytest.MonkeyPatch) -> None:
    same(code, drawn, monkeypatch)
