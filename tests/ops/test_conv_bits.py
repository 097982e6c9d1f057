"""Convolutions of float32 and their gradients to the last bit, as oneDNN computes them for PyTorch with AVX2.

A case is the shapes of input and weight, stride, padding, and digests of the output and of the gradients; its
number is the seed of the numbers. As a command it records the cases, with an interpreter that has PyTorch:
python tests/ops/test_conv_bits.py.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

#: (N, C, *spatial), (O, C, *kernel), stride, padding
SHAPES: list[tuple[tuple[int, ...], tuple[int, ...], int, Any]] = [
    ((64, 1, 28, 28), (8, 1, 3, 3), 1, 1),
    ((64, 8, 14, 14), (16, 8, 3, 3), 1, 1),
    ((32, 3, 32, 32), (16, 3, 3, 3), 1, 1),
    ((16, 16, 16, 16), (32, 16, 3, 3), 1, 1),
    ((16, 3, 32, 32), (6, 3, 5, 5), 1, 0),
    ((16, 6, 14, 14), (16, 6, 5, 5), 1, 0),
    ((16, 1, 28, 28), (32, 1, 3, 3), 1, 0),
    ((16, 32, 13, 13), (64, 32, 3, 3), 1, 0),
    ((8, 1, 28, 28), (6, 1, 5, 5), 1, 2),
    ((128, 1, 8, 8), (16, 1, 3, 3), 1, 1),
    ((128, 16, 4, 4), (32, 16, 3, 3), 1, 1),
    ((64, 1, 8, 8), (8, 1, 3, 3), 1, 1),
    ((64, 8, 4, 4), (16, 8, 3, 3), 1, 1),
    ((4, 3, 64, 64), (8, 3, 7, 7), 2, 3),
    ((16, 16, 16, 16), (16, 16, 3, 3), 2, 1),
    ((16, 10, 12, 12), (20, 10, 5, 5), 1, 0),
    ((10, 1, 28, 28), (10, 1, 5, 5), 1, 0),
    ((64, 4, 8, 8), (1, 4, 3, 3), 1, 1),
    ((32, 1, 16, 16), (4, 1, 4, 4), 2, 1),
    ((32, 4, 8, 8), (8, 4, 4, 4), 2, 1),
    ((2, 8, 14, 14), (16, 8, 3, 3), 1, 1),
    ((64, 1, 14, 14), (2, 1, 3, 3), 1, 1),
    ((8, 12, 9, 9), (9, 12, 3, 3), 1, 1),
    ((5, 20, 10, 10), (12, 20, 3, 3), 1, 1),
    ((3, 9, 11, 7), (10, 9, 3, 2), 1, (1, 0)),
    ((6, 8, 30, 1), (4, 8, 5, 1), 1, (2, 0)),
    ((1, 6, 5, 5), (16, 6, 5, 5), 1, 0),  # a single window
    ((1, 3, 7, 7), (1, 3, 4, 4), 1, 0),
    ((2, 64, 9, 9), (20, 64, 3, 3), 1, 1),  # longer chains than fit into one product
    ((2, 2, 7, 42), (24, 2, 3, 3), 1, 1),  # wide rows
    ((2, 3, 6, 6), (72, 3, 5, 5), 1, 2),
]


def drawn(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers that float32 has exactly."""
    return (rng.integers(-(1 << 20), 1 << 20, shape) / (1 << 20)).astype(np.float32)


def digests(torch: Any, seed: int) -> list[str]:
    """Of the output, of the gradients by the bias and the weight, and of that by the input."""
    shape, kernel, stride, padding = SHAPES[seed]
    rng = np.random.default_rng(seed)
    x, w, b = (torch.from_numpy(drawn(rng, s)).requires_grad_() for s in (shape, kernel, kernel[:1]))
    y = torch.nn.functional.conv2d(x, w, b, stride, padding)
    y.backward(torch.from_numpy(drawn(rng, tuple(y.shape))))
    arrays = [
        y.detach().numpy(),
        b.grad.numpy(),
        w.grad.numpy(),
        x.grad.numpy(),
    ]
    return [hashlib.sha256(np.ascontiguousarray(each).tobytes()).hexdigest()[:16] for each in arrays]


if __name__ == "__main__":
    import json

    import torch

    path = Path(__file__).parents[1] / "data" / "bits_conv.json"
    lines = [json.dumps(digests(torch, seed)) for seed in range(len(SHAPES))]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
else:
    import json

    import pytest

    from tensorsh import torch
    from tensorsh.engine.core import context
    from tensorsh.ops.nn import conv_products

    RECORDED = json.loads((Path(__file__).parents[1] / "data" / "bits_conv.json").read_text(encoding="utf-8"))
    in_order = pytest.mark.skipif(
        not conv_products.in_order(), reason="this machine's products add in another order"
    )

    @in_order
    @pytest.mark.parametrize("seed", range(len(SHAPES)))
    def test_convolutions_have_pytorchs_bits(seed: int) -> None:
        with context.using(context.Context()):
            assert digests(torch, seed) == RECORDED[seed]

    @in_order
    @pytest.mark.parametrize("stride", [1, 2])
    @pytest.mark.parametrize("bias", [True, False])
    def test_products_and_single_steps_agree(
        bias: bool, stride: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rng = np.random.default_rng(0)
        x, w, b = drawn(rng, (3, 12, 9, 7)), drawn(rng, (20, 12, 3, 2)), drawn(rng, (20,))

        def made() -> Any:
            given = (torch.from_numpy(each).requires_grad_() for each in (x, w, b))
            x_, w_, b_ = given
            y = torch.nn.functional.conv2d(x_, w_, b_ if bias else None, stride, 1)
            y.sum().backward()
            return y.detach().numpy(), x_.grad.numpy()

        with context.using(context.Context()):
            once = made()
            monkeypatch.setattr(conv_products, "in_order", lambda: False)
            again = made()
        assert all(np.array_equal(one, other) for one, other in zip(once, again, strict=True))
