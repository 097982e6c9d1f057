"""Where two ways through a program meet: what both left in a name, and containers that only one has changed."""

from __future__ import annotations

from collections import deque
from typing import Any

from ..engine.values.tensor import Tensor
from .numbers import FLOAT, count, merged, plain
from .sizes import sizes
from .unknown import NAME, UNKNOWN, Unknown, not_known, opened

#: functions that a name may stand for before nobody knows any more which
MOST = 4
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
    if agree(a, b):
        return b
    either = [*one_of_several(a), *one_of_several(b)]
    if len(either) <= MOST and all(map(callable, either)):
        return Either(tuple(either))
    if isinstance(a, Tensor):
        return merged(a, b, (repr(a.spec), repr(getattr(b, "spec", None))))
    if type(a) is tuple and type(b) is tuple and len(a) == len(b):
        return tuple(map(join, a, b))
    first, second = plain(a), plain(b)
    if type(first) is not type(second):
        return UNKNOWN
    if type(first) is int:
        return count(sizes.fresh((min(first, second), max(first, second))))
    return FLOAT if type(first) is float else UNKNOWN


class Either(Unknown):
    """One of several functions or modules."""

    __slots__ = ("ways",)

    ways: tuple[Any, ...]

    def __init__(self, ways: tuple[Any, ...]):
        Either.__dict__["ways"].__set__(self, ways)


Either.__name__ = Either.__qualname__ = NAME


def one_of_several(value: Any) -> tuple[Any, ...]:
    if type(value) is Either:
        return value.ways
    return (None,) if not_known(value) else (value,)


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
