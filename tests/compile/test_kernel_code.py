"""Whole kernels as machine code give the bits of NumPy's calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorsh.engine.compile.machine.assembler import available
from tensorsh.engine.numerics.kernel_code import KernelCode
from tensorsh.ops.nn import norm_steps

Array = np.ndarray[Any, Any]
NUMBERS = np.random.RandomState(0)

pytestmark = pytest.mark.skipif(not available(), reason="no LLVM")


def normal(*shape: int) -> Array:
    return NUMBERS.randn(*shape).astype(np.float32)


def same(code: KernelCode, function: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The function gives the same bits with this machine code, which is called, and without."""
    with monkeypatch.context() as without:
        without.setattr(code, "ready", lambda work: False)
        wanted = function()
    if code.function is None:
        code.make()
    called = []
    monkeypatch.setattr(code, "function", lambda *args, run=code.function: called.append(run(*args)))
    found = function()
    assert called
    for a, b in zip(*(x if isinstance(x, list | tuple) else [x] for x in (found, wanted)), strict=True):
        assert a.view(np.int32).tolist() == b.view(np.int32).tolist()


ROWS = [(512, 64), (7, 5), (3, 8), (2, 9), (1, 64), (33, 128), (4, 1), (5, 135)]


@pytest.mark.parametrize("shape", ROWS)
def test_layer_norm(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    x, grad, weight, bias = normal(*shape), normal(*shape), normal(shape[1]), normal(shape[1])
    same(norm_steps.FORWARD, lambda: norm_steps.layer_norm(x, weight, bias, 1e-5), monkeypatch)
    same(norm_steps.BACKWARD, lambda: norm_steps.layer_norm_backward(grad, x, weight, 1e-5), monkeypatch)
