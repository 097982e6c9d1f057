"""Work in blocks: every element once, errors and settings carried through, no deadlock."""

from __future__ import annotations

import _thread
import threading
import time

import numpy as np
import pytest

from tensorsh import Session
from tensorsh.engine.core import context, parallel
from tensorsh.ops.nn import conv_windows


@pytest.fixture(params=[1, 2, 5])
def threads(request):
    with context.using(context.Context()) as state:
        state.threads = request.param
        yield request.param


@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 99, 100, 101, 1000])
def test_blocks_cover_everything_once(threads: int, n: int) -> None:
    seen = np.zeros(n, int)

    def work(lo: int, hi: int) -> None:
        assert 0 < hi - lo <= 10
        seen[lo:hi] += 1

    parallel.spread(work, n, 10)
    assert (seen == 1).all()


def test_the_first_block_that_fails_is_reported_and_all_threads_have_stopped(threads: int) -> None:
    running = []

    def work(lo: int, hi: int) -> None:
        running.append(lo)
        try:
            if lo == 0:
                time.sleep(0.01)
            raise ValueError(f"block {lo}")
        finally:
            running.remove(lo)

    with pytest.raises(ValueError, match="block 0"):
        parallel.spread(work, 100, 10)
    assert not running
    parallel.spread(lambda lo, hi: None, 100, 10)


def test_inside_a_block_the_work_is_not_shared_further(threads: int) -> None:
    total, calls = [], []

    def work(lo: int, hi: int) -> None:
        me = threading.get_ident()
        calls.append(lo)

        def inner(lo: int, hi: int) -> None:
            assert threading.get_ident() == me
            total.append(hi - lo)

        parallel.spread(inner, 30, 10)

    parallel.spread(work, 50, 10)
    assert sum(total) == len(calls) * 30


def test_few_blocks_are_shared_out_evenly_whatever_the_number_of_threads(threads: int) -> None:
    seen: list[tuple[int, int]] = []
    parallel.spread(lambda lo, hi: seen.append((lo, hi)), 50, 10)
    assert len(seen) == 8


def test_error_state_goes_along(threads: int) -> None:
    states = []
    with np.errstate(divide="raise"):
        parallel.spread(lambda lo, hi: states.append(np.geterr()["divide"]), 1000, 10)
    assert set(states) == {"raise"}


def test_many_callers_at_once() -> None:
    done = []

    def caller() -> None:
        for _ in range(50):
            out = np.zeros(100)
            parallel.spread(lambda lo, hi, out=out: np.add(out[lo:hi], 1, out=out[lo:hi]), 100, 10)
            done.append(out.sum())

    callers = [threading.Thread(target=caller) for _ in range(4)]
    for each in callers:
        each.start()
    for each in callers:
        each.join(30)
    assert done == [100.0] * 200


def test_interrupt(threads: int) -> None:
    def work(lo: int, hi: int) -> None:
        if lo == 0:
            _thread.interrupt_main()
        time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt):
        parallel.spread(work, 1000, 10)
        time.sleep(1)  # where the signal comes late


def test_programs_set_the_number_of_threads() -> None:
    session = Session(threads=3)
    assert session.evaluate("get_num_threads()") == 3
    before = parallel.cores()
    try:
        assert session.run("set_num_threads(1); torch.get_num_threads()") == [1]
    finally:
        parallel.limit_blas(before)
    with pytest.raises(Exception, match="expects a positive integer"):
        session.run("set_num_threads(0)")


@pytest.mark.parametrize(
    ("told", "most"), [({"OMP_NUM_THREADS": "1"}, 1), ({"OPENBLAS_NUM_THREADS": "1"}, 1), ({}, 64)]
)
def test_no_more_threads_than_the_environment_says(told, most, monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(parallel.os, "sched_getaffinity", lambda process: set(range(64)), raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert parallel.cores() == most
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert parallel.cores() == (most if "OPENBLAS_NUM_THREADS" in told else 64)


@pytest.mark.parametrize(("n", "asked"), [(8, []), (200, [1])])
def test_another_thread_is_woken_for_large_convolutions_only(
    n: int, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight of these samples take as long as the waking."""
    waking: list[int] = []
    monkeypatch.setattr(parallel, "ask", lambda job, helpers: waking.append(helpers))
    monkeypatch.setattr(parallel, "CORES", 2)
    conv_windows.share(lambda lo, hi: None, n, n * 100_000, 1)
    assert waking == asked
