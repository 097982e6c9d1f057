"""Convolutions of small maps, of one position and of other shapes that oneDNN adds in an order of their own, to the
last bit, as PyTorch computed them with AVX2.

A case is the batch, input and output channels, size, kernel, stride, padding, dilation, groups, and checksums of the
output and of the gradients by input, weight and bias; its number is the seed. As a command it
records the cases, with an interpreter that has PyTorch: python tests/ops/test_conv_corner_bits.py.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np

Ints = tuple[int, ...]
Case = tuple[int, int, int, Ints, Ints, int, int | Ints, int, int]

CASES: list[Case] = [
    # the kernel is higher than the map
    (32, 32, 32, (2, 2), (3, 3), 1, 1, 1, 1),
    (32, 24, 10, (2, 2), (3, 3), 2, 1, 1, 1),
    (5, 24, 10, (2, 5), (3, 3), 1, 1, 1, 1),
    (4, 3, 5, (1, 1), (3, 3), 1, 1, 1, 1),
    (3, 8, 1, (2, 9), (3, 3), 1, 1, 1, 1),
    (2, 20, 130, (2, 3), (3, 3), 1, 1, 1, 1),
    (2, 3, 100, (2, 7), (3, 3), 2, 1, 1, 1),
    (2, 3, 4, (2, 700), (3, 3), 1, 1, 1, 1),
    # windows in the padding
    (4, 8, 16, (3, 3), (2, 2), 2, 1, 1, 1),
    (4, 8, 16, (8, 8), (3, 3), 1, 2, 1, 1),
    (2, 5, 7, (6, 6), (2, 2), 1, 2, 1, 1),
    (4, 3, 7, (5, 20), (1, 15), 1, 0, 1, 1),
    (2, 1, 3, (1, 40), (1, 14), 1, 0, 1, 1),
    (2, 3, 4, (1, 700), (1, 14), 1, 0, 1, 1),
    (3, 16, 20, (50,), (9,), 1, 4, 1, 1),
    (2, 6, 16, (100,), (15,), 1, 7, 1, 1),
    (2, 5, 8, (30, 31), (9, 9), 1, 4, 1, 1),
    # dilated windows
    (3, 6, 8, (50,), (3,), 1, 4, 4, 1),
    (2, 16, 20, (300,), (2,), 1, 2, 2, 1),
    (2, 32, 16, (60,), (3,), 1, 16, 8, 1),
    (5, 4, 1, (30,), (3,), 1, 0, 2, 1),
    (2, 9, 12, (9, 10), (3, 3), 1, 2, 2, 1),
    (2, 8, 16, (20, 20), (3, 3), 2, 2, 2, 1),
    (2, 16, 16, (9, 9), (3, 3), 1, 2, 2, 2),
    # groups that do not fill vectors, each channel by itself
    (2, 12, 24, (7, 7), (3, 3), 1, 1, 1, 3),
    (5, 6, 12, (9, 6), (3, 3), 2, 1, 1, 6),
    (2, 4, 6, (20,), (3,), 1, 1, 1, 2),
    (2, 8, 8, (14, 14), (5, 5), 1, 2, 1, 8),
    (2, 5, 5, (9, 9), (3, 3), 1, 2, 2, 5),
    (1, 16, 16, (9, 7), (3, 3), 2, 0, 1, 16),
    (3, 5, 5, (6, 9), (2, 2), 1, 2, 1, 5),
    (2, 8, 8, (40,), (3,), 1, 2, 2, 8),
    (2, 5, 5, (5, 6, 7), (3, 3, 3), 1, 1, 1, 5),
    # large products, whose factors are copied
    (2, 64, 300, (2, 2), (3, 3), 1, 1, 1, 1),
    (1, 24, 380, (420,), (15,), 1, 0, 1, 1),
    # many channels
    (2, 256, 9, (4, 4), (3, 3), 1, 1, 1, 1),
    # padded volumes
    (2, 3, 5, (6, 7, 8), (3, 3, 3), 1, 1, 1, 1),
    (3, 8, 9, (2, 2, 2), (3, 3, 3), 1, 1, 1, 1),
    # kernels of one position: of many samples, over some of the places, of many channels and places
    (16, 3, 5, (4, 4), (1, 1), 1, 0, 1, 1),
    (17, 130, 70, (3, 3), (1, 1), 1, 0, 1, 1),
    (16, 300, 140, (1, 1), (1, 1), 1, 0, 1, 1),
    (16, 8, 1, (20, 20), (1, 1), 1, 0, 1, 1),
    (16, 12, 9, (300,), (1,), 1, 0, 1, 1),
    (16, 140, 70, (2, 2, 2), (1, 1, 1), 1, 0, 1, 1),
    (2, 8, 16, (5, 5), (1, 1), 2, 0, 1, 1),
    (5, 33, 7, (2, 5), (1, 1), 2, 0, 1, 1),
    (2, 130, 70, (100,), (1,), 2, 0, 1, 1),
    (2, 130, 16, (27, 28), (1, 1), 2, 0, 1, 1),
    (16, 32, 16, (6, 7), (1, 1), 1, 0, 1, 2),
]


def drawn(rng: np.random.Generator, shape: Ints) -> Any:
    """Numbers of several sizes, which float32 has exactly."""
    sizes = 2.0 ** rng.integers(-27, -22, shape)
    return (rng.integers(-(1 << 24), 1 << 24, shape) * sizes).astype(np.float32)


def checksums(torch: Any, case: Case, seed: int) -> list[int]:
    batch, channels, outputs, size, kernel, stride, padding, dilation, groups = case
    rng = np.random.default_rng(seed)
    shapes = (batch, channels, *size), (outputs, channels // groups, *kernel), (outputs,)
    x, w, b = (torch.from_numpy(drawn(rng, shape)).requires_grad_() for shape in shapes)
    convolve = getattr(torch.nn.functional, f"conv{len(size)}d")
    y = convolve(x, w, b, stride, padding, dilation, groups)
    y.backward(torch.from_numpy(drawn(rng, tuple(y.shape))))
    arrays = (each.detach().numpy() for each in (y, x.grad, w.grad, b.grad))
    return [zlib.crc32(np.ascontiguousarray(each).tobytes()) for each in arrays]


def record() -> None:
    import gzip
    import json

    import torch

    lines = [[case, checksums(torch, case, seed)] for seed, case in enumerate(CASES)]
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    path = Path(__file__).parents[1] / "data" / "bits_conv_corner.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    record()
else:
    import pytest

    from oracle import read_lines
    from tensorsh import torch
    from tensorsh.ops.nn import conv_products

    RECORDED: list[Any] = read_lines("bits_conv_corner.jsonl.gz")

    def test_every_case_is_recorded() -> None:
        assert len(RECORDED) == len(CASES)

    @pytest.mark.skipif(not conv_products.in_order(), reason="this machine's products add in another order")
    @pytest.mark.parametrize("seed", range(len(CASES)))
    def test_convolutions_have_the_recorded_bits(seed: int) -> None:
        assert checksums(torch, CASES[seed], seed) == RECORDED[seed][1]
