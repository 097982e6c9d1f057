"""Loops through softmax, sigmoid and the loss of classes of few float32 numbers: the bits of evaluation."""

from __future__ import annotations

import importlib.util

import pytest

from compile_compare import difference, warm_at_once
from tensorsh import Session

SHAPES = [(4, 3), (3, 8), (4, 10), (2, 16), (5, 19), (3, 33), (2, 70), (1, 1), (7, 1), (18, 3)]
BODIES = {
    "softmax": "p = softmax(x @ w, -1); loss = (p * q).sum()",
    "log_softmax": "p = log_softmax(x @ w, -1); loss = (p * q).sum()",
    "sigmoid": "p = sigmoid(x @ w); loss = (p * q).sum()",
    "square root": "p = (x @ w).relu().sqrt() + 1; loss = (p * q).sum().sqrt()",
    "softplus": "p = nn.functional.softplus(x @ w); loss = (p * nn.functional.logsigmoid(x @ w)).sum()",
    "sigmoid of a vector": "p = sigmoid((x @ w)[0]); loss = (p * q[0]).sum()",
    "cross entropy": "p = x @ w; loss = cross_entropy(p, t)",
    "cross entropy, added": "p = x @ w; loss = cross_entropy(p, t, reduction='sum')",
    "extremes": "p = sigmoid(x @ w * 300); r = softmax(x @ w * 300, -1); loss = (p * q).sum() + (r * q).sum()",
}
MACHINE = importlib.util.find_spec("llvmlite") is not None


def program(body: str, rows: int, columns: int) -> str:
    return "\n".join(
        [
            f"x = randn({rows}, 6); q = randn({rows}, {columns}); t = randint(0, {columns}, ({rows},))",
            f"param w = randn(6, {columns})",
            "opt = sgd([w], lr=0.1)",
            "for i in range(9):",
            "    opt.zero_grad()",
            *(f"    {part}" for part in body.split("; ")),
            "    backward loss",
            "    opt.step()",
        ]
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", BODIES)
def test_the_same_bits(name: str, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    text = program(BODIES[name], *shape)
    assert difference(text, []) is None
    if MACHINE:
        warm_at_once(monkeypatch)
        assert difference(text, []) is None


@pytest.mark.parametrize("name", BODIES)
def test_a_loop_is_one_program(name: str) -> None:
    session = Session(seed=0)
    session.run(program(BODIES[name], 4, 10))
    (only,) = session.listings()
    assert "softmax(" not in only and "sigmoid(" not in only and "backward(" not in only


def test_what_is_no_number_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which bit a NaN has for a sign is nobody's business."""
    if MACHINE:
        warm_at_once(monkeypatch)
    text = program("p = softmax(x * w / 0, -1); r = sigmoid(x * w / 0); loss = (p * q).sum()", 6, 6)
    both = []
    for compile in (True, False):
        session = Session(seed=0, compile=compile)
        session.run(text)
        both.append([session.evaluate(name).tolist() for name in ("p", "r", "loss")])
    assert str(both[0]) == str(both[1])
