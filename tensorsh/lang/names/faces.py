"""What a program's attributes are read from and written to: the object itself, or its face.

Our own objects keep things under plain names (`array`, `node`, `run`), which a program's classes use as well; and a
class may be changed only where the program made it. Almost every object that a program asks is free of both, which
the compiled code sees by itself: it looks whether the object's class is in `FREE`, or the class in `OWN`. Only where
it is not it asks the functions here, which give the object if it is free, and else a `Face` of it, which looks at
every name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...kinds.classes import Classes, tell
from ...kinds.ownership import own_class
from ...modules import Host
from .attributes import FREE, Fields, get, is_free

#: classes that are the program's, and whose objects keep nothing for themselves
OWN = Classes()


class Face:
    """An object of ours, or a class that is not the program's, as a program may read and change it."""

    __slots__ = ("_fields",)

    def __init__(self, value: Any, host: Host):
        object.__setattr__(self, "_fields", Fields(value, host))

    def __getattribute__(self, name: str) -> Any:
        fields = object.__getattribute__(self, "_fields")
        return get(fields.value, name, fields.host)

    def __setattr__(self, name: str, new: Any) -> None:
        object.__getattribute__(self, "_fields")[name] = new

    def __delattr__(self, name: str) -> None:
        del object.__getattribute__(self, "_fields")[name]


def is_own(kind: type) -> bool:
    """Whether a class is the program's, and its objects keep nothing for themselves."""
    if kind in OWN:
        return True
    if not own_class(kind) or not is_free(kind):
        return False
    OWN.add(kind)
    return True


class Tables:
    """Names of programs, among which are the sets that their code looks in."""

    def __init__(self, *names: dict[str, Any]):
        self.names = names
        self.give()
        tell(self.give)

    def give(self) -> None:
        for names in self.names:
            names.update({".free": FREE.table(), ".own": OWN.table()})


def keeper(host: Host) -> Callable[[Any], Any]:
    """Gives what a name is read from or written to that objects of ours keep for themselves."""

    def keeps(value: Any) -> Any:
        kind = type(value)
        if kind in FREE or is_free(kind):
            return value
        return value if issubclass(kind, type) and is_own(value) else Face(value, host)

    return keeps


def changer(host: Host) -> Callable[[Any], Any]:
    """Gives what any other name is written to: every object, but of the classes only the program's."""

    def changes(value: Any) -> Any:
        return value if not issubclass(type(value), type) or is_own(value) else Face(value, host)

    return changes
