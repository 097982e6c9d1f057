"""Products of complex numbers, and numbers of lengths and angles, to the last bit, as PyTorch 2.13 has them.

As a command it prints the digests, with an interpreter that has PyTorch: python tests/ops/test_complex_bits.py.
"""

from __future__ import annotations

import hashlib
from typing import Any

#: what is computed → the first half of the digest of its bytes
DIGESTS = {
    "torch.polar(lengths, angles * 1e-3)": "a1f806f4e7dab971",
    "torch.polar(lengths, angles)": "a0403cec181593ad",
    "torch.polar(lengths, angles * 30)": "bc1f03095a0b52e6",
    "torch.polar(lengths, angles * 3e3)": "c74c35e41cbd3d63",
    "torch.polar(lengths, angles * 1e7)": "1c18d5780a8310ab",
    "a**2": "0d5a236947e7c1be",
    "a**3": "7c2b523999dea006",
    "a * b": "8a94b802ef7c0b21",
    "queries * turns": "4c05847be8804f81",
    "wide * wide.flip(0)": "85e7f219b9636b95",
}
LOGARITHMS = [
    -2.0260205268859863,
    -0.6592738628387451,
    -1.3585766553878784,
    -1.3437222242355347,
    -1.8574291467666626,
    -0.08680009841918945,
]
START = """
import torch
torch.manual_seed(0)
lengths, angles = torch.rand(3000) + 0.5, torch.randn(3000)
a, b = torch.randn(4000, dtype=torch.complex64), torch.randn(4000, dtype=torch.complex64)
turns, queries = torch.randn(1, 20, 1, 8, dtype=torch.complex64), torch.randn(5, 20, 4, 8, dtype=torch.complex64)
wide = torch.randn(300, dtype=torch.complex128)
small = torch.randn(6, 3, 3)
"""


def digest(array: Any) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()[:16]


def test_digits() -> None:
    from tensorsh import Session

    session = Session()
    session.run(START)
    assert {text: digest(session.evaluate(text).array) for text in DIGESTS} == DIGESTS


def test_logarithms_of_determinants_have_pytorchs_digits() -> None:
    from tensorsh import Session

    session = Session()
    session.run(START)
    assert session.evaluate("torch.linalg.slogdet(small)[1].tolist()") == LOGARITHMS


if __name__ == "__main__":
    exec(START)
    for text in DIGESTS:
        print(f'    "{text}": "{digest(eval(text).numpy())}",')
    print(eval("torch.linalg.slogdet(small)[1].tolist()"))
