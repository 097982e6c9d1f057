"""Classes that all sessions share cannot be changed by a program, by whatever way it gets at them.

Python refuses to assign to attributes of its own types in C (`int.x = 1`) by a flag of the type. Sealing sets that flag
of classes written in Python, which Python has no function for, so that no store in a program has to look at what it
stores to. Nothing else changes: subclasses, instances and methods are as before. The library's classes are sealed for
good when a program imports them, those of Python's modules only while a session runs, since they are the process's.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from ...kinds.ownership import HEAP_TYPE, flags_of, mro_of

IMMUTABLE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE
#: where the classes are whose instances a program can reach
LIBRARY = ("tensorsh.torch", "tensorsh.ignite", "tensorsh.modules", "tensorsh.engine", "tensorsh.ops")

#: classes that see to it themselves
left_to_themselves: set[type] = set()
#: classes of Python's that keep counts in themselves
COUNTING = frozenset({("weakref", "finalize"), ("difflib", "HtmlDiff")})

_modules: set[str] = set()  # that were looked at
_count = 0  # of all modules there were then
_library: dict[int, Any] = {}
_python: dict[int, Any] = {}  # the flags of classes, as words in memory
_depth = 0


def seal_library() -> None:
    """Seal the library's classes in modules that a session imported since the last time."""
    global _count
    if not _depth or len(sys.modules) == _count:
        return
    _count = len(sys.modules)
    for name in sys.modules.keys() - _modules:
        module = sys.modules[name]
        if name.startswith(LIBRARY):
            if getattr(module.__spec__, "_initializing", False):
                _count = 0
                continue
            seal(vars(module).values())
        _modules.add(name)


def in_force() -> bool:
    """Whether a session runs."""
    return _depth > 0


def enter() -> None:
    """A session begins to run."""
    global _depth
    _depth += 1
    if _depth == 1:
        for flags in _python.values():
            flags.value |= IMMUTABLE


def leave() -> None:
    """It has ended: the process's own classes are as they were."""
    global _depth
    _depth -= 1
    if not _depth:
        for flags in _python.values():
            flags.value &= ~IMMUTABLE


@contextlib.contextmanager
def lifted() -> Iterator[None]:
    """The library imports what looks at classes as if no session ran."""
    global _depth
    depth, _depth = _depth, 0
    try:
        yield
    finally:
        _depth = depth


def become(value: Any, kind: type) -> None:
    """Make an object one of another class."""
    with changing(type(value), kind):
        value.__class__ = kind


@contextlib.contextmanager
def changing(*kinds: type) -> Iterator[None]:
    """The library itself changes classes."""
    words = [flags for kind in kinds if flags_of(kind) & IMMUTABLE and (flags := _word_of(kind))]
    for flags in words:
        flags.value &= ~IMMUTABLE
    try:
        yield
    finally:
        for flags in words:
            flags.value |= IMMUTABLE


def seal(names: Iterable[Any]) -> None:
    """Seal the classes among these, and their bases."""
    for kind in names:
        if not isinstance(kind, type):
            continue
        for base in mro_of(kind):
            key = id(base)
            if key in _library or key in _python or not flags_of(base) & HEAP_TYPE:
                continue
            if base in left_to_themselves or (base.__module__, base.__name__) in COUNTING:
                continue
            flags = _word_of(base)
            if flags is not None and not flags.value & IMMUTABLE:
                _alive.append(base)
                of_library = base.__module__.startswith(("tensorsh", "torch", "ignite", "builtins"))
                (_library if of_library else _python)[key] = flags
                if of_library or _depth:
                    flags.value |= IMMUTABLE


_alive: list[type] = []  # so that no flags are written where a class was


def _word_of(kind: type) -> Any:
    """The word in memory that is the flags of a type; None if this Python does not show where it is."""
    import ctypes

    if "at" not in _place:
        size: Any = type.__basicsize__
        kinds = (int, type, str, dict, BaseException, contextlib.ExitStack)
        _place["at"] = None
        for at in range(0, size, ctypes.sizeof(ctypes.c_ulong)):
            if all(ctypes.c_ulong.from_address(id(each) + at).value == flags_of(each) for each in kinds):
                _place["at"] = at
                break
    place = _place["at"]
    return None if place is None else ctypes.c_ulong.from_address(id(kind) + place)


_place: dict[str, int | None] = {}
