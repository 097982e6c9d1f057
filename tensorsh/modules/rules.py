"""Which special names a program may read and write, of which values, and what it may hold.

`allowed_dunder(value, name)` says whether a special name is there for a value; `may_change` refuses what may not be
assigned; `harmless(found)` says whether a program may hold an object at all.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import sys
import types
import weakref
from typing import Any

from ..engine.core import given
from ..engine.values.bound import BoundMethod
from ..kinds.ownership import (
    HEAP_TYPE,
    dict_of,
    flags_of,
    module_name,
    mro_of,
    name_of,
    of_session,
    own_class,
    own_function,
)
from .guarded import FACTS, OPERATORS, RUNNING, is_guarded_write
from .module import Module

#: of the program's own classes
OF_CLASSES = frozenset(
    {"__dict__", "__mro__", "__bases__", "__base__", "__annotations__", "__abstractmethods__",
     "__subclasses__", "__weakref__", "__type_params__"}
)  # fmt: skip
#: where a class comes from: of exceptions and of the library's classes too
OF_LINEAGE = frozenset({"__mro__", "__bases__", "__base__"})
#: of the program's own functions
OF_FUNCTIONS = frozenset({"__defaults__", "__kwdefaults__", "__annotations__", "__dict__", "__type_params__"})
#: handed out in a form that checks the name or the result, or says where PyTorch has it
CHECKED = frozenset(
    {
        "__getattribute__",
        "__getattr__",
        "__setattr__",
        "__delattr__",
        "__reduce__",
        "__reduce_ex__",
        "__getstate__",
        "__setstate__",
        "__module__",
        "__qualname__",
    }
)
#: the methods of properties, functions and slots: on a slot of Python's they would read what its name may not
OF_DESCRIPTORS = frozenset({"__get__", "__set__", "__delete__"})
#: no program may have these under any circumstances, whoever defines them
NEVER = frozenset(
    {"__globals__", "__code__", "__closure__", "__builtins__", "__loader__", "__spec__",
     "__import__", "__build_class__", "__forward_code__", "__cached__"}
)  # fmt: skip
#: what an object says of itself to be taken for an array: an address in memory
MEMORY = frozenset({"__array_interface__", "__array_struct__"})
#: what may be assigned on own functions and on what wraps one
SETTABLE = frozenset(
    {"__name__", "__qualname__", "__doc__", "__module__", "__wrapped__", "__defaults__", "__kwdefaults__",
     "__annotations__", "__dict__", "__isabstractmethod__", "__signature__", "__type_params__"}
)  # fmt: skip
OF_EXCEPTIONS = frozenset({"__cause__", "__context__", "__suppress_context__", "__notes__", "__traceback__"})
HIDDEN_TYPES = (
    types.FrameType,
    types.CodeType,
    importlib.machinery.ModuleSpec,
    importlib.machinery.SourceFileLoader,
    importlib.machinery.ExtensionFileLoader,
    importlib.machinery.FileFinder,
)
#: Python's own of these would pass by every check; a program has ours
UNCHECKED: dict[int, Any] = {
    id(each): each
    for each in (
        builtins.eval, builtins.exec, builtins.compile, builtins.__import__, builtins.breakpoint,
        builtins.open, builtins.getattr, builtins.setattr, builtins.delattr, builtins.globals,
        builtins.locals, builtins.vars, builtins.hasattr, builtins.dir,
        object.__getattribute__, object.__setattr__, object.__delattr__,
        type.__getattribute__, type.__setattr__, type.__delattr__, type.__subclasses__,
        sys._getframe, sys.modules, sys.meta_path, sys.path_hooks,
        importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter,
        importlib.machinery.PathFinder,
    )
}  # fmt: skip
_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType, BoundMethod)

#: where the classes of PyTorch's library say that they are from
LIBRARY = ("tensorsh.torch", "torch", "ignite")


def allowed_dunder(value: Any, name: str) -> bool:
    """Whether a program may read this special name of this value."""
    if name in NEVER:
        return False
    if name in OPERATORS or name in FACTS or name in CHECKED:
        return True
    if name in OF_DESCRIPTORS:
        return not foreign_descriptor(value)
    kind = type(value)
    if name == "__self__":
        owner = getattr(value, "__self__", None) if kind in _METHODS else None
        return owner is not None and _may_be_shown(owner)
    if kind is types.FunctionType:
        if own_function(value):
            return name in OF_FUNCTIONS or name in value.__dict__
        return of_session(value) and (name in ("__dict__", "__annotations__") or name in value.__dict__)
    if kind is types.MethodType:
        return allowed_dunder(value.__func__, name)
    if issubclass(kind, type):
        if own_class(value):
            return name in OF_CLASSES or _defined(value, name)
        of_library = module_name(value).startswith(LIBRARY)
        if name in OF_LINEAGE:  # which `mro()` tells anyway
            return of_library or issubclass(value, BaseException)
        return name == "__annotations__" and of_library
    if issubclass(kind, Module):
        return name == "__dict__" or name in vars(value)
    if kind is property or kind in (classmethod, staticmethod):
        return name in OF_FUNCTIONS
    if kind is super:
        return False
    if own_class(kind):
        return (
            name in ("__dict__", "__annotations__", "__weakref__")
            or _defined(kind, name)
            or name in own_dict(value)
        )
    return name == "__dict__" and _shows_its_dict(kind)


def _may_be_shown(owner: Any) -> bool:
    """Whether a method may say what it is bound to: a value, an object or class of the program or of the library."""
    kind = type(owner)
    if issubclass(kind, type):
        kind = owner
    if issubclass(kind, types.ModuleType):
        return False
    return not flags_of(kind) & HEAP_TYPE or own_class(kind) or module_name(kind).startswith(LIBRARY)


def harmless(found: Any) -> bool:
    """Whether a program may hold this object: no module, frame, code object, loader or unchecked builtin."""
    kind = type(found)
    if issubclass(kind, types.ModuleType):
        return issubclass(kind, Module)
    return not issubclass(kind, HIDDEN_TYPES) and id(found) not in UNCHECKED


def may_change(host: Any, value: Any, name: str, *new: Any) -> None:
    """Raise unless a program may assign or delete this attribute; plain names of instances always may."""
    kind = type(value)
    if name in MEMORY or (name in host.hidden and host.hides(value, name)):
        raise missing(value, name)
    if issubclass(kind, type):
        if not own_class(value) and not host.copied_class(value) and not may_give(value, name):
            raise TypeError(f"cannot set {name!r} attribute of immutable type {name_of(value)!r}")
        if name in NEVER or name == "__class__":
            raise missing(value, name)
        if name == "mro" or (name == "__bases__" and any(gives_mro(base) for each in new for base in each)):
            raise TypeError(f"cannot set {name!r}: a class does not choose its bases' order")
        return
    if not is_guarded_write(name):
        return
    if name == "strides":
        if new:
            _check_strides(value, new[0])
        return
    if name == "__class__":
        if not (own_class(kind) and new and issubclass(type(new[0]), type) and own_class(new[0])):
            raise TypeError("__class__ assignment only supported for mutable types or ModuleType subclasses")
        return
    if name in NEVER or name in RUNNING or (name == "__getattr__" and issubclass(kind, Module)):
        raise missing(value, name)
    if name[:2] != "__" or own_class(kind) or issubclass(kind, Module):
        return
    if issubclass(kind, BaseException) and name in OF_EXCEPTIONS:
        return
    if kind is types.FunctionType and not of_session(value):
        raise AttributeError(f"{name_of(kind)!r} object attribute {name!r} is read-only")
    if name in SETTABLE or own_function(value):
        return
    raise AttributeError(f"{name_of(kind)!r} object attribute {name!r} is read-only")


def may_give(kind: type, name: str) -> bool:
    """Whether a class of the library takes something of the program's under this name, for as long as it runs."""
    return given.takes(kind, name) and (name[:2] != "__" or name in OPERATORS)


