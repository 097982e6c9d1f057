"""Eigenvalues and eigenvectors of 120 matrices print as PyTorch's do, signs included.

An eigenvector's sign is LAPACK's choice; single precision and double precision choose apart, so what is asked for
is nearly all.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from tensorsh import Session

RECORDED = gzip.decompress((Path(__file__).parents[1] / "data/eigenvectors.txt.gz").read_bytes()).decode()
PROGRAM = """
import torch
torch.manual_seed(0)
lines = []
for k in range(120):
    d = 2 + k % 3
    A = torch.randint(-3, 5, (d, d)).float() if k % 2 else torch.randn(d, d)
    if k % 5 == 0: A = A.double()
    if k % 7 == 0: A = torch.complex(A, torch.randn(d, d).to(A.dtype))
    w, v = torch.linalg.eig(A)
    lines.append(str(w).replace("\\n", " ") + " | " + str(v).replace("\\n", " "))
batch = torch.randn(2, 3, 4, 4)
values, vectors = torch.linalg.eig(batch)
holds = torch.allclose(batch.to(vectors.dtype) @ vectors, vectors * values.unsqueeze(-2), atol=1e-4)
empty = [tuple(t.shape) for t in torch.linalg.eig(torch.zeros(2, 0, 0))]
single = torch.linalg.eigvals(torch.tensor([[4.0, 1.0], [2.0, 3.0]]))[1].real.item()
"""


def test_they_are_pytorchs() -> None:
    session = Session()
    session.execute(PROGRAM, "main.py", script=True, leads=True)
    pairs = list(zip(session["lines"], RECORDED.splitlines(), strict=True))
    assert sum(here == there for here, there in pairs) >= 105
    assert session["holds"]
    assert session["empty"] == [(2, 0), (2, 0, 0)]
    assert session["single"] == 2 - 2**-23  # computed in single precision: 2.0 would be double's
