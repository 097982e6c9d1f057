"""A failed statement changes nothing, whatever it has changed, and in whatever way."""

from __future__ import annotations

import contextlib
import gc
import io
import weakref
from typing import Any

import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.records.op import registry
from tensorsh.source import Source
from undo_programs import Narrow, check, own_kind, pytorch_kind


def failing(session: Session, body: str) -> None:
    block = "\n".join("    " + line for line in body.split("\n"))
    with pytest.raises(TensorshError) as caught:
        session.run(f"if True:\n{block}\n    1 / 0")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def prepared(text: str) -> Session:
    session = Session(seed=0)
    session.run("import torch\n" + text)
    return session


def test_random_statements_of_pytorch_programs() -> None:
    assert check(300, 0, pytorch_kind()) == []


def test_random_statements_of_the_language() -> None:
    assert check(100, 0, own_kind()) == []


def test_random_statements_noted_by_their_names() -> None:
    assert check(80, 1, Narrow()) == []


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("x + 1", True),
        ("y = x.sum() * 2", True),
        ("torch.sin(x), n", True),
        ("big[3]", True),
        ("len(big)", True),
        ("push(1)", False),
        ("p.v", False),
        ("x.backward()", False),
        ("big.append(1)", False),
        ("x[0] = 1", False),
        ("p + 1", False),
    ],
)
def test_what_only_computes_is_not_noted(text: str, harmless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    session = prepared(
        "x = torch.ones(3)\nn = 1\nbig = list(range(5000))\npush = big.append\nclass P:\n    v = 1\np = P()"
    )
    noted: list[Any] = []
    monkeypatch.setattr(session._evaluator, "snapshot", noted.append)
    with contextlib.suppress(TensorshError, AttributeError):
        session.run(text)
    assert (noted == []) is harmless


def test_a_layer_that_was_parametrized_is_itself_again() -> None:
    session = prepared("import torch.nn as nn\nlayer = nn.Linear(1, 1)")
    failing(session, "nn.utils.parametrizations.weight_norm(layer)")
    assert session.run("type(layer) is nn.Linear") == [True]


def test_only_what_names_lead_to_is_noted() -> None:
    session = prepared("big = [[i] for i in range(1000)]\nsmall = []\ndef add(v):\n    small.append(v)")
    (statement,) = session._evaluator.compile(Source("add(1)"))
    with session.active():
        seen = session._evaluator.snapshot(statement).seen
    assert id(session["small"]) in seen
    assert id(session["big"]) not in seen
    (statement,) = session._evaluator.compile(Source("globals()['add'](1)"))
    with session.active():
        assert id(session["big"]) in session._evaluator.snapshot(statement).seen


LOGGING = """
log = []
def made():
    for i in range(5):
        log.append(i)
        yield i
g = made()
"""


def test_a_generator_that_changed_something_says_so() -> None:
    session = prepared(LOGGING + "next(g)")
    failing(session, "next(g)")
    assert session["log"] == [0]
    with pytest.raises(TensorshError, match=r"generator 'made' cannot go on.*outside") as caught:
        session.run("next(g)")
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_one_that_had_not_begun_begins_again() -> None:
    session = prepared(LOGGING)
    failing(session, "next(g), next(g)")
    assert session.run("list(g), log") == [([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])]


def test_a_change_by_others_is_no_matter() -> None:
    session = prepared(
        "log = []\ndef made(n):\n    for i in range(n):\n        yield i\ng = made(5)\nnext(g)"
    )
    failing(session, "log.append(next(g))")
    assert session.run("log, list(g)") == [([], [1, 2, 3, 4])]


@pytest.mark.parametrize(
    "body",
    ["yield torch.rand(1).item()", "w.add_(1)\n        yield 1", "own.add_(1)\n        yield own.item()"],
)
def test_a_body_that_draws_or_writes(body: str) -> None:
    session = prepared(
        "w = torch.ones(2)\ndef made():\n    own = torch.zeros(1)\n    while True:\n"
        f"        {body}\ng = made()\nnext(g)"
    )
    failing(session, "next(g)")
    with pytest.raises(TensorshError, match="cannot go on"):
        session.run("next(g)")
    assert session.run("w.tolist() in ([1.0, 1.0], [2.0, 2.0])") == [True]


def test_what_was_sent_is_sent_again_or_is_an_error() -> None:
    session = prepared(
        "def total():\n    n = 0\n    while True:\n        n += (yield n) or 1\ng = total(); next(g)"
    )
    failing(session, "g.send(10)\nnext(g)")
    assert session.run("g.send(10), next(g), next(g)") == [(10, 11, 12)]
    failing(session, "g.send(5)")
    with pytest.raises(TensorshError, match="cannot be sent another"):
        session.run("g.send(7)")


def test_an_error_of_the_body_comes_again() -> None:
    session = prepared("g = (1 / n for n in [1, 0, 2])\nnext(g)")
    with pytest.raises(TensorshError, match="division"):
        session.run("list(g)")
    with pytest.raises(TensorshError, match="division"):
        session.run("next(g)")


def test_a_generator_stays_one() -> None:
    session = prepared("import types, inspect\ndef made():\n    yield 1\ng = made()\nshown = repr(g)")
    session.run("x = [1].copy()")
    assert session.run(
        "isinstance(g, types.GeneratorType), inspect.isgenerator(g), repr(g) == shown, type(g).__name__, iter(g) is g"
    ) == [(True, True, True, "generator", True)]
    session.run("def outer():\n    got = yield from g\n    yield 2")
    assert session.run("list(outer())") == [[1, 2]]


def test_what_a_statement_makes_is_not_kept() -> None:
    class Watched(list[Any]):
        __hash__ = object.__hash__

    session = prepared("kept = []")
    alive = weakref.WeakSet[Any]()
    session["make"] = lambda: alive.add(made := Watched([1])) or made.append(2)
    session["living"] = lambda: len(alive)
    assert session.run("[make() is None for _ in range(100)][0], living()") == [(True, 0)]
    gc.collect()


def test_without_undo_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorsh.lang.undo.snapshot as snapshot

    def never(*_: Any) -> None:
        raise AssertionError("a snapshot is taken")

    monkeypatch.setattr(snapshot, "Snapshot", never)
    session = Session()
    session.execute("import torch; xs = [1]; xs.append(2); n = len(xs)", undo=False)
    assert session["n"] == 2


def test_a_traceback_can_be_read_and_the_variables_of_its_frames_cannot() -> None:
    session = prepared("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    kept = e")
    assert session.run("kept.__traceback__ is None, kept.__traceback__.tb_next") == [(False, None)]
    assert session.run("kept.__traceback__.tb_frame.f_code.co_name") == ["<module>"]
    for name in ("f_globals", "f_locals", "f_back", "f_builtins"):
        with pytest.raises(TensorshError, match=name):
            session.run(f"kept.__traceback__.tb_frame.{name}")


def test_operators_change_things_too() -> None:
    session = prepared(
        "class Names(dict):\n    def __missing__(self, key):\n        self[key] = 1\n        return 1\n"
        "    def __bool__(self):\n        self['asked'] = 1\n        return True\n"
        "    @property\n    def first(self):\n        self['read'] = 1\nnames = Names()"
    )
    for body in ("names['x']", "not names", "names.first"):
        failing(session, body)
        assert session["names"] == {}


@pytest.mark.parametrize("n", [1, 2])
def test_small_sets_keep_their_order(n: int) -> None:
    session = prepared(f"some = {{*range({n}), *(f'm{{i}}' for i in range({n}))}}\nbefore = list(some)")
    failing(session, "some.discard('m1'); some.add(77); some.discard(0); some.add('new')")
    assert session.run("list(some) == before") == [True]


def test_what_was_printed_stays_printed() -> None:
    session = prepared("")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        failing(session, "for i in range(3):\n    print(i)\n    1 / (1 - i)")
    assert out.getvalue() == "0\n1\n"


@pytest.mark.parametrize("begun", ["torch.set_autocast_enabled('cpu', True)", "cast.__enter__()", "1"])
@pytest.mark.parametrize(
    "body",
    [
        "torch.set_autocast_enabled('cpu', True)",
        "torch.set_autocast_enabled('cpu', False)",
        "torch.set_autocast_dtype('cpu', torch.float16)",
        "torch.set_autocast_cpu_dtype(torch.float16)",
        "cast.__enter__()",
        "off.__enter__(); cast.__enter__(); cast.__exit__()",
        "with cast: torch.set_autocast_enabled('cpu', False)",
    ],
)
def test_which_dtype_products_are_computed_in(begun: str, body: str) -> None:
    session = prepared(
        "ones = torch.ones(1, 1)\ncast = torch.autocast('cpu')\noff = torch.autocast('cpu', enabled=False)\n"
        f"{begun}"
    )
    look = "torch.is_autocast_enabled('cpu'), torch.get_autocast_dtype('cpu'), (ones @ ones).dtype, ones.mm(ones).dtype"
    before = session.run(look)
    assert str(before[0][2]) == ("torch.float32" if begun == "1" else "torch.bfloat16")
    failing(session, body)
    assert session.run(look) == before


def test_operations_are_their_own_again_after_the_last_autocast_of_all_sessions() -> None:
    gc.collect()  # sessions of other tests that left with one
    prepared("with torch.autocast('cpu'): pass")
    kept = [registry["mm"].bound, registry["nn.functional.linear"].run]
    one, other = prepared("torch.set_autocast_enabled('cpu', True)"), prepared("")
    other.run("with torch.autocast('cpu'):\n    torch.set_autocast_enabled('cpu', False)")
    assert str(one.run("torch.mm(torch.ones(1, 1), torch.ones(1, 1)).dtype")[0]) == "torch.bfloat16"
    one.run("torch.set_autocast_enabled('cpu', False)")
    assert [registry["mm"].bound, registry["nn.functional.linear"].run] == kept
