"""Ctrl-C at any moment from the first line of ours to the last: exit code 130, and not a word.

While programs run: what it is where.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tensorsh import Session, interrupt
from tensorsh.engine.core import context
from tensorsh.engine.records import registry
from tensorsh.engine.run import aside
from tensorsh.lang.undo.before import Before
from tensorsh.modules import memory

ROOT = Path(__file__).parents[2]

#: what the installed command does, told on standard output which handler each import of ours or others finds
COMMAND = """
import sys, _signal
class Told:
    found = False
    def find_spec(self, name, path=None, target=None):
        if not Told.found and _signal.getsignal(_signal.SIGINT) is not _signal.default_int_handler:
            Told.found = True
            sys.__stdout__.write("ready\\n"); sys.__stdout__.flush()
        elif not Told.found:
            sys.__stdout__.write(name + "\\n"); sys.__stdout__.flush()
sys.meta_path.insert(0, Told())
from tensorsh.__main__ import main
sys.exit(main())
"""


def started(*arguments: str) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", COMMAND, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=env
    )


def test_nothing_is_imported_before_ctrl_c_is_handled() -> None:
    out, err = started("-c", "1 + 1").communicate(timeout=60)
    assert (out.splitlines(), err) == (
        ["tensorsh", "tensorsh.__main__", "tensorsh.interrupt", "ready", "2"],
        "",
    )


@pytest.fixture(scope="module")
def startup() -> float:
    """Seconds to start, run nothing and end."""
    begin = time.perf_counter()
    started("-c", "1 + 1").communicate(timeout=60)
    return time.perf_counter() - begin


@pytest.mark.parametrize("seed", range(30))
def test_at_a_random_moment(seed: int, startup: float) -> None:
    process = started("-c", "while true: x = 1")
    assert process.stdout is not None
    while process.stdout.readline() != "ready\n":
        pass
    time.sleep(random.Random(seed).uniform(0, 1.3 * startup))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")


def test_the_command_and_the_module_are_one_entry() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"tensorsh": "tensorsh.__main__:main"}


def test_who_ignores_ctrl_c_keeps_ignoring_it() -> None:
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "from tensorsh import interrupt; interrupt.exits(); interrupt.raises();"
        "signal.raise_signal(signal.SIGINT); print('alive')"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", program], env=env, capture_output=True).stdout == b"alive\n"


# ------------------------------------------------------------------ while programs run

happened: list[str] = []


def noted(what: str) -> None:
    """Ctrl-C, and what is done then if it is no KeyboardInterrupt here."""
    signal.raise_signal(signal.SIGINT)
    happened.append(what)


@interrupt.heard
def listening(function: Callable[[], None] = lambda: noted("listening")) -> None:
    function()


@interrupt.unbroken
def ending() -> None:
    noted("ending")
    happened.append("ended")


@interrupt.deaf
def between(function: Callable[[], None] = lambda: noted("between")) -> None:
    function()


@pytest.fixture
def interrupts() -> Iterator[list[str]]:
    before, trace = signal.signal(signal.SIGINT, interrupt.interrupts), sys.gettrace()
    happened.clear()
    yield happened
    signal.signal(signal.SIGINT, before)
    sys.settrace(trace)


def test_where_nobody_says_anything_it_is_heard(interrupts: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        noted("never")
    assert interrupts == []


def test_between_inputs_it_is_nothing(interrupts: list[str]) -> None:
    between()
    with pytest.raises(KeyboardInterrupt):
        between(listening)
    assert interrupts == ["between"]


def test_between_inputs_nothing_comes_of_what_must_be_whole(interrupts: list[str]) -> None:
    """`interrupted` is told with modules that are imported for it, and Ctrl-C is still held."""
    between(ending)
    between(lambda: interrupts.append("after"))
    assert interrupts == ["ending", "ended", "after"]


def test_what_must_be_whole_ends_first(interrupts: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        ending()
        interrupts.append("never")
    assert interrupts == ["ending", "ended"]


def test_within_it_what_listens_is_interrupted(interrupts: list[str]) -> None:
    @interrupt.unbroken
    def running() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            listening()
        interrupts.append("taken back")

    running()
    assert interrupts == ["taken back"]


def test_one_that_waits_comes_in_what_listens_next(interrupts: list[str]) -> None:
    """What a statement would change is noted, then it runs, perhaps for ever."""

    @interrupt.unbroken
    def running() -> None:
        noted("noted")
        try:
            listening(lambda: interrupts.append("never"))
        except KeyboardInterrupt:
            interrupts.append("taken back")

    running()
    interrupts.append("no more")
    with pytest.raises(KeyboardInterrupt):
        ending()
        interrupts.append("never")
    assert interrupts == ["noted", "taken back", "no more", "ending", "ended"]


def test_what_is_begun_whole_is_ended(interrupts: list[str]) -> None:
    @interrupt.whole
    @contextlib.contextmanager
    def turn() -> Iterator[None]:
        noted("begun")
        try:
            yield
        finally:
            noted("over")

    def turned() -> None:
        with contextlib.ExitStack() as stack, turn():
            stack.callback(interrupts.append, "all over")
            interrupts.append("never")

    with pytest.raises(KeyboardInterrupt):
        turned()
    assert interrupts == ["begun", "over"]


def test_what_ends_whole_lets_others_end(interrupts: list[str]) -> None:
    @interrupt.whole
    @contextlib.contextmanager
    def turn() -> Iterator[None]:
        yield
        noted("over")

    def turned() -> None:
        with contextlib.ExitStack() as stack, turn():
            stack.callback(interrupts.append, "all over")
        interrupts.append("after")

    with pytest.raises(KeyboardInterrupt):
        turned()
    assert interrupts == ["over", "all over", "after"]


def test_a_statement_is_taken_back_whole(interrupts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One Ctrl-C ends the statement, another comes while it is taken back."""
    restore = Before.restore

    def interrupted(before: Before) -> None:
        signal.raise_signal(signal.SIGINT)
        restore(before)
        interrupts.append("restored")

    monkeypatch.setattr(Before, "restore", interrupted)
    session = Session()
    session.run("n, xs = 0, [1]")
    session["stop"] = lambda: signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        session.run("if True:\n    n = 5\n    xs.append(2)\n    stop()\n")
    assert interrupts == ["restored"]
    assert session.run("n, xs") == [(0, [1])]


