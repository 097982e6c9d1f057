"""Objects of another library, seen by a program through a wall: the listed names and plain values only.

A `Wall` says which names of a library's objects there are. `wall.give(value)` is what a program gets for a value:
numbers, texts, arrays and containers of them are themselves, an object of the library is `Behind` the wall.
`wall.take(value)` is the way in: objects of the program's own classes do not pass, because the library would
call their methods with what no program may have. Errors come out of the library without the objects they tell of.
"""

from __future__ import annotations

import copy
import datetime
import operator
import os
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from ..engine.values.tensor import Tensor
from ..errors import Facts, know
from ..kinds.ownership import module_name, own_class

#: what leads nowhere, and is not changed
PLAIN: frozenset[type] = frozenset(
    (
        *(type(None), bool, int, float, complex, str, bytes, type(...), datetime.date, datetime.timedelta),
        *(np.bool_, np.float16, np.float32, np.float64, np.int8, np.int16, np.int32, np.int64, np.uint8),
    )
)

#: streams of random numbers, which are drawn from
STREAMS = (np.random.Generator, np.random.RandomState)


class Behind:
    """An object of a library behind its wall: its attributes, and how it prints."""

    __slots__ = ("__weakref__", "held")

    def __getattr__(self, name: str) -> Any:
        wall, real = behind(self)
        return wall.attribute(real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        wall, real = behind(self)
        wall.set_attribute(real, name, value)

    def __repr__(self) -> str:
        return through(self, repr)

    def __str__(self) -> str:
        return through(self, str)

    def __dir__(self) -> list[str]:
        wall, real = behind(self)
        return [name for name in dir(real) if wall.has(name)]

    def __copy__(self) -> Any:
        return through(self, copy.copy)

    def __deepcopy__(self, memo: Any) -> Any:
        return through(self, copy.deepcopy)

    def __reduce__(self) -> Any:
        return self.__reduce_ex__(0)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot pickle {type(behind(self)[1]).__name__!r} object")


#: where each keeps its wall and what it stands for; the class has no name for it, and so no program has
_HELD: Any = vars(Behind)["held"]
delattr(Behind, "held")


def behind(value: Behind) -> tuple[Wall, Any]:
    """The wall and the object behind it."""
    try:
        return _HELD.__get__(value)
    except AttributeError:
        raise TypeError(f"there is nothing behind this {type(value).__name__!r} object") from None


def through(value: Behind, function: Callable[..., Any], *args: Any) -> Any:
    """A function of Python's, called with what is behind the wall."""
    wall, real = behind(value)
    return wall.give(wall.inside(function, (real, *map(wall.take, args)), {}))


class Thing(Behind):
    """One of which only its library knows what it can do: it is asked for everything there is syntax for."""

    __slots__ = ()

    def __call__(self, *args: Any, **options: Any) -> Any:
        wall, real = behind(self)
        if not callable(real):
            raise TypeError(f"{type(real).__name__!r} object is not callable")
        return wall.call(real, args, options)

    def __getitem__(self, key: Any) -> Any:
        return through(self, operator.getitem, key)

    def __len__(self) -> int:
        return through(self, len)

    def __bool__(self) -> bool:
        return through(self, bool)

    def __iter__(self) -> Iterator[Any]:
        wall, real = behind(self)
        return wall.given(wall.inside(iter, (real,), {}))

    def __enter__(self) -> Any:
        wall, real = behind(self)
        return wall.give(real.__enter__())

    def __exit__(self, *error: Any) -> Any:
        return behind(self)[1].__exit__(None, None, None)


class Wall:
    """What of one library a program may see.

    `roots` are its packages, `has` says which names its objects have for a program, `refused` are keyword
    arguments that lead to files, processes or modules, and `made` are methods done in a form of ours. `beside` are
    the walls of other libraries whose objects this one hands out, by their packages, `absent` says what to do
    instead of what is not there, and `draws` is what has to be in force while a function of the library runs, for
    the random numbers that it draws.
    """

    def __init__(
        self,
        roots: tuple[str, ...],
        has: Callable[[str], bool],
        refused: frozenset[str] = frozenset(),
        made: dict[str, Callable[..., Any]] | None = None,
        beside: Mapping[str, Callable[[], Wall]] | None = None,
        absent: Mapping[str, str] | None = None,
        draws: Callable[[Any], AbstractContextManager[Any]] = nullcontext,
    ):
        self.roots = roots
        self.has = has
        self.refused = refused
        self.made = made or {}
        self.beside = beside or {}
        self.absent = absent or {}
        self.draws = draws

    def attribute(self, real: Any, name: str) -> Any:
        """What a program reads."""
        if not self.has(name):
            raise self.missing(real, name)
        if name in self.made and hasattr(real, name):
            method = self.made[name]
            if issubclass(type(real), type):  # `DataFrame.to_csv(table, path)`
                return _named(lambda this, *args, **options: method(self.take(this), *args, **options), name)
            return _named(lambda *args, **options: method(real, *args, **options), name)
        try:
            found = getattr(real, name)
        except Exception as error:
            raise self.clean(error)  # noqa: B904  (it is the same error)
        return self.function(found) if isinstance(found, _FUNCTIONS) else self.give(found)

    def set_attribute(self, real: Any, name: str, value: Any) -> None:
        """What a program assigns."""
        if not self.has(name) or name in self.made or not hasattr(real, name):
            raise self.missing(real, name)
        self.inside(setattr, (real, name, self.take(value)), {})

    def missing(self, real: Any, name: str) -> BaseException:
        """The error for a name that a program does not have, with what to do instead."""
        if isinstance(real, type | types.ModuleType):
            title = f"{'module' if isinstance(real, types.ModuleType) else 'type object'} {real.__name__!r}"
        else:
            title = f"{type(real).__name__!r} object"
        error = AttributeError(f"{title} has no attribute {name!r}", name=name)
        return know(error, Facts("name", "attribute", self.absent.get(name)))

    def function(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the library as a program may call it."""

        def call(*args: Any, **options: Any) -> Any:
            return self.call(real, args, options)

        call.__doc__ = real.__doc__
        return _named(call, getattr(real, "__name__", "call"))

    def call(self, real: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Call a function of the library."""
        for name in options:
            if name in self.refused:
                raise TypeError(f"{getattr(real, '__name__', 'call')}() has no argument {name!r} here")
        taken = [self.take(each) for each in args]
        named = {key: self.take(each) for key, each in options.items()}
        return self.give(self.inside(real, taken, named))

    def inside(self, real: Callable[..., Any], args: Iterable[Any], options: dict[str, Any]) -> Any:
        """What a function of the library gives for what was taken in; its errors say nothing but their words."""
        try:
            with self.draws(real):
                return real(*args, **options)
        except Exception as error:
            raise self.clean(error)  # noqa: B904  (it is the same error)

    def clean(self, error: BaseException) -> BaseException:
        """An error, and those that led to it, without the library's objects."""
        seen: set[int] = set()
        chain: list[BaseException | None] = [error]
        while chain:
            each = chain.pop()
            if each is None or id(each) in seen:
                continue
            seen.add(id(each))
            chain += (each.__cause__, each.__context__)
            if not all(type(arg) is str for arg in each.args):
                each.args = tuple(map(self.cleaned, each.args))
            if isinstance(each, AttributeError) and not own_class(type(each.obj)):
                each.obj = None
        return error

    def cleaned(self, arg: Any) -> Any:
        """What an error tells of."""
        if type(arg) in (list, tuple):
            return type(arg)(map(self.cleaned, arg))
        return self.give(arg) if self.is_behind(arg) else arg

    def is_behind(self, value: Any) -> bool:
        """Whether a value is an object or class of the library's."""
        kind = value if issubclass(type(value), type) else type(value)
        return module_name(kind).partition(".")[0] in self.roots

    def take(self, value: Any) -> Any:
        """What the library gets for a value of a program."""
        kind = type(value)
        if kind in PLAIN or kind in STREAMS or value is float or value is int:
            return value
        if issubclass(kind, np.generic):
            return np.asarray(value)[()]
        if issubclass(kind, Behind):
            return behind(value)[1]
        if kind is np.ndarray and value.dtype != object:
            return value
        if issubclass(kind, Tensor):
            return value.detach().numpy()
        if kind is np.ndarray:
            return _each(self.take, value)
        if kind is tuple or kind is set or kind is frozenset:
            return kind(self.take(each) for each in value)
        if kind is slice:
            return slice(self.take(value.start), self.take(value.stop), self.take(value.step))
        if kind is range:
            return value
        if issubclass(kind, dict):
            taken = {self.take(key): self.take(each) for key, each in dict.items(value)}
            if not self.refused.isdisjoint(key for key in taken if isinstance(key, str)):
                raise TypeError(f"{self.roots[0]} has no argument {min(self.refused & taken.keys())!r} here")
            return taken
        if issubclass(kind, list | tuple):
            return [*value] if PLAIN.issuperset(map(type, value)) else [self.take(each) for each in value]
        for base, exact in _EXACT:
            if issubclass(kind, base):
                return exact(value)
        if issubclass(kind, os.PathLike):
            return str(os.fspath(value))
        if kind is types.FunctionType or kind is types.MethodType:
            return self.taken_function(value)
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

    def taken_function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the program as the library may call it."""
        return lambda *args, **options: self.take(
            function(*map(self.give, args), **{key: self.give(each) for key, each in options.items()})
        )

    def give(self, value: Any) -> Any:
        """What a program gets for a value of the library."""
        kind = type(value)
        if kind in PLAIN or issubclass(kind, np.generic):
            return value
        if issubclass(kind, np.ndarray):
            if value.dtype != object:
                return value.view(np.ndarray)
            return _each(self.give, value)
        if kind in (list, tuple, set):
            return kind(value if PLAIN.issuperset(map(type, value)) else map(self.give, value))
        if kind is dict:
            return {self.give(key): self.give(each) for key, each in value.items()}
        if issubclass(kind, tuple) and not hasattr(kind, "_fields"):
            return [self.give(each) for each in value]
        if kind in _VIEWS:
            return [self.give(each) for each in value]
        if kind is types.FunctionType or kind is types.MethodType:
            return self.function(value)
        name = value.__module__ if issubclass(kind, type) else kind.__module__
        root = name.partition(".")[0]
        if root in self.roots:
            return self.put_behind(value)
        if root in self.beside:
            return self.beside[root]().give(value)
        if hasattr(kind, "__next__"):
            return self.given(value)
        raise AttributeError(f"{kind.__name__!r} objects are not available here")

    def given(self, items: Iterator[Any]) -> Iterator[Any]:
        """An iterator of the library as a program may go through it."""
        while True:
            try:
                with self.draws(items):
                    item = next(items)
            except StopIteration:
                return
            except Exception as error:
                raise self.clean(error)  # noqa: B904  (it is the same error)
            yield self.give(item)

    def put_behind(self, value: Any, kind: type[Behind] = Thing) -> Behind:
        """A new object that stands for one of the library's."""
        made = object.__new__(kind)
        _HELD.__set__(made, (self, value))
        return made


def _each(function: Callable[[Any], Any], objects: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An array of objects with each of them put through a function."""
    if PLAIN.issuperset(map(type, objects.flat)):
        return objects.copy()
    made = np.empty(objects.size, object)
    for place, value in enumerate(objects.flat):
        made[place] = function(value)
    return made.reshape(objects.shape)


def _named(function: Callable[..., Any], name: Any) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name if type(name) is str else "call"
    return function


#: the value itself of one whose class a program has derived
_EXACT: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (complex, complex.__complex__),
    (str, str.__str__),
    (bytes, bytes.__bytes__),
)
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)
