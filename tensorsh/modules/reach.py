"""Python's `getattr`, `setattr` and `delattr` as a program has them.

A name is exact text before anything is decided. What is refused is an AttributeError in Python's words: to the
program the attribute does not exist. Methods that take names, or texts with names in them (`__getattribute__`,
`str.format`), are handed out in a form that checks those names too (`GATES`).
"""

from __future__ import annotations

import functools
import sys
import types
import weakref
from collections import UserString
from collections.abc import Callable
from typing import Any

from ..engine.core import given
from ..engine.values.tensor import OWN
from ..kinds.classes import EQUALITY, compared
from ..kinds.ownership import dict_of, module_name, mro_of, name_of, own_class, own_function
from .guarded import ARRAYS, HOLDERS, RUNNING, TRACES, WRITERS, is_guarded
from .memory import LOOKUPS, watch
from .module import Module
from .rules import (
    LIBRARY,
    UNCHECKED,
    allowed_dunder,
    foreign_descriptor,
    harmless,
    may_change,
    may_give,
    missing,
    own_dict,
)

#: what a generic alias such as `list[int]` has itself; everything else it reads from its origin
OF_ALIASES = frozenset(
    {"__class__", "__origin__", "__args__", "__unpacked__", "__parameters__", "__mro_entries__", "__reduce_ex__",
     "__reduce__", "__copy__", "__deepcopy__", "__typing_unpacked_tuple_args__"}
)  # fmt: skip
origin_of = types.GenericAlias.__dict__["__origin__"].__get__


def attribute(host: Any, value: Any, name: Any, *default: Any) -> Any:
    """`getattr(value, name[, default])` as a program may call it; AttributeError in Python's words."""
    name = exact(name)
    apart = _stored(value, name) is not None
    hidden = not apart and name in host.hidden and host.hides(value, name)
    if not hidden and not apart and not is_guarded(name):
        return getattr(value, name, *default)
    try:
        if apart:
            return _own(value, name)
        if hidden:
            raise missing(value, name)
        return _guarded(host, value, name)
    except AttributeError:
        if default:
            return default[0]
        raise


def set_attribute(host: Any, value: Any, name: Any, new: Any) -> None:
    """`setattr(value, name, new)` as a program may call it."""
    name = exact(name)
    name = _stored(value, name) or name
    may_change(host, value, name, new)
    if issubclass(type(value), type) and may_give(value, name):
        given.give(value, name, new)
    else:
        setattr(value, name, new)
    if name in LOOKUPS:
        watch(value, name)
    elif name in EQUALITY and issubclass(type(value), type):
        compared(value)


def del_attribute(host: Any, value: Any, name: Any) -> None:
    """`delattr(value, name)` as a program may call it."""
    name = exact(name)
    place = _stored(value, name)
    if place is not None:
        _own(value, name)  # raises where there is none
    may_change(host, value, place or name)
    if issubclass(type(value), type) and may_give(value, place or name):
        given.give(value, place or name, given.MISSING)
    else:
        delattr(value, place or name)


def _stored(value: Any, name: str) -> str | None:
    """Where a tensor has what a program gave it under a name of the engine's; None for all else."""
    if name not in OWN:
        return None
    from ..engine.values import own_names

    return own_names.stored(value, name)


_absent: Any = object()


def _own(value: Any, name: str) -> Any:
    """What it has there; AttributeError where it has nothing."""
    from ..engine.values import own_names

    found = own_names.read(value, name, _absent)
    if found is _absent:
        raise missing(value, name)
    return found


def exact(name: Any) -> str:
    """The text of an attribute name: a subclass of `str` cannot say that it is another one."""
    if type(name) is str:
        return name
    if not issubclass(type(name), str):
        raise TypeError(f"attribute name must be string, not '{name_of(type(name))}'")
    return str.__str__(name)


