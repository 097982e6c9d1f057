"""Sparse tensors: what PyTorch printed for programs with them, what undo and loops make of them."""

from __future__ import annotations

import pytest

import library
from tensorsh import Session


@pytest.mark.parametrize("program, expected", library.blocks("library_sparse.txt"))
def test_prints_what_pytorch_prints(program: str, expected: str) -> None:
    assert library.output(program) == expected


def test_a_failed_statement_changes_no_sparse_tensor() -> None:
    session = Session()
    session.execute("import torch\ns = torch.eye(2).to_sparse()")
    with pytest.raises(Exception, match="index"):
        session.execute("(s.mul_(3), s.add_(s), [][0])")
    assert session["s"].to_dense().tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_a_failed_statement_takes_a_sparse_gradient_back() -> None:
    session = Session()
    session.execute("import torch\ne = torch.nn.Embedding(3, 1, sparse=True)")
    with pytest.raises(Exception, match="index"):
        session.execute("(e(torch.tensor([1])).sum().backward(), [][0])")
    assert session["e"].weight.grad is None


def test_a_loop_that_was_compiled_takes_a_sparse_matrix_where_a_dense_one_was() -> None:
    session = Session()
    session.execute(
        "import torch\n"
        "def steps(a, n):\n"
        "    x = torch.ones(3, 1)\n"
        "    for i in range(n):\n"
        "        x = (a @ x) * 0.5\n"
        "    return x\n"
        "dense = torch.tensor([[0., 1., 0.], [1., 0., 1.], [0., 1., 0.]])\n"
        "sparse = dense.to_sparse()\n"
    )
    session.execute("a = steps(dense, 9); b = steps(sparse, 9); c = steps(dense, 9)")
    assert session["a"].tolist() == session["b"].tolist() == session["c"].tolist()


def test_a_pickle_of_parts_that_do_not_fit_is_refused() -> None:
    from tensorsh import torch
    from tensorsh.engine.values import rebuild

    places, elements = torch.tensor([[0, 5]]), torch.ones(2)
    with pytest.raises(Exception, match="outside"):
        rebuild.sparse(places, elements, (3,), True, False)
