"""What objects have, looked at without running anything of theirs: attributes, parts of modules, keys."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

#: where modules keep their parts
PARTS = ("_parameters", "_modules", "_buffers")


def names(value: Any) -> set[str]:
    """Every attribute that somebody may want to type, without an underscore at its start."""
    found = set(_own(value))
    for kind in _classes(value):
        found.update(kind.__dict__)
    return {name for name in found if not name.startswith("_")}


def find(value: Any, name: str, otherwise: Any) -> Any:
    """An attribute, if it can be had without running code; `otherwise` for a property, or none."""
    own = _own(value)
    if name in own:
        return own[name]
    for kind in _classes(value):
        if name in kind.__dict__:
            found = kind.__dict__[name]
            if isinstance(found, staticmethod | classmethod):
                return found.__func__
            return found if inspect.isroutine(found) or isinstance(value, type) else otherwise
    return otherwise


def keys(value: Any) -> list[Any]:
    """The keys of a mapping."""
    return list(value) if isinstance(value, Mapping) else []


def _own(value: Any) -> dict[str, Any]:
    """What is kept in the object itself."""
    try:
        own = object.__getattribute__(value, "__dict__") if not isinstance(value, type) else {}
    except AttributeError:
        return {}
    found = dict(own)
    for part in PARTS:
        if isinstance(own.get(part), dict):
            found.update(own[part])
    return found


def _classes(value: Any) -> Iterator[type]:
    """The classes that an attribute is looked for in; a module has none of interest, `object` neither."""
    if isinstance(value, ModuleType):
        return
    yield from (
        kind for kind in (value if isinstance(value, type) else type(value)).__mro__ if kind is not object
    )
