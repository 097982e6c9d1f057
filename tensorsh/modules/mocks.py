"""`unittest.mock` over a session: what it patches are names and attributes that the program may read and set itself."""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import Modules

#: what mocks ask of `asyncio`: whether a function is a coroutine's, and the mark of those that say so
asyncio = types.SimpleNamespace(
    iscoroutinefunction=lambda function: False,
    coroutines=types.SimpleNamespace(_is_coroutine=object()),
)


def packages(modules: Modules) -> Any:
    """`pkgutil` as mocks use it: what a dotted name leads to, from a module that the program may import."""

    def resolve_name(name: str) -> Any:
        head, *rest = str.__str__(name).replace(":", ".").split(".")
        found = modules.main(head) if head == "__main__" else modules.host.import_module(head, None)
        path = head
        for part in rest:
            path = f"{path}.{part}"
            try:
                found = modules.builtins["getattr"](found, part)
            except AttributeError:
                found = modules.host.import_module(path, None)
        return found

    return types.SimpleNamespace(resolve_name=resolve_name)


def change(modules: Modules, made: types.ModuleType) -> None:
    """What stands in a class is only put aside and back where the program may read it."""
    names = vars(made)
    kind: Any = names["_patch"]
    kind.get_original = readable(kind.get_original, modules.builtins["getattr"])
    for name, plain in (("setattr", setattr), ("delattr", delattr)):
        names["__builtins__"][name] = of_mocks(names["Base"], plain, modules.builtins[name])
    names["__builtins__"]["exec"] = define


def define(text: str, names: dict[str, Any]) -> None:
    """What mocks have Python run: a function of the name that is patched, which checks a call and hands it on."""
    name = text.removeprefix("def ").partition("(")[0]
    check, mock = names["_checksig_"], names["mock"]

    def function(*args: Any, **kwargs: Any) -> Any:
        check(*args, **kwargs)
        return mock(*args, **kwargs)

    function.__name__ = function.__qualname__ = name
    names[name] = function


def of_mocks(base: type, plain: Callable[..., Any], checked: Callable[..., Any]) -> Callable[..., Any]:
    """`setattr` or `delattr`: mocks change themselves and the class that each has; the rest goes the program's way."""

    def change_attribute(target: Any, *args: Any) -> Any:
        if issubclass(target if isinstance(target, type) else type(target), base):
            return plain(target, *args)
        return checked(target, *args)

    return change_attribute


def readable(method: Callable[..., Any], read: Callable[..., Any]) -> Callable[..., Any]:
    """`method` of a patch, once its target's attribute has been read the program's way."""

    @wraps(method)
    def get_original(patch: Any) -> Any:
        target = patch.getter()
        if read(target, patch.attribute, patch) is patch and not patch.create:
            raise AttributeError(f"{target} does not have the attribute {patch.attribute!r}")
        return method(patch)

    return get_original
