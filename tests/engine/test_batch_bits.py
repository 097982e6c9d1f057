"""Products of batches to the last bit, as PyTorch (MKL on a processor with AVX2, one thread) computed them.

A case is the form, the batch, m, k, n and checksums of the result and the gradients; its number is the seed. As a
command it records the cases, with an interpreter that has PyTorch: python tests/engine/test_batch_bits.py.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

#: matrices that begin where vectors do, and others; single rows and columns
SIZES = [
    (2, 3, 4, 5),
    (4, 8, 8, 8),
    (6, 10, 10, 10),
    (7, 9, 9, 9),
    (3, 33, 17, 9),
    (5, 12, 7, 13),
    (8, 1, 20, 18),
    (6, 20, 30, 1),
    (4, 16, 32, 16),
    (3, 7, 50, 6),
]


def operands(torch: Any, form: str, batch: int, m: int, k: int, n: int) -> tuple[Any, Any]:
    if form == "left":
        return torch.randn(m, k), torch.randn(batch, k, n)
    if form == "vector":
        return torch.randn(k), torch.randn(batch, k, n)
    if form == "broadcast":
        return torch.randn(2, batch, m, k), torch.randn(batch, k, n)
    return torch.randn(batch, m, k), torch.randn(*((batch, n, k) if form == "NT" else (batch, k, n)))


def checksums(torch: Any, form: str, sizes: tuple[int, int, int, int], seed: int) -> list[int]:
    torch.manual_seed(seed)
    a, b = operands(torch, form, *sizes)
    a.requires_grad_()
    b.requires_grad_()
    found = a @ (b.mT if form == "NT" else b)
    found.backward(torch.randn(*found.shape))
    return [zlib.crc32(each.detach().contiguous().numpy().tobytes()) for each in (found, a.grad, b.grad)]


#: a column that is a row of a stored matrix is added in an order of its own
CASES = [
    (form, sizes)
    for form in ("NN", "NT", "left", "vector", "broadcast")
    for sizes in SIZES
    if form != "NT" or sizes[3] > 1
]


def record() -> None:
    import gzip
    import json

    import torch

    lines = [[*case, checksums(torch, *case, seed)] for seed, case in enumerate(CASES)]
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    path = Path(__file__).parents[1] / "data" / "bits_batches.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    record()
else:
    from oracle import read_lines
    from tensorsh import torch

    def test_products_of_batches_have_the_recorded_bits() -> None:
        recorded: list[Any] = read_lines("bits_batches.jsonl.gz")
        wrong = [
            (form, sizes)
            for seed, (form, sizes, wanted) in enumerate(recorded)
            if checksums(torch, form, sizes, seed) != wanted
        ]
        assert len(recorded) == len(CASES)
        assert wrong == []