def _guarded(host: Any, value: Any, name: str, read: Callable[[Any, str], Any] = getattr) -> Any:
    if type(value) is str and name == "format":
        return functools.partial(_fill, host, value)
    if issubclass(type(value), types.GenericAlias) and name not in OF_ALIASES:
        return _guarded(host, origin_of(value), name)  # which is what it reads from, whatever its class is
    if name[:2] == "__" and not allowed_dunder(value, name):
        raise missing(value, name)
    if name in ARRAYS and _refused_of_arrays(value, name):
        raise missing(value, name)
    found = read(value, name)
    if name == "__dict__" and issubclass(type(value), Module):
        return dict(found)  # in which a `__getattr__` would be Python's to ask
    gate = GATES.get(name)
    if gate is not None:
        found = gate(host, value, name, found)
    if not harmless(found) or (name in RUNNING and foreign_descriptor(found)):
        raise missing(value, name)
    if (
        type(found) is types.MappingProxyType
        and name == "__dict__"
        and not (issubclass(type(value), type) and own_class(value))
    ):
        raise missing(value, name)  # of a class that the value stands for
    return found


def _reads(host: Any, value: Any, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """`__getattribute__`, `__getattr__`: the last argument is a name; before it may stand the object."""

    def read(*args: Any) -> Any:
        if not args or len(args) > 2:
            return found(*args)
        asked = exact(args[-1])
        target = args[0] if len(args) == 2 else _target(value)
        asked = _stored(target, asked) or asked
        if is_guarded(asked):
            return _guarded(host, target, asked, lambda _, name: found(*args[:-1], name))
        return found(*args[:-1], asked)

    return _named(read, found)


def _writes(host: Any, value: Any, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """`__setattr__`: ([object,] name, new)."""

    def write(*args: Any) -> Any:
        if len(args) not in (2, 3):
            return found(*args)
        asked = exact(args[-2])
        changed = args[0] if len(args) == 3 else _target(value)
        asked = _stored(changed, asked) or asked
        may_change(host, changed, asked, args[-1])
        found(*args[:-2], asked, args[-1])
        if asked in LOOKUPS:
            watch(changed, asked)

    return _named(write, found)


def _deletes(host: Any, value: Any, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """`__delattr__`: ([object,] name)."""

    def delete(*args: Any) -> Any:
        if len(args) not in (1, 2):
            return found(*args)
        asked = exact(args[-1])
        changed = args[0] if len(args) == 2 else _target(value)
        asked = _stored(changed, asked) or asked
        may_change(host, changed, asked)
        return found(*args[:-1], asked)

    return _named(delete, found)


def _reduces(host: Any, value: Any, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """`__reduce__`, `__reduce_ex__`: a bound method's answer names `getattr`; a program gets the checked one."""

    def reduce(*args: Any) -> Any:
        target = args[0] if args and type(args[0]) is not int else _target(value)
        if issubclass(type(target), type) and type(found) in _IN_C:
            raise TypeError(
                f"cannot pickle {name_of(type(target))!r} object"
            )  # it would hand out its dictionary
        answer = found(*args)
        if type(answer) is tuple and answer and id(answer[0]) in UNCHECKED:
            checked = host.builtin(answer[0].__name__)
            if checked is None:
                raise TypeError(f"cannot pickle {name_of(type(value))!r} object")
            return (checked, *answer[1:])
        return answer

    return _named(reduce, found)


_IN_C = (types.BuiltinMethodType, types.MethodDescriptorType)


def _states(host: Any, value: Any, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """`__getstate__`: Python's own hands out dictionaries, of a class the very one that makes it."""
    if type(found) not in _IN_C:
        return found

    def getstate(*args: Any) -> Any:
        target = args[0] if args else _target(value)
        if issubclass(type(target), type) or not (
            own_class(type(target)) or allowed_dunder(target, "__dict__")
        ):
            raise missing(target, name)
        return found(*args)

    return _named(getstate, found)


def _fill(host: Any, text: str, /, *args: Any, **names: Any) -> str:
    from .formatting import checked_format

    return checked_format(host, text, args, names)


def _formats(host: Any, value: Any, name: str, found: Any) -> Any:
    """`str.format` and `str.format_map`, bound or not, however they were reached."""
    from .formatting import checked_format, checked_format_map

    def filled(text: Any, args: tuple[Any, ...], names: dict[str, Any]) -> str:
        if name == "format":
            return checked_format(host, text, args, names)
        (mapping,) = args
        return checked_format_map(host, text, mapping, **names)

    function = getattr(found, "__func__", found)
    if found in (str.format, str.format_map):
        return _named(lambda text, /, *args, **names: filled(text, args, names), found)
    if type(found) is types.BuiltinMethodType and issubclass(type(found.__self__), str):
        return _named(lambda *args, **names: filled(found.__self__, args, names), found)
    if function in (UserString.format, UserString.format_map):
        if function is found:
            return _named(lambda text, /, *args, **names: filled(text.data, args, names), found)
        return _named(lambda *args, **names: filled(found.__self__.data, args, names), found)
    return found


def _only_own(host: Any, value: Any, name: str, found: Any) -> Any:
    """A method of Python's that reaches into modules or evaluates texts: only the program's own of that name."""
    function = getattr(found, "__func__", found)
    if type(function) is types.FunctionType and not own_function(function):
        raise missing(value, name)
    return found


def _private(host: Any, value: Any, name: str, found: Any) -> Any:
    """What a class of Python's keeps for itself: a program reads only its own of that name."""
    is_class = issubclass(type(value), type)
    kind = value if is_class else type(value)
    if kind in weakref.ProxyTypes:
        raise missing(value, name)
    keeper = kind
    if is_class or name not in own_dict(value):
        keeper = next((each for each in mro_of(kind) if name in dict_of(each)), kind)
    if not own_class(keeper) and module_name(keeper).partition(".")[0] in sys.stdlib_module_names:
        raise missing(value, name)
    return found


def _subclasses(host: Any, value: Any, name: str, found: Any) -> Callable[[], list[type]]:
    """Of the program's own classes alone; a metaclass would give `type`'s method for any class."""

    def __subclasses__() -> list[type]:
        return [each for each in type.__subclasses__(value) if own_class(each)]

    return _named(__subclasses__, type.__subclasses__)


def _target(value: Any) -> Any:
    """What a method is bound to: `super()` stands for its object."""
    return value.__self__ if type(value) is super else value  # type: ignore[attr-defined]


def _named(function: Callable[..., Any], like: Any) -> Callable[..., Any]:
    function.__name__ = getattr(like, "__name__", function.__name__)
    function.__qualname__ = getattr(like, "__qualname__", function.__name__)
    function.__doc__ = getattr(like, "__doc__", None)
    return function


def _refused_of_arrays(value: Any, name: str) -> bool:
    from .numpy_gates import is_refused

    return is_refused(value, name)


def _writes_memory(host: Any, value: Any, name: str, found: Any) -> Any:
    from .numpy_memory import gate

    return gate(host, value, name, found)


def _of_arrays(host: Any, value: Any, name: str, found: Any) -> Any:
    from .numpy_gates import gate

    return gate(host, value, name, found)


def _traces(host: Any, value: Any, name: str, found: Any) -> Any:
    from .traces import gate

    return gate(host, value, name, found)


def _place(host: Any, value: Any, name: str, found: Any) -> Any:
    """`__module__`, `__qualname__`: where PyTorch has it."""
    if issubclass(type(value), type) and type(dict_of(value).get("torch_name")) is str:
        module, _, title = dict_of(value)["torch_name"].rpartition(".")
        return module if name == "__module__" else title
    return found.removeprefix("tensorsh.") if type(found) is str and found.startswith(LIBRARY) else found


GATES: dict[str, Callable[[Any, Any, str, Any], Any]] = {
    "__getattribute__": _reads,
    "__getattr__": _reads,
    "__setattr__": _writes,
    "__delattr__": _deletes,
    "__reduce__": _reduces,
    "__reduce_ex__": _reduces,
    "__getstate__": _states,
    "__module__": _place,
    "__qualname__": _place,
    "format": _formats,
    "format_map": _formats,
    "__subclasses__": _subclasses,
    "from_callable": _only_own,
    "_evaluate": _only_own,
    "_convert_": _only_own,
    "_convert": _only_own,
    "evaluate": _only_own,
    "sourcehook": _only_own,
    **dict.fromkeys(HOLDERS - {"obj", "parser", "pathmod"}, _private),
    **dict.fromkeys(WRITERS, _writes_memory),
    **dict.fromkeys(TRACES, _traces),
    "__setstate__": _of_arrays,
    "tofile": _of_arrays,
    "resize": _of_arrays,
}
