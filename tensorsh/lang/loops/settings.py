"""What programs keep settings in: classes, members of enumerations, named tuples, namespaces.

A trace does not see each attribute of these that is read or set. A program relies on all that is in them, and one that
was changed while it was traced is put back and stops the trace.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, EnumType
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ...engine.compile.values import TraceStopped
from ...kinds.kind import ATOMS
from ...kinds.ownership import attributes_of, dict_of, mro_of, own_class, own_function
from ...kinds.sequences import fields_of

if TYPE_CHECKING:
    from .reach import Reach

MOST = 64  # attributes of a namespace
MISSING = object()
Setter = Callable[[str, Any], None]
Deleter = Callable[[str], None]


def follow(value: Any, reach: Reach, path: str) -> bool:
    """Go through a value of these kinds; False if it is none."""
    kind = type(value)
    if issubclass(kind, Enum) and type(kind) is EnumType:
        _member(value, reach, path)
    elif kind is EnumType:
        if any(not _plain_member(each) for each in value):
            return False
        reach.same(value, path)
    elif kind is SimpleNamespace:
        _namespace(value, reach, path)
    elif isinstance(value, type) and fields_of(value) is not None:
        if has_own_functions(value):
            return False
        reach.same(value, path)
    else:
        return False
    return True


def _member(value: Any, reach: Reach, path: str) -> None:
    if not _plain_member(value):
        raise TraceStopped(f"a {type(value).__name__}")
    reach.same(value, path)


def _plain_member(value: Any) -> bool:
    return type(value._value_) in ATOMS and not has_own_functions(type(value))


def has_own_functions(kind: type) -> bool:
    """Whether the program says what instances of a class do."""
    return any(
        own_function(getattr(part, "__func__", getattr(part, "fget", part)))
        for each in mro_of(kind)
        if own_class(each)
        for part in dict_of(each).values()
    )


def _namespace(value: Any, reach: Reach, path: str) -> None:
    inside = attributes_of(value)
    if len(inside) > MOST:
        raise TraceStopped("a large namespace")
    if reach.known(value, path):
        return
    reach.guards.append(
        f"type({path}) is {reach.constant(SimpleNamespace)} and len({path}.__dict__) == {len(inside)}"
    )
    for name, item in [*inside.items()]:
        reach.guards.append(f"{name!r} in {path}.__dict__")
        reach.thing(item, reach.fetched(f"{path}.__dict__.get({name!r})", name), False, 1)
    reach.instances.settings.note(lambda: inside, inside.__setitem__, inside.__delitem__)


class Settings:
    """What settings were before the trace.

    noted   (what they are in, what there was, how one is set, how one is deleted)
    """

    def __init__(self) -> None:
        self.noted: list[tuple[Callable[[], dict[str, Any]], dict[str, Any], Setter, Deleter]] = []

    def note(self, look: Callable[[], dict[str, Any]], put: Setter, delete: Deleter) -> None:
        self.noted.append((look, dict(look()), put, delete))

    def changed(self) -> bool:
        return any(_differing(look(), before) for look, before, _, _ in self.noted)

    def put_back(self) -> None:
        for look, before, put, delete in reversed(self.noted):
            for name in _differing(look(), before):
                if name in before:
                    put(name, before[name])
                else:
                    delete(name)
        self.noted.clear()


def _differing(now: dict[str, Any], before: dict[str, Any]) -> list[str]:
    return [name for name in {**before, **now} if now.get(name, MISSING) is not before.get(name, MISSING)]


def is_namespace(kind: type) -> bool:
    """Whether a class is of those that hold a command's arguments."""
    return (kind.__module__, kind.__name__) in (("argparse", "Namespace"), ("argparse", "_AttributeHolder"))
