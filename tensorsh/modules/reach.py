"""What a program may read, write and delete by a guarded name: Python's `getattr`, `setattr`, `delattr`, checked.

A name is exact text before anything is decided, classes are looked at with `type`'s own descriptors, and
nothing here asks an object about itself, so no program can answer in its place. What is refused is
an AttributeError in Python's words: to the program the attribute does not exist.

Three questions are answered:
- `allowed_dunder(value, name)`: is this special name there for this value?
- `harmless(found)`: what was found is no module, frame, code object, loader or unchecked builtin.
- `GATES`: methods that read names from texts are handed out in a form that checks those names too.
"""

from __future__ import annotations

import builtins
import functools
import importlib.machinery
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

from .guarded import ARRAYS, HOLDERS, RUNNING, is_guarded
from .module import Module

_OPERATORS = """
new init del repr str bytes format lt le eq ne gt ge hash bool len length_hint getitem setitem delitem missing iter
next reversed contains add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or radd rsub rmul
rmatmul rtruediv rfloordiv rmod rdivmod rpow rlshift rrshift rand rxor ror iadd isub imul imatmul itruediv ifloordiv
imod ipow ilshift irshift iand ixor ior neg pos abs invert complex int float index round trunc floor ceil enter exit
call get set delete set_name init_subclass class_getitem instancecheck subclasscheck subclasshook prepare mro_entries
dir sizeof fspath copy deepcopy replace getnewargs getnewargs_ex getstate setstate await aiter anext aenter aexit
post_init div rdiv idiv concat inv not
"""
_FACTS = """
name qualname doc module class version file author all func wrapped isabstractmethod objclass text_signature slots
match_args members dataclass_fields dataclass_params origin args parameters metadata supertype forward_arg bound
constraints covariant contravariant total required_keys optional_keys orig_bases unpacked typing_subst debug license
date package value cause context suppress_context notes array array_priority torch_function array_ufunc
array_function dlpack dlpack_device
"""
#: special methods that an operator, a statement or a builtin calls: by name they do no more than that
OPERATORS = frozenset(f"__{name}__" for name in _OPERATORS.split())
#: plain facts about anything: texts, numbers, types, and what annotations are made of
FACTS = frozenset(f"__{name}__" for name in _FACTS.split())
#: of the program's own classes
OF_CLASSES = frozenset(
    {"__dict__", "__mro__", "__bases__", "__base__", "__annotations__", "__abstractmethods__",
     "__subclasses__", "__weakref__", "__type_params__"}
)  # fmt: skip
#: of the program's own functions
OF_FUNCTIONS = frozenset({"__defaults__", "__kwdefaults__", "__annotations__", "__dict__", "__type_params__"})
#: handed out in a form that checks the name or the result
CHECKED = frozenset(
    {"__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__reduce__", "__reduce_ex__"}
)
#: no program may have these under any circumstances, whoever defines them
NEVER = frozenset(
    {"__globals__", "__code__", "__closure__", "__builtins__", "__loader__", "__spec__", "__traceback__",
     "__import__", "__build_class__", "__forward_code__", "__cached__"}
)  # fmt: skip
#: what an object says of itself to be taken for an array: an address in memory
MEMORY = frozenset({"__array_interface__", "__array_struct__"})
#: what may be assigned on own functions and on what wraps one
SETTABLE = frozenset(
    {"__name__", "__qualname__", "__doc__", "__module__", "__wrapped__", "__defaults__", "__kwdefaults__",
     "__annotations__", "__dict__", "__isabstractmethod__", "__signature__", "__type_params__"}
)  # fmt: skip
OF_EXCEPTIONS = frozenset({"__cause__", "__context__", "__suppress_context__", "__notes__"})

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
        builtins.locals, builtins.vars, builtins.hasattr, builtins.dir, builtins.help,
        object.__getattribute__, object.__setattr__, object.__delattr__,
        type.__getattribute__, type.__setattr__, type.__delattr__, type.__subclasses__,
        sys._getframe, sys.modules, sys.meta_path, sys.path_hooks,
        importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter,
        importlib.machinery.PathFinder,
    )
}  # fmt: skip

PROGRAM_FILE = "<tensorsh "  # how the file names of compiled programs begin

COPY_MARK = "copy of tensorsh"  # a builtin that only the session's copies of Python's modules have

