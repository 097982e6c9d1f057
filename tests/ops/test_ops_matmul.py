"""Products: PyTorch's recorded answers and errors, gradients by rank, the help that names a transpose."""

from __future__ import annotations

import numpy as np
import pytest

from recorded import answer, lines
from tensorsh import Session, TensorshError

RANKS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 2)),
    ((4, 2, 3), (3,)),
    ((3,), (4, 3, 2)),
    ((4, 2, 3), (3, 2)),
    ((2, 3), (4, 3, 2)),
    ((4, 2, 3), (4, 3, 2)),
    ((1, 2, 3), (4, 3, 2)),
    ((4, 1, 2, 3), (1, 5, 3, 2)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((4, 2, 0), (0, 3)),
]


@pytest.mark.parametrize(("program", "expected"), lines("ops_matmul.txt"))
def test_as_recorded(program: str, expected: str) -> None:
    assert answer(program) == expected


@pytest.mark.parametrize(("a", "b"), RANKS, ids=str)
def test_matmul_is_numpys_and_differentiates_twice(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    session = Session(seed=0)
    session.run(
        f"parts = [randn({a}, dtype=float64, requires_grad=True), randn({a}, dtype=float64, requires_grad=True),\n"
        f"         randn({b}, dtype=float64, requires_grad=True), randn({b}, dtype=float64, requires_grad=True)]\n"
        "f = lambda r, i, s, j: complex(r, i) @ complex(s, j)\n"
        "y = f(parts[0], parts[1], parts[2], parts[3]).detach()\n"
        "r, i, s, j = [p.detach() for p in parts]"
    )
    r, i, s, j = (session[name].numpy() for name in "risj")
    np.testing.assert_allclose(session["y"].numpy(), np.matmul(r + 1j * i, s + 1j * j), atol=1e-12)
    if min(a + b):
        session.run(
            "g = lambda r, i, s, j: f(r, i, s, j).abs()\n"
            "one = autograd.gradcheck(g, parts)\n"
            "two = autograd.gradgradcheck(g, parts)\n"
            "real = autograd.gradgradcheck(lambda a, b: a @ b, (parts[0], parts[2]))"
        )
        assert session["one"] and session["two"] and session["real"]


@pytest.mark.parametrize(
    ("program", "node"),
    [
        ("a.T.T @ b[0, :, 0]", "MvBackward0"),
        ("a[0] @ b[0]", "SqueezeBackward4"),
        ("a @ b", "CloneBackward0"),
        ("a.detach() @ b", "UnsafeViewBackward0"),
        ("a[:1] @ b", "TransposeBackward0"),
        ("a[0] @ b", "UnsafeViewBackward0"),
    ],
)
def test_the_node_depends_on_ranks_and_gradients(program: str, node: str) -> None:
    session = Session()
    session.run(
        "a = ones(2, 3, requires_grad=True); b = ones(4, 3, 2, requires_grad=True)\n" + f"y = {program}"
    )
    assert session["y"].grad_fn.name() == node


@pytest.mark.parametrize(
    ("program", "help"),
    [
        ("ones(2, 3) @ ones(2, 3)", "transpose the right operand: b.T gives [2, 2]"),
        ("ones(3, 2) @ ones(3, 4)", "transpose the left operand: a.T gives [2, 4]"),
        ("ones(4, 3) @ ones(2, 4)", "swap the operands: b @ a gives [2, 3]"),
        ("ones(5, 2, 3) @ ones(5, 2, 3)", "transpose the right operand: b.mT gives [5, 2, 2]"),
        ("ones(2, 3) @ ones(2)", "transpose the left operand: a.T gives [3]"),
        ("ones(2) @ ones(3, 2)", "transpose the right operand: b.T gives [3]"),
        ("ones(2, 3) @ ones(5, 7)", None),
    ],
)
def test_help_names_a_transpose_that_fits(program: str, help: str | None) -> None:
    with pytest.raises(TensorshError) as caught:
        Session().run(program)
    assert caught.value.help == help


def test_nan_stays_out_with_beta_zero() -> None:
    for program in (
        "addmm(full((2, 2), nan), ones(2, 2), ones(2, 2), beta=0)",
        "addmv(full((2,), nan), ones(2, 2), ones(2), beta=0)",
        "addr(full((2, 2), nan), ones(2), ones(2), beta=0)",
        "baddbmm(full((2, 2), nan), ones(1, 2, 2), ones(1, 2, 2), beta=0)",
        "addbmm(full((2, 2), nan), ones(1, 2, 2), ones(1, 2, 2), beta=0)",
    ):
        assert "nan" not in answer(program)


def test_distances_have_no_slope_where_points_meet() -> None:
    for p in ("0.", "0.5", "1.", "1.5", "2.", "3.", "inf"):
        session = Session()
        session.run(
            "x = tensor([[1., 2.], [3., 4.]], requires_grad=True); y = tensor([[1., 2.]])\n"
            f"cdist(x, y, {p}).sum().backward(); g = x.grad"
        )
        found = session["g"].numpy()
        assert np.isfinite(found).all() and (found[0] == 0).all(), p


def test_chain_matmul_of_one_is_itself() -> None:
    assert answer("chain_matmul(ones(1, 2))") == "tensor([[1., 1.]])"
