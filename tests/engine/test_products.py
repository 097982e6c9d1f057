"""Products on as many threads as they are worth: the same bits however many cores there are."""

from __future__ import annotations

import numpy as np
import pytest

from tensorsh.engine.core import parallel
from tensorsh.engine.numerics.threaded_products import matmul, wants_one
from tensorsh.session import Session

rng = np.random.default_rng(0)


def threads_of_blas() -> int:
    getter = parallel.blas_function("get_num_threads")
    if getter is None:
        pytest.skip("NumPy without OpenBLAS of its own")
    return getter()


def test_a_small_product_has_one_thread_and_the_next_has_all_again():
    threads_of_blas()
    before = threads_of_blas()
    parallel.limit_blas(2)
    try:
        assert parallel.alone(threads_of_blas) == 1
        assert threads_of_blas() == 2
        with pytest.raises(ZeroDivisionError):
            parallel.alone(lambda: 1 // 0)
        assert threads_of_blas() == 2
    finally:
        parallel.limit_blas(before)


@pytest.mark.parametrize(
    "shape, one",
    [
        ((32, 32, 32), False),
        ((256, 64, 64), True),
        ((200, 300, 100), True),
        ((512, 512, 512), False),
    ],
)
def test_which_products_those_are(shape: tuple[int, int, int], one: bool):
    m, k, n = shape
    assert wants_one(np.empty((m, k)), np.empty((k, n))) is one
    assert wants_one(np.empty((5, m, k)), np.empty((5, k, n))) is one


def test_vectors_are_none_of_them():
    long = np.ones((3000, 3000), np.float32)
    assert not wants_one(long, long[0]) and not wants_one(long[0], long)


def test_the_bits_do_not_depend_on_the_number_of_threads():
    before = threads_of_blas()
    a, b = rng.standard_normal((2, 130, 130)).astype(np.float32)
    found = []
    try:
        for n in (1, 2):
            parallel.limit_blas(n)
            found.append(matmul(a, b.T).tobytes())
    finally:
        parallel.limit_blas(before)
    assert found[0] == found[1]


def test_a_compiled_loop_multiplies_as_the_first_turns_did():
    text = """
manual_seed(0)
a = randn(100, 120)
b = randn(120, 90)
s = zeros(100, 90)
for i in range(60):
    s = s * 0.5 + a @ b
print(s.sum().item(), s[3, 4].item())
"""
    import io
    from contextlib import redirect_stdout

    outputs = []
    for compiled in (True, False):
        with redirect_stdout(io.StringIO()) as out:
            Session(compile=compiled).run(text)
        outputs.append(out.getvalue())
    assert outputs[0] and outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((6, 3, 5, 8), 2), ((40, 9), 0), ((9, 40), 1), ((3, 70), 1), ((2, 0, 9), 1), ((5,), 0)],
)
def test_sums_one_by_one_are_those_of_running_sums(shape: tuple[int, ...], axis: int) -> None:
    from tensorsh.ops.reduce.fused_sums import one_by_one

    x = (np.random.default_rng(0).standard_normal(shape) * 100).astype(np.float32)
    wanted = np.add.accumulate(x, axis=axis).take(-1, axis) if shape[axis] else np.zeros((2, 9), np.float32)
    assert np.array_equal(one_by_one(x, axis), wanted)
