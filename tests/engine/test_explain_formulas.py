"""What `explain` writes can be run and computes the gradient: for every operation, and for compositions of them."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from oracle import read_lines
from tensorsh import Session
from tensorsh.engine.explain.explanation import Explanation

CASES: dict[str, list[dict[str, Any]]] = defaultdict(list)
for case in read_lines("torch_cases.jsonl.gz") + read_lines("further_cases.jsonl.gz"):
    differentiable = any(name.endswith(".grad") for name in case["expect"])
    if differentiable and "complex" not in case["program"] and len(case["program"]) < 3000:
        CASES[case["op"]].append(case)

#: operators with a case in which something matters that no variable holds and that is too large to write
UNNAMED = {
    "grid_sampler_3d": "the weights of the corners",
    "linalg.householder_product": "a mask",
    "linalg.lu_factor_ex": "pivots",
    "nn.functional.embedding_bag": "the numbers of the bags",
    "nn.functional.fractional_max_pool3d": "where the windows begin, which was drawn",
    "nn.functional.hinge_embedding_loss": "which targets are 1",
    "nn.functional.pdist": "the pairs",
    "ormqr": "a mask",
    "take_along_dim": "the indices, broadcast",
}

TORCH = "import torch; import torch.nn.functional as F\n"


def check(session: Session, found: Explanation, tolerance: float = 1e-3) -> None:
    """Run the listing and compare what it computes."""
    program = found.program()
    session.run(program)
    for _, name, gradient in found.inputs:
        if name is not None:
            assert gradient is not None
            mine = session[name]
            assert mine.shape == gradient.shape, program
            np.testing.assert_allclose(
                mine.detach().numpy(), gradient.numpy(), rtol=tolerance, atol=tolerance / 100, err_msg=program
            )


@pytest.mark.parametrize("operator", sorted(CASES))
def test_the_lines_of_every_operator_compute_its_gradient(operator: str) -> None:
    """The shortest and the longest recorded case; in a session that has imported torch the names are PyTorch's."""
    cases = CASES[operator]
    chosen = [min(cases, key=lambda c: len(c["program"])), max(cases, key=lambda c: len(c["program"]))]
    for case, torch in zip(chosen, (True, False), strict=True):
        program = case["program"]
        before = program[: program.rindex("\n", 0, program.rindex("backward"))]
        session = Session()
        session.recollect()
        session.run(before)
        if torch:
            session.run(TORCH)
        (found,) = session.run("explain loss")
        if operator in UNNAMED and not found.complete:
            continue
        assert found.complete, found.program()
        check(session, found)


UNARY = ["sin(h)", "tanh(h)", "exp(h * 0.1)", "sigmoid(h)", "relu(h)", "h ** 2", "abs(h)", "log1p(h ** 2)"]
BINARY = ["h * w", "h + w", "h - w * 2", "h / (w ** 2 + 1)", "where(h > w, h, w)", "maximum(h, w)", "h * h"]
SHAPED = [
    "h @ m", "h.T.T", "h[:, [0, 2, 1]]", "h.flip(0)", "softmax(h, 1)", "h - h.mean(0)", "cumsum(h, 1)",
    "h.reshape(3, 3)", "F.layer_norm(h, (3,))", "cat([h[:1], h[1:]])", "h.clamp(-2, 2)", "F.gelu(h)",
    "h.sort(dim=1).values", "h.max(1, keepdim=True).values + h", "stack([h, h]).sum(0)",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(200))
def test_the_lines_of_compositions_compute_their_gradients(seed: int) -> None:
    draw = random.Random(seed)
    steps = [draw.choice(draw.choice((UNARY, BINARY, SHAPED))) for _ in range(5)]
    text = f"manual_seed({seed})\nparam w: float64 = randn(3, 3)\nparam m: float64 = randn(3, 3)\nh = w * m\n"
    text += "".join(f"h = {step}\n" for step in steps) + "loss = (h * 0.5).mean()\n"
    session = Session()
    session.run(text + draw.choice(("", "backward loss\n")) + "explain loss;")
    (found,) = session.run("explain loss")
    assert found.complete, found.program()
    check(session, found, 1e-6)


def test_a_listing_is_as_long_as_the_graph_is_large() -> None:
    """`h = h * h` doubles what a formula without names for its parts would say; a listing has two lines a step."""
    session = Session()
    for steps in (10, 20, 40):
        session.run(f"param w = tensor(1.)\nh = w\nfor i in range({steps}):\n    h = h * h")
        (found,) = session.run("explain h")
        assert len(found.values) == steps
        assert len(found.gradients) <= 2 * steps


def test_a_sum_of_many_terms_is_written_in_parts() -> None:
    """One formula of them all nests as deep as it has terms, and so do those of its beginnings."""
    session = Session()
    session.run("param w = tensor(1.)\nh = w\nfor i in range(2000):\n    h = h + w")
    (found,) = session.run("explain h")
    assert found.complete and max(len(line.text) for line in found.gradients) < 500
    check(session, found)


NUMBERS = [
    "complex('nan+infj')",
    "complex('inf')",
    "complex('-infj')",
    "complex(-0.0, -2)",
    "-1j",
    "1 - 0j",
    "2.5j",
]


@pytest.mark.parametrize("torch", [False, True])
@pytest.mark.parametrize(
    "number", [*NUMBERS, "float('inf')", "float('-inf')", "float('nan')", "-0.0", "True"]
)
def test_the_lines_with_a_number_that_no_literal_gives(number: str, torch: bool) -> None:
    session = Session()
    session.recollect()
    session.run(
        f"w = tensor([1, 2j], requires_grad=True)\nloss = ((w * {number} + 1j) * tensor([{number}, 1])).abs().sum()"
    )
    if torch:
        session.run(TORCH)
    (found,) = session.run("explain loss")
    assert found.complete, found.program()
    check(session, found)
