"""The classes that a program sees in the place of pandas's: one for each, with the special methods that that has."""

from __future__ import annotations

import copy
import operator
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from ..kinds.kind import method
from .behind import Behind, behind, through

if TYPE_CHECKING:
    from .frames import Frames


class Face(type):
    """The class of these classes, which are called and read through the wall and never changed."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        wall, real = stands_for(cls)
        if real not in wall.makes:  # others would open files themselves
            raise TypeError(f"cannot create {cls.__name__!r} instances")
        return wall.call(real, args, options)

    def __getattr__(cls, name: str) -> Any:
        wall, real = stands_for(cls)
        return wall.attribute(real, name)

    def __setattr__(cls, name: str, value: Any) -> None:
        raise TypeError(f"cannot set {name!r} attribute of immutable type {cls.__name__!r}")

    def __delattr__(cls, name: str) -> None:
        raise TypeError(f"cannot delete {name!r} attribute of immutable type {cls.__name__!r}")

    def __dir__(cls) -> list[str]:
        wall, real = stands_for(cls)
        return [name for name in dir(real) if wall.has(name)]


_STANDS: WeakKeyDictionary[Face, tuple[ref[Frames], type]] = WeakKeyDictionary()
_KEY = object()  # which no program has: classes of its own do not derive from these


def face(wall: Frames, kind: type, base: type[Value]) -> type[Value]:
    """A new class that stands for one of pandas's."""
    names: dict[str, Any] = {key: each for key, each in SPECIAL.items() if method(kind, key) is not None}
    names |= {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    names |= {"__hash__": _hash, "__doc__": kind.__doc__}
    made: Any = Face(kind.__name__, (base,), names, key=_KEY)
    _STANDS[made] = ref(wall), kind
    return made


def stands_for(cls: Face) -> tuple[Frames, type]:
    """The wall that a class is of, and the class of pandas's."""
    held, real = _STANDS.get(cls, (None, object))
    wall = None if held is None else held()
    if wall is None:
        raise TypeError(f"{cls.__name__!r} is no class of pandas's")
    return wall, real


class Value(Behind, metaclass=Face):
    """A table, a column, an index, …"""

    __slots__ = ()

    def __init_subclass__(cls, key: Any = None) -> None:
        if key is not _KEY:
            raise TypeError(f"type {cls.__mro__[1].__name__!r} is not an acceptable base type")

    def __format__(self, spec: str) -> str:
        return through(self, format, spec)

    def __copy__(self) -> Any:
        return through(self, copy.copy)

    def __deepcopy__(self, memo: Any) -> Any:
        return through(self, copy.deepcopy)


# ------------------------------------------------------------------ special methods


def _direct(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *args: through(self, function, *args)


def _reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, other: through(self, lambda real, given: function(given, real), other)


def _in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    def change(self: Value, other: Any) -> Any:
        changed = through(self, function, other)
        return self if behind(changed)[1] is behind(self)[1] else changed

    return change


def _references() -> int:
    """How many refer to what is assigned to and held by nobody, seen in `__setitem__`; 0 where that does not tell."""
    counts = []

    class Probe:
        def __setitem__(self, key: Any, value: Any) -> None:
            counts.append(sys.getrefcount(self))

    Probe()[0] = 0
    held = Probe()
    held[0] = 0
    return counts[0] if counts[0] < counts[1] else 0


UNHELD = _references()


def _setitem(self: Value, key: Any, value: Any) -> None:
    if sys.getrefcount(self) <= UNHELD:
        wall: Any = behind(self)[0]  # `Frames`
        wall.warn_unheld(behind(self)[1])
    through(self, operator.setitem, key, value)


def _hash(self: Value) -> int:
    return through(self, hash)


def _call(self: Value, *args: Any, **options: Any) -> Any:
    wall, real = behind(self)
    return wall.call(real, args, options)


def _iter(self: Value) -> Iterator[Any]:
    wall, real = behind(self)
    return wall.given(wall.inside(iter, (real,), {}))


def _enter(self: Value) -> Value:
    wall, real = behind(self)
    wall.inside(real.__enter__, (), {})
    return self


def _exit(self: Value, *error: Any) -> None:
    behind(self)[1].__exit__(None, None, None)


def _array(self: Value, dtype: Any = None, copy: bool | None = None) -> Any:
    return np.asarray(through(self, lambda real: np.array(real, dtype=dtype, copy=copy)))


def _array_ufunc(self: Value, ufunc: Any, way: str, *inputs: Any, **options: Any) -> Any:
    if type(ufunc) is not np.ufunc or way not in ("__call__", "reduce", "accumulate", "outer", "at"):
        return NotImplemented
    return behind(self)[0].call(getattr(ufunc, way), inputs, options)


BINARY = "add sub mul truediv floordiv mod pow matmul and_ or_ xor"
OTHERS = "eq ne lt le gt ge neg pos abs invert getitem delitem contains"
FUNCTIONS = (len, bool, next, int, float, round, reversed, divmod)

SPECIAL: dict[str, Callable[..., Any]] = {
    **{f"__{name.strip('_')}__": _direct(getattr(operator, name)) for name in f"{BINARY} {OTHERS}".split()},
    **{f"__r{name.strip('_')}__": _reflected(getattr(operator, name)) for name in BINARY.split()},
    **{
        f"__i{name.strip('_')}__": _in_place(getattr(operator, f"i{name.strip('_')}"))
        for name in BINARY.split()
    },
    **{f"__{function.__name__}__": _direct(function) for function in FUNCTIONS},
    "__rdivmod__": _reflected(divmod),
    "__setitem__": _setitem,
    "__call__": _call,
    "__iter__": _iter,
    "__enter__": _enter,
    "__exit__": _exit,
    "__array__": _array,
    "__array_ufunc__": _array_ufunc,
}
