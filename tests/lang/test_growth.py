"""Programs that are long, deep or large in one direction: each runs, whatever its size. Nothing is timed."""

from __future__ import annotations

import pytest

import fuzz_growth
from tensorsh import Session, TensorshError

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
    "keywords": "def f(**k): return len(k) - 1\nf(" + ", ".join(f"x{i}={i}" for i in range(N)) + ")",
    "generators": "it = iter([1])\nfor i in range(20000): it = (x for x in it)\nx = [it]; x.append(it)\n2999",
    "lambdas": "f = " + "lambda: " * 900 + "2999\nfor i in range(900): f = f()\nf",
    "lambdas in a function": f"def g():\n    h = {'lambda: ' * 900}2999\n    return 2999\ng()",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_long_programs_run(program):
    expected = True if program.startswith("not") else 2999
    assert Session().run(program)[-1] == expected


@pytest.mark.parametrize("text", ["x = " + "lambda: " * 9_000 + "1", "x = a" + ".a" * 9_000])
@pytest.mark.parametrize("head", ["", "import torch\n"])
def test_what_is_nested_too_deeply_is_refused(head, text, monkeypatch):
    """By us, and at once: the time that Python's compiler takes grows with the square of functions in functions."""
    monkeypatch.setattr("tensorsh.lang.syntax.python_syntax.asked", None)
    with pytest.raises(TensorshError, match="nested too deeply") as refused:
        Session().execute(head + text, "main.py" if head else "<input>", script=bool(head))
    assert refused.value.exit_code == 3 and refused.value.help == "give parts of it names of their own"


def test_many_keywords_are_given_in_order_and_once():
    many = [f"x{i}=order.append({i})" for i in range(600)]
    names = [f"x{i}" for i in range(600)]
    session = Session()
    session.execute(
        "import torch\norder = []\ndef f(*a, **k): return a, k\n"
        f"a, k = f(7, {', '.join(many[:550])}, **{{'y': order.append(550)}}, {', '.join(many[551:])})\n"
        f"try: f({', '.join(many)}, **{{'x7': 1}})\nexcept TypeError as e: said = str(e)\n",
        "main.py",
        script=True,
    )
    assert session["a"] == (7,)
    assert list(session["k"]) == [*names[:550], "y", *names[551:]]
    assert session["order"][:600] == list(range(600))
    assert session["said"] == "__main__.f() got multiple values for keyword argument 'x7'"


def test_a_sign_on_a_tensor_is_recorded_each_time():
    y = Session().run("x = tensor([1.], requires_grad=True)\ny = " + "-" * 101 + "x\nbackward y\nx.grad")[-1]
    assert y.tolist() == [-1.0]


@pytest.mark.parametrize(
    ("step", "nodes", "slope"),
    [("y + x", 1, 1), ("y * 1.0", 1, 0), ("tanh(y)", 1, 0), ("(y + x).view(1)[0]", 3, 1)],
)
def test_a_deep_graph_is_made_walked_and_freed_without_recursion(step, nodes, slope):
    rounds = 100_000 // nodes
    session = Session()
    session.run("x = tensor(0., requires_grad=True); y = x")
    session.run(f"for i in range({rounds}): y = {step}")
    session.run("backward y; del y")
    assert session.run("x.grad.item()") == [1.0 + slope * rounds]


def test_a_deep_graph_may_be_dropped_unwalked():
    session = Session()
    session.run("x = tensor(0., requires_grad=True); y = x")
    session.run("for i in range(100000): y = sin(y)")
    session.run("y = 0")


@pytest.mark.parametrize(
    "step", ["zip(it)", "chain(it)", "(it,)", "frozenset([it])", "it.__str__", "enumerate((it,))"]
)
def test_a_failed_statement_puts_back_what_lies_deep_inside(step):
    session = Session()
    session.run("import torch\nfrom itertools import chain\nfirst = iter([1, 2, 3])\nit = first")
    session.run(f"for i in range(20000): it = {step}\nkept = it")
    with pytest.raises(TensorshError, match="division"):
        session.run("next(first) / 0")
    assert session.run("next(first)") == [1]


def test_a_text_of_one_piece_is_read_in_the_time_of_its_length():
    """Each was once more than a minute, or Python's own error: blank lines, `import`s, `global`s, magics."""
    found = ["\n" * 100_000 + "x = 1", "x = '" + "import " * 30_000 + "'", "global a\n" * 5_000]
    found += ["import torch\n" + "%%time\n" * 20_000, "import torch\n" + "global a\n" * 5_000]
    found += ["".join(" " * i + "if x:\n" for i in range(4_000)) + " " * 4_000 + "pass"]
    found += list(fuzz_growth.texts(20_000))[::29]
    wrong = [
        (text[:40], ended, seconds) for text, ended, seconds in fuzz_growth.tried(iter(found), 20.0) if ended
    ]
    assert not wrong
