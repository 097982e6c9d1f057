"""Time by line: what is said of which line, and that a program does the same as without it.

No test looks at a clock: programs say how long they take, or each look at the clock takes a second.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import numpy as np
import pytest

from recorded_shell import RecordedShell
from tensorsh import Session, TensorshError
from tensorsh.engine.compile import warm
from tensorsh.engine.compile.program import Program
from tensorsh.engine.core.line_clock import LineClock, Origin
from tensorsh.errors import UsageError
from tensorsh.lang.run.profile import Profile
from tensorsh.render.profile import profile_json, profile_text


class Hand:
    """A clock that goes on when a program says so: `spend(3)` takes 3 ms."""

    now = 0.0

    def read(self) -> float:
        return self.now

    def spend(self, ms: float) -> float:
        self.now += ms / 1e3
        return ms


def profiled(text: str, name: str = "train.py", session: Session | None = None) -> Profile:
    """A program that says itself how long it takes."""
    session, hand = session or Session(), Hand()
    session["spend"] = hand.spend
    with session.profiled(hand.read) as found:
        session.execute(textwrap.dedent(text), name, script=True, undo=False)
    return found


def run_plainly(text: str) -> None:
    """The same without a clock, as many calls deep."""
    Session().execute(text, "train.py", script=True)


def by_line(profile: Profile) -> dict[int, tuple[int, float, float]]:
    """line → how often, ms of itself, ms of what it has called."""
    return {
        row.line: (row.times, round(row.seconds * 1e3, 6), round(row.within * 1e3, 6)) for row in profile.rows
    }


PROGRAM = """\
import math

def area(r):
    spend(2)
    return math.pi * r * r  # 面积, a comment that is too long for the width of this screen

def walk(n):
    for i in range(n):
        spend(1)
        if i % 2 == 0:
            continue
        elif spend(10):
            yield area(i)

total = 0
for each in walk(4):
    total += each
    spend(0.25)
spend(0.01)
spend(400)
"""


def test_the_table() -> None:
    found = profiled(PROGRAM)
    assert profile_text(found, color=False, width=72, ascii=True) == textwrap.dedent(
        """\
        line  count     ms   share  with calls
        train.py
           4      2    4.0    0.9%                  spend(2)
           9      4    4.0    0.9%                      spend(1)
          12      2   20.0    4.7%                      elif spend(10):
          13      2    0.0    0.0%         4.0              yield area(i)
          16      3    0.0    0.0%        28.0  for each in walk(4):
          18      2    0.5    0.1%                  spend(0.25)
          20      1  400.0   93.3%              spend(400)
                       0.0    0.0%              10 other lines
                     428.5                      total"""
    )
    coloured = profile_text(found, color=True, width=72).split("\n")
    assert sum("\x1b[1;33m" in line for line in coloured) == 1  # what takes the most


def test_long_lines_are_cut_to_the_screen() -> None:
    found = profiled("def f():\n    spend(1)  # 面积" + " and more" * 20 + "\nf()\n")
    lines = profile_text(found, color=False, width=72).split("\n")
    assert lines[2].endswith("…") and len(lines[2]) == 70  # two signs take two columns each
    assert profile_text(found, color=False, width=72, ascii=True).split("\n")[2].endswith("...")


def test_counts_are_how_often_a_line_is_come_to() -> None:
    found = by_line(profiled("n = 3\nwhile n:\n    n -= 1; n += 0\ndef f(x): return x\nf(1)\nf(2)\n"))
    assert {line: times for line, (times, _, _) in found.items()} == {1: 1, 2: 4, 3: 3, 4: 3, 5: 1, 6: 1}


def test_a_loop_in_one_line_is_counted_once_a_round_compiled_or_not() -> None:
    session = Session()
    with session.profiled(Hand().read) as found:
        session.run("x = tanh([1., 2.])\nfor i in range(9): y = tanh(x) * 2 + 1; w = y * y")
    assert [(row.line, row.times, row.compiled) for row in found.rows] == [(1, 1, 0), (2, 10, 7)]


def test_time_goes_back_to_the_caller_however_a_call_ends() -> None:
    found = by_line(
        profiled(
            """\
            def fails():
                spend(1)
                raise ValueError
            def calls(n):
                try:
                    fails()
                except ValueError:
                    spend(2)
                return n and calls(n - 1)
            spend(4) + calls(2) + spend(8)
            """
        )
    )
    assert found[2] == (3, 3.0, 0.0) and found[8] == (3, 6.0, 0.0)
    assert found[6] == (3, 0.0, 3.0)
    assert found[9] == (3, 0.0, 6.0)  # what calls itself counts once
    assert found[10] == (1, 12.0, 9.0)


def test_generators_wait_at_nobodys_cost() -> None:
    found = by_line(
        profiled(
            """\
            def inner():
                spend(1)
                got = yield 1
                spend(got)
            def outer():
                yield from inner()
                spend(4)
                yield 2
            g = outer()
            next(g)
            spend(16)
            g.send(32)
            g.close()
            spend(64)
            """
        )
    )
    assert {line: own for line, (_, own, _) in found.items() if own} == {2: 1, 4: 32, 7: 4, 11: 16, 14: 64}
    assert found[12][2] == 36.0


def test_other_files_of_the_program_stand_under_their_names(tmp_path: Path) -> None:
    (tmp_path / "part.py").write_text("def work(spend):\n    spend(3)\n")
    main = tmp_path / "main.py"
    main.write_text("import part\npart.work(spend)\n")
    session, hand = Session(), Hand()
    session["spend"] = hand.spend
    with session.profiled(hand.read) as found:
        session.execute(main.read_text(), str(main), script=True, leads=True)
    assert [(Path(row.source.name).name, row.line, row.times) for row in found.rows] == [
        ("main.py", 1, 1),
        ("main.py", 2, 1),
        ("part.py", 1, 1),
        ("part.py", 2, 1),
    ]
    assert "part.py" in profile_text(found, color=False, width=80)


def test_json_has_a_line_for_each_line() -> None:
    rows = [
        json.loads(line)["profile"] for line in profile_json(profiled("spend(1)\nspend(2)\n")).split("\n")
    ]
    assert rows[1] == {
        "file": "train.py",
        "line": 2,
        "text": "spend(2)",
        "count": 1,
        "compiled": 0,
        "seconds": pytest.approx(0.002),
        "seconds_in_calls": 0.0,
    }
    assert {row["text"]: row["seconds"] for row in rows}["total"] == pytest.approx(0.003)


# ------------------------------------------------------------------ compiled loops

TRAINING = """\
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1)

    def forward(self, x):
        h = torch.tanh(x)
        return self.layer(h)

