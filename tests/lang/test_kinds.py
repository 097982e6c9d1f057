"""A new kind of value is a description: it is undone, printed, made JSON, walked and followed, and no file says so."""

from __future__ import annotations

import gc
import json
import weakref
from collections import OrderedDict, defaultdict, deque, namedtuple
from typing import Any

import numpy as np
import pytest

from tensorsh import Session, TensorshError
from tensorsh.engine.core.tree import flatten, map_leaves, unflatten
from tensorsh.kinds import Kind, describe, kind_of
from tensorsh.kinds.aspects import Brackets, Json, Part, Tree
from tensorsh.kinds.undo import same
from tensorsh.render.machine import csv_text, json_line
from tensorsh.render.pretty import pretty_text
from tensorsh.text.host_repr import host_repr


class Shelf:
    """Things in numbered places, of which nobody but its description knows."""

    __slots__ = ("things",)

    def __init__(self, *things: Any):
        self.things = list(things)

    def __len__(self) -> int:
        return len(self.things)

    def __getitem__(self, place: int) -> Any:
        return self.things[place]

    def __setitem__(self, place: int, thing: Any) -> None:
        self.things[place] = thing

    def swap(self) -> None:
        """Put everything in the other order."""
        self.things.reverse()

    def twin(self) -> Shelf:
        """Another one with the same things."""
        return Shelf(*self.things)


def note(shelf: Shelf, s: Any) -> list[Any]:
    before = list(shelf.things)

    def put_back() -> bool:
        if same(shelf.things, before):
            return False
        shelf.things[:] = before
        return True

    s.add(shelf, put_back)
    return before


def replace(shelf: Shelf, again: Any) -> None:
    shelf.things[:] = [again(thing) for thing in shelf.things]


