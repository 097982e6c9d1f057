"""Sets of classes that compiled programs ask again and again.

Whether a class is in a set is what its metaclass says of equality. Almost none says anything, and then it costs a
fifth of a function's call. From the first one on that does, every class is looked at before (`compared`): a set must
not run a program's code, nor believe it.
"""

from __future__ import annotations

import gc
from typing import Any

from .ownership import dict_of, mro_of

#: what a metaclass says of equality
EQUALITY = frozenset({"__eq__", "__hash__"})


class Classes(set[type]):
    """Classes whose metaclasses say nothing of equality, as far as they have been asked since Python last looked
    through all that there is: what nothing else mentions goes then, as without us."""

    def __init__(self) -> None:
        super().__init__()
        _all.append(self)

    def add(self, kind: type) -> None:
        """One more, unless it is not for sets."""
        if not says_equal(type(kind)):
            set.add(self, kind)


_all: list[Classes] = []


def _forget(phase: str, which: dict[str, int]) -> None:
    if phase == "start" and which["generation"] == 2:
        for classes in _all:
            classes.clear()


gc.callbacks.append(_forget)


def says_equal(metaclass: type) -> bool:
    """Whether a class says itself which of its objects are equal."""
    return any(
        name in dict_of(base) for base in mro_of(metaclass) if base not in (type, object) for name in EQUALITY
    )


def compared(kind: type) -> None:
    """A class was made or changed: if it is a metaclass with an equality of its own, sets ask for it from now on."""
    if issubclass(kind, type) and says_equal(kind):
        Classes.__contains__ = _carefully  # type: ignore[method-assign]


def _carefully(self: set[type], kind: Any) -> bool:
    return not says_equal(type(kind)) and set.__contains__(self, kind)
