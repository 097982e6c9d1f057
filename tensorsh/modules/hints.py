"""`typing.get_type_hints`: annotations that are texts are read as expressions of our language."""

from __future__ import annotations

import functools
import operator
import types
import typing
from typing import Any


def get_type_hints_of(host: Any) -> Any:
    """The function for one session."""

    def get_type_hints(
        obj: Any,
        globalns: dict[str, Any] | None = None,
        localns: dict[str, Any] | None = None,
        include_extras: bool = False,
    ) -> dict[str, Any]:
        """The annotations of a class, function or module, texts replaced by what they mean."""
        names = {**(host.main_names() if globalns is None else globalns), **(localns or {})}
        hints: dict[str, Any] = {}
        if isinstance(obj, type):
            for base in reversed(type.__dict__["__mro__"].__get__(obj)):
                own = type.__dict__["__dict__"].__get__(base).get("__annotations__", {})
                if isinstance(own, dict):
                    hints.update({name: _meaning(host, each, names) for name, each in own.items()})
        else:
            while hasattr(obj, "__wrapped__"):
                obj = obj.__wrapped__
            found = getattr(obj, "__annotations__", None)
            if found is None:
                if isinstance(
                    obj, types.FunctionType | types.BuiltinFunctionType | types.MethodType | types.ModuleType
                ):
                    return {}
                raise TypeError(f"{obj!r} is not a module, class, method, or function.")
            hints.update({name: _meaning(host, each, names) for name, each in found.items()})
        return hints if include_extras else {name: _bare(each) for name, each in hints.items()}

    get_type_hints.__module__, get_type_hints.__qualname__ = "typing", "get_type_hints"
    return get_type_hints


def _meaning(host: Any, hint: Any, names: dict[str, Any]) -> Any:
    if hint is None:
        return type(None)
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):
        found = host.evaluate(str.__str__(hint), names)
        return _meaning(host, found, names)
    return _rebuilt(hint, lambda part: _meaning(host, part, names))


def _bare(hint: Any) -> Any:
    """Without `Annotated`, `Required` and `NotRequired`."""
    if hasattr(hint, "__metadata__"):
        return _bare(hint.__origin__)
    if typing.get_origin(hint) in (typing.Required, typing.NotRequired):
        return _bare(hint.__args__[0])
    return _rebuilt(hint, _bare)


def _rebuilt(hint: Any, change: Any) -> Any:
    """A generic with its arguments changed; the same object when none changes."""
    kind = type(hint)
    if not (
        (kind.__module__ in ("typing", "types") and hasattr(hint, "__args__") and hasattr(hint, "__origin__"))
        or kind is types.UnionType
    ):
        return hint
    if typing.get_origin(hint) is typing.Literal:
        return hint
    args = tuple(
        change(part) if not isinstance(part, list) else [change(each) for each in part]
        for part in hint.__args__
    )
    if all(new is old for new, old in zip(args, hint.__args__, strict=True)):
        return hint
    if kind is types.UnionType:
        return functools.reduce(operator.or_, args)
    if kind is types.GenericAlias:
        return types.GenericAlias(hint.__origin__, args)
    return hint.copy_with(args)