def follow(shelf: Shelf, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    if not reach.known(shelf, path):
        reach.guards.append(f"type({path}) is {reach.constant(Shelf)} and len({path}) == {len(shelf)}")
        reach.contents(shelf, path, varies, depth, name)


def leave(shelf: Shelf, leaving: Any) -> str:
    return f"{leaving.named(Shelf)}({', '.join(map(leaving.value, shelf.things))})"


describe(
    Shelf,
    Kind(
        names=frozenset({"swap", "twin"}),
        changing=frozenset({"swap"}),
        parts=(Part(note, replace),),
        entries=lambda shelf: enumerate(shelf.things),
        brackets=lambda shelf: Brackets("Shelf(", ")"),
        json=Json(lambda shelf, item: list(map(item, shelf.things)), "shelf"),
        tree=Tree(lambda shelf: (None, shelf.things), lambda kind, kept, parts: kind(*parts)),
        follow=follow,
        leave=leave,
    ),
)


class Box:
    """Something of no known kind."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any):
        self.thing = thing

    def __len__(self) -> int:
        return 1

    def __getitem__(self, place: int) -> Any:
        return self.thing


@pytest.fixture
def session() -> Session:
    made = Session(seed=0)
    made.run("w = tensor([1., 2.])")
    made["shelf"] = Shelf(1, [2], made["w"])
    return made


# ------------------------------------------------------------------ a kind of the test's own


@pytest.mark.parametrize("python", [False, True])
def test_a_failed_statement_leaves_it_as_it_was(session: Session, python: bool) -> None:
    if python:
        session.run("import torch")
    before = list(session["shelf"].things)
    for change in ("shelf.swap()", "shelf[0] = 5", "shelf[1].append(3)", "shelf[2].mul_(2)"):
        with pytest.raises(TensorshError):
            session.run(f"if True:\n    {change}\n    1 / 0")
        assert list(map(id, session["shelf"].things)) == list(map(id, before)), change
    assert session["shelf"][1] == [2] and session["w"].tolist() == [1.0, 2.0]


def test_what_its_generator_gave_is_given_again(session: Session) -> None:
    session.run("import torch\nshelf[0] = (i for i in range(3))\nnext(shelf[0])")
    with pytest.raises(TensorshError):
        session.run("if True:\n    next(shelf[0])\n    1 / 0")
    session.run("rest = list(shelf[0])")
    assert session["rest"] == [1, 2]


def test_it_has_the_names_that_it_says(session: Session) -> None:
    session.run("other = shelf.twin()\nother.swap()")
    assert session["other"][0] is session["w"] and session["shelf"][0] == 1
    with pytest.raises(TensorshError, match="no attribute 'swop'") as caught:
        session.run("shelf.swop()")
    assert "swap" in (caught.value.help or "")


def test_it_prints_as_it_says(session: Session) -> None:
    shelf = session["shelf"]
    assert host_repr([shelf]) == "[Shelf(1, [2], tensor([1., 2.]))]"
    assert pretty_text(shelf, color=False, width=80) == "Shelf(1, [2], tensor([1., 2.]))"
    assert pretty_text(Shelf(*range(10, 20)), color=False, width=24) == (
        "Shelf(10, 11, 12, 13,\n 14, 15, 16, 17, 18, 19)"
    )
    shelf.things.append(shelf)
    assert host_repr(shelf) == "Shelf(1, [2], tensor([1., 2.]), Shelf(...))"


def test_it_becomes_json_and_rows(session: Session) -> None:
    assert json.loads(json_line("x", Shelf(1, [2.5, float("nan")], "c"))) == {
        "name": "x",
        "type": "shelf",
        "value": [1, [2.5, "nan"], "c"],
    }
    assert json.loads(json_line(None, [session["shelf"]]))["value"][0]["value"][2]["data"] == [1.0, 2.0]
    assert csv_text(Shelf(1, 2, 3)) == "1,2,3"


def test_it_is_walked_as_a_tree(session: Session) -> None:
    leaves, structure = flatten((session["shelf"], 5))
    assert leaves[:2] == [1, 2] and leaves[2] is session["w"] and leaves[3] == 5
    assert (
        repr(structure)
        == "TreeSpec(tuple, None, [TreeSpec(Shelf, None, [*,\n    TreeSpec(list, None, [*]),\n    *]),\n  *])"
    )
    assert type(unflatten(leaves, structure)[0]) is Shelf
    assert map_leaves(lambda leaf: leaf * 2, Shelf(1, (2, 3)))[1] == (4, 6)
    session["shelf"] = Shelf(session["w"])
    session.run("import torch\ny = torch.func.vmap(lambda shelf: shelf[0] * 2)(shelf)")
    assert session["y"].tolist() == [2.0, 4.0]


LOOP = """
out = []
for i in range(12):
    y = tanh(shelf[0] * 3) + shelf[0].sum() * i
    shelf[0] = y * 0.5
    other = shelf.twin()
"""


def run(value: Any, text: str, compiled: bool) -> Session:
    session = Session(seed=0, compile=compiled)
    session.run("w = tensor([1., 2.])")
    session["shelf"] = value
    session["shelf"].things[0] = session["w"]
    session.run(text)
    return session


def test_a_trace_follows_it_changes_it_and_leaves_it_behind() -> None:
    first, second = run(Shelf(0, 4), LOOP, True), run(Shelf(0, 4), LOOP, False)
    assert len(first.listings()) == 1
    for name in ("shelf", "other"):
        one, two = first[name], second[name]
        assert type(one) is Shelf and one[1] == 4
        np.testing.assert_array_equal(one[0].numpy(), two[0].numpy())
    assert first["other"] is not first["shelf"] and first["other"][0] is first["shelf"][0]


def test_a_trace_stops_at_what_changes_it_and_at_what_has_no_description() -> None:
    text = LOOP.replace("other = shelf.twin()", "shelf.swap(); shelf.swap()")
    first, second = run(Shelf(0, 4), text, True), run(Shelf(0, 4), text, False)
    np.testing.assert_array_equal(first["shelf"][0].numpy(), second["shelf"][0].numpy())

    session = Session(seed=0)
    session.run("w = tensor([1., 2.])")
    session["box"] = Box(session["w"])
    session.run("for i in range(12):\n    y = tanh(box[0] * 3) + box[0].sum() * i")
    assert len(session.listings()) == 0
    np.testing.assert_allclose(session["y"].tolist(), np.tanh([3.0, 6.0]) + 33, rtol=1e-6)


def test_results_with_named_parts_are_followed_and_left_behind() -> None:
    text = """
param w = randn(3, 4)
x = randn(3, 4)
best = x.max(0)
for i in range(12):
    m = (x * w).max(1)
    low = (x * w * i).min(1)
    loss = m.values.sum() + m[0].mean() * low.values.sum() + x[best.indices].sum()
    w.grad = none
    loss.backward()
"""
    sessions = [Session(seed=0, compile=flag) for flag in (True, False)]
    for each in sessions:
        each.run(text)
    assert [len(each.listings()) for each in sessions] == [1, 0]
    assert host_repr(sessions[0]["m"]) == host_repr(sessions[1]["m"])
    assert host_repr(sessions[0]["low"]) == host_repr(sessions[1]["low"])
    np.testing.assert_array_equal(sessions[0]["w"].grad.numpy(), sessions[1]["w"].grad.numpy())


# ------------------------------------------------------------------ what descriptions inherit


class Rows(list[Any]):
    """A list of another class."""


class Loud(list[Any]):
    def __repr__(self) -> str:
        return "LOUD"


Point = namedtuple("Point", "x y")


def test_a_class_has_what_its_bases_say() -> None:
    assert host_repr(Rows([Rows(), (1,)])) == "[[], (1,)]"
    assert kind_of(Rows).tree is None and kind_of(Rows).follow is None and kind_of(Rows).names is None
    assert json.loads(json_line(None, Rows([1]))) == {"type": "Rows", "value": [1]}
    assert flatten(Rows([1]))[0] == [[1]]


def test_a_class_with_a_repr_of_its_own_prints_by_it(session: Session) -> None:
    w = session["w"]
    assert host_repr([Loud([w])]) == "[LOUD]"

    class Changed(list[Any]):
        pass

    assert host_repr(Changed([w])) == "[tensor([1., 2.])]"
    Changed.__repr__ = lambda self: "changed"  # type: ignore[method-assign]
    assert host_repr(Changed([w])) == "changed"


def test_no_class_is_kept_alive_by_its_description() -> None:
    class Passing(dict[str, Any]):
        pass

    pair = namedtuple("pair", "a b")
    for kind, value in ((Passing, Passing(a=1)), (pair, pair(1, 2))):
        assert kind_of(kind).parts and host_repr(value)
    gone = [weakref.ref(Passing), weakref.ref(pair)]
    del Passing, pair, kind, value
    gc.collect()
    assert [each() for each in gone] == [None, None]


@pytest.mark.parametrize(
    "value",
    [
        [1, (2.5,), {"a": None}, {3}, frozenset([4]), set(), frozenset()],
        OrderedDict(b=1, a=[2]),
        OrderedDict(),
        defaultdict(int, {"a": 1}),
        deque([1, "two"]),
        deque([1], maxlen=3),
        Point([1], "y at 0x10"),
        {"text at 0x12": b"\\x00"},
    ],
    ids=repr,
)
def test_pythons_containers_print_as_in_python(value: Any) -> None:
    assert host_repr(value) == repr(value)
    assert host_repr([value, (value,)]) == repr([value, (value,)])


def test_python_s_containers_with_tensors_inside_too(session: Session) -> None:
    w = session["w"]
    for value in (
        OrderedDict(a=w),
        defaultdict(list, {"a": [w]}),
        deque([w], 2),
        Point(w, {w.ndim}),
        {"a": (w,)},
    ):
        assert host_repr(value) == repr(value)


def test_trees_are_walked_as_pytorch_walks_them() -> None:
    cases = {
        (
            Point(1, 2),
        ): "TreeSpec(tuple, None, [TreeSpec(namedtuple, <class 'test_kinds.Point'>, [*,\n    *])])",
    }
    for value, shown in cases.items():
        assert repr(flatten(value)[1]) == shown
    for value, shown in (
        (deque([1, 2], maxlen=3), "TreeSpec(deque, 3, [*,\n  *])"),
        (defaultdict(int, b=1, a=2), "TreeSpec(defaultdict, [<class 'int'>, ['b', 'a']], [*,\n  *])"),
        (OrderedDict(b=1, a=2), "TreeSpec(OrderedDict, ['b', 'a'], [*,\n  *])"),
    ):
        leaves, structure = flatten(value)
        assert leaves == [1, 2] and repr(structure) == shown
        back = unflatten(leaves, structure)
        assert type(back) is type(value) and repr(back) == repr(value)