torch.manual_seed(0)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1)
x = torch.randn(8, 3)
for step in range(20):
    loss = (net(x) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 10 == 0:
        print(loss.item())
"""
LARGE = """\
import torch
torch.manual_seed(0)
a = torch.randn(400, 1000)
w = torch.tensor(1.5, requires_grad=True)
for step in range(6):
    y = torch.tanh(a * w)
    z = (y * y + a).mean()
    z.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad = None
print(w.item())
"""


def programs(
    text: str, measured: bool, capsys: pytest.CaptureFixture[str]
) -> tuple[list[Program], str, Profile | None]:
    """The compiled programs of a text, and what it prints."""
    session = Session()
    made: list[Program] = []
    loops = session._evaluator.loops
    loops.found = lambda title, program: made.append(program)  # type: ignore[method-assign]
    found = None
    if measured:
        with session.profiled(Hand().read) as found:
            session.execute(text, "train.py", script=True)
    else:
        session.execute(text, "train.py", script=True)
    return made, capsys.readouterr().out, found


@pytest.mark.parametrize("text", [TRAINING, LARGE])
def test_the_programs_are_those_that_run_without_it(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    plain, printed, _ = programs(text, False, capsys)
    marked, also, _ = programs(text, True, capsys)
    assert also == printed and plain
    assert [each.steps for each in marked] == [each.steps for each in plain]
    assert all("clock_turn" in each.text and "clock_turn" not in "".join(each.steps) for each in marked)
    assert not any("clock_turn" in each.text for each in plain)


def test_rounds_of_compiled_lines_are_counted_in_the_functions_they_call_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = programs(TRAINING, True, capsys)[2]
    assert found is not None
    rows = {row.line: (row.times, row.compiled) for row in found.rows}
    assert rows[18] == rows[21] == rows[10] == rows[11] == (20, 18)
    assert rows[22] == (20, 0) and rows[17] == (21, 0) and rows[7] == (1, 0)


class Counter:
    """A clock that goes on each time somebody looks."""

    now = 0.0

    def read(self) -> float:
        self.now += 1.0
        return self.now


def test_compiled_time_is_that_of_the_lines_it_is_from() -> None:
    session, counter = Session(), Counter()
    with session.profiled(counter.read) as found:
        session.execute(LARGE, "train.py", script=True)
    groups = [
        {found.places[each.place]: part for each, part in parts.items()}
        for parts in found.clock.shares.values()
    ]
    shared = next(each for each in groups if len(each) > 1)  # of the pass over memory that does several lines
    parts = {line[1]: part for line, part in shared.items() if line is not None}
    assert {6, 7, 8} <= parts.keys() and sum(parts.values()) == pytest.approx(1)
    assert min(parts.values()) > 0
    assert found.elsewhere["compiling loops"] > 0


def test_machine_code_of_several_lines_is_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llvmlite")
    changed: list[str] = []
    monkeypatch.setattr(warm, "LOOK", 1)
    monkeypatch.setattr(warm, "SHARE", 0)
    monkeypatch.setattr(warm.apart, "possible", lambda: False)
    as_function = warm.as_function
    monkeypatch.setattr(warm, "as_function", lambda lines: changed.append(as_function(lines)) or changed[-1])
    results = []
    for measured in (False, True):
        session = Session(cache=False)
        if measured:
            with session.profiled(Counter().read) as found:
                session.execute(
                    TRAINING.replace("if step % 10 == 0:", "if step == 99:"), "train.py", script=True
                )
        else:
            session.execute(TRAINING.replace("if step % 10 == 0:", "if step == 99:"), "train.py", script=True)
        results.append(session["loss"].item())
    plain, marked = changed
    assert [line for line in marked.split("\n") if "clock_" not in line] == plain.split("\n")
    assert "straight0(" in plain and "clock_turn(" in marked
    assert results[0] == results[1]
    seconds = {row.line: row.seconds for row in found.rows}
    assert all(seconds[line] > 0 for line in (10, 11, 18, 20, 21))


def test_one_measurement_at_a_time() -> None:
    session = Session()
    with session.profiled(Hand().read) as outer:
        with pytest.raises(UsageError), session.profiled():
            pass
        session.run("x = 1")
    assert [row.times for row in outer.rows] == [1]


def test_a_shared_place_is_divided_by_work() -> None:
    clock = LineClock(read=lambda: 0.0)
    line, other, caller = clock.place(), clock.place(), clock.place()
    shared = clock.share({Origin(line, (caller,)): 3.0, Origin(other, ()): 1.0})
    assert clock.share({Origin(line, (caller,)): 6.0, Origin(other, ()): 2.0}) == shared
    clock.seconds[shared] = 8.0
    clock.settle()
    assert (clock.seconds[line], clock.seconds[other], clock.within[caller]) == (6.0, 2.0, 6.0)


# ------------------------------------------------------------------ nothing else changes


@pytest.mark.parametrize(
    "text",
    [
        'def f():\n    "what it does"\n    return f.__doc__\nprint(f())\nclass C:\n    "a class"\nprint(C.__doc__)\n',
        "def f(n):\n    global deepest\n    deepest = n\n    return f(n + 1)\n"
        "try:\n    f(0)\nexcept RecursionError as error:\n    print(error, deepest)\n",
        "def f(a, b=2):\n    c = 3\n    return sorted(locals())\nprint(f(1), [x for x in dir() if x[0] == '.'])\n",
        "import inspect\ndef f(x):\n    return x\nprint(inspect.getsource(f))\n",
        "def g():\n    try:\n        x = yield 1\n    finally:\n        print('closed')\n"
        "it = g()\nprint(next(it))\nit.close()\n",
        "def g():\n    got = yield 1\n    print(got)\n    return 5\ndef h():\n    print((yield from g()))\n"
        "it = h()\nprint(next(it))\nprint(next(it, 'end'))\n",
        "from contextlib import contextmanager\n@contextmanager\ndef c():\n    print('in')\n    yield 3\n"
        "    print('out')\nwith c() as x: print(x)\n",
        "class A:\n    def m(self): return 'A'\nclass B(A):\n    def m(self): return super().m() + 'B'\n"
        "print(B().m())\n",
        "for i in range(3):\n    for j in range(3):\n        if j == 1: continue\n    else:\n        continue\n"
        "print(i, j)\n",
        "import traceback\ndef f():\n    1 / 0\ntry:\n    f()\nexcept ZeroDivisionError:\n"
        "    print(traceback.format_exc())\n",
    ],
)
def test_a_program_prints_the_same(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_plainly(text)
    plain = capsys.readouterr().out
    profiled(text)
    assert capsys.readouterr().out == plain and plain


def test_an_error_has_its_place_and_the_lines_before_it_their_time() -> None:
    session, hand = Session(), Hand()
    session["spend"] = hand.spend
    with pytest.raises(TensorshError) as raised, session.profiled(hand.read) as found:
        session.run("spend(1)\nspend(2) + nothing\nspend(4)")
    assert raised.value.span.text == "nothing" and raised.value.span.position == (2, 12)
    assert {row.line: row.times for row in found.rows} == {1: 1, 2: 1}


def test_functions_from_before_are_measured_and_have_their_code_again() -> None:
    session = Session()
    session.run(
        "import torch\n"
        "def outer(k):\n"
        "    def inner(n):\n"
        "        return n + k\n"
        "    return inner\n"
        "class C:\n"
        "    def m(self, n):\n"
        "        return [lambda: n][0]()\n"
        "f, c = outer(2), C()"
    )
    inner, method = session["f"].__code__, session["C"].m.__code__
    found = profiled("a = f(1) + c.m(2)\ng = outer(3)\ndef late(): return g(1)\n", session=session)
    assert [(row.source.name, row.line, row.times) for row in found.rows] == [
        ("<input>", 3, 1),
        ("<input>", 4, 1),
        ("<input>", 5, 1),
        ("<input>", 8, 1),
        ("train.py", 1, 1),
        ("train.py", 2, 1),
        ("train.py", 3, 1),
    ]
    assert session["f"].__code__ is inner and session["C"].m.__code__ is method
    assert session["g"].__code__ is inner  # made meanwhile
    for function in ("g", "late", "outer", "f"):
        assert not any(name.startswith(".t") for name in session[function].__code__.co_names)
    assert (session["a"], session.evaluate("late()"), session.evaluate("f(5)")) == (5, 4, 7)


def test_a_generator_that_waits_goes_on_afterwards() -> None:
    session = Session()
    profiled(
        "def g():\n    yield 1\n    for i in range(3):\n        yield i\nit = g()\nnext(it)\n",
        session=session,
    )
    assert session.evaluate("list(it)") == [0, 1, 2]
    assert profiled("def h():\n    yield 1\nnext(h())\n", session=session).rows


def test_what_is_undone_is_what_would_be_without_it() -> None:
    shell = RecordedShell()
    shell.session.remember()
    shell.enter("x = [1., 2.]; xs = []")
    shell.enter(":profile x.add_(1); xs.append(1)")
    assert shell.session["x"].tolist() == [2.0, 3.0] and len(shell.screen.profiles) == 1
    shell.enter(":undo")
    assert shell.session["x"].tolist() == [1.0, 2.0] and shell.session["xs"] == []
    shell.enter(":profile x.add_(1) @ nothing")
    assert shell.session["x"].tolist() == [1.0, 2.0] and len(shell.screen.errors) == 1
    assert len(shell.screen.profiles) == 2


def test_a_script_is_told_by_its_file(tmp_path: Path) -> None:
    script = tmp_path / "train.tsh"
    script.write_text("y = 2\nz = [y, y]\n")
    shell = RecordedShell()
    shell.enter(f":profile {script}")
    assert [row.line for row in shell.screen.profiles[-1].rows] == [1, 2]
    assert shell.session["y"] == 2
    shell.enter(f":profile '{tmp_path / 'no such.py'}'")
    assert "cannot read" in shell.screen.errors[-1].message and len(shell.screen.profiles) == 1


def test_arrays_are_the_same_to_the_bit() -> None:
    plain, measured = Session(seed=1), Session(seed=1)
    text = TRAINING.replace("print(loss.item())", "pass")
    plain.execute(text, "train.py", script=True)
    with measured.profiled() as found:
        measured.execute(text, "train.py", script=True)
    assert np.array_equal(plain["loss"].detach().numpy(), measured["loss"].detach().numpy())
    assert found.total > 0 and all(row.seconds >= 0 for row in found.rows)