_HEAP_TYPE = 1 << 9
_flags = type.__dict__["__flags__"].__get__
_module_of = type.__dict__["__module__"].__get__
_mro_of = type.__dict__["__mro__"].__get__
_name_of = type.__dict__["__name__"].__get__
_dict_of = type.__dict__["__dict__"].__get__


def attribute(host: Any, value: Any, name: Any, *default: Any) -> Any:
    """`getattr(value, name[, default])` as a program may call it; AttributeError in Python's words."""
    name = exact(name)
    if not is_guarded(name):
        return getattr(value, name, *default)
    try:
        return _guarded(host, value, name)
    except AttributeError:
        if default:
            return default[0]
        raise


def set_attribute(host: Any, value: Any, name: Any, new: Any) -> None:
    """`setattr(value, name, new)` as a program may call it."""
    name = exact(name)
    _may_change(host, value, name, new)
    setattr(value, name, new)


def del_attribute(host: Any, value: Any, name: Any) -> None:
    """`delattr(value, name)` as a program may call it."""
    name = exact(name)
    _may_change(host, value, name)
    delattr(value, name)


def exact(name: Any) -> str:
    """The text of an attribute name: a subclass of `str` cannot say that it is another one."""
    if type(name) is str:
        return name
    if not issubclass(type(name), str):
        raise TypeError(f"attribute name must be string, not '{_name_of(type(name))}'")
    return str.__str__(name)


def allowed_dunder(value: Any, name: str) -> bool:
    """Whether a program may read this special name of this value."""
    if name in NEVER:
        return False
    if name in OPERATORS:
        return name not in ("__get__", "__set__", "__delete__") or not _foreign_descriptor(value)
    if name in FACTS or name in CHECKED:
        return True
    kind = type(value)
    if name == "__self__":
        owner = getattr(value, "__self__", None) if kind in _METHODS else None
        return owner is not None and _may_be_shown(owner)
    if kind is types.FunctionType:
        if own_function(value):
            return name in OF_FUNCTIONS or name in value.__dict__
        return name in ("__dict__", "__annotations__") and of_session(value)
    if issubclass(kind, type):
        if own_class(value):
            return name in OF_CLASSES or _defined(value, name)
        return name == "__annotations__" and _module_name(value).startswith("tensorsh.torch")
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
            or name in _own_dict(value)
        )
    return name == "__dict__" and _shows_its_dict(kind)


def _may_be_shown(owner: Any) -> bool:
    """Whether a method may say what it is bound to: a value, an object or class of the program or of the library."""
    kind = type(owner)
    if issubclass(kind, type):
        kind = owner
    if issubclass(kind, types.ModuleType):
        return False
    return not _flags(kind) & _HEAP_TYPE or own_class(kind) or _module_name(kind).startswith("tensorsh.torch")


def harmless(found: Any) -> bool:
    """Whether a program may hold this object: no module, frame, code object, loader or unchecked builtin."""
    kind = type(found)
    if issubclass(kind, types.ModuleType):
        return issubclass(kind, Module)
    return not issubclass(kind, HIDDEN_TYPES) and id(found) not in UNCHECKED


def own_class(kind: type) -> bool:
    """Whether the program made this class: it belongs to no module of Python's nor of ours."""
    if not _flags(kind) & _HEAP_TYPE:
        return False
    noted = _NOTED.get(id(kind))
    if noted is not None and noted() is kind:
        return True
    module = _module_name(kind)
    root = module.partition(".")[0]
    return module == "__main__" or not (
        not module or root == "tensorsh" or root in sys.stdlib_module_names or module in sys.modules
    )


_NOTED: dict[int, weakref.ref[type]] = {}


def note_own_class(kind: type) -> type:
    """Say that the program made this class, though a module of Python's did it on its behalf."""
    key = id(kind)
    _NOTED[key] = weakref.ref(kind, lambda _: _NOTED.pop(key, None))
    return kind


def of_session(function: Any) -> bool:
    """Whether this is a function of the program, or one that a copy of the session's made for it."""
    return own_function(function) or (
        type(function) is types.FunctionType and COPY_MARK in function.__builtins__
    )


def own_function(function: Any) -> bool:
    """Whether the program's text has this function."""
    return type(function) is types.FunctionType and function.__code__.co_filename.startswith(PROGRAM_FILE)


