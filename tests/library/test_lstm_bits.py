"""LSTM layers to the last bit, as PyTorch (oneDNN with AVX2, one thread) computed them: forward, backward, no_grad.

A case is steps, sequences, features, hidden units, what else the layer is given, and checksums of the results; its
number is the seed. As a command it records the cases, with an interpreter that has PyTorch:
python tests/library/test_lstm_bits.py.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

#: batches of one go other ways than those of up to three, six, 48, 96, and 128 and more
SHAPES = [
    (5, 3, 4, 8),
    (7, 1, 1, 16),
    (3, 2, 10, 10),
    (4, 6, 3, 5),
    (2, 13, 30, 4),
    (9, 20, 8, 20),
    (3, 50, 17, 33),
    (2, 130, 5, 6),
    (40, 2, 1, 12),
    (1, 4, 1, 1),
    (12, 9, 5, 20),
]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"bidirectional": True, "batch_first": True},
    {"num_layers": 2, "bias": False},
]


def checksums(torch: Any, shape: list[int], options: dict[str, Any], seed: int) -> list[int]:
    steps, batch, features, hidden = shape
    torch.manual_seed(seed)
    layer = torch.nn.LSTM(features, hidden, **options)
    many = (2 if "bidirectional" in options else 1) * options.get("num_layers", 1)
    x = torch.randn(*((batch, steps) if "batch_first" in options else (steps, batch)), features) * 2
    state = torch.randn(many, batch, hidden), torch.randn(many, batch, hidden)
    given = [x, *state]
    for each in given:
        each.requires_grad_()
    with torch.no_grad():
        unrecorded, _ = layer(x, state)
    y, (h, c) = layer(x, state)
    loss = (y * y).sum() + (h * c).sum()
    grads = torch.autograd.grad(loss, [*given, *layer.parameters()])
    return [zlib.crc32(each.detach().numpy().tobytes()) for each in (unrecorded, y, h, c, *grads)]


def record() -> None:
    import gzip
    import json

    import torch

    cases = [(shape, options) for shape in SHAPES for options in OPTIONS]
    lines = [[*case, checksums(torch, *case, seed)] for seed, case in enumerate(cases)]
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    path = Path(__file__).parents[1] / "data" / "bits_lstm.jsonl.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    record()
else:
    import pytest

    from oracle import read_lines
    from tensorsh import torch
    from tensorsh.engine.compile.machine.assembler import available
    from tensorsh.torch.nn.modules import lstm_steps

    CASES: list[Any] = read_lines("bits_lstm.jsonl.gz")

    def never(elements: int, times: int = 1) -> bool:
        return False

    @pytest.mark.parametrize(
        "machine", [False, pytest.param(True, marks=pytest.mark.skipif(not available(), reason="no LLVM"))]
    )
    def test_layers_have_the_recorded_bits(machine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        for code in (lstm_steps.FORWARD, lstm_steps.BACKWARD):
            if machine:
                code.make()
                assert code.ready(1)
            else:
                monkeypatch.setattr(code, "ready", never)
        wrong = [
            (shape, options)
            for seed, (shape, options, wanted) in enumerate(CASES)
            if checksums(torch, shape, options, seed) != wanted
        ]
        assert CASES
        assert wrong == []
