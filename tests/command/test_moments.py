"""Killed or interrupted at random moments: files are old or new, a session is as before the statement or after it.

The tests try some dozens of moments; `python tests/command/test_moments.py 1000` as many of each kind, or of those that
are named.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tensorsh import Session, interrupt, kept
from tensorsh.io import load
from tensorsh.repl import prompt, settings

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of POSIX")

MANY = 200_000

# ------------------------------------------------------------------ files


def saved(session: Session, number: int) -> None:
    session.run(f'save(full(({MANY},), {number}.), "x.npy")')


def check_saved(session: Session) -> int:
    array = load("x.npy")
    assert array.shape == (MANY,) and (array == array[0]).all()
    return int(array[0])


def torch_saved(session: Session, number: int) -> None:
    session.run(
        f'torch.save({{"a": full(({MANY},), {number}.), "b": [{number}, full((7,), {number})]}}, "x.pt")'
    )


def check_torch_saved(session: Session) -> int:
    session.run('found = torch.load("x.pt")')
    number = session.run('found["b"][0]')[0]
    assert session.run(f'found["a"].shape == ({MANY},) and (found["a"] == {number}).all().item()') == [True]
    assert session.run(f'(found["b"][1] == {number}).all().item()') == [True]
    return int(number)


def drawn(session: Session, number: int) -> None:
    session.run(f'param x = [{number}.]; y = x * {number}; graph y to "x.svg"')


def check_drawn(session: Session) -> int:
    text = Path("x.svg").read_text("utf-8")
    assert text.rstrip().endswith("</svg>")
    return 0


def cached(session: Session, number: int) -> None:
    kept.write("x.table", str(number).encode() * MANY, kept.checksum)


def check_cached(session: Session) -> int:
    content = kept.read("x.table", kept.checksum)
    assert content is not None
    number = content[: len(content) // MANY]
    assert content == number * MANY
    return int(number)


def remembered(session: Session, number: int) -> None:
    """Inputs are added to the history, which is cut now and then."""
    history = prompt.kept(os.path.abspath("history"), 20)
    for each in range(3):
        history.store_string(f"x = {number}\n# {each}\ny = [{'1, ' * 200}]")


def check_remembered(session: Session) -> int:
    """Each input is whole; the newest may be cut off if it was being added."""
    history = prompt.kept(os.path.abspath("history"), 20)
    inputs = list(history.load_history_strings())
    for each in inputs[1:]:
        assert each.startswith("x = ") and each.endswith("1, ]")
    assert len(inputs) >= 3 and inputs[0].startswith("x ="[: len(inputs[0])])
    return 0


def set_(session: Session, number: int) -> None:
    settings.save(os.path.abspath("config.toml"), {"precision": number % 9, "format": "torch"})


def check_set(session: Session) -> int:
    import tomllib

    values = tomllib.loads(Path("config.toml").read_text("utf-8"))
    assert set(values) == {"precision", "format"}
    return int(values["precision"])


#: seconds in which a process ends that has been told to
PATIENCE = 30

FILES: dict[str, tuple[Callable[[Session, int], None], Callable[[Session], int]]] = {
    "save": (saved, check_saved),
    "torch.save": (torch_saved, check_torch_saved),
    "graph": (drawn, check_drawn),
    "cache": (cached, check_cached),
    "history": (remembered, check_remembered),
    "settings": (set_, check_set),
}


def killed(kind: str, times: int) -> int:
    """Kill processes that write a file again and again; how many had replaced it."""
    write, check = FILES[kind]
    session = Session(seed=0)
    session.run("import torch" if kind == "torch.save" else "1;")
    if kind == "torch.save":
        session.run("from torch import full")
    begun = time.perf_counter()
    write(session, 1)
    longest = 4 * (time.perf_counter() - begun) + 0.002
    chance, newest, replaced = random.Random(0), 1, 0
    for _ in range(times):
        end = chance.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                interrupt.exits()
                interrupt.raises()  # pytest would keep what is dropped in a `__del__`, and it would not come again
                os.write(tell, b"1")
                number = newest
                while True:
                    number = number % 8 + 1
                    write(session, number)
            os._exit(0)
        os.read(told, 1)
        os.close(told)
        os.close(tell)
        time.sleep(chance.uniform(0, longest))
        os.kill(child, end)
        ended(child)
        found = check(session)
        replaced += found != newest
        newest = found or newest
    write(session, 1)
    return replaced


def ended(child: int) -> None:
    """Wait for a process that has been told to end."""
    last = time.monotonic() + PATIENCE
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > last:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError("it goes on")
        time.sleep(0.001)


def leftovers(folder: Path) -> list[str]:
    """What is there besides the files, and the folder of the cache."""
    names = {"x.npy", "x.pt", "x.svg", "history", "config.toml", "x.table"}
    found = (path.name for path in folder.rglob("*") if path.is_file() and path.name not in names)
    return sorted(name for name in found if not name.startswith("grammar-"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.parametrize("kind", FILES)
def test_who_is_killed_leaves_old_or_new(kind: str, here: Path) -> None:
    killed(kind, 25)
    assert leftovers(here) == []


# ------------------------------------------------------------------ sessions

#: each adds one to everything, or nothing
STATEMENTS = [
    "if true:\n    xs.append(n)\n    n += 1\n    x += 1\n    d[n] = x.sum().item()",
    "step()",
    "xs, n, x, d = [*xs, n], n + 1, x + 1, {**d, n + 1: (x + 1).sum().item()}",
    "m.step()",
    "with open('log', 'w') as f:\n    f.write('x')\n    step()",
    "for i in range(1):\n    w.sum().backward()\n    w.grad.zero_()\n    step()",
]
START = """
xs, n, x, d = [], 0, zeros(300), {}
param w = ones(3)
def step():
    global n
    xs.append(n); n += 1; x.add_(1); d[n] = x.sum().item()
class M:
    def step(self): step()
m = M()
"""


def interrupted(times: int, longest: float = 0.003) -> tuple[int, int]:
    """(how many statements were interrupted, of how many); each has done all that it does, or nothing."""
    session = Session(seed=0)
    session.run(START)
    session.run("".join(f"{each}\n" for each in STATEMENTS))
    chance, broken = random.Random(0), 0
    before = signal.signal(signal.SIGALRM, interrupt.interrupts)
    try:
        for moment in range(times):
            statement = STATEMENTS[moment % len(STATEMENTS)]
            count = session["n"]
            try:
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-5, longest))
                for _ in range(50):
                    session.run(statement)
                    count += 1
            except KeyboardInterrupt:
                broken += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
            found = session.run("n, len(xs), x[0].item(), x.sum().item(), len(d), xs == list(range(n))")[0]
            n = found[0]
            assert found == (n, n, n, n * 300, n, True), (moment, statement, found)
            assert n in (count, count + 1), (moment, statement, n, count)  # or it had just ended
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return broken, times


def test_who_is_interrupted_has_done_all_or_nothing(here: Path) -> None:
    broken, times = interrupted(200)
    assert broken > times / 3


if __name__ == "__main__":
    import tempfile

    times = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as made:
        os.chdir(made)
        os.environ["XDG_CACHE_HOME"] = os.path.join(made, "cache")
        for kind in sys.argv[2:] or FILES:
            new = killed(kind, times)
            print(f"{kind}: {times} killed, {new} after it was new; left over: {leftovers(Path(made))}")
        print("{} of {} statements interrupted".format(*interrupted(times)))
