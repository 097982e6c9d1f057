"""Classes that sessions share are sealed while one runs; those of Python's are the process's again afterwards."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

import numpy as np
import pytest

from tensorsh import Session, TensorshError, torch

IMPORTS = "import torch, torch.nn as nn\nfrom collections import Counter\n"
STORES = [
    "k.mark = 1",
    "setattr(k, 'mark', 1)",
    "for k.mark in [1]: pass",
    "k.mark, b = 1, 2",
    "with nn.Linear(1, 1).register_forward_hook(print) as k.mark: pass",
    "k.mark: int = 1",
    "(lambda: k)().mark = 1",
    "del k.forward",
]


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("kind", ["Counter", "torch.Size", "type(torch.return_types.max)", "type(torch)"])
def test_no_store_changes_a_shared_class(kind: str, store: str) -> None:
    session = Session()
    with pytest.raises(TensorshError, match=r"immutable type|no attribute|not defined|has no"):
        session.execute(f"{IMPORTS}def f(k):\n    {store}\nf({kind})")
    assert "mark" not in vars(Counter)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("kind", [torch.nn.Linear, torch.optim.SGD, torch.Tensor])
def test_no_store_changes_a_class_for_others(kind: type, store: str) -> None:
    before = dict(vars(kind))
    session = Session()
    with contextlib.suppress(TensorshError):
        session.execute(f"{IMPORTS}def f(k):\n    {store}\nf({kind.__module__}.{kind.__name__})")
    assert dict(vars(kind)) == before


def test_own_classes_and_instances_change() -> None:
    session = Session()
    session.execute(
        IMPORTS
        + "class A(nn.Linear): pass\ndef f(k): k.mark = 1\nf(A)\nf(A(1, 2))\nf(Counter())\nfound = A.mark"
    )
    assert session["found"] == 1


def test_objects_become_of_other_classes() -> None:
    session = Session()
    session.execute(
        IMPORTS + "m = nn.LazyLinear(2)\nm(torch.ones(1, 3))\nfound = type(m).__name__\n"
        "class A: pass\nclass B: pass\na = A()\na.__class__ = B\nother = type(a) is B"
    )
    assert session["found"] == "Linear" and session["other"]


def test_the_process_has_its_classes_again() -> None:
    Session().execute(IMPORTS)
    mark: Any = Counter
    mark.mark = 1
    del mark.mark


def test_outside_of_sessions_numpy_asks_objects_for_their_memory() -> None:
    class Shown:
        def __init__(self) -> None:
            self.__array_interface__ = np.arange(3).__array_interface__

    shown = Shown()
    assert np.asarray(shown).tolist() == [0, 1, 2]
    Session().execute("import torch, numpy as np\nnp.ones(2)")
    assert np.asarray(shown).dtype == np.int64
    assert np.lib.stride_tricks.as_strided(np.arange(4), (2, 2), (8, 8)).tolist() == [[0, 1], [1, 2]]