def gives_mro(kind: type) -> bool:
    """Whether a class of the program says in which order a class made from it looks at its bases."""
    return any("mro" in dict_of(base) for base in mro_of(kind) if base is not type)


def _check_strides(value: Any, strides: Any) -> None:
    from .numpy_memory import check_strides, ndarray

    if issubclass(type(value), ndarray):
        check_strides(value, strides)


def missing(value: Any, name: str) -> AttributeError:
    """What Python raises for an attribute that is not there."""
    kind = type(value)
    if issubclass(kind, types.ModuleType):
        words = f"module {vars(value).get('__name__')!r} has no attribute {name!r}"
    elif issubclass(kind, type):
        words = f"type object {name_of(value)!r} has no attribute {name!r}"
    else:
        words = f"{name_of(kind)!r} object has no attribute {name!r}"
    return AttributeError(words, name=name, obj=value if harmless(value) else None)


def foreign_descriptor(value: Any) -> bool:
    """A slot of a class that is not the program's: its `__get__` would read what the name may not."""
    kind = type(value)
    if kind in (types.GetSetDescriptorType, types.MemberDescriptorType):
        return not own_class(value.__objclass__)
    return False


def _defined(kind: type, name: str) -> bool:
    """Whether the program's own classes define this name."""
    return any(name in dict_of(base) for base in mro_of(kind) if own_class(base))


def own_dict(value: Any) -> Any:
    """The instance dictionary as it is, whatever its class says about attributes."""
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return ()


def _shows_its_dict(kind: type) -> bool:
    """Whether instances show their dictionary: what is in it is there by plain names too.

    Not those of the engine and the language, whose objects hold what a program has no name for.
    """
    if issubclass(kind, types.ModuleType) or kind in weakref.ProxyTypes:
        return False
    root = module_name(kind).partition(".")[0]
    return root in sys.stdlib_module_names or root == "builtins" or module_name(kind).startswith(LIBRARY)
