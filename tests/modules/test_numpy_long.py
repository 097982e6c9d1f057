"""Calls of NumPy's that take long: an interrupt breaks them off, and the array is as it was; results are NumPy's."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from tensorsh import Session, TensorshError, interrupt
from tensorsh.engine.run import aside
from tensorsh.modules import numpy_long

#: each would take from ten seconds to minutes; others are in `unbounded.txt`
LONG = [
    "np.lib.stride_tricks.sliding_window_view(np.ones(10**6), 10**5).sum()",
    "np.broadcast_to(np.ones(1), (2**38,)).max()",
    "np.any(np.broadcast_to(np.zeros(1), (2**38,)))",
    "np.sum(np.broadcast_to(np.ones(3), (2**36, 3)), axis=0)",
    "np.count_nonzero(np.broadcast_to(np.ones(1), (2**36,)))",
    "np.broadcast_to(np.zeros(1), (2**36,)).nonzero()",
    "torch.ones(1).expand(2**38).numpy().mean()",
    "for i in range(10**4): v.sort(); v[:] = np.roll(v[::-1], i)",
    "for i in range(10**4): m @ m",
]


@pytest.fixture
def alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, interrupt.interrupts)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session(seed=0)
    made.run(
        "import numpy as np, torch\nrng = np.random.default_rng(0)\n"
        "m = rng.random((1000, 1000)); v = rng.random(6_000_000)"
    )
    return made


@pytest.mark.parametrize("text", LONG)
def test_an_interrupt_breaks_it_off(text: str, session: Session, alarm: None) -> None:
    first, before = session.run("v[:5].tolist()"), {*aside.at_work}
    began = time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    with pytest.raises(KeyboardInterrupt):
        session.run(text)
    assert time.perf_counter() - began < 10  # what is left takes a core of a busy machine
    while aside.at_work - before:
        time.sleep(0.01)
    assert time.perf_counter() - began < 60  # the rest of a piece, as the last in line on a busy machine
    assert session.run("v[:5].tolist()") == first


RESULTS = [
    "a.sum()", "a.sum(0)", "a.sum(axis=1, keepdims=True)", "np.sum(a, axis=(0, 1))", "a.sum(dtype=np.float32)",
    "a.max(1)", "np.min(a, initial=-3.)", "a.sum(where=a > 5)", "a.mean(0)[:3]", "a.std()", "np.any(a, axis=1)",
    "np.all(a)", "a.prod(1)", "a.argmax()", "np.count_nonzero(a)", "a.tolist()[2][-2:]", "np.median(a)",
    "np.sort(a)[0, :3]", "np.dot(a, a.T)", "a @ a.T", "np.matmul(a, a.T)", "np.linalg.norm(a)",
    "np.where(a % 3 == 2)[0]", "np.where(a % 3 == 2)[1]", "a.T.nonzero()[1]", "a[2].tolist()",
    "np.argwhere(a[..., None])",
    "np.unique(a.ravel().astype(np.int64) % 7)",
    "np.bincount(a.ravel().astype(np.int64) % 3)", "np.fft.fft(a[0, :10])[:2]", "np.sum(a, out=np.zeros(())) + 1",
    "np.dot(a, a.T, out=np.ones((3, 3))) + 1",
]  # fmt: skip


@contextlib.contextmanager
def real() -> Iterator[None]:
    """What NumPy does by itself: everything is computed where it is called."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aside, "LARGE", 1 << 60)
        patch.setattr(aside, "run", None)
        yield


@pytest.mark.parametrize("text", RESULTS)
def test_results_are_numpys(text: str) -> None:
    session = Session()
    session.run("import numpy as np; a = np.arange(6_000_000.0).reshape(3, 2_000_000)")
    (found,) = session.run(text)
    with real():
        want = eval(text, {"np": np, "a": np.arange(6_000_000.0).reshape(3, 2_000_000)})
    np.testing.assert_array_equal(found, want)
    assert type(found) is type(want)


def test_pieces_come_in_order() -> None:
    array = np.arange(3 * 1 * 7 * 5).reshape(3, 1, 7, 5)
    for most in (1, 4, 12, 40, 200):
        found = list(numpy_long.parts(array, most))
        assert [array[place] for place, _ in found] == [part.flat[0] for _, part in found]
        assert np.concatenate([part.ravel() for _, part in found]).tolist() == list(range(105))
        assert all(part.size <= most for _, part in found)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 2), (1, 2), -1])
