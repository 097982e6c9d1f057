"""In-place changes through names, views and indices: values, graphs, gradients and refusals of PyTorch."""

from __future__ import annotations

import pytest

from oracle import read_lines
from recorded import blocks, output
from tensorsh import Session, TensorshError


@pytest.mark.parametrize(("program", "expected"), blocks("inplace.txt"))
def test_as_recorded(program: str, expected: str) -> None:
    assert output(program) == expected


@pytest.mark.parametrize(
    "recorded", read_lines("inplace_shapes.jsonl.gz"), ids=lambda recorded: recorded["id"]
)
def test_changed_shapes_under_views(recorded: dict[str, str]) -> None:
    """`transpose_`, `squeeze_`, `as_strided_` … of what has views, with arithmetic in place and gradients."""
    assert output(recorded["program"]) == recorded["stdout"]


def test_a_failed_assignment_changes_nothing() -> None:
    session = Session()
    session.run("x = tensor([1., 2., 3.])")
    for statement in ("x[:2] = tensor([7., 8., 9.])", "x[tensor([0, 5])] = 9.", "x[5] = 1"):
        with pytest.raises(TensorshError):
            session.run(statement)
    assert session["x"].tolist() == [1.0, 2.0, 3.0]
    assert session["x"].version == 0


def test_views_share_memory_and_version() -> None:
    session = Session()
    session.run("x = zeros(2, 3); v = x[1]; w = v[1:]; w += 5")
    assert session["x"].tolist() == [[0.0, 0.0, 0.0], [0.0, 5.0, 5.0]]
    assert session["v"].version == session["x"].version == 1


def test_an_index_tensor_makes_a_copy() -> None:
    session = Session()
    session.run("x = zeros(3); v = x[tensor([0, 1])]; v += 1")
    assert session["x"].tolist() == [0.0, 0.0, 0.0]
