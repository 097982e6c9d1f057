"""Reductions, order, statistics: recorded answers and errors, gradients at kinks, sums to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from recorded import answer, blocks, lines, output, squeeze
from tensorsh import Session
from tensorsh.engine.numerics import cascade
from tensorsh.engine.numerics.selection import nth_element, quick_select, ranks, std_sort, top
from tensorsh.ops.reduce import sort


@pytest.mark.parametrize(("program", "expected"), lines("ops_reduce.txt"))
def test_as_recorded(program: str, expected: str) -> None:
    assert answer(program).replace(" ", "") == squeeze(expected).replace(" ", "")


@pytest.mark.parametrize(("program", "expected"), blocks("ops_gradients.txt"))
def test_gradients_as_recorded(program: str, expected: str) -> None:
    assert output(program) == expected


@pytest.mark.parametrize(
    "shape", [(7,), (33,), (100,), (1000,), (3, 20), (5, 4, 6), (40, 33), (17, 1), (2, 3, 4, 5)]
)
def test_sums_agree_with_exact_ones(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    groups = [tuple(range(i, j)) for i in range(len(shape)) for j in range(i + 1, len(shape) + 1)]
    for axes in [*groups, tuple(range(0, len(shape), 2))]:
        for keepdim in (False, True):
            exact = x.astype(np.float64).sum(axis=axes, keepdims=keepdim)
            found = cascade.total(x, axes, keepdim)
            assert np.shape(found) == exact.shape
            np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-5)


def test_long_float32_sums_keep_their_digits() -> None:
    x = np.full((3, 100_000), 0.1, np.float32)
    for array, axis in ((x, 1), (np.ascontiguousarray(x.T), 0), (x.T, 0)):
        np.testing.assert_allclose(cascade.total(array, (axis,), False), 10_000, rtol=1e-6)


def test_sums_to_the_last_bit() -> None:
    # recorded from torch.sum of float32 tensors k / 7 for k = 0, 1, …
    session = Session()
    session.run("s = [(arange(n) / 7.).sum().item() for n in [5, 7, 8, 10, 33, 100]]")
    assert session["s"] == [
        1.4285714626312256,
        3.000000238418579,
        4.0,
        6.428571701049805,
        75.42857360839844,
        707.1428833007812,
    ]


def test_selection_permutations_are_permutations() -> None:
    rng = np.random.default_rng(1)
    for n in (1, 2, 3, 5, 17, 40, 200):
        keys = rng.integers(0, max(2, n // 3), n).tolist()
        ordered = sorted(keys)
        assert [keys[i] for i in std_sort(keys)] == ordered
        for k in {0, n // 2, n - 1}:
            assert keys[nth_element(keys, k)[k]] == ordered[k]
            assert keys[quick_select(keys, k)[k]] == ordered[k]
            assert [keys[i] for i in top(keys, k + 1, True)] == ordered[: k + 1]
            assert sorted(nth_element(keys, k)) == list(range(n))


def test_the_heap_takes_over_from_a_bad_quicksort() -> None:
    # a sequence against median-of-three: the depth limit is reached
    n = 600
    keys = [0] * n
    for i in range(n // 2):
        keys[i] = i + 1 if i % 2 == 0 else n // 2 + i + (n // 2) % 2
        keys[n // 2 + i] = (i + 1) * 2
    assert [keys[i] for i in std_sort(keys)] == sorted(keys)


def test_ranks_put_nan_last() -> None:
    x = np.array([np.nan, 1.0, 1.0, -np.inf, np.nan])
    assert ranks(x).tolist() == [2, 1, 1, 0, 2]


@pytest.mark.parametrize("shape", [(300_001,), (3, 100_003), (70_001, 5), (5, 70_001), (2, 3, 50_000)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_sums_are_right(shape: tuple[int, ...], dtype: str) -> None:
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    session = Session(threads=2)
    session["x"] = x
    for dim in (None, *range(len(shape))):
        got = session.evaluate(f"x.sum({dim})" if dim is not None else "x.sum()")
        want = x.astype(np.float64).sum(dim)
        np.testing.assert_allclose(got.array, want, rtol=1e-5, atol=1e-2 if dtype == "float32" else 1e-9)
    assert session.evaluate("x.sum(-1, keepdim=True)").shape == (*shape[:-1], 1)


@pytest.mark.parametrize("left", [(8, 200, 200), (2, 4, 200, 200), (1, 600, 600), (8, 1, 200, 200)])
def test_batches_of_large_products(left: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(left), rng.standard_normal((*left[:-2], left[-1], 150))
    session = Session(threads=2)
    session["a"], session["b"] = a, b
    np.testing.assert_allclose(session.evaluate("a @ b").array, a @ b, rtol=1e-10)
    np.testing.assert_allclose(
        session.evaluate("b.mT @ a.mT").array, b.swapaxes(-1, -2) @ a.swapaxes(-1, -2), rtol=1e-10
    )


def rows_of(kind: str, numbers: np.random.Generator) -> np.ndarray:
    """Three rows without two equal numbers, with equal ones, with NaN and infinity."""
    x = numbers.standard_normal((3, 90)).astype(np.float32)
    if kind == "equal":
        x = np.round(x * 2) / 2
    elif kind == "nan":
        x[1, numbers.integers(90, size=2)] = np.nan, np.inf
    elif kind == "whole":
        x = numbers.integers(-50, 200, (3, 90))
    return x


def mixed(numbers: np.random.Generator) -> np.ndarray:
    """Rows of all these kinds under each other, of which some have to be ordered in full."""
    return np.concatenate([rows_of(kind, numbers) for kind in ("different", "equal", "nan")])


@pytest.mark.parametrize("kind", ["different", "equal", "nan", "whole", "mixed"])
@pytest.mark.parametrize("largest", [True, False])
def test_the_first_few_of_long_rows_are_found_without_ordering_all(kind, largest, monkeypatch):
    numbers = np.random.default_rng(0)
    found = 0
    for k in (1, 2, 5, 11):
        for _ in range(8):
            x = mixed(numbers) if kind == "mixed" else rows_of(kind, numbers)
            found += not sort._first_of_many(x, k, largest)[1].all()
            values, indices = sort.topk_pair.kernel(x, k, 1, largest, True)
            with monkeypatch.context() as full:
                full.setattr(sort, "FEW", 1000)
                wanted = sort.topk_pair.kernel(x, k, 1, largest, True)
            np.testing.assert_array_equal(indices, wanted[1])
            np.testing.assert_array_equal(values, wanted[0])
    assert found > 0


@pytest.mark.parametrize("kind", ["different", "equal", "nan", "mixed"])
@pytest.mark.parametrize("descending", [True, False])
def test_rows_without_equal_numbers_are_ordered_as_those_with(kind, descending):
    numbers = np.random.default_rng(0)
    for _ in range(8):
        x = mixed(numbers) if kind == "mixed" else rows_of(kind, numbers)
        order, ties = sort.order_and_ties(x, descending)
        np.testing.assert_array_equal(order, sort.stable_order(x, descending))
        for row, places, equal in zip(x, order, ties, strict=True):
            by = sorted(range(len(row)), key=lambda i: (np.isnan(row[i]), row[i]), reverse=descending)
            assert places.tolist() == by
            assert equal == (len({repr(v) for v in row + 0.0}) < len(row))
        once = sort.sorting_order(x, descending, False)
        for i in range(len(x)):  # a row's order does not depend on the others
            np.testing.assert_array_equal(once[i], sort.sorting_order(x[i], descending, False))
