"""Element-wise operations by blocks give what they give at once: layouts, dtypes, errors, every recorded case."""

from __future__ import annotations

import gc
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from oracle import difference, read_lines
from tensorsh import Session, TensorshError
from tensorsh.engine.core import parallel
from tensorsh.engine.records.op import Op, registry
from tensorsh.engine.run import blocks
from tensorsh.engine.values.wrapping import wrap

CASES = [c for c in read_lines("torch_cases.jsonl.gz") if c["id"].endswith(("/0", "/2"))]


@cache
def operations() -> list[Op]:
    """All of them, also those that have no name."""
    registry.load_all()
    gc.unfreeze()  # `conftest` hides what is there when tests begin
    try:
        return [each for each in gc.get_objects() if isinstance(each, Op)]
    finally:
        gc.freeze()


def forget_plans() -> None:
    for each in operations():
        each.plans.clear()


@pytest.fixture
def tiny_blocks(monkeypatch: pytest.MonkeyPatch):
    """Every operation that can run by blocks does, by blocks of 3 elements."""
    forget_plans()
    # of `blocks` alone: what is imported meanwhile is not to keep such sizes
    monkeypatch.setattr(blocks, "parallel", SimpleNamespace(**(vars(parallel) | {"LARGE": 1, "BLOCK": 3})))
    yield
    forget_plans()


def test_recorded_cases_by_blocks(tiny_blocks: None) -> None:
    wrong = []
    for case in CASES:
        session = Session(threads=2)
        try:
            session.run(case["program"])
        except TensorshError as error:
            wrong.append((case["id"], error.message))
            continue
        found = difference(session["out"], case["expect"]["out"])
        if found:
            wrong.append((case["id"], found))
    assert not wrong


OPERANDS = {
    "scalar": lambda a: a[0, 0, 0],
    "whole": lambda a: a,
    "turned": lambda a: a.transpose(2, 1, 0),
    "middle": lambda a: a.transpose(1, 0, 2),
    "stepped": lambda a: a[:, ::2, ::-1],
    "row": lambda a: a[0, 0],
    "column": lambda a: a[:, :1, :1],
    "expanded": lambda a: np.broadcast_to(a[:, :1], a.shape),
    "reversed": lambda a: a[::-1, ::-1, ::-1],
    "empty": lambda a: a[:, :0],
}


@pytest.mark.parametrize("first", OPERANDS)
@pytest.mark.parametrize("second", OPERANDS)
def test_layouts(first: str, second: str, tiny_blocks: None) -> None:
    base = np.arange(5 * 4 * 7, dtype=np.float32).reshape(5, 4, 7)
    base[0, 1, 2] = np.nan
    x, y = OPERANDS[first](base), OPERANDS[second](base + 0.5)
    try:
        want = np.multiply(x, y)
    except ValueError:
        return
    session = Session(threads=2)
    session["x"], session["y"] = wrap(x), wrap(y)  # kernels make such layouts, which from_numpy refuses
    got = session.evaluate("x * y")
    np.testing.assert_array_equal(got.array, want)
    assert got.array.dtype == want.dtype
    if want.size > 1:
        assert got.array.strides == want.strides


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "int64", "bool", "complex64"])
@pytest.mark.parametrize(
    "program", ["x * y + x", "x / y", "x == y", "sigmoid(x)", "where(x == y, x, 1)", "x.to(float64)"]
)
def test_large_arrays_have_the_values_of_their_parts(dtype: str, program: str) -> None:
    n = parallel.LARGE + 17
    session = Session(threads=2)
    session.run(f"x = randint(0, 9, ({n},)).to({dtype}); y = randint(1, 9, ({n},)).to({dtype})")
    whole = session.evaluate(program)
    session.run("keepx = x; keepy = y")
    for lo in range(0, n, 100_000):
        session.run(f"x = keepx[{lo}:{lo + 100_000}]; y = keepy[{lo}:{lo + 100_000}]")
        part = session.evaluate(program)
        assert part.dtype is whole.dtype
        np.testing.assert_array_equal(whole.array[lo : lo + 100_000], part.array)


def test_an_error_in_a_block_is_the_operation_s(tiny_blocks: None) -> None:
    session = Session(threads=2)
    session.run("x = arange(100); z = arange(99, -1, -1)")
    with pytest.raises(TensorshError, match="ZeroDivisionError"):
        session.run("x // z")
    assert session.evaluate("(x + 1).sum()").item() == 5050


@pytest.mark.parametrize(
    "shape",
    [(1_000_003,), (300_000,), (10, 131_072), (3, 200_001), (5_000, 300), (7, 3, 70_000), (2, 2, 500_001)],
)
def test_blocks_cover_everything_once_and_none_is_large(shape: tuple[int, ...]) -> None:
    seen = np.zeros(shape, np.int8)
    sizes = []

    def block(index: Any) -> None:
        part = seen[index]
        part += 1
        sizes.append(part.size)

    blocks.over_blocks(block, shape)
    assert (seen == 1).all()
    assert min(sizes) > 0 and max(sizes) <= parallel.BLOCK + blocks.VECTORS
