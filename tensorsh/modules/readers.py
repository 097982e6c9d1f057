"""`operator.attrgetter` and `operator.methodcaller`, which read attributes by the names they are given."""

from __future__ import annotations

from typing import Any


def reader_classes(host: Any) -> dict[str, Any]:
    """The two classes for one session."""

    class attrgetter:
        """A callable that reads attributes: `attrgetter("a.b", "c")(x)` is `(x.a.b, x.c)`."""

        __slots__ = ("_names",)

        def __init__(self, attr: str, /, *attrs: str):
            for each in (attr, *attrs):
                if not isinstance(each, str):
                    raise TypeError("attribute name must be a string")
            self._names = tuple(str.__str__(each) for each in (attr, *attrs))

        def __call__(self, obj: Any, /) -> Any:
            found = tuple(_walk(host, obj, each) for each in self._names)
            return found[0] if len(found) == 1 else found

        def __repr__(self) -> str:
            return f"operator.attrgetter({', '.join(map(repr, self._names))})"

        def __reduce__(self) -> Any:
            return type(self), self._names

    class methodcaller:
        """A callable that calls a method: `methodcaller("m", 1)(x)` is `x.m(1)`."""

        __slots__ = ("_args", "_kwargs", "_name")

        def __init__(self, name: str, /, *args: Any, **kwargs: Any):
            if not isinstance(name, str):
                raise TypeError("method name must be a string")
            self._name, self._args, self._kwargs = str.__str__(name), args, kwargs

        def __call__(self, obj: Any, /) -> Any:
            return host.attribute(obj, self._name)(*self._args, **self._kwargs)

        def __repr__(self) -> str:
            given = [
                repr(self._name),
                *map(repr, self._args),
                *(f"{k}={v!r}" for k, v in self._kwargs.items()),
            ]
            return f"operator.methodcaller({', '.join(given)})"

        def __reduce__(self) -> Any:
            import functools

            if self._kwargs:
                return functools.partial(type(self), self._name, **self._kwargs), self._args
            return type(self), (self._name, *self._args)

    for each in (attrgetter, methodcaller):
        each.__module__, each.__qualname__ = "operator", each.__name__
    return {"attrgetter": attrgetter, "methodcaller": methodcaller}


def _walk(host: Any, value: Any, names: str) -> Any:
    for name in names.split("."):
        value = host.attribute(value, name)
    return value
