"""Functions of float32 numbers to the last bit, as PyTorch (on a processor with AVX2, one thread) computed them.

A case is the function, a shape, a dimension and checksums of the result and of the gradient; its number is the seed.
As a command it records the cases, with an interpreter that has PyTorch: python tests/ops/test_function_bits.py.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any


def length_and_direction(torch: Any, x: Any, dim: int) -> Any:
    """x by `weight_norm`, with lengths of its own along `dim`."""
    layer = torch.nn.Linear(1, 1)
    layer.weight = torch.nn.Parameter(x.detach().clone())
    torch.nn.utils.parametrizations.weight_norm(layer, dim=dim)
    lengths = x.detach().abs().amax([d for d in range(x.dim()) if d != dim % x.dim()], keepdim=True)
    return layer.parametrizations.weight[0](lengths, x)


def in_vectors(name: str) -> Any:
    """A function of what fills vectors: what is left over goes to the C library's functions."""

    def function(torch: Any, x: Any, dim: int) -> Any:
        space = torch if name in ("log1p", "expm1") else torch.nn.functional
        x = torch.stack([x] * 16)
        rest = {"approximate": "tanh"} if name == "gelu" else {}
        return getattr(space, name)(x.abs() if name == "log1p" else x, **rest)[3]

    return function


def of_many(name: str) -> Any:
    """A function of arrays whose last vector is full."""
    return lambda torch, x, dim: getattr(torch.nn.functional, name)(x)