@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.maximum, np.logical_and])
@pytest.mark.parametrize("keepdims", [False, True])
def test_what_no_memory_holds_is_reduced_in_pieces(
    ufunc: np.ufunc, axis: object, keepdims: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numpy_long, "HUGE", 50)
    monkeypatch.setattr(numpy_long, "PIECE", 20)
    array = np.arange(3 * 7 * 5).reshape(3, 7, 5) % 3
    found = numpy_long.pieces(ufunc.reduce, array, axis, None, keepdims)
    want = ufunc.reduce(array, axis, keepdims=keepdims)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found, want)
    assert type(found) is type(want)


def test_a_view_larger_than_memory_has_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_long, "HUGE", 1 << 23)
    monkeypatch.setattr(numpy_long, "PIECE", 1 << 20)
    assert Session().run(
        "import numpy as np; a = np.broadcast_to(np.arange(3, dtype=np.int8), (2**23, 3))\n"
        "a.sum(0).tolist(), int(a.sum()), int(np.max(a)), np.min(a, axis=0, keepdims=True).tolist()"
    ) == [([0, 1 << 23, 1 << 24], 3 << 23, 2, [[0, 1, 2]])]


def test_what_is_made_beside_warns_at_the_line_and_fails_as_it_does() -> None:
    session = Session()
    heard = []
    session.on_warning = heard.append
    session.run("import numpy as np\na = np.full(5_000_000, np.inf); a[0] = -np.inf\nb = a.sum()")
    assert [(each.message, each.span.position[0]) for each in heard] == [
        ("invalid value encountered in reduce", 3)
    ]
    with pytest.raises(TensorshError, match="Singular matrix"):
        session.run("np.linalg.inv(np.zeros((400, 400)))")
    session.run("np.seterr(invalid='raise')")
    with pytest.raises(TensorshError, match="invalid value"):
        session.run("a.sum()")


