"""The generated runner of an operation does what `compute` does, for every recorded case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle import difference, read_lines
from tensorsh import Session, TensorshError
from tensorsh.engine.core.sealed import changing
from tensorsh.engine.records.op import Op
from tensorsh.engine.run.apply import apply_any
from tensorsh.ops.index import getitem

CASES = [
    c for c in read_lines("torch_cases.jsonl.gz") if c["id"].endswith(("float32/0", "int64/1", "complex64/0"))
]


@pytest.fixture
def general() -> Iterator[None]:
    """Every operation takes the general way."""
    before = vars(Op)["run"]
    with changing(Op):
        Op.run = property(lambda self: lambda *args: apply_any(self, args))
    yield
    with changing(Op):
        Op.run = before


def test_the_general_way_passes_the_recorded_cases_too(general: None) -> None:
    wrong = []
    for case in CASES:
        session = Session()
        session.run(case["program"])
        found = difference(session["out"], case["expect"]["out"])
        if found:
            wrong.append((case["id"], found))
    assert not wrong


@pytest.mark.parametrize("first", ["1", "True", "1.0", "1+0j"])
def test_numbers_that_are_equal_have_plans_of_their_own(first: str) -> None:
    """What is refused is refused whichever number came before."""
    session = Session()
    session.run("x = tensor([[[3, 4]]])")
    for alpha in (first, "1", "1.0", "True", "1", "1+0j"):
        try:
            found = str(session.run(f"add(x, x, alpha={alpha})")[0])
        except TensorshError as error:
            found = error.message
        expected = {"1": "tensor([[[6, 8]]])", "True": "Boolean alpha only supported for Boolean results."}
        assert found == expected.get(
            alpha, "For integral input tensors, argument alpha must not be a floating point number."
        )


def test_rows_and_slices_of_a_loop_share_a_plan() -> None:
    """Else each index would be planned anew, which takes five times as long as the row itself."""
    records = (getitem.select_at, getitem.slice_range, getitem.select_backward, getitem.slice_backward)
    for each in records:
        each.plans.clear()
    session = Session()
    session.run("x = arange(606.).reshape(101, 6).requires_grad_()")
    session.run("total = sum([x[i].sum() + x[i:i + 3, 2].sum() + x[-i - 1, 1:4].sum() for i in range(90)])")
    session.run("total.backward()")
    assert max(len(each.plans) for each in records) < 8
    session.run("y = zeros(101, 6)")
    session.run("for i in range(90):\n    y[i] += 1\n    y[i:i + 3, 2] += 1\n    y[-i - 1, 1:4] += 1")
    assert str(session.run("(x.grad == y).all()")[0]) == "tensor(True)"
