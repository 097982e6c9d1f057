"""Gradients that are recorded and their gradients to the last bit, as PyTorch (one thread, AVX2) computed them.

PyTorch has one node for most of these gradients, with a rule of its own for the second ones.
"""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from tensorsh import torch

F = torch.nn.functional

FUNCTIONS: dict[str, Any] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "mish": F.mish,
    "softplus": lambda x: F.softplus(x, 2.0, 1.5),
    "logsigmoid": F.logsigmoid,
    "gelu": F.gelu,
    "elu": F.elu,
    "selu": F.selu,
    "celu": lambda x: F.celu(x, 1.5),
    "softmax": lambda x: F.softmax(x, -1),
    "softmax of columns": lambda x: F.softmax(x, 0),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "cross_entropy": lambda x: F.cross_entropy(x, torch.arange(32) % 20),
    "mse_loss": lambda x: F.mse_loss(x, torch.zeros_like(x)),
    "mse_loss of each": lambda x: F.mse_loss(torch.zeros_like(x), x, reduction="none"),
    "quotient": lambda x: x / (x.abs() + 1),
    "mean": lambda x: (x * x).mean(),
    "mean of rows": lambda x: (x * x).mean(1),
}

#: checksums of the gradient, and of its gradients by the input and by the weights
WANTED = {
    "tanh": [2418550625, 2077319879, 3916843546],
    "sigmoid": [1045755928, 213682203, 3093114878],
    "silu": [4228231900, 3127063009, 3517871501],
    "mish": [900131905, 528907275, 2322984730],
    "softplus": [128860508, 241669883, 1861309050],
    "logsigmoid": [58270292, 3858952658, 439279088],
    "gelu": [1295130450, 2973936937, 2461385592],
    "elu": [114415484, 3831260514, 9911446],
    "selu": [1913341846, 1104418370, 792280198],
    "celu": [3988530022, 1686136501, 3831698024],
    "softmax": [2502391802, 3566164507, 3396677348],
    "softmax of columns": [58432805, 912018237, 3085873403],
    "log_softmax": [1495838112, 481187081, 1661672040],
    "cross_entropy": [168679866, 774042043, 24840015],
    "mse_loss": [1563939084, 2979975579, 3303360773],
    "mse_loss of each": [2277131168, 1406202153, 542435808],
    "quotient": [1884567688, 2817868623, 684927765],
    "mean": [2487430577, 411554281, 1363687029],
    "mean of rows": [3394736938, 2629609613, 2515851480],
}


def checksums(function: Any) -> list[int]:
    torch.manual_seed(0)
    x = torch.randn(32, 20).requires_grad_()
    y = function(x)
    weights = torch.randn(y.shape).requires_grad_()
    (first,) = torch.autograd.grad(y, x, weights, create_graph=True)
    second = torch.autograd.grad(first, (x, weights), torch.randn(x.shape))
    return [zlib.crc32(t.detach().contiguous().numpy().tobytes()) for t in (first, *second)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_of_gradients(name: str) -> None:
    assert checksums(FUNCTIONS[name]) == WANTED[name]
