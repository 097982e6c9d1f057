"""Attention of short sequences and its gradients, and small batches of matrices: PyTorch's bits, by their checksums.

As a command it records them, with an interpreter that has PyTorch: python tests/ops/test_attention_bits.py.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

PATH = Path(__file__).parents[1] / "data" / "bits_attention.json"

#: batch, heads, queries, keys, features, causal, mask ("" or its dtype)
SHAPES = [
    (1, 1, 8, 8, 4, False, ""),
    (3, 2, 5, 5, 4, False, ""),
    (2, 4, 10, 10, 4, True, ""),
    (4, 4, 16, 16, 8, False, ""),
    (2, 2, 33, 40, 16, False, ""),
    (2, 3, 1, 7, 8, False, ""),
    (2, 2, 10, 10, 8, False, "bool"),
    (2, 2, 12, 12, 8, False, "float32"),
    (1, 2, 32, 32, 16, True, ""),
]
#: how many, and the sizes of two batches whose rows lie apart
BATCHES = [(8, 12, 12, 8), (32, 8, 8, 8), (6, 5, 5, 4)]


def drawn(rng: np.random.Generator, *shape: int) -> Any:
    """Numbers that float32 has exactly."""
    return (rng.integers(-(1 << 20), 1 << 20, shape) / (1 << 19)).astype(np.float32)


def checksums(torch: Any, tensors: list[Any]) -> list[int]:
    return [zlib.crc32(np.ascontiguousarray(t.detach().numpy()).tobytes()) for t in tensors]


def attention(torch: Any, seed: int) -> list[int]:
    batch, heads, queries, keys, features, causal, kind = SHAPES[seed]
    rng = np.random.default_rng(seed)
    sizes = (queries, keys, keys)
    q, k, v = (torch.from_numpy(drawn(rng, batch, heads, n, features)).requires_grad_() for n in sizes)
    mask = torch.from_numpy(drawn(rng, queries, keys)) if kind else None
    if kind == "bool":
        mask = mask > -1
    out = torch.nn.functional.scaled_dot_product_attention(q, k, v, mask, 0.0, causal)
    out.backward(torch.from_numpy(drawn(rng, batch, heads, queries, features)))
    return checksums(torch, [out, q.grad, k.grad, v.grad])


def products(torch: Any, seed: int) -> list[int]:
    many, m, k, n = BATCHES[seed]
    rng = np.random.default_rng(seed)
    a = torch.from_numpy(drawn(rng, many, m, k))
    b = torch.from_numpy(drawn(rng, k, many, n)).transpose(0, 1)
    c = torch.from_numpy(drawn(rng, many, m, n))
    return checksums(torch, [a @ b, c @ b.transpose(1, 2), a.transpose(1, 2) @ c])


if __name__ == "__main__":
    import torch

    found = {
        "attention": [attention(torch, seed) for seed in range(len(SHAPES))],
        "products": [products(torch, seed) for seed in range(len(BATCHES))],
    }
    PATH.write_text(json.dumps(found) + "\n", encoding="utf-8")
else:
    import pytest

    from tensorsh import torch

    RECORDED = json.loads(PATH.read_text(encoding="utf-8"))

    @pytest.mark.parametrize("seed", range(len(SHAPES)))
    def test_attention(seed: int) -> None:
        assert attention(torch, seed) == RECORDED["attention"][seed]

    @pytest.mark.parametrize("seed", range(len(BATCHES)))
    def test_products(seed: int) -> None:
        assert products(torch, seed) == RECORDED["products"][seed]

    def test_queries_that_look_at_nothing() -> None:
        q = torch.ones(1, 1, 2, 4).requires_grad_()
        mask = torch.tensor([[True, False], [False, False]])
        out = torch.nn.functional.scaled_dot_product_attention(q, q, q, mask)
        out.sum().backward()
        assert out[0, 0].tolist() == [[1.0] * 4, [0.0] * 4]
        assert not q.grad.isnan().any()

    #: shapes of more scores than a few thousand, whether causal, checksums of result and gradients
    BATCHES_OF_HEADS: list[Any] = [
        ((32, 8, 16, 64), False, [4275651631, 1853661360, 1415157183, 2209305105]),
        ((12, 4, 64, 32), True, [823524984, 3176524046, 1710930510, 227871174]),
        ((4, 2, 128, 64), True, [3517956504, 3182973349, 2857506078, 2885605630]),
        ((4, 5, 100, 16), False, [2663253285, 3866394583, 2529473772, 1489756709]),
        ((2, 10, 130, 40), True, [2281958358, 937000014, 1086846259, 586669363]),
    ]

    @pytest.mark.parametrize(("shape", "causal", "wanted"), BATCHES_OF_HEADS)
    def test_batches_of_heads(shape: tuple[int, ...], causal: bool, wanted: list[int]) -> None:
        torch.manual_seed(0)
        q, k, v = (torch.randn(shape, requires_grad=True) for _ in range(3))
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        found = (out, *torch.autograd.grad(out, (q, k, v), torch.randn(shape)))
        assert [zlib.crc32(t.detach().contiguous().numpy().tobytes()) for t in found] == wanted

    #: shapes of keys, how many queries, dtype, how weights are dropped, mask, checksums of result and gradients
    STEP_BY_STEP: list[Any] = [
        ((24, 4, 32, 16), 32, "float32", 0.1, "float32", [1874986723, 3433821039, 491049476, 1484198240]),
        ((2, 3, 40, 16), 33, "float32", 0.1, "", [1393170217, 3617697694, 512947629, 1351233266]),
        ((4, 4, 16, 8), 16, "float32", 0.2, "bool", [302511996, 1978586402, 2805541647, 2726356725]),
        ((3, 2, 20, 5), 2, "float32", 0.1, "float32", [3160482835, 3160482835, 2638983978, 2638983978]),
        ((6, 10, 8), 10, "float32", 0.0, "float32", [3290137661, 628527363, 591887983, 863635137]),
        ((2, 3, 10, 8), 10, "float16", 0.1, "float32", [2379804982, 2789389870, 434228502, 3644335309]),
        ((3, 7, 4), 5, "float16", 0.0, "", [2024603551, 3667349322, 302237386, 1889238843]),
        ((2, 40, 16), 33, "bfloat16", 0.0, "float32", [136452455, 1925959646, 2580888866, 1729811223]),
        ((2, 2, 10, 8), 12, "bfloat16", 0.3, "bool", [188528135, 2299109274, 1608393272, 3583168780]),
    ]

    @pytest.mark.parametrize(("shape", "queries", "dtype", "dropped", "kind", "wanted"), STEP_BY_STEP)
    def test_attention_whose_weights_are_a_tensor(
        shape: tuple[int, ...], queries: int, dtype: str, dropped: float, kind: str, wanted: list[int]
    ) -> None:
        torch.manual_seed(0)
        rows = (*shape[:-2], queries, shape[-1])
        drawn = [torch.randn(each) for each in (rows, shape, shape, rows)]
        *given, weights = (each.to(getattr(torch, dtype)) for each in drawn)
        q, k, v = (each.requires_grad_() for each in given)
        mask = torch.randn(queries, shape[-2]) if kind else None
        if kind == "bool":
            mask = mask > 0
        elif kind:
            mask[:2] = -torch.inf
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v, mask, dropped, not kind)
        tensors = (out, *torch.autograd.grad(out, (q, k, v), weights))
        found = [zlib.crc32(t.detach().float().contiguous().numpy().tobytes()) for t in tensors]
        assert found == wanted
