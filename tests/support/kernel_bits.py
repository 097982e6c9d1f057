"""Holds kernels as machine code against NumPy's calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorsh.engine.numerics.kernel_code import KernelCode

Array = np.ndarray[Any, Any]
NUMBERS = np.random.RandomState(0)


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
