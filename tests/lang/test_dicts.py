"""Dictionaries and sets: Python's values and text, undone with a failed statement, followed by the compiler."""

from __future__ import annotations

from typing import Any

import pytest

from compile_compare import difference
from recorded import blocks, output
from tensorsh import Session, TensorshError


@pytest.mark.parametrize(("program", "expected"), blocks("dicts.txt"))
def test_as_recorded(program: str, expected: str) -> None:
    assert output(program) == expected


@pytest.mark.parametrize(
    ("statement", "code", "help"),
    [
        ("d['wieght']", "key", "did you mean 'weight'?"),
        ("d['q'] += 1", "key", "the keys are 'weight', 5"),
        ("del d['q']", "key", "the keys are 'weight', 5"),
        ("d.pop(7)", "key", "the keys are 'weight', 5"),
        ("{}.popitem()", "key", "test it before: if d:"),
        ("d[d]", "type", "a key never changes: a string, a number, or a tuple of these"),
        ("{[d]: 1}", "type", "a key never changes: a string, a number, or a tuple of these"),
        ("for k in d: d[9] = 1", "changed-while-read", "go over a copy: for k in list(d):"),
        ("d('weight')", "type", 'a key is in brackets: d["a"]'),
        ("{1}[0]", "type", "a set has no order: sorted(s) is a list"),
        ("d.keyz()", "attribute", "did you mean 'keys'?"),
    ],
)
def test_errors_say_what_to_do(statement: str, code: str, help: str) -> None:
    session = Session()
    session.run("d = {'weight': 1, 5: 2}")
    with pytest.raises(TensorshError) as raised:
        session.run(statement)
    assert (raised.value.code, raised.value.help) == (code, help)
    assert session.run("d") == [{"weight": 1, 5: 2}]


LOOPS = {
    "parameters": (
        """
x = arange(12.).reshape(4, 3); y = ones(4, 1)
params = {"w": zeros(3, 1, requires_grad=True), "b": zeros(1, requires_grad=True)}
for i in range(30):
    loss = ((x @ params["w"] + params["b"] - y) ** 2).mean()
    loss.backward()
    with no_grad():
        for p in params.values():
            p -= 0.001 * p.grad
            p.grad = None
""",
        True,
    ),
    "an item of its own": (
        """
g = tensor([1., 2.]); params = {"w": zeros(2)}; old = params["w"]
for i in range(30):
    params["w"] -= 0.1 * g * (i + 1)
    params["w"] = params["w"] * 2
""",
        True,
    ),
    "numbers that change": (
        """
w = zeros(3); g = ones(3)
state = {"step": 0, "lr": 0.5, "m": zeros(3), "in": {"t": 0.}}
for i in range(40):
    state["step"] += 1
    state["in"]["t"] += 0.25
    state["m"] = 0.9 * state["m"] + 0.1 * g / state["step"]
    w -= state["lr"] * state["m"] / (1 - 0.9 ** state["step"]) + state["in"]["t"]
""",
        True,
    ),
    "a new dictionary each time": (
        """
params = {"a": tensor([1., 2.]), "b": tensor(3.)}; grads = {"a": ones(2), "b": tensor(2.)}
for i in range(30):
    params = {k: p - 0.1 * grads[k] * p for k, p in params.items()}
""",
        True,
    ),
    "in a function": (
        """
def f(p, x): return (x @ p["w"]).tanh() * p["s"]
p = {"w": ones(3, 2), "s": 2.}; x = ones(2, 3)
for i in range(30):
    y = f(p, x); x = x + y.sum() * 0.1
""",
        True,
    ),
    "other keys": (
        """
d = {"w": ones(3)}
for i in range(30):
    d["w"] = d["w"] * 1.5 + i
    s = (d["w"] * 2 - 1).sum()
    if i == 12: d["v"] = s
    if i == 20: d = {"v": s, "w": d["w"]}
""",
        True,
    ),
    "a key that changes": (
        """
d = {}
for i in range(20):
    x = ones(3) * i + 1 - i / 2
    d[str(i)] = x
""",
        True,
    ),
    "keys that are no strings": (
        """
d = {0: ones(3), "n": 1}
for i in range(20):
    d[0] = d[0] * 2 - 1 + d["n"]
""",
        False,
    ),
    "numbers from each other": (
        """
d = {"a": 0, "b": 0, "in": {"c": 1}}; x = ones(2)
for i in range(20):
    x = x + d["in"]["c"] * 0.5 - d["b"]
    d["in"]["c"] = d["a"] + d["b"]
    k = d["a"] * 2
    d["b"] = d["a"] + 1
    d["a"] = i
""",
        True,
    ),
    "two names": (
        """
d = {"w": ones(3), "n": 1}; e = d
for i in range(20):
    d["w"] = d["w"] * 2 - 1
    e["n"] += 1
    s = e["w"] + d["n"]
""",
        True,
    ),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_does_the_same_compiled(name: str) -> None:
    program, compiled = LOOPS[name]
    assert difference(program, []) is None
    session = Session()
    session.run(program)
    assert bool(session._evaluator.loops.programs) == compiled


@pytest.mark.parametrize("name", ["parameters", "numbers that change"])
def test_the_whole_body_is_one_program(name: str) -> None:
    session = Session()
    session.run(LOOPS[name][0])
    ((_, program),) = session._evaluator.loops.programs
    assert program.calls > 4


def test_a_failure_in_a_compiled_loop_changes_nothing() -> None:
    session = Session()
    session.run("state = {'n': 1, 'w': ones(3), 'xs': [1]}; w = state['w']")
    with pytest.raises(TensorshError):
        session.run(
            """for i in range(30):
    state["n"] += 1
    state["w"] = state["w"] * 2 - state["n"]
    w += 1
    10 // (29 - i)"""
        )
    assert session.run("state, w is state['w']")[0] == ({"n": 1, "w": session["w"], "xs": [1]}, True)
    assert session["w"].tolist() == [1.0, 1.0, 1.0]


def test_output_formats() -> None:
    from tensorsh.render.machine import json_line

    session = Session()
    values: list[Any] = session.run("{'a': 1, 'b': [1., 2.]}; {2, 1}")
    assert json_line(None, values[0]).startswith('{"type": "dict", "value": {"a": 1, "b": {"type": "tensor"')
    assert json_line(None, values[1]) == '{"type": "set", "value": [1, 2]}'
