"""Tensors on meta have the strides that they would have with values: what cannot be viewed is an error there, too."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tensorsh import Session
from tensorsh.ops.shape.shape_views import viewable

VIEWS = [
    "x.transpose(0, 1)", "x.permute(2, 0, 1)", "x[:, 1:]", "x[..., ::2]", "x[1]", "x.unsqueeze(1).expand(2, 5, 3, 4)",
    "x.diagonal(0, 0, 1)", "x.unfold(1, 2, 1)", "x.view(6, 4).T", "x.split(1, 1)[2]", "x.transpose(0, 2)[:, 1]",
    "x.mT.contiguous()", "x.mT.reshape(24)", "x[None].squeeze()",
]  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "question", ["y.stride()", "y.is_contiguous()", "y.view(-1).shape", "y.flatten().stride()"]
)
def test_as_on_cpu(view: str, question: str) -> None:
    def answer(device: str) -> str:
        s = Session()
        s.run(f"import torch\nx = torch.zeros(2, 3, 4, device='{device}')\ny = {view}")
        try:
            return repr(s.run(question))
        except Exception as error:
            return str(error)

    assert answer("meta") == answer("cpu")


def test_viewable_without_reading() -> None:
    """It agrees with NumPy, which copies to find out."""
    draw = random.Random(1)
    for _ in range(3_000):
        x = np.zeros([draw.choice([1, 2, 3, 4, 6]) for _ in range(draw.randint(1, 4))])
        x = x.transpose(draw.sample(range(x.ndim), x.ndim))
        if draw.random() < 0.4:
            x = x[tuple(slice(draw.randint(0, 1), None, draw.choice([1, 2])) for _ in x.shape)]
        if draw.random() < 0.3:
            x = np.broadcast_to(x[None], (3, *x.shape))
        if not x.size:
            continue
        size, left = [], x.size
        for _ in range(draw.randint(0, 3)):
            size.append(draw.choice([d for d in range(1, left + 1) if left % d == 0]))
            left //= size[-1]
        size.append(left)
        assert viewable(x, tuple(size)) == np.may_share_memory(x.reshape(size), x)
