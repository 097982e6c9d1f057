"""Linear algebra and einsum against PyTorch's recorded answers; identities for what is unique up to a phase."""

from __future__ import annotations

import numpy as np
import pytest

from recorded import answer, lines
from tensorsh import Session
from tensorsh.ops.linalg.lu_kernels import getrf

SHAPES = [(3, 3), (4, 2), (2, 4), (2, 3, 3), (2, 4, 2), (0, 3, 3), (3, 0), (1, 1)]


@pytest.mark.parametrize(("program", "expected"), lines("ops_linalg.txt"))
def test_as_pytorch(program: str, expected: str) -> None:
    assert answer(program) == expected


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("shape", SHAPES)
def test_factors_multiply_back(shape: tuple[int, ...], dtype: str) -> None:
    session = Session(seed=0)
    session.run(f"A = randn{shape if len(shape) > 1 else (shape[0],)}.to({dtype})")
    if dtype == "complex128":
        session.run("A = A + 1j * randn(A.shape)")
    session.run(
        "Q, R = linalg.qr(A); q = dist(Q @ R, A)\n"
        "U, S, Vh = linalg.svd(A, full_matrices=False); s = dist((U * S.unsqueeze(-2)) @ Vh, A)\n"
        "P, L, V = linalg.lu(A); l = dist(P @ L @ V, A)\n"
        "p = dist(A @ linalg.pinv(A) @ A, A)"
    )
    for name in "qslp":
        assert session[name].item() == pytest.approx(0, abs=1e-12), name


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_eigenvectors(dtype: str) -> None:
    session = Session(seed=0)
    session.run(
        f"A = randn(2, 4, 4).to({dtype}) * (1 + {'1j' if dtype == 'complex128' else '0'})\n"
        "l, V = linalg.eig(A); a = dist(A.to(complex128) @ V, V * l.unsqueeze(-2))\n"
        "H = A + A.mH; m, W = linalg.eigh(H); h = dist(H @ W, W * m.unsqueeze(-2))"
    )
    assert session["a"].item() == pytest.approx(0, abs=1e-12)
    assert session["h"].item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        "linalg.inv(A)",
        "linalg.det(A)",
        "linalg.slogdet(A)",
        "linalg.solve(A, ones(3, 2, device=d))",
        "linalg.solve(A, ones(3, device=d))",
        "linalg.cholesky(A)",
        "linalg.qr(A, 'complete')",
        "linalg.svd(A)",
        "linalg.eigh(A)",
        "linalg.eig(A)",
        "linalg.lu(A)",
        "linalg.lu_factor_ex(A)",
        "linalg.pinv(A)",
        "linalg.matrix_exp(A)",
        "linalg.matrix_norm(A, 2)",
        "linalg.vector_norm(A, dim=1, keepdim=True)",
        "linalg.cross(A, A)",
        "einsum('bij,bkj->ik', A, A)",
    ],
)
def test_meta_has_the_shapes(call: str) -> None:
    shapes = []
    for device in ("cpu", "meta"):
        session = Session()
        session.run(f"d = '{device}'; A = eye(3).expand(2, 3, 3).to(d); out = {call}")
        out = session["out"]
        shapes.append([(t.shape, t.dtype) for t in (out if isinstance(out, tuple) else (out,))])
    assert shapes[0] == shapes[1]


def test_gauge_dependent_losses_are_errors() -> None:
    program = "x = (eye(2) * tensor([1., 2.]) + 0j + 0.5j * tensor([[0., 1.], [-1., 0.]])).requires_grad_()\n"
    ill = "are specified up to multiplication by e^{i phi}. The specified loss function depends on this quantity"
    weights = "tensor([[1.+2j, 2.+0j], [3.-1j, 4.+1j]])"
    assert ill in answer(program + f"(linalg.eigh(x).eigenvectors * {weights}).real.sum().backward()")
    assert ill in answer(program + f"(linalg.svd(x).U * {weights}).real.sum().backward()")
    assert answer(program + "linalg.eigh(x).eigenvectors.abs().sum().backward()") == "ok"


def test_a_failed_factorization_changes_nothing() -> None:
    session = Session()
    session.run("A = ones(2, 2, requires_grad=True); before = A.detach().clone()")
    with pytest.raises(Exception, match="singular"):
        session.run("linalg.inv(A)")
    assert session.run("(A == before).all().item()") == [True]


def test_steps_of_small_decompositions_round_each_product() -> None:
    draw = np.random.default_rng(0).uniform(-1, 1, (20_000, 2, 2))
    draw[:, 0, 0] = 1
    found, _, _ = getrf(draw)
    expected = [d - c * b for (_, b), (c, d) in draw.tolist()]
    assert found[:, 1, 1].tolist() == expected