def test_one_that_comes_where_numpy_asks_is_not_lost(
    interrupts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """NumPy drops whatever is raised while it looks for `__array_interface__`."""
    Session()
    once = iter([True])

    def in_force() -> bool:
        if next(once, False):
            noted("asked")
        return True

    monkeypatch.setattr(memory.sealed, "in_force", in_force)
    with pytest.raises(KeyboardInterrupt):
        np.asarray(object())
        interrupts.append("never")
    assert interrupts == ["asked"]


class Long:
    """An object whose length is asked for by C, which takes it for no sequence then."""

    def __len__(self) -> int:
        noted("asked")
        return 0

    def __getitem__(self, index: int) -> int:
        raise IndexError


def test_one_that_code_in_c_drops_comes_again(interrupts: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        np.asarray(Long())
        interrupts.append("never")
    assert interrupts == []


@pytest.mark.parametrize("kept", [False, True])
def test_one_that_is_caught_does_not_come_again(interrupts: list[str], kept: bool) -> None:
    caught: list[BaseException] = []
    for _ in range(3):
        try:
            np.asarray([signal.raise_signal(signal.SIGINT)])
        except KeyboardInterrupt as error:
            interrupts.append("caught")
            if kept:
                caught.append(error)
        interrupts.append("on")
    caught.clear()
    interrupts.append("done")
    assert interrupts == ["caught", "on"] * 3 + ["done"]


def test_an_import_is_made_whole(
    interrupts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where code in C, as of a module made by Cython, would drop what is raised."""
    (tmp_path / "made_whole.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGINT)\nimport made_inside\nend = 1\n", encoding="utf-8"
    )
    (tmp_path / "made_inside.py").write_text("import numpy, signal\nend = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        importlib.import_module("made_whole")
        interrupts.append("never")
    assert interrupts == [] and sys.modules["made_whole"].end == sys.modules["made_inside"].end == 1
    del sys.modules["made_whole"], sys.modules["made_inside"]


def test_a_module_of_operations_is_imported_whole(
    interrupts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "import_module", noted)
    with pytest.raises(KeyboardInterrupt):
        registry.bring("of operations")
        interrupts.append("never")
    assert interrupts == ["of operations"]


# ------------------------------------------------------------------ what is one call for long


def test_a_long_kernel_is_left(interrupts: list[str]) -> None:
    begun, over = threading.Event(), threading.Event()

    def kernel() -> None:
        begun.set()
        over.wait()
        happened.append("over")

    def press() -> None:
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        aside.run(kernel, ())
    assert len(aside.at_work) == 1
    assert aside.run(max, (1, 2)) == 2  # by another helper
    over.set()
    while aside.at_work:
        time.sleep(0.01)
    assert interrupts == []  # nothing of a kernel's that was left is done any more


def test_a_trace_does_not_wait_for_a_kernel_that_was_left(interrupts: list[str]) -> None:
    """A thread that has been told to end, and is in C, is nothing to the functions of another."""
    begun, over = threading.Event(), threading.Event()

    def kernel() -> None:
        begun.set()
        time.sleep(1.0)
        over.set()

    def press() -> None:
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        aside.run(kernel, ())
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    (lambda: None)()
    sys.settrace(before)
    assert aside.at_work and not over.is_set()
    while aside.at_work:
        time.sleep(0.01)
    assert not over.is_set()  # it was told, and went no further


def test_a_signal_that_does_not_break_the_wait_off_is_heard(interrupts: list[str]) -> None:
    """As one that comes when the wait is about to begin: another thread has it, and the main thread sleeps on."""
    begun, over = threading.Event(), threading.Event()

    def kernel() -> None:
        begun.set()
        over.wait(20)

    def press() -> None:
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with pytest.raises(KeyboardInterrupt):
            aside.run(kernel, ())
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        over.set()


def test_a_kernel_aside_is_as_one_here() -> None:
    state = context.current()
    assert aside.run(context.current, ()) is state
    with pytest.raises(ValueError, match="not here"):
        aside.run(lambda: (_ for _ in ()).throw(ValueError("not here")), ())
    assert aside.run(aside.run, (max, (1, 2))) == 2  # one in another
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        aside.run(np.divide, (np.ones(1), np.zeros(1)))
    found: list[int] = []
    other = threading.Thread(target=lambda: found.append(aside.run(threading.get_ident, ())))
    other.start()
    other.join()
    assert found == [other.ident] and aside.run(threading.get_ident, ()) != threading.get_ident()


@pytest.mark.parametrize("text", ["sort(x)", "x.sum()", "linalg.inv(m)", "x[i]", "backward (m @ m).sum()"])
def test_what_is_large_is_computed_aside(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(seed=0)
    session.run("x = rand(5000000); i = randint(0, 5, (5000000,)); param m = rand(1700, 1700)")
    asked: list[object] = []
    run = aside.run
    monkeypatch.setattr(aside, "run", lambda kernel, arrays: asked.append(kernel) or run(kernel, arrays))
    session.run(text + ";" if "backward" not in text else text)
    assert asked
    asked.clear()
    session.run("(x * 2)[:5]; rand(5000000); x[:100].sum(); x.view(50, 100000);")
    assert not asked


@pytest.mark.parametrize(
    "program",
    [
        *(
            f"x = ones(1).expand(2**40)\nprint('on'); {text}"
            for text in ("x.sum()", "x.max()", "x.nonzero()", "x[zeros(1).bool().expand(2**40)]")
        ),
        "import torch, hashlib\nprint('on')\nhashlib.pbkdf2_hmac('md5', b'', b'', 2**31 - 1)",
    ],
)
def test_ctrl_c_ends_a_program_in_one_call(program: str) -> None:
    code = COMMAND.replace("sys.exit(main())", "print('begun', flush=True); sys.exit(main())")
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code, "-c", program],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=env,
    )  # fmt: skip
    assert process.stdout is not None
    while process.stdout.readline() != "on\n":
        pass
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")


@pytest.mark.parametrize("text", ["x.tolist()", "tensor(numbers)", "tensor(whole)", "tensor(rows)"])
def test_conversions_of_many_numbers_are_cut(
    text: str, interrupts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler runs between two lines of ours: so there are such lines, and what is made is the same."""
    from tensorsh.engine.values import listed
    from tensorsh.ops.create import nested

    session = Session()
    session.run(
        "x = arange(60.).reshape(3, 20); numbers, whole, rows = [i / 4 for i in range(60)], [i for i in range(60)], "
        "[[i, i * 2.5] for i in range(30)]"
    )
    before = session.evaluate(text)
    monkeypatch.setattr(listed, "PIECE", 7)
    monkeypatch.setattr(nested, "PIECE", 7)
    assert str(session.evaluate(text)) == str(before)
    x = session["x"].numpy()
    assert listed.listed(x) == x.tolist() and listed.listed(x[0]) == x[0].tolist()
    assert listed.listed(np.zeros((0, 20))) == [] and listed.listed(np.zeros((30, 0))) == [[]] * 30


def test_where_no_helper_can_begin_the_kernel_is_computed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were left have taken all the memory that there is for threads."""

    def refused(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(aside.helpers, "helper", None)
    monkeypatch.setattr(aside, "start_new_thread", refused)
    assert aside.run(threading.get_ident, ()) == threading.get_ident()