FUNCTIONS = {
    "softmax": lambda torch, x, dim: torch.softmax(x, dim),
    "sigmoid": lambda torch, x, dim: torch.sigmoid(x),
    "tanh": lambda torch, x, dim: torch.tanh(x),
    "silu": lambda torch, x, dim: torch.nn.functional.silu(x),
    "gelu": lambda torch, x, dim: torch.nn.functional.gelu(x),
    "layer_norm": lambda torch, x, dim: torch.nn.functional.layer_norm(x, x.shape[-1:]),
    "layer_norm, scaled": lambda torch, x, dim: torch.nn.functional.layer_norm(
        x,
        x.shape[-1:],
        x.detach().reshape(-1, x.shape[-1])[0],
        x.detach()[..., 0].reshape(-1)[0].expand(x.shape[-1]),
    ),
    "layer_norm, scale": lambda torch, x, dim: torch.nn.functional.layer_norm(
        x.detach(), x.shape[-1:], *x.reshape(-1, x.shape[-1])[:2]
    ),
    "bilinear": lambda torch, x, dim: torch.nn.functional.interpolate(
        torch.nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False),
        size=x.shape[2:],
        mode="bilinear",
        align_corners=True,
    ),
    "group_norm": lambda torch, x, dim: torch.nn.functional.group_norm(
        x, 2, *x.detach().reshape(2, -1)[:, : x.shape[1]]
    ),
    "batch_norm": lambda torch, x, dim: torch.nn.functional.batch_norm(
        x, None, None, x.detach().flatten()[: x.shape[1]], None, True
    ),
    "exp": lambda torch, x, dim: torch.exp(x),
    "log": lambda torch, x, dim: torch.log(x.abs()),
    "sin": lambda torch, x, dim: torch.sin(x),
    "cos": lambda torch, x, dim: torch.cos(x),
    "logsumexp": lambda torch, x, dim: x - torch.logsumexp(x, dim, True),
    "tanh, wide": lambda torch, x, dim: torch.tanh(x + x.detach()),
    "weight_norm of rows": lambda torch, x, dim: length_and_direction(torch, x, 0),
    "weight_norm of columns": lambda torch, x, dim: length_and_direction(torch, x, x.dim() - 1),
    "weight_norm": lambda torch, x, dim: length_and_direction(torch, x, 1),
    **{
        name: in_vectors(name) for name in ("log1p", "expm1", "softplus", "logsigmoid", "elu", "selu", "celu")
    },
    "gelu by tanh": in_vectors("gelu"),
    "cdist": lambda torch, x, dim: torch.cdist(
        x.reshape(-1, x.shape[-1]), torch.arange(28.0 * x.shape[-1]).sin().reshape(28, -1)
    )[:, : x.shape[-1]].reshape(x.shape),
    "pdist": lambda torch, x, dim: torch.pdist(x.detach().reshape(-1, x.shape[-1])),
    "mish": in_vectors("mish"),
    **{
        f"{name} of many": of_many(name) for name in ("silu", "elu", "softplus", "mish", "logsigmoid", "gelu")
    },
    "batch_norm of very many": lambda torch, x, dim: torch.nn.functional.batch_norm(
        x, None, None, x.detach().flatten()[: x.shape[1]], None, True
    ),
    "group_norm of very many": lambda torch, x, dim: torch.nn.functional.group_norm(
        x, 4, *x.detach().flatten()[: 2 * x.shape[1]].reshape(2, -1)
    ),
    "nearest": lambda torch, x, dim: torch.nn.functional.interpolate(
        torch.nn.functional.interpolate(x, size=[3 * n // 2 for n in x.shape[2:]], mode="nearest-exact"),
        size=x.shape[2:],
    ),
    "nearest, doubled": lambda torch, x, dim: torch.nn.functional.avg_pool2d(
        torch.nn.functional.interpolate(x, scale_factor=2), 2
    ),
}
SHAPES = [
    (3, 4),
    (5, 8),
    (4, 10, 12),
    (2, 3, 4, 5),
    (3, 20, 9),
    (12, 7, 3),
    (64, 10),
    (64, 48),
    (16, 128),
    (1, 10, 1),
]
#: of more rows, or as large as what is followed digit by digit
MORE = {
    "layer_norm": [(33, 17), (4, 16, 64), (128, 10), (190, 20), (80, 1), (64, 128), (9, 300), (2, 1030)],
    "sigmoid": [(4, 16, 64), (64, 128)],
    "tanh": [(128, 10), (64, 128)],
    "softmax": [(64, 128), (8, 20, 32)],
    "silu": [(64, 128)],
    "gelu": [(64, 128), (100, 300)],
    "exp": [(64, 128)],
    "log": [(64, 128)],
    "sin": [(64, 128)],
    "bilinear": [(2, 8, 8, 8), (1, 3, 7, 9), (2, 12, 5, 6), (2, 4, 16, 16)],
    "group_norm": [(4, 10), (3, 6, 3), (4, 12, 5, 5), (2, 64, 16), (3, 26, 20), (2, 8, 40, 30)],
    "nearest": [(2, 8, 8, 8), (1, 3, 7, 9), (2, 4, 16, 16), (2, 3, 9), (1, 2, 4, 5, 6)],
    "nearest, doubled": [(2, 8, 8, 8), (1, 3, 7, 9), (2, 4, 16, 16)],
    "cdist": [(3, 4), (12, 7, 3), (64, 10), (33, 17), (40, 28), (2, 1)],
    "batch_norm": [(16, 8, 16, 16), (2, 3), (64, 17), (65, 16), (128, 64), (192, 10), (100, 1), (6, 5, 4, 4)],
}


def shapes(name: str) -> list[Any]:
    if name.endswith(" of very many"):
        return [(70, 16, 33, 31), (2, 64, 128, 96)]
    if name.endswith(" of many"):
        return [(512, 400), (640, 800)]
    more = MORE.get(name, MORE.get(name.partition(",")[0], []))
    return (
        more
        if name.partition(",")[0] in ("bilinear", "batch_norm", "group_norm", "cdist", "nearest")
        else [*SHAPES, *more]
    )


def checksums(torch: Any, name: str, shape: list[int], dim: int, seed: int) -> list[int]:
    """Of the result, and of the gradient where there is one."""
    torch.manual_seed(seed)
    x = torch.randn(*shape) * 3
    if name == "tanh":  # of which PyTorch misses the nearest float now and then
        x = (x * 2).round() / 4
    x.requires_grad_()
    found = FUNCTIONS[name](torch, x, dim)
    results = [found.detach()]
    if found.requires_grad:
        found.backward(torch.randn(*shape))
        results.append(x.grad)
    return [zlib.crc32(each.numpy().tobytes()) for each in results]


def record() -> None:
    import gzip
    import json

    import torch

    lines = []
    for name in FUNCTIONS:
        for shape in shapes(name):
            for dim in range(len(shape)) if name == "softmax" else [-1]:
                lines.append([name, shape, dim, checksums(torch, name, shape, dim, len(lines))])
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    path = Path(__file__).parents[1] / "data" / "bits_functions.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    record()
else:
    import pytest

    from oracle import read_lines
    from tensorsh import torch

    CASES: list[Any] = read_lines("bits_functions.jsonl.gz")

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_functions_have_the_recorded_bits(name: str) -> None:
        cases = [(seed, *case) for seed, case in enumerate(CASES) if case[0] == name]
        wrong = [
            (shape, dim)
            for seed, _, shape, dim, wanted in cases
            if checksums(torch, name, shape, dim, seed) != wanted
        ]
        assert cases
        assert wrong == []
