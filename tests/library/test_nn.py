"""Modules against PyTorch's recorded answers: made from a seed, printed, called, differentiated, saved."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from tensorsh import torch

CASES = [
    json.loads(line)
    for line in gzip.decompress(
        (Path(__file__).parents[1] / "data" / "nn.jsonl.gz").read_bytes()
    ).splitlines()
]
NUMBER = re.compile(r"(?<![\w.])[+-]?(?:\d+\.\d*|\.\d+)(?:e[+-]?\d+)?(?!\w)")


@pytest.mark.parametrize("case", CASES, ids=lambda case: title(case["program"]))
def test_module(case):
    same(printed(case["program"]), case["prints"])


def title(program: str) -> str:
    lines = [line.strip() for line in program.splitlines() if line.strip()]
    return " ".join(lines[1:4])[:80]


def printed(program: str) -> str:
    """What a program prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(program, {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "__name__": "__main__"})
    return out.getvalue()


def same(got: str, wanted: str) -> None:
    """The same text; numbers may differ in the last digits that are printed."""
    words = [re.sub(r"\s+", "", NUMBER.sub("#", text)) for text in (got, wanted)]
    assert words[0] == words[1], f"\n{got}\n--- PyTorch ---\n{wanted}"
    numbers = zip(NUMBER.findall(got), NUMBER.findall(wanted), strict=True)
    apart = [(a, b) for a, b in numbers if abs(float(a) - float(b)) > 2e-4 * max(1.0, abs(float(b)))]
    assert not apart, f"\n{got}\n--- PyTorch ---\n{wanted}\n{apart}"


def test_models_saved_by_pytorch_work() -> None:
    """A whole model in PyTorch's file, which holds its inputs, outputs and text beside it; and saved again here."""
    path = Path(__file__).parents[1] / "data" / "nn_model.pt"
    saved = torch.load(path, weights_only=False)
    again = io.BytesIO()
    torch.save(saved["model"], again)
    again.seek(0)
    for model in (saved["model"], torch.load(again, weights_only=False)):
        assert repr(model) == saved["text"]
        for name, x in saved["inputs"].items():
            out = model[name](x)
            torch.testing.assert_close(out[0] if name == "rnn" else out, saved["outputs"][name])


def test_to_compares_nothing_that_it_is_given() -> None:
    """`==` of an array is an array."""
    with pytest.raises(TypeError, match=r"to\(\) received an invalid combination of arguments - got \(numpy"):
        torch.nn.Linear(1, 2).to(np.ones(2))
