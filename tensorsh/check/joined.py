"""Where two ways through a program meet: what both left in a name, and containers that only one has changed."""

from __future__ import annotations

from collections import deque
from typing import Any

from ..engine.values.tensor import Tensor
from .unknown import UNKNOWN

PLAIN = (int, float, str, bool, complex, bytes, type(None))


def agree(a: Any, b: Any) -> bool:
    """Whether two values are the same to an analysis of shapes."""
    if a is b:
        return True
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.spec is b.spec or (type(a) is type(b) and repr(a.spec) == repr(b.spec))
    if type(a) is not type(b):
        return False
    if isinstance(a, PLAIN):
        return bool(a == b) or a != a
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(agree, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(agree(a[key], b[key]) for key in a)
    return False


def join(a: Any, b: Any) -> Any:
    """What is known of a value that is one or the other."""
    return b if agree(a, b) else UNKNOWN


def fingerprint(space: dict[str, Any], names: tuple[str, ...]) -> list[tuple[Any, str, Any, int]]:
    """The containers under some names, and in the attributes of what is under them, with their sizes."""
    found: list[tuple[Any, str, Any, int]] = []
    for name in names:
        value = space.get(name)
        if isinstance(value, list | dict | set | deque):
            found.append((None, name, value, size(value)))
        inside = getattr(value, "__dict__", None)
        if isinstance(inside, dict) and not isinstance(value, type):
            for attribute, part in inside.items():
                if isinstance(part, list | dict | set | deque) and attribute[:1] != "_":
                    found.append((value, attribute, part, size(part)))
    return found


def size(value: Any) -> int:
    return len(value)


def widen(marks: list[tuple[Any, str, Any, int]]) -> None:
    """Containers whose size has changed hold what nobody knows."""
    for _, _, value, before in marks:
        if len(value) != before:
            opened.add(value)


class Marked:
    """Containers of which not all is known. They are kept, so that no other has their identity."""

    def __init__(self) -> None:
        self.known: dict[int, Any] = {}

    def add(self, value: Any) -> None:
        self.known[id(value)] = value

    def has(self, value: Any) -> bool:
        return id(value) in self.known


#: those of which nobody knows how much is in them, and those something in which was replaced, nobody knows what
opened, blurred = Marked(), Marked()
