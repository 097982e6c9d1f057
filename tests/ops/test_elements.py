"""Single elements are read and set straight, with what the views would leave behind."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from tensorsh.ops.index import elements
from tensorsh.session import Session

TENSORS = {
    "floats": "x = torch.arange(6.).view(2, 3)",
    "doubles": "x = torch.arange(6.).double().view(2, 3)",
    "longs": "x = torch.arange(6).view(2, 3)",
    "bytes": "x = torch.arange(6).to(torch.uint8).view(2, 3)",
    "masks": "x = torch.tensor([[True, False, True], [False, True, False]])",
    "complex": "x = torch.arange(6).to(torch.complex64).view(2, 3)",
    "halves": "x = torch.arange(6.).half().view(2, 3)",
    "turned": "x = torch.arange(6.).view(3, 2).t()",
    "a view": "y = torch.arange(12.); x = y[2:8].view(2, 3)",
    "expanded": "x = torch.arange(3.).expand(2, 3)",
    "a leaf": "x = torch.arange(6.).view(2, 3).requires_grad_()",
    "a result": "w = torch.ones(6, requires_grad=True); x = (w * 2).view(2, 3)",
    "a view of one": "w = torch.ones(6, requires_grad=True); v = w * 2; x = v.view(2, 3)",
    "meta": "x = torch.empty(2, 3, device='meta')",
    "of inference": "with torch.inference_mode():\n    x = torch.arange(6.).view(2, 3)",
}
INDICES = ["0, 1", "-1, -3", "1, torch.tensor(2)", "0, 3", "-3, 0", "True, 1", "0, 1, 0", "0", "0, 1.0"]
VALUES = [
    *("1.5", "7", "True", "-1", "300", "2**40", "1e39", "float('nan')", "1j", "'a'", "None", "2**70"),
    *("torch.tensor(2.5)", "torch.tensor(3)", "torch.tensor(2., requires_grad=True)", "x[1, 2]", "[1]"),
]


def outcome(before: str, text: str) -> str:
    session = Session()
    try:
        session.execute(f"import torch\nr = None\n{before}\n{text}")
        session.execute("result = str((x, x._version, x.is_leaf, x.grad_fn, r))")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return re.sub("0x[0-9a-f]+", "0x", session["result"])


def both(before: str, text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    straight = outcome(before, text)
    with monkeypatch.context() as slow:
        slow.setattr(elements, "places", lambda x, index: None)
        return straight, outcome(before, text)


@pytest.mark.parametrize("name", TENSORS)
def test_reading(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in INDICES:
        text = (
            f"e = x[{index}]\nr = (str(e), e.grad_fn, e.is_leaf, e._version, e.stride(), e.storage_offset(),"
            f" e._is_view())"
        )
        straight, slow = both(TENSORS[name], text, monkeypatch)
        assert straight == slow, index


@pytest.mark.parametrize("name", TENSORS)
def test_setting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for index, value in product(INDICES[:6], VALUES):
        straight, slow = both(TENSORS[name], f"x[{index}] = {value}", monkeypatch)
        assert straight == slow, (index, value)


CHAINS = [
    "e = x[0, 1]\ne += 5\nr = str(e)",
    "e = x[0, 1]\nx[0, 1] = 9.\nr = str(e), e._version",
    "with torch.no_grad():\n    e = x[1, 1]\nr = str(e.requires_grad)",
    "w = torch.ones(2, requires_grad=True)\nz = w * 2\nz[1] = 3.\nz.sum().backward()\nr = str(w.grad)",
    "w = torch.ones((), requires_grad=True)\ne = x[0, 1]\ne.mul_(w)\nr = str((x, x.grad_fn))",
    "w = torch.ones(2, 3, requires_grad=True)\ny = (w * x).sum()\nx[0, 0] = 1.\ny.backward()",
    "row = x[1]\nrow[2] = 4.\nr = str(x), row._version",
    "r = [x[i, j].item() for i in range(2) for j in range(3)]",
]


@pytest.mark.parametrize("text", CHAINS)
def test_what_becomes_of_them(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    straight, slow = both(TENSORS["floats"], text, monkeypatch)
    assert straight == slow


def test_a_failed_statement_takes_it_back() -> None:
    session = Session()
    session.execute("import torch\nx = torch.zeros(2, 2)")
    with pytest.raises(Exception, match="index 5 is out of bounds"):
        session.execute("for i in range(9): x[i // 2 * 5, i % 2] = 1.")
    assert session["x"].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_they_are_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []
    places = elements.places
    monkeypatch.setattr(elements, "places", lambda x, index: found.append(places(x, index)) or found[-1])
    Session().execute("import torch\nx = torch.zeros(2, 2)\nx[0, 1] = 2.\ny = x[-1, torch.tensor(0)]")
    assert found == [(0, 1), (1, 0)]
