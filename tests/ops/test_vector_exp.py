"""Softmax, log-softmax, sigmoid and SiLU of small arrays, and their gradients: PyTorch's bits, recorded."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracle import read_lines
from tensorsh import torch
from tensorsh.engine.numerics import vector_log

FUNCTIONS = {
    "torch.softmax": lambda x: torch.softmax(x, -1),
    "torch.log_softmax": lambda x: torch.log_softmax(x, -1),
    "torch.sigmoid": lambda x: torch.sigmoid(x),
    "torch.nn.functional.silu": lambda x: torch.nn.functional.silu(x),
}


@pytest.mark.parametrize("recorded", read_lines("vector_exp.jsonl.gz"))
def test_bits(recorded: dict[str, Any]) -> None:
    x = torch.tensor(recorded["input"], requires_grad=True)
    y = FUNCTIONS[recorded["function"]](x)
    y.backward(torch.tensor(recorded["grad"]))
    assert x.grad.tolist() == recorded["input_grad"]
    assert y.tolist() == recorded["output"]


def test_edges() -> None:
    x = torch.tensor([[float("inf"), 1.0], [float("nan"), 1.0], [-float("inf"), 0.0]])
    assert str(torch.softmax(x, -1).tolist()) == "[[nan, nan], [nan, nan], [0.0, 1.0]]"
    assert torch.sigmoid(torch.tensor([-200.0, 200.0, -90.0])).tolist() == [0.0, 1.0, 0.0]


def test_logarithms() -> None:
    """Where the nearest float is another one than what PyTorch's vectors give."""
    x = torch.arange(64.0) * 0.1 - 3.2
    places = [1, 2, 10, 34, 47, 52]
    recorded = [
        0.04406396299600601,
        0.04858735203742981,
        0.10508331656455994,
        0.7981389164924622,
        1.7014135122299194,
        2.1269283294677734,
    ]
    assert torch.nn.functional.softplus(x)[places].tolist() == recorded
    assert (-torch.nn.functional.logsigmoid(-x))[places].tolist() == recorded
    rows = torch.stack([x, -x, x * 0.3, x * 0], 1)
    found = torch.log_softmax(rows, 1)
    assert found[56].tolist() == [
        -0.2510090470314026,
        -5.051008701324463,
        -1.9310088157653809,
        -2.6510088443756104,
    ]


def test_edges_of_logarithms() -> None:
    functional, inf = torch.nn.functional, float("inf")
    x = torch.tensor([inf, -inf, float("nan"), 1e38, -1e38, 0.0] * 4)
    assert str(functional.softplus(x)[:5].tolist()) == "[inf, 0.0, nan, 9.999999680285692e+37, 0.0]"
    assert functional.softplus(torch.full((16,), 200.0), threshold=1000)[0] == inf
    assert str(functional.logsigmoid(x)[:3].tolist()) == "[0.0, -inf, nan]"


@pytest.mark.parametrize("function", [vector_log.log, vector_log.log1p])
def test_logarithms_of_what_has_none(function: Callable[..., Any]) -> None:
    x = np.array([np.inf, np.nan, 1.0], np.float32)
    with np.errstate(all="ignore"):
        found = function(x)
        into = x.copy()
        function(into, into)
    assert found[0] == np.inf and np.isnan(found[1]) and np.isfinite(found[2])
    np.testing.assert_array_equal(into, found)


def test_an_array_with_a_dtype_of_its_own() -> None:
    """Unpickled arrays have one that is equal, but another object: the kernels of small arrays take them, too."""
    given = np.linspace(-3, 3, 96, dtype=np.float32).reshape(8, 12)
    x, y = torch.from_numpy(given), torch.from_numpy(pickle.loads(pickle.dumps(given)))
    assert torch.equal(x @ x.T, y @ y.T)
    assert torch.equal(torch.softmax(x, 1), torch.softmax(y, 1))
    assert y.array.dtype is np.dtype(np.float32)
