"""Objects of another library, seen by a program through a wall: the listed names and plain values only.

A `Wall` says which names of a library's objects there are. `wall.give(value)` is what a program gets for a value:
numbers, texts, arrays and containers of them are themselves, an object of the library is `Behind` the wall.
`wall.take(value)` is the way in: objects of the program's own classes do not pass, because the library would
call their methods with what no program may have.
"""

from __future__ import annotations

import datetime
import os
import types
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..engine.tensor import Tensor

PLAIN = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    np.generic,
    datetime.date,
    datetime.timedelta,
    type(...),
)


class Behind:
    """An object of a library behind its wall."""

    __slots__ = ("__weakref__",)

    def __getattr__(self, name: str) -> Any:
        wall, real = _BEHIND[self]
        return wall.attribute(real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        wall, real = _BEHIND[self]
        wall.set_attribute(real, name, value)

    def __call__(self, *args: Any, **options: Any) -> Any:
        wall, real = _BEHIND[self]
        if not callable(real):
            raise TypeError(f"{type(real).__name__!r} object is not callable")
        return wall.call(real, args, options)

    def __getitem__(self, key: Any) -> Any:
        wall, real = _BEHIND[self]
        return wall.give(real[wall.take(key)])

    def __len__(self) -> int:
        return len(_BEHIND[self][1])

    def __bool__(self) -> bool:
        return bool(_BEHIND[self][1])

    def __iter__(self) -> Any:
        wall, real = _BEHIND[self]
        return map(wall.give, iter(real))

    def __enter__(self) -> Any:
        wall, real = _BEHIND[self]
        return wall.give(real.__enter__())

    def __exit__(self, *error: Any) -> Any:
        return _BEHIND[self][1].__exit__(None, None, None)

    def __repr__(self) -> str:
        return repr(_BEHIND[self][1])

    def __str__(self) -> str:
        return str(_BEHIND[self][1])

    def __dir__(self) -> list[str]:
        wall, real = _BEHIND[self]
        return [name for name in dir(real) if wall.has(name)]


_BEHIND: WeakKeyDictionary[Behind, tuple[Wall, Any]] = WeakKeyDictionary()  # not within a program's reach


class Wall:
    """What of one library a program may see.

    `roots` are its packages, `has` says which names its objects have for a program, `refused` are keyword
    arguments that lead to files, processes or modules, and `made` are methods done in a form of ours.
    """

    def __init__(
        self,
        roots: tuple[str, ...],
        has: Callable[[str], bool],
        refused: frozenset[str] = frozenset(),
        made: dict[str, Callable[..., Any]] | None = None,
    ):
        self.roots = roots
        self.has = has
        self.refused = refused
        self.made = made or {}

    def attribute(self, real: Any, name: str) -> Any:
        """What a program reads."""
        if not self.has(name) or not hasattr(real, name):
            raise AttributeError(f"{type(real).__name__!r} object has no attribute {name!r}")
        if name in self.made:
            return lambda *args, **options: self.made[name](real, *args, **options)
        found = getattr(real, name)
        return self.function(found) if isinstance(found, _FUNCTIONS) else self.give(found)

    def set_attribute(self, real: Any, name: str, value: Any) -> None:
        """What a program assigns."""
        if not self.has(name) or name in self.made or not hasattr(real, name):
            raise AttributeError(f"{type(real).__name__!r} object has no attribute {name!r}")
        setattr(real, name, self.take(value))

    def function(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the library as a program may call it."""

        def call(*args: Any, **options: Any) -> Any:
            return self.call(real, args, options)

        call.__name__ = call.__qualname__ = getattr(real, "__name__", "call")
        call.__doc__ = real.__doc__
        return call

    def call(self, real: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Call a function of the library."""
        for name in options:
            if name in self.refused:
                raise TypeError(f"{getattr(real, '__name__', 'call')}() has no argument {name!r} here")
        return self.give(
            real(*map(self.take, args), **{key: self.take(each) for key, each in options.items()})
        )

    def take(self, value: Any) -> Any:
        """What the library gets for a value of a program."""
        kind = type(value)
        if kind in PLAIN or value is float or value is int:
            return value
        if issubclass(kind, np.generic):
            return np.asarray(value)[()]
        if kind is Behind:
            return _BEHIND[value][1]
        if kind is np.ndarray and value.dtype != object:
            return value
        if issubclass(kind, Tensor):
            return value.detach().numpy()
        if kind is np.ndarray:
            taken = np.empty(value.shape, dtype=object)
            taken.flat = [self.take(each) for each in value.flat]
            return taken
        if kind is tuple or kind is set or kind is frozenset:
            return kind(self.take(each) for each in value)
        if kind is slice or kind is range:
            return value
        if issubclass(kind, dict):
            taken = {self.take(key): self.take(each) for key, each in dict.items(value)}
            if not self.refused.isdisjoint(key for key in taken if isinstance(key, str)):
                raise TypeError(f"{self.roots[0]} has no argument {min(self.refused & taken.keys())!r} here")
            return taken
        if issubclass(kind, list | tuple):
            return [self.take(each) for each in value]
        for base, exact in _EXACT:
            if issubclass(kind, base):
                return exact(value)
        if issubclass(kind, os.PathLike):
            return str(os.fspath(value))
        if kind is types.FunctionType or kind is types.MethodType:
            return lambda *args, **options: self.take(
                value(*map(self.give, args), **{key: self.give(each) for key, each in options.items()})
            )
        if (
            hasattr(kind, "__next__")
            or hasattr(kind, "keys")
            or kind in (type({}.values()), type({}.items()))
        ):
            return [self.take(each) for each in value]
        if hasattr(kind, "__array__"):
            return self.take(np.array(value))
        if hasattr(kind, "__iter__"):
            return [self.take(each) for each in value]
        raise TypeError(f"{self.roots[0]} takes numbers, texts, arrays and lists here, not {kind.__name__!r}")

    def give(self, value: Any) -> Any:
        """What a program gets for a value of the library."""
        kind = type(value)
        if kind in PLAIN or issubclass(kind, np.generic):
            return value
        if issubclass(kind, np.ndarray):
            if value.dtype != object:
                return value.view(np.ndarray)
            given = np.empty(value.shape, dtype=object)
            for at in np.ndindex(value.shape):
                given[at] = self.give(value[at])
            return given
        if kind in (list, tuple, set):
            return kind(self.give(each) for each in value)
        if kind is dict:
            return {self.give(key): self.give(each) for key, each in value.items()}
        if issubclass(kind, tuple) and not hasattr(kind, "_fields"):
            return [self.give(each) for each in value]
        if kind is types.GeneratorType:
            return map(self.give, value)
        if kind in _VIEWS:
            return [self.give(each) for each in value]
        if kind is types.FunctionType or kind is types.MethodType:
            return self.function(value)
        name = value.__module__ if issubclass(kind, type) else kind.__module__
        if name.partition(".")[0] not in self.roots:
            raise AttributeError(f"{kind.__name__!r} objects are not available here")
        made = Behind()
        _BEHIND[made] = (self, value)
        return made


#: the value itself of one whose class a program has derived
_EXACT: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (complex, complex.__complex__),
    (str, str.__str__),
    (bytes, bytes.__bytes__),
)
_VIEWS = (type({}.keys()), type({}.values()), type({}.items()))
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)
