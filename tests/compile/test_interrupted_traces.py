"""An interrupt while a trace begins or ends: tensors have their arrays again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tensorsh import Session, interrupt
from tensorsh.engine.compile import trace
from tensorsh.engine.compile.trace import Trace

PROGRAM = (
    "for i in range(40):\n    a.grad = None\n    (a * b * a).sum().backward()\n    a.data -= 0.01 * a.grad\n"
)


@pytest.fixture
def handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, interrupt.interrupts)
    yield
    signal.signal(signal.SIGINT, before)


def struck(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[int]:
    """Ctrl-C whenever this is called, the first time."""
    called: list[int] = []
    function = getattr(owner, name)

    def striking(*args: Any, **options: Any) -> Any:
        if not called:
            called.append(1)
            signal.raise_signal(signal.SIGINT)
        return function(*args, **options)

    monkeypatch.setattr(owner, name, striking)
    return called


@pytest.mark.parametrize(("owner", "name"), [(trace, "Value"), (trace, "Watch"), (Trace, "leave")])
def test_arrays_are_put_back(owner: Any, name: str, handler: None, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(seed=0)
    session.run("param a = ones(3)\nb = full((3,), 0.5)")
    called = struck(monkeypatch, owner, name)
    with pytest.raises(KeyboardInterrupt):
        session.run(PROGRAM)
    assert called
    assert type(session["a"].array) is type(session["b"].array) is np.ndarray
    monkeypatch.undo()
    session.run("param a = ones(3)\n" + PROGRAM)
    expected = Session(seed=0, compile=False)
    expected.run("param a = ones(3)\nb = full((3,), 0.5)\n" + PROGRAM)
    assert session["a"].array.tobytes() == expected["a"].array.tobytes()
