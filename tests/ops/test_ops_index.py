"""Indexing, gather, scatter and their relatives: recorded answers and errors; layouts against NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from recorded import answer, lines, squeeze
from tensorsh import Session
from tensorsh.engine.records.op import registry
from tensorsh.ops.rules import positions


@pytest.mark.parametrize(("program", "expected"), lines("ops_index.txt"))
def test_as_recorded(program: str, expected: str) -> None:
    assert answer(program).replace(" ", "") == squeeze(expected).replace(" ", "")


PARTS = [
    "1",
    "-1",
    "1:",
    "::2",
    "None",
    "...",
    "tensor([0, 1])",
    "tensor([[1], [0]])",
    "tensor([True, False])",
]


@pytest.mark.parametrize("parts", list(itertools.product(PARTS, repeat=2)))
def test_layout_is_numpys(parts: tuple[str, ...]) -> None:
    """Two parts at a time, on a tensor whose dimensions of size 2 take them all."""
    if parts.count("...") > 1:
        return
    index = ", ".join(parts)
    session = Session()
    session.run(f"x = arange(16).view(2, 2, 2, 2); y = x[{index}]")
    scope = {"x": np.arange(16).reshape(2, 2, 2, 2), "tensor": np.array}
    whole_numbers = [p for p in parts if p in ("1", "-1")]
    if whole_numbers and any("tensor" in p for p in parts):
        return  # NumPy counts an integer as an index array, PyTorch selects first
    expected = eval(f"x[{index}]", scope)
    assert session["y"].array.tolist() == expected.tolist()


def test_integers_are_selected_before_index_tensors_are_looked_up() -> None:
    session = Session()
    session.run("x = arange(24).view(2, 3, 4); a = x[0, :, tensor([0, 1])]; b = x[tensor([0, 1]), 1]")
    x = np.arange(24).reshape(2, 3, 4)
    assert session["a"].tolist() == x[0][:, [0, 1]].tolist()
    assert session["b"].tolist() == x[:, 1][[0, 1]].tolist()


def test_repeated_indices_accumulate_in_gradients() -> None:
    session = Session()
    session.run("x = zeros(5, requires_grad=True); i = tensor([1, 1, 4]).repeat(1000); x[i].sum().backward()")
    assert session["x"].grad.tolist() == [0.0, 2000.0, 0.0, 0.0, 1000.0]


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool"])
def test_index_dtypes(dtype: str) -> None:
    session = Session()
    session.run(f"x = arange(3) * 10; y = x[tensor([1, 0, 1], dtype={dtype})]")
    assert session["y"].tolist() == ([0, 20] if dtype in ("uint8", "bool") else [10, 0, 10])


def test_meta_tensors_are_indexed_by_shape() -> None:
    session = Session()
    session.run("x = zeros(4, 5, device='meta'); a = x[1:, 0]; b = x[tensor([0, 3, 1])]; c = x[:, None]")
    assert session["a"].shape == (3,)
    assert session["b"].shape == (3, 5)
    assert session["c"].shape == (4, 1, 5)
    assert session["b"].is_meta


def test_embedding_shortens_rows_in_place() -> None:
    session = Session()
    session.run(
        "w = tensor([[3., 4.], [0.3, 0.4]]); e = nn.functional.embedding(tensor([0, 1]), w, max_norm=1.)"
    )
    np.testing.assert_allclose(session["w"].numpy(), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)
    np.testing.assert_allclose(session["e"].numpy(), session["w"].numpy())


def test_scatter_without_a_source_region() -> None:
    x = registry["zeros"](2, 3)
    index = registry["tensor"]([[0], [2]])
    assert x.scatter(1, index, 1.0).tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    assert x.tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("shape", [(100,), (3, 50), (50, 3), (2, 1, 40, 2), (1, 1, 30)])
@pytest.mark.parametrize("most", [1, 2, 4])
def test_what_is_not_zero_is_found_in_pieces(
    shape: tuple[int, ...], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "PIECE", 7)
    x = np.random.default_rng(0).integers(0, most, shape)
    found, wanted = positions.not_zero(x), x.nonzero()
    assert [each.tolist() for each in found] == [each.tolist() for each in wanted]
    assert [each.dtype for each in found] == [each.dtype for each in wanted]
