"""NumPy's arrays and numbers beside tensors: what PyTorch makes of them, what it refuses, what is shared."""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorsh import Session, TensorshError, torch
from tensorsh.engine.values.tensor import Tensor

RECORDED = [
    json.loads(line)
    for line in gzip.decompress(
        (Path(__file__).parents[1] / "data" / "arrays.jsonl.gz").read_bytes()
    ).splitlines()
]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def described(value: Any) -> list[str]:
    if isinstance(value, Tensor):
        return ["tensor", repr(value)]
    if isinstance(value, tuple) and type(value) is tuple:
        return ["tuple", repr([described(each) for each in value])]
    return [type(value).__name__.rpartition(".")[2], repr(value)]


@pytest.mark.parametrize("case", RECORDED, ids=[case["code"] for case in RECORDED])
def test_as_recorded(case: dict[str, Any]) -> None:
    if case["result"][0] == "error":
        with pytest.raises(Exception) as caught:
            eval(case["code"], {"torch": torch, "np": np})
        assert [type(caught.value).__name__, str(caught.value)] == case["result"][1:]
    else:
        found = described(eval(case["code"], {"torch": torch, "np": np}))
        assert found == case["result"]


def test_writes_are_seen_on_both_sides() -> None:
    array = np.arange(6.0).reshape(2, 3)
    tensor = torch.from_numpy(array)
    array[0, 0] = 50
    tensor[1, 2] = 70
    tensor[0].mul_(2)
    assert tensor.tolist() == array.tolist() == [[100, 2, 4], [3, 4, 70]]
    view = torch.from_numpy(array.T)
    view[0, 1] = -1
    assert array[1, 0] == -1 and view.stride() == (1, 3)
    np.copyto(tensor.numpy(), 0)
    assert not array.any()


def test_memory_that_is_shared() -> None:
    array = np.ones(3, np.float32)
    for made in (torch.from_numpy(array), torch.as_tensor(array), torch.asarray(array)):
        assert np.shares_memory(made.numpy(), array)
    for made in (
        torch.tensor(array),
        torch.as_tensor(array, dtype=torch.float64),
        torch.asarray(array, copy=True),
    ):
        assert not np.shares_memory(made.numpy(), array)
    assert np.shares_memory(np.asarray(torch.from_numpy(array)), array)
    assert not np.shares_memory(np.array(torch.from_numpy(array)), array)


def test_a_new_shape_for_the_array_is_none_for_the_tensor() -> None:
    tensor = torch.ones(4)
    array = tensor.numpy()
    array.shape = (2, 2)
    assert tensor.shape == (4,)


def test_what_may_not_be_written_becomes_a_tensor_that_may() -> None:
    array = np.zeros(3)
    array.setflags(write=False)
    torch.from_numpy(array).add_(1)
    assert array.tolist() == [1, 1, 1] and not array.flags.writeable
    rows = np.broadcast_to(np.zeros(2), (3, 2))
    assert torch.from_numpy(rows).stride() == (0, 1)
    data = bytes(4)
    torch.from_numpy(np.frombuffer(data, np.uint8)).add_(1)
    assert data == bytes(4)  # memory that is no array's is copied


def test_a_failed_statement_takes_writes_to_an_array_back() -> None:
    array = np.zeros(2)
    session = Session()
    session["t"] = torch.from_numpy(array)
    with pytest.raises(TensorshError):
        session.run("(t.add_(1), 1 // 0)")
    assert array.tolist() == [0, 0]


def test_in_place_operators_with_arrays_make_new_tensors() -> None:
    tensor = first = torch.ones(2)
    tensor += np.ones(2)
    assert repr(tensor) == "tensor([2., 2.], dtype=torch.float64)" and first.tolist() == [1, 1]


def test_lists_of_arrays_are_slow_and_said_so_once() -> None:
    session = Session()
    state = session.context.warnings
    state.filters[:] = [("always", None, Warning, None, 0)]
    state.log = []
    with session.active():
        for _ in range(2):
            assert torch.tensor([np.ones(2), np.zeros(2)]).tolist() == [[1, 1], [0, 0]]
        np.sin(torch.ones(2))
    assert [(w.category.__name__, str(w.message)[:15]) for w in state.log] == [
        ("UserWarning", "Creating a tens"),
        ("DeprecationWarning", "__array_wrap__ "),
    ]
