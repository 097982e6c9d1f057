"""No object of a program may say that it lies at an address in memory: NumPy would believe it.

NumPy takes whatever has `__array_interface__` or `__array_struct__` for an array of the memory at an address given
there. So every class of a program has these names, as descriptors that come before an instance's dictionary and
answer that there is no such attribute, and its `__getattr__` is not asked for them.
"""

from __future__ import annotations

import builtins
import functools
import types
from typing import Any

from .rules import MEMORY


class Absent:
    """A data descriptor that stands for no attribute."""

    def __init__(self, name: str):
        self._name = name

    def __get__(self, value: Any, kind: Any = None) -> Any:
        owner = kind if value is None else type(value)
        raise AttributeError(f"{owner.__name__!r} object has no attribute {self._name!r}")

    def __set__(self, value: Any, new: Any) -> None:
        raise AttributeError(f"{type(value).__name__!r} object has no attribute {self._name!r}")

    def __delete__(self, value: Any) -> None:
        raise AttributeError(f"{type(value).__name__!r} object has no attribute {self._name!r}")


ABSENT = {name: Absent(name) for name in MEMORY}


def build_class(function: Any, name: str, /, *bases: Any, **keywords: Any) -> Any:
    """What a `class` statement calls."""
    made = builtins.__build_class__(function, name, *bases, **keywords)
    if isinstance(made, type):
        protect(made)
    return made


def protect(kind: type) -> None:
    """Let no instance of a class, and not the class itself, claim memory; TypeError if its text does."""
    own: Any = type.__dict__["__dict__"].__get__(kind)
    for name in MEMORY:
        if name in own and own[name] is not ABSENT[name]:
            raise TypeError(f"a class may not define {name!r}")
    for name in ("__getattr__", "__getattribute__"):
        if isinstance(own.get(name), types.FunctionType):
            type.__setattr__(kind, name, without_memory(own[name]))
    if issubclass(kind, type):
        return  # its instances are classes, which get the names themselves
    if own.get("_is_protocol"):
        return  # it has no instances, and its attributes are what it asks of others
    for name in MEMORY:
        if not any(name in type.__dict__["__dict__"].__get__(base) for base in type.mro(kind)):
            type.__setattr__(kind, name, ABSENT[name])


def without_memory(lookup: Any) -> Any:
    """A `__getattr__` that is not asked for what claims memory."""

    @functools.wraps(lookup)
    def asked(self: Any, name: str, /) -> Any:
        if name in MEMORY:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return lookup(self, name)

    return asked
