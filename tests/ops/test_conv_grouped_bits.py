"""Convolutions of groups of channels and of each channel by itself to the last bit, as oneDNN with AVX2 computed them.

A case is the batch, channels, outputs, groups, size, kernel, stride, padding, dilation and checksums of the output and
of the gradients by input, weight and bias; its number is the seed. As a command it records the cases, with an
interpreter that has PyTorch: python tests/ops/test_conv_grouped_bits.py.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

CASES = [
    (4, 64, 64, 4, 12, 3, 1, 1, 1),
    (4, 16, 32, 2, 9, 3, 2, 1, 1),
    (2, 24, 24, 3, 14, 3, 1, 1, 1),
    (2, 16, 16, 2, 20, 5, 1, 2, 1),
    (1, 48, 48, 3, 9, 3, 1, 1, 1),
    (4, 24, 24, 24, 32, 3, 1, 1, 1),
    (2, 12, 12, 12, 14, 3, 1, 1, 1),
    (1, 20, 20, 20, 9, 3, 1, 1, 1),
    (2, 33, 33, 33, 56, 3, 2, 1, 1),
    (2, 8, 8, 8, 31, 3, 1, 1, 1),
    (2, 9, 9, 9, 45, 3, 1, 1, 1),
    (1, 8, 8, 8, 46, 3, 1, 1, 1),
    (3, 16, 16, 16, 8, 3, 2, 0, 1),
    (2, 16, 16, 16, 9, 2, 2, 1, 1),
    (2, 32, 32, 32, 14, 5, 2, 2, 1),
    (2, 8, 8, 8, 40, 7, 1, 3, 1),
    (2, 8, 8, 8, 17, 3, 1, 2, 2),
]


def checksums(torch: Any, case: tuple[int, ...], seed: int) -> list[int]:
    batch, channels, outputs, groups, size, kernel, stride, padding, dilation = case
    torch.manual_seed(seed)
    x = torch.randn(batch, channels, size, size).requires_grad_()
    w = torch.randn(outputs, channels // groups, kernel, kernel).requires_grad_()
    b = torch.randn(outputs).requires_grad_()
    y = torch.nn.functional.conv2d(x, w, b, stride, padding, dilation, groups)
    y.backward(torch.randn(y.shape))
    return [zlib.crc32(each.detach().numpy().tobytes()) for each in (y, x.grad, w.grad, b.grad)]


def record() -> None:
    import gzip
    import json

    import torch

    lines = [[case, checksums(torch, case, seed)] for seed, case in enumerate(CASES)]
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    path = Path(__file__).parents[1] / "data" / "bits_conv_grouped.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    record()
else:
    import pytest

    from oracle import read_lines
    from tensorsh import torch
    from tensorsh.ops.nn import conv_products

    RECORDED: list[Any] = read_lines("bits_conv_grouped.jsonl.gz")

    @pytest.mark.parametrize("seed", range(len(CASES)))
    def test_convolutions_of_groups_have_the_recorded_bits(seed: int) -> None:
        case, wanted = RECORDED[seed]
        if case[3] < case[1] and not conv_products.in_order():
            pytest.skip("this machine's products add in another order")
        assert tuple(case) == CASES[seed]
        assert checksums(torch, CASES[seed], seed) == wanted
