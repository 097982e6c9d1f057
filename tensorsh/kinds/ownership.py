"""Whose a class or function is: the program's own, or Python's and ours, which all sessions share.

Classes and instances are looked at with Python's own descriptors: nothing a class says about itself is asked.
"""

from __future__ import annotations

import sys
import types
import weakref
from typing import Any

PROGRAM_FILE = "<tensorsh "  # how the file names of compiled programs begin
COPY_MARK = "copy of tensorsh"  # a builtin that only the session's copies of Python's modules have
HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE
flags_of = type.__dict__["__flags__"].__get__
_module_of = type.__dict__["__module__"].__get__
mro_of = type.__dict__["__mro__"].__get__
name_of = type.__dict__["__name__"].__get__
dict_of = type.__dict__["__dict__"].__get__
_NOTED: dict[int, weakref.ref[type]] = {}


def attributes_of(thing: Any) -> Any:
    """The dictionary of an instance's attributes; None where there are slots only."""
    try:
        return object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return None


def own_class(kind: type) -> bool:
    """Whether the program made this class: it belongs to no module of Python's nor of ours."""
    if not flags_of(kind) & HEAP_TYPE:
        return False
    noted = _NOTED.get(id(kind))
    if noted is not None and noted() is kind:
        return True
    module = module_name(kind)
    root = module.partition(".")[0]
    return module == "__main__" or not (
        not module
        or root in ("tensorsh", "torch")
        or root in sys.stdlib_module_names
        or module in sys.modules
    )


def note_own_class(kind: type) -> type:
    """Say that the program made this class, though a module of Python's did it on its behalf."""
    key = id(kind)
    _NOTED[key] = weakref.ref(kind, lambda _: _NOTED.pop(key, None))
    return kind


def own_function(function: Any) -> bool:
    """Whether the program's text has this function."""
    return type(function) is types.FunctionType and function.__code__.co_filename.startswith(PROGRAM_FILE)


def of_session(function: Any) -> bool:
    """Whether this is a function of the program, or one that a copy of the session's made for it."""
    known: Any = function  # mypy does not always know of `__builtins__`
    return own_function(function) or (
        type(function) is types.FunctionType and COPY_MARK in known.__builtins__
    )


def module_name(kind: type) -> str:
    try:
        module = _module_of(kind)
    except AttributeError:
        return ""
    return module if type(module) is str else ""
