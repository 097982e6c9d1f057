"""Programs that are long, deep or large in one direction: each runs, whatever its size. Nothing is timed."""

from __future__ import annotations

import pytest

from tensorsh import Session

N = 3_000
PROGRAMS = {
    "elif": "k = 2999\nif k == 0: x = 0\n" + "".join(f"elif k == {i}: x = {i}\n" for i in range(1, N)) + "x",
    "elif in a loop": "for k in [2, 2999]:\n    if k == 0: x = 0\n"
    + "".join(f"    elif k == {i}: x = {i}\n" for i in range(1, N))
    + "x",
    "signs": "-" * 2 * N + "2999",
    "nots": "not " * 2 * N + "2999",
    "methods": "x = tensor(2999)\nx" + ".abs()" * (N // 3) + ".item()",
    "powers": "2999 ** " + " ** ".join(["1"] * (N // 3)),
    "conditionals": "1 if 0 else " * (N // 3) + "2999",
    "sums": " + ".join(["1"] * 2_999),
    "lines": "".join(f"x{i} = {i}\n" for i in range(N)) + "x2999",
    "arguments": f"max({', '.join(map(str, range(N)))})",
    "lines of a function": "def f():\n"
    + "".join(f"    x{i} = {i}\n" for i in range(N))
    + "    return x2999\nf()",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_long_programs_run(program):
    expected = True if program.startswith("not") else 2999
    assert Session().run(program)[-1] == expected


def test_a_sign_on_a_tensor_is_recorded_each_time():
    y = Session().run("x = tensor([1.], requires_grad=True)\ny = " + "-" * 101 + "x\nbackward y\nx.grad")[-1]
    assert y.tolist() == [-1.0]


@pytest.mark.parametrize("step", ["y + x", "y * 1.0", "tanh(y)", "(y + x).view(1)[0]"])
def test_a_deep_graph_is_made_walked_and_freed_without_recursion(step):
    session = Session()
    session.run("x = tensor(0., requires_grad=True); y = x")
    session.run(f"for i in range(100000): y = {step}")
    session.run("backward y; del y")
    assert session.run("x.grad.item()") == [{"y * 1.0": 1.0, "tanh(y)": 1.0}.get(step, 100001.0)]


def test_a_deep_graph_may_be_dropped_unwalked():
    session = Session()
    session.run("x = tensor(0., requires_grad=True); y = x")
    session.run("for i in range(100000): y = sin(y)")
    session.run("y = 0")
