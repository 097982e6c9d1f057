"""Lists from outside that a trace need not know: of which a run takes items at places that change (`data[i]`,
`batches[step % 3]`), and to which it only adds (`log_probs.append(x)`).

While a trace lasts, `Items` stands for the first. Each item is found when it is asked for, and the program fetches it
by the text of its place; whoever asks for anything else gets a trace that follows the whole list. `Appended` stands for
the others: a program adds to them when everything else is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...engine.compile.values import Number, TraceAgain, TraceStopped
from ..code.runs import appended_to, walk
from ..syntax import ast

if TYPE_CHECKING:
    from .reach import Reach


def indexed(run: Iterable[ast.Stmt], changing: frozenset[str]) -> frozenset[str]:
    """The names of which a run asks for nothing but items, some of them at places that change."""
    nodes = [node for statement in run for node in walk(statement)]
    asked = [node for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)]
    inside = {id(node.value) for node in asked}
    others = {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in inside}
    found = {
        node.value.id
        for node in asked
        if isinstance(node.value, ast.Name)
        and any(isinstance(part, ast.Name) and part.id in changing for part in walk(node.items))
    }
    return frozenset(found - others)


def appended(run: Iterable[ast.Stmt]) -> frozenset[str]:
    """The names to which a run adds, and which it uses for nothing else."""
    found: set[str] = set()
    inside: set[int] = set()
    for statement in run:
        name = appended_to(statement)
        if name is not None:
            found.add(name.id)
            inside.add(id(name))
    others = (node for statement in run for node in walk(statement) if isinstance(node, ast.Name))
    return frozenset(found.difference(node.id for node in others if id(node) not in inside))


class Appended:
    """A list from outside that a run adds to, found at a path."""

    public = ("append",)

    def __init__(self, reach: Reach, items: list[Any], path: str):
        self.reach, self.items, self.path = reach, items, path
        reach.guards.append(f"type({path}) is list")

    def append(self, value: Any) -> None:
        if any(known is self.items for known, _, _ in self.reach.containers):
            raise TraceStopped("a list that has two names")
        self.reach.appended.append((self.items, self.path, value))


class Items:
    """A list or tuple from outside, found at a path and called by a name."""

    def __init__(self, reach: Reach, items: Any, path: str, name: str):
        self._reach, self._items, self._path, self._name = reach, items, path, name
        self._kept: list[Any] = []  # so that ids stay theirs
        reach.guards.append(f"type({path}) is {type(items).__name__}")

    def __getitem__(self, place: Any) -> Any:
        reach, items, path = self._reach, self._items, self._path
        if any(known is items for known, _, _ in reach.containers):
            raise TraceStopped("a list that has two names")
        if type(place) is Number:
            if place.late or "." in place.text:
                raise TraceStopped("a list's index that the program computes")
            at, text = place.value, place.text
        elif type(place) is int:
            at, text = place, repr(place)
        else:
            return self._whole()
        kind = type(items)
        found = reach.fetched(f"{kind.__name__}.__getitem__({path}, {text})", self._name)
        return self._part(kind.__getitem__(items, at), found, type(place) is Number)

    def _part(self, item: Any, path: str, varies: bool) -> Any:
        """An item, or what is in one that is a tuple; numbers are as they will be."""
        reach, kind = self._reach, type(item)
        if varies and kind in (int, float):
            reach.guards.append(f"type({path}) is {kind.__name__}")
            return Number(item, path, reach.guards)
        if varies and kind is tuple and id(item) not in reach.paths:
            reach.guards.append(f"type({path}) is tuple and len({path}) == {len(item)}")
            parts = tuple([self._part(each, f"{path}[{k}]", varies) for k, each in enumerate(item)])
            reach.paths[id(parts)] = path
            self._kept.append(parts)
            return parts
        if varies and kind is list and any(type(each) in (int, float) for each in item):
            raise TraceStopped("a list of numbers at a place that changes")
        reach.thing(item, path, varies, 1, self._name)
        return item

    def _whole(self, *_: Any) -> Any:
        """The next trace follows the list."""
        self._reach.instances.history.whole.add(self._name)
        raise TraceAgain("a list is more than its items")

    def __getattr__(self, name: str) -> Any:
        return self._whole()

    __iter__ = __len__ = __bool__ = __contains__ = __setitem__ = __delitem__ = __reversed__ = _whole
    __add__ = __radd__ = __iadd__ = __mul__ = __rmul__ = __eq__ = __ne__ = __lt__ = __gt__ = _whole
    __hash__ = object.__hash__
