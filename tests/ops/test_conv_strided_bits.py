"""Strided, pointwise and transposed convolutions to the last bit, as PyTorch (oneDNN with AVX2) computed them.

A case is whether it is transposed, the batch, input and output channels, size, kernel, stride, padding, output padding
and checksums of the output and the gradients; its number is the seed. As a command it records the cases, with an
interpreter that has PyTorch: python tests/ops/test_conv_strided_bits.py.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

PLAIN = [
    (4, 8, 16, 16, 3, 2, 1, 0),
    (2, 8, 4, 15, 3, 2, 1, 0),
    (2, 16, 32, 8, 4, 2, 1, 0),
    (4, 3, 8, 20, 7, 2, 3, 0),
    (4, 8, 8, 12, 2, 2, 0, 0),
    (4, 16, 16, 8, 1, 1, 0, 0),
    (3, 8, 8, 5, 1, 1, 0, 0),
    (8, 8, 16, 8, 1, 2, 0, 0),
]
TRANSPOSED = [
    (4, 8, 16, 7, 3, 2, 1, 1),
    (4, 16, 8, 4, 4, 2, 1, 0),
    (2, 16, 32, 1, 4, 1, 0, 0),
    (4, 8, 4, 5, 2, 2, 0, 0),
    (4, 8, 3, 5, 3, 3, 0, 0),
    (4, 4, 8, 6, 5, 2, 2, 1),
    (8, 1, 16, 20, 3, 1, 1, 0),
    (4, 40, 8, 6, 3, 1, 1, 0),
]
CASES = [(turned, sizes) for turned, each in ((False, PLAIN), (True, TRANSPOSED)) for sizes in each]


def checksums(torch: Any, turned: bool, sizes: tuple[int, ...], seed: int) -> list[int]:
    batch, inputs, outputs, size, kernel, stride, padding, extra = sizes
    torch.manual_seed(seed)
    x = torch.randn(batch, inputs, size, size).requires_grad_()
    w = torch.randn(*((inputs, outputs) if turned else (outputs, inputs)), kernel, kernel).requires_grad_()
    b = torch.randn(outputs).requires_grad_()
    if turned:
        y = torch.nn.functional.conv_transpose2d(x, w, b, stride, padding, extra)
    else:
        y = torch.nn.functional.conv2d(x, w, b, stride, padding)
    y.backward(torch.randn(*y.shape))
    return [zlib.crc32(each.detach().numpy().tobytes()) for each in (y, x.grad, w.grad, b.grad)]


def record() -> None:
    import gzip
    import json

    import torch

    lines = [[*case, checksums(torch, *case, seed)] for seed, case in enumerate(CASES)]
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    path = Path(__file__).parents[1] / "data" / "bits_conv_strided.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    record()
else:
    from oracle import read_lines
    from tensorsh import torch

    def test_convolutions_have_the_recorded_bits() -> None:
        recorded: list[Any] = read_lines("bits_conv_strided.jsonl.gz")
        wrong = [
            (turned, sizes)
            for seed, (turned, sizes, wanted) in enumerate(recorded)
            if checksums(torch, turned, sizes, seed) != wanted
        ]
        assert len(recorded) == len(CASES)
        assert wrong == []
