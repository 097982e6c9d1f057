"""An interrupt while a trace begins or ends: tensors have their arrays again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import pytest

from tensorsh import Session, interrupt
from tensorsh.engine.compile import trace
from tensorsh.engine.compile.trace import Trace
from tensorsh.engine.core.sealed import changing

PROGRAM = (
    "for i in range(40):\n    a.grad = None\n    (a * b * a).sum().backward()\n    a.data -= 0.01 * a.grad\n"
)


@pytest.fixture
def handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, interrupt.interrupts)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def struck(owner: Any, name: str) -> Iterator[list[int]]:
    """Ctrl-C whenever this is called, the first time."""
    called: list[int] = []
    function = getattr(owner, name)

    def striking(*args: Any, **options: Any) -> Any:
        if not called:
            called.append(1)
            signal.raise_signal(signal.SIGINT)
        return function(*args, **options)

    _set(owner, name, striking)
    try:
        yield called
    finally:
        _set(owner, name, function)


def _set(owner: Any, name: str, value: Any) -> None:
    with changing(owner) if isinstance(owner, type) else nullcontext():  # a session may have sealed it
        setattr(owner, name, value)


@pytest.mark.parametrize(("owner", "name"), [(trace, "Value"), (trace, "Watch"), (Trace, "leave")])
def test_arrays_are_put_back(owner: Any, name: str, handler: None) -> None:
    session = Session(seed=0)
    session.run("param a = ones(3)\nb = full((3,), 0.5)")
    with struck(owner, name) as called, pytest.raises(KeyboardInterrupt):
        session.run(PROGRAM)
    assert called
    assert type(session["a"].array) is type(session["b"].array) is np.ndarray
    session.run("param a = ones(3)\n" + PROGRAM)
    expected = Session(seed=0, compile=False)
    expected.run("param a = ones(3)\nb = full((3,), 0.5)\n" + PROGRAM)
    assert session["a"].array.tobytes() == expected["a"].array.tobytes()
