"""No object of a program may say that it lies at an address in memory: NumPy would believe it.

NumPy takes whatever has `__array_interface__` or `__array_struct__` for an array of the memory at an address given
there. A program has more ways to make such an object than can be watched: instance dictionaries, `type(…)`,
metaclasses, `__getattr__`. So `object` itself has these names, as descriptors that come before every instance's
dictionary and answer, while a session runs, that there is no such attribute; and whoever makes a class in whatever
way comes by `object.__init_subclass__`, which sees that it does not define them and that its `__getattr__` is not
asked for them. The program's code that Python calls with a class before that (`__set_name__`, the members of an enum)
is called when the class has been looked at; and no metaclass leaves `object` out of a class's bases with an `mro`.
"""

from __future__ import annotations

import enum
import functools
import sys
import types
import weakref
from typing import Any

from ..engine.core import sealed
from ..interrupt import unbroken
from ..kinds.classes import compared
from ..kinds.ownership import dict_of, module_name, note_own_class, own_class
from .rules import MEMORY, gives_mro


class Absent:
    """A data descriptor that stands for no attribute; while no session runs, for one like any other."""

    def __init__(self, name: str):
        self._name = name

    @unbroken  # for NumPy asks, and drops whatever is raised
    def __get__(self, value: Any, kind: Any = None) -> Any:
        if value is not None and (not sealed.in_force() or type(value) in _trusted):
            try:
                return object.__getattribute__(value, "__dict__")[self._name]
            except KeyError:
                pass
        raise self._missing(kind if value is None else type(value))

    def __set__(self, value: Any, new: Any) -> None:
        if sealed.in_force() and type(value) not in _trusted:
            raise self._missing(type(value))
        object.__getattribute__(value, "__dict__")[self._name] = new

    def __delete__(self, value: Any) -> None:
        if sealed.in_force():
            raise self._missing(type(value))
        del object.__getattribute__(value, "__dict__")[self._name]

    def _missing(self, kind: type) -> AttributeError:
        return AttributeError(f"{kind.__name__!r} object has no attribute {self._name!r}")


#: classes that say so in an instance's dictionary, and may
_trusted: set[type] = set()


def install() -> None:
    """Give `object` these names, once in a process."""
    if _trusted:
        return
    from numpy.lib.stride_tricks import as_strided

    _trusted.add(as_strided.__globals__["DummyArray"])
    chained = object.__dict__["__init_subclass__"]

    def init_subclass(cls: Any, **options: Any) -> None:
        chained.__get__(None, cls)(**options)
        if sealed.in_force():
            protect(cls)

    init_subclass.__name__ = "__init_subclass__"
    init_subclass.__qualname__ = "object.__init_subclass__"
    init_subclass.__doc__ = chained.__doc__
    member: Any = enum._proto_member  # type: ignore[attr-defined]
    member.__set_name__ = _naming(member.__set_name__)
    with sealed.changing(object):
        for name in MEMORY:
            type.__setattr__(object, name, Absent(name))
        type.__setattr__(object, "__init_subclass__", classmethod(init_subclass))


#: the classes that were looked at, by their identity
_protected: dict[int, weakref.ref[type]] = {}


def protect(kind: type) -> None:
    """Let no instance of a class, and not the class itself, claim memory; TypeError if its text does."""
    key = id(kind)
    if key in _protected:
        return
    module = sys.modules.get(module_name(kind))
    if getattr(getattr(module, "__spec__", None), "_initializing", False):
        return  # a class of a library, which a program makes us import
    own = dict_of(kind)
    for name in MEMORY:
        if name in own:
            raise TypeError(f"a class may not define {name!r}")
    if issubclass(kind, type) and gives_mro(kind):
        raise TypeError("a metaclass may not define 'mro'")
    compared(kind)
    _protected[key] = weakref.ref(kind, lambda _: _protected.pop(key, None))
    if not own_class(kind) and any(map(own_class, kind.__bases__)):
        note_own_class(kind)  # made by a metaclass of Python's, whose module it says it is in
    for name in LOOKUPS:
        watch(kind, name)


def watch(value: Any, name: str) -> None:
    """If this is a class, put what it says for one of `LOOKUPS` in a form that leaves memory out."""
    if issubclass(type(value), type) and name in dict_of(value):
        type.__setattr__(value, name, LOOKUPS[name](dict_of(value)[name]))


def _lookup(given: Any) -> Any:
    """A `__getattr__` or `__getattribute__` that is not asked for what claims memory."""

    def asked(self: Any, name: str, /) -> Any:
        if name in MEMORY:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return given(self, name)

    def bound(self: Any, name: str, /) -> Any:
        if name in MEMORY:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return _bound(given, self, type(self))(name)

    return functools.wraps(given)(asked) if isinstance(given, types.FunctionType) else bound


def _subclassing(given: Any) -> Any:
    """An `__init_subclass__` before which the new class is looked at."""

    def init_subclass(cls: Any, **options: Any) -> Any:
        if sealed.in_force():
            protect(cls)
        return _bound(given, None, cls)(**options)

    return classmethod(functools.wraps(getattr(given, "__func__", init_subclass))(init_subclass))


def _naming(given: Any) -> Any:
    """A `__set_name__` that sees a new class when it has been looked at."""

    def set_name(self: Any, owner: Any, name: Any, /) -> Any:
        if sealed.in_force() and issubclass(type(owner), type):
            protect(owner)
        return _bound(given, self, type(self))(owner, name)

    return functools.wraps(given)(set_name) if isinstance(given, types.FunctionType) else set_name


def _bound(given: Any, value: Any, kind: type) -> Any:
    """A member of a class as Python finds it from an object of that class."""
    get = getattr(type(given), "__get__", None)
    return given if get is None else get(given, value, kind)


#: what a class can say about the attributes of its instances, about its subclasses and the classes they are in
LOOKUPS = {
    "__getattr__": _lookup,
    "__getattribute__": _lookup,
    "__init_subclass__": _subclassing,
    "__set_name__": _naming,
}