WRONG = [
    "a.sum(axis=3)", "a.sum(axis='x')", "a.sum(out=3)", "np.dot(a, a, out=3)", "np.dot(a, a[:3])", "np.bincount(a)",
    "a.sort(order='x')", "a.argsort(kind='bad')", "np.broadcast_to(a, (999, 5_000_000)).max(axis=5)",
    "np.linalg.solve(m, a)", "m @ m[:3]", "np.einsum('ij,jk', m, a)", "np.fft.fft(a, axis=2)", "np.ndarray.tolist(3)",
    "np.convolve(a, m)", "a.take(mode='wrap')", "a.take([1], 5, mode='wrap')", "a.take(['x'], mode='wrap')",
    "np.put(a, [[1], 2], 3, mode='wrap')", "np.choose([1.5], [a], mode='wrap')", "a.take([1], mode='x')", "a.put(1)",
    "np.ndarray.take(3, [1], mode='wrap')", "np.zeros(0).take([10**15], mode='wrap')",
    "np.matmul(m, 3)", "np.matmul.x", "np.ndarray.nonzero([1])", "np.lexsort((a, a[:2]))",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said_in_numpys_words(text: str) -> None:
    session = Session()
    session.run("import numpy as np; a = np.ones(5_000_000); m = np.ones((400, 400))")
    with pytest.raises(TensorshError) as found:
        session.run(text)
    with real(), pytest.raises(Exception) as want:
        eval(text, {"np": np, "a": np.ones(5_000_000), "m": np.ones((400, 400))})
    assert found.value.kind != "internal"
    assert type(found.value.__cause__) is type(want.value)
    assert str(found.value.__cause__) == str(want.value)


#: calls whose indices lie so far outside that NumPy comes to no end, and the same with near ones
FAR = [
    ("np.take(a, 10**15 + 1, mode='wrap')", "np.take(a, 2)"),
    ("a.take([[10**15], [-10**15]], mode='wrap')", "a.take([[1], [2]])"),
    ("np.take(a, -10**15, 0, None, 1)", "np.take(a, 2)"),
    ("a.take(indices=[-(2**63), 2**63 - 1], mode='wrap')", "a.take([1, 1])"),
    ("np.take(m, [10**15, 10**15 + 1], axis=-1, mode='wrap')", "m.take([0, 1], 1)"),
    ("np.take([5, 6, 7], np.int32(2**31 - 1), mode='wrap')", "np.take([5, 6, 7], 1)"),
    ("np.choose([10**15, -10**15 + 1], [m[0], m[1]], mode='wrap')", "np.choose([0, 1], [m[0], m[1]])"),
    ("np.array([-10**15]).choose([1], [2], [3], mode='wrap')", "np.array([3])"),
    ("np.choose(10**15 + 1, m, mode='wrap')", "m[1]"),
    ("np.put(a, [10**15, -10**15], [7, 8], mode='wrap'); a", "np.array([0, 7, 8])"),
    ("a.put(10**15, 9, 'wrap'); a", "np.array([0, 9, 2])"),
]


@pytest.mark.parametrize(("far", "near"), FAR)
def test_far_indices_go_round_at_once(far: str, near: str) -> None:
    session = Session()
    session.run("import numpy as np; a = np.arange(3); m = np.arange(4).reshape(2, 2)")
    found = session.run(far)[-1]
    want = eval(near, {"np": np, "a": np.arange(3), "m": np.arange(4).reshape(2, 2)})
    np.testing.assert_array_equal(found, want)
    assert type(found) is type(want)


def test_what_zlib_refuses_is_no_mistake_of_ours() -> None:
    with pytest.raises(TensorshError, match="incorrect header check") as found:
        Session().run("import torch, zlib\nzlib.decompress(b'abcdefgh' * 10_000)")
    assert found.value.kind != "internal"


def test_arrays_of_objects_stay_in_the_programs_thread() -> None:
    session = Session()
    session.run(
        "import numpy as np, threading\nclass A:\n    def __add__(self, other):\n"
        "        seen or seen.add(threading.get_ident()); return self\n"
        "seen = set(); a = np.broadcast_to(np.array(A(), dtype=object), (5_000_000,)); a.sum()"
    )
    assert session.run("seen == {threading.get_ident()}") == [True]


def test_matmul_looks_as_it_does() -> None:
    assert Session().run(
        "import numpy as np; str(np.matmul), isinstance(np.matmul, np.ufunc), np.matmul.nin, np.matmul.__name__, "
        "type(np.matmul).__name__"
    ) == [("<ufunc 'matmul'>", True, 2, "matmul", "ufunc")]
    session = Session()
    assert session.run("import numpy as np, copy; copy.deepcopy(np.matmul)([[2]], [[3]]).tolist()") == [[[6]]]
    with pytest.raises(TensorshError, match="attribute"):
        session.run("np.matmul.x = 3")


def test_a_failed_statement_leaves_views_and_what_they_see() -> None:
    session = Session()
    session.run(
        "import numpy as np\na = np.arange(12.).reshape(3, 4); row = a[1]; turned = a.T\n"
        "wide = np.lib.stride_tricks.as_strided(np.ones(10), (2**20, 2**20), (0, 0))"
    )
    for text in (
        "row[0] = 7",
        "turned[0, 0] = 5; turned.shape = (2, 2, 3)",
        "row += 1; a.flags.writeable = False",
    ):
        with pytest.raises(TensorshError, match="division by zero"):
            session.run("if True:\n    " + text.replace("; ", "\n    ") + "\n    wide[0, 0] = 3\n    1 / 0")
        assert session.run(
            "a.ravel().tolist() == list(range(12)), turned.shape, a.flags.writeable, wide[5, 5]"
        ) == [(True, (4, 3), True, 1.0)]


def test_a_helper_that_was_left_is_the_last_in_line() -> None:
    done = []

    def work() -> None:
        while not done:
            time.sleep(0.01)

    if sys.platform != "linux":
        pytest.skip("threads have no priorities of their own")
    timer = threading.Timer(
        0.2, lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    )
    before = {*aside.at_work}
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        aside.run(work, ())
    (left,) = aside.at_work - before
    assert os.getpriority(os.PRIO_PROCESS, left.native) == 19
    done.append(True)
    while left in aside.at_work:
        time.sleep(0.01)
