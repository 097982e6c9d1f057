"""Sets of classes that compiled programs ask again and again.

Whether a class is in a set is what its metaclass says of equality. Almost none says anything: programs look in a set
of Python's own, which takes 20 ns where a subclass of `set` takes 33. From the first metaclass on that does, every
class is looked at before (`compared`): a set must not run a program's code, nor believe it.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Container

from .. import interrupt
from .ownership import dict_of, mro_of

#: what a metaclass says of equality
EQUALITY = frozenset({"__eq__", "__hash__"})


class Classes:
    """Classes whose metaclasses say nothing of equality, as far as they have been asked since Python last looked
    through all that there is: what nothing else mentions goes then, as without us."""

    careful = False  # whether there has been a metaclass that says something

    def __init__(self) -> None:
        self.known: set[type] = set()
        _all.append(self)

    def add(self, kind: type) -> None:
        """One more, unless it is not for sets."""
        if not says_equal(type(kind)):
            self.known.add(kind)

    def __contains__(self, kind: object) -> bool:
        return not (self.careful and says_equal(type(kind))) and kind in self.known

    def table(self) -> Container[type]:
        """What compiled programs look in, until those who look are told otherwise."""
        return self if self.careful else self.known


_all: list[Classes] = []
_lookers: list[weakref.WeakMethod[Callable[[], None]]] = []


def tell(looker: Callable[[], None]) -> None:
    """Call a method, as long as its object is there, when `table` gives something else."""
    _lookers.append(weakref.WeakMethod(looker, _lookers.remove))


@interrupt.unbroken  # the collector drops what is raised
def _forget(phase: str, which: dict[str, int]) -> None:
    if phase == "start" and which["generation"] == 2:
        for classes in _all:
            classes.known.clear()


gc.callbacks.append(_forget)


def says_equal(metaclass: type) -> bool:
    """Whether a class says itself which of its objects are equal."""
    return any(
        name in dict_of(base) for base in mro_of(metaclass) if base not in (type, object) for name in EQUALITY
    )


def compared(kind: type) -> None:
    """A class was made or changed: if it is a metaclass with an equality of its own, sets ask for it from now on."""
    if not Classes.careful and issubclass(kind, type) and says_equal(kind):
        Classes.careful = True
        for looker in _lookers:
            look = looker()
            if look is not None:
                look()