def missing(value: Any, name: str) -> AttributeError:
    """What Python raises for an attribute that is not there."""
    kind = type(value)
    if issubclass(kind, types.ModuleType):
        words = f"module {vars(value).get('__name__')!r} has no attribute {name!r}"
    elif issubclass(kind, type):
        words = f"type object {_name_of(value)!r} has no attribute {name!r}"
    else:
        words = f"{_name_of(kind)!r} object has no attribute {name!r}"
    return AttributeError(words, name=name, obj=value if harmless(value) else None)


_METHODS = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)


def _guarded(host: Any, value: Any, name: str) -> Any:
    if name[:2] == "__" and not allowed_dunder(value, name):
        raise missing(value, name)
    if name in ARRAYS and _refused_of_arrays(value, name):
        raise missing(value, name)
    found = getattr(value, name)
    gate = GATES.get(name)
    if gate is not None:
        found = gate(host, value, name, found)
    if not harmless(found) or (name in RUNNING and _foreign_descriptor(found)):
        raise missing(value, name)
    return found


def _may_change(host: Any, value: Any, name: str, *new: Any) -> None:
    """Raise unless a program may assign or delete this attribute; plain names of instances always may."""
    kind = type(value)
    if name in MEMORY:
        raise missing(value, name)
    if issubclass(kind, type):
        if not own_class(value) and not host.copied_class(value):
            raise TypeError(f"cannot set {name!r} attribute of immutable type {_name_of(value)!r}")
        if name in NEVER or name == "__class__":
            raise missing(value, name)
        return
    if not is_guarded(name):
        return
    if name == "__class__":
        if not (own_class(kind) and new and issubclass(type(new[0]), type) and own_class(new[0])):
            raise TypeError("__class__ assignment only supported for mutable types or ModuleType subclasses")
        return
    if name in NEVER or name in RUNNING:
        raise missing(value, name)
    if name[:2] != "__" or own_class(kind) or issubclass(kind, Module):
        return
    if issubclass(kind, BaseException) and name in OF_EXCEPTIONS:
        return
    if kind is types.FunctionType and not of_session(value):
        raise AttributeError(f"{_name_of(kind)!r} object attribute {name!r} is read-only")
    if name in SETTABLE:
        return
    raise AttributeError(f"{_name_of(kind)!r} object attribute {name!r} is read-only")


def _foreign_descriptor(value: Any) -> bool:
    """A slot of a class that is not the program's: its `__get__` would read what the name may not."""
    kind = type(value)
    if kind in (types.GetSetDescriptorType, types.MemberDescriptorType):
        return not own_class(value.__objclass__)
    return False


def _defined(kind: type, name: str) -> bool:
    """Whether the program's own classes define this name."""
    return any(name in _dict_of(base) for base in _mro_of(kind) if own_class(base))


def _own_dict(value: Any) -> Any:
    """The instance dictionary as it is, whatever its class says about attributes."""
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return ()


def _module_name(kind: type) -> str:
    try:
        module = _module_of(kind)
    except AttributeError:
        return ""
    return module if type(module) is str else ""


def _shows_its_dict(kind: type) -> bool:
    """Kinds of objects that are not the program's whose dictionary holds what the program put there."""
    if issubclass(
        kind, BaseException | types.SimpleNamespace | functools.partial | functools._lru_cache_wrapper
    ):
        return True
    module, name = _module_name(kind), _name_of(kind)
    return module.startswith("tensorsh.torch") or (module, name) == ("argparse", "Namespace")


# --- methods that read names from texts ------------------------------------------------------------------------


def _reads(host: Any, value: Any, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """`__getattribute__`, `__getattr__`: the last argument is a name; before it may stand the object."""

    def read(*args: Any) -> Any:
        if not args or len(args) > 2:
            return found(*args)
        asked = exact(args[-1])
        if is_guarded(asked):
            return attribute(host, args[0] if len(args) == 2 else _target(value), asked)
        return found(*args[:-1], asked)

    return _named(read, found)


def _writes(host: Any, value: Any, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """`__setattr__`: ([object,] name, new)."""

    def write(*args: Any) -> Any:
        if len(args) not in (2, 3):
            return found(*args)
        asked = exact(args[-2])
        _may_change(host, args[0] if len(args) == 3 else _target(value), asked, args[-1])
        return found(*args[:-2], asked, args[-1])

    return _named(write, found)


def _deletes(host: Any, value: Any, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """`__delattr__`: ([object,] name)."""

    def delete(*args: Any) -> Any:
        if len(args) not in (1, 2):
            return found(*args)
        asked = exact(args[-1])
        _may_change(host, args[0] if len(args) == 2 else _target(value), asked)
        return found(*args[:-1], asked)

    return _named(delete, found)


def _reduces(host: Any, value: Any, name: str, found: Callable[..., Any]) -> Callable[..., Any]:
    """`__reduce__`, `__reduce_ex__`: a bound method's answer names `getattr`; a program gets the checked one."""

    def reduce(*args: Any) -> Any:
        answer = found(*args)
        if type(answer) is tuple and answer and id(answer[0]) in UNCHECKED:
            checked = host.builtin(answer[0].__name__)
            if checked is None:
                raise TypeError(f"cannot pickle {_name_of(type(value))!r} object")
            return (checked, *answer[1:])
        return answer

    return _named(reduce, found)


def _formats(host: Any, value: Any, name: str, found: Any) -> Any:
    from .formatting import checked_format, checked_format_map

    if value is str or (issubclass(type(value), type) and issubclass(value, str)):
        if found is not str.format:
            return found
        return _named(lambda text, /, *args, **names: checked_format(host, text, args, names), found)
    target = _target(value)
    if issubclass(type(target), str) and type(found) is types.BuiltinMethodType:
        text = str.__str__(target)
        if found.__name__ == "format_map":
            return _named(lambda mapping, /: checked_format_map(host, text, mapping), found)
        return _named(lambda *args, **names: checked_format(host, text, args, names), found)
    return found


def _formats_map(host: Any, value: Any, name: str, found: Any) -> Any:
    from .formatting import checked_format_map

    if issubclass(type(value), type) and issubclass(value, str):
        if found is not str.format_map:
            return found
        return _named(lambda text, mapping, /: checked_format_map(host, text, mapping), found)
    return _formats(host, value, name, found)


def _only_own(host: Any, value: Any, name: str, found: Any) -> Any:
    """A method of Python's that reaches into modules or evaluates texts: only the program's own of that name."""
    function = getattr(found, "__func__", found)
    if type(function) is types.FunctionType and not own_function(function):
        raise missing(value, name)
    return found


def _private(host: Any, value: Any, name: str, found: Any) -> Any:
    """What a class of Python's keeps for itself: a program reads only its own of that name."""
    kind = value if issubclass(type(value), type) else type(value)
    if _flags(kind) & _HEAP_TYPE and _module_name(kind).partition(".")[0] in sys.stdlib_module_names:
        raise missing(value, name)
    return found


def _subclasses(host: Any, value: Any, name: str, found: Any) -> Callable[[], list[type]]:
    """Of the program's own classes alone; a metaclass would give `type`'s method for any class."""

    def __subclasses__() -> list[type]:
        return [each for each in type.__subclasses__(value) if own_class(each)]

    return __subclasses__


def _target(value: Any) -> Any:
    """What a method is bound to: `super()` stands for its object."""
    return value.__self__ if type(value) is super else value


def _named(function: Callable[..., Any], like: Any) -> Callable[..., Any]:
    function.__name__ = getattr(like, "__name__", function.__name__)
    function.__qualname__ = getattr(like, "__qualname__", function.__name__)
    function.__doc__ = getattr(like, "__doc__", None)
    return function


def _refused_of_arrays(value: Any, name: str) -> bool:
    from .numpy_gates import is_refused

    return is_refused(value, name)


def _of_arrays(host: Any, value: Any, name: str, found: Any) -> Any:
    from .numpy_gates import gate

    return gate(host, value, name, found)


GATES: dict[str, Callable[[Any, Any, str, Any], Any]] = {
    "__getattribute__": _reads,
    "__getattr__": _reads,
    "__setattr__": _writes,
    "__delattr__": _deletes,
    "__reduce__": _reduces,
    "__reduce_ex__": _reduces,
    "format": _formats,
    "format_map": _formats_map,
    "__subclasses__": _subclasses,
    "from_callable": _only_own,
    "_evaluate": _only_own,
    "_convert_": _only_own,
    "_convert": _only_own,
    "sourcehook": _only_own,
    **dict.fromkeys(HOLDERS - {"obj", "parser", "pathmod"}, _private),
    "tofile": _of_arrays,
    "resize": _of_arrays,
}
