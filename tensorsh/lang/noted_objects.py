"""How objects are noted before a statement: instances, classes, functions, exceptions, and Python's own in C."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from functools import partial
from types import CellType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from ..modules.ownership import of_session
from ..modules.reach import own_class
from .iterators import Again
from .noted import Part, inside, put_back_dict, replace_dict

if TYPE_CHECKING:
    from .snapshot import Snapshot

#: where those of our classes live that keep what programs see in slots, or in what functions close over
LIBRARY = ("tensorsh.train", "tensorsh.torch", "torch", "ignite")
MISSING = object()


def module_of(kind: Any) -> str:
    return str(getattr(kind, "__module__", ""))


# ------------------------------------------------------------------ instances


def attributes_of(thing: Any) -> dict[str, Any] | None:
    """The instance dictionary, whatever the class says about attributes."""
    try:
        found: dict[str, Any] = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return None
    return found


def note_attributes(thing: Any, s: Snapshot) -> Iterable[Any]:
    names = attributes_of(thing)
    if names is None:
        return ()
    before = dict(names)

    def put_back() -> bool:
        now = attributes_of(thing)
        if now is not names and now is not None:  # `thing.__dict__ = {…}`
            object.__setattr__(thing, "__dict__", names)
            put_back_dict(names, before)
            return True
        return put_back_dict(names, before)

    s.add(thing, put_back)
    return inside(before.values())


def replace_attributes(thing: Any, again: Again) -> None:
    names = attributes_of(thing)
    if names:
        replace_dict(names, again)


def note_kind(thing: Any, s: Snapshot) -> Iterable[Any]:
    """The class of an instance of the program's."""
    kind = type(thing)

    def put_back() -> bool:
        if type(thing) is kind:
            return False
        object.__setattr__(thing, "__class__", kind)
        return True

    s.first(thing, put_back)
    return (kind,)


def note_slots(thing: Any, s: Snapshot) -> Iterable[Any]:
    slots = slots_of(type(thing))
    before = {name: _read(slot, thing) for name, slot in slots.items()}

    def put_back() -> bool:
        changed = False
        for name, slot in slots.items():
            if _read(slot, thing) is not before[name]:
                changed = True
                if before[name] is MISSING:
                    slot.__delete__(thing)
                else:
                    slot.__set__(thing, before[name])
        return changed

    s.add(thing, put_back)
    return inside([value for value in before.values() if value is not MISSING])


def _read(slot: Any, thing: Any) -> Any:
    try:
        return slot.__get__(thing)
    except AttributeError:
        return MISSING


def replace_slots(thing: Any, again: Again) -> None:
    for slot in slots_of(type(thing)).values():
        value = _read(slot, thing)
        if value is not MISSING and again(value) is not value:
            slot.__set__(thing, again(value))


def slots_of(kind: type) -> dict[str, Any]:
    """The slots of a class of the program's or of the library's."""
    found: dict[str, Any] = {}
    for each in kind.__mro__:
        if own_class(each) or module_of(each).startswith(LIBRARY):
            members = ((n, v) for n, v in vars(each).items() if type(v).__name__ == "member_descriptor")
            found.update((name, value) for name, value in members if name not in found)
    return found


def note_error(error: BaseException, s: Snapshot) -> Iterable[Any]:
    names = ("args", "__cause__", "__context__", "__suppress_context__", "__traceback__")
    before = {name: getattr(error, name) for name in names}

    def put_back() -> bool:
        changed = [name for name in names if getattr(error, name) is not before[name]]
        for name in (*changed, *(["__suppress_context__"] if changed else ())):
            setattr(error, name, before[name])
        return bool(changed)

    s.add(error, put_back)
    return inside((before["args"], before["__cause__"], before["__context__"]))


# ------------------------------------------------------------------ classes and functions


def note_class(kind: type, s: Snapshot) -> Iterable[Any]:
    """The attributes of a class of the program's."""
    if not own_class(kind):
        return ()
    before, bases = dict(vars(kind)), kind.__bases__

    def put_back() -> bool:
        changed = kind.__bases__ != bases
        if changed:
            kind.__bases__ = bases
        for name in [name for name in vars(kind) if name not in before]:
            changed = True
            type.__delattr__(kind, name)
        for name, value in before.items():
            if vars(kind).get(name, kind) is not value:
                changed = True
                type.__setattr__(kind, name, value)
        return changed

    s.first(kind, put_back)
    return [*inside(before.values()), *bases]


def replace_class(kind: type, again: Again) -> None:
    if own_class(kind):
        for name, value in dict(vars(kind)).items():
            if again(value) is not value:
                type.__setattr__(kind, name, again(value))


def note_function(function: FunctionType, s: Snapshot) -> Iterable[Any]:
    """What a function closes over, its defaults and its attributes."""
    if not of_session(function):
        return (function.__closure__ or ()) if module_of(function).startswith(LIBRARY) else ()
    names = ("__defaults__", "__kwdefaults__", "__name__", "__qualname__", "__doc__")
    facts = [getattr(function, name) for name in names]
    notes = dict(function.__annotations__)

    def put_back() -> bool:
        changed = False
        for name, value in zip(names, facts, strict=True):
            if getattr(function, name) is not value:
                changed = True
                setattr(function, name, value)
        return put_back_dict(function.__annotations__, notes) or changed

    s.add(function, put_back)
    attributes = note_attributes(function, s)
    return [*attributes, *(function.__closure__ or ()), *inside((facts[0], facts[1]))]


def replace_function(function: FunctionType, again: Again) -> None:
    if of_session(function):
        replace_attributes(function, again)
        if again(function.__defaults__) is not function.__defaults__:
            function.__defaults__ = again(function.__defaults__)


def note_cell(cell: CellType, s: Snapshot) -> Iterable[Any]:
    before = _held(cell)

    def put_back() -> bool:
        if _held(cell) is before:
            return False
        if before is MISSING:
            del cell.cell_contents
        else:
            cell.cell_contents = before
        return True

    s.add(cell, put_back)
    return () if before is MISSING else inside((before,))


def _held(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def replace_cell(cell: CellType, again: Again) -> None:
    value = _held(cell)
    if value is not MISSING and again(value) is not value:
        cell.cell_contents = again(value)


def note_method(method: MethodType, s: Snapshot) -> Iterable[Any]:
    return (method.__self__, method.__func__)


def note_partial(call: partial[Any], s: Snapshot) -> Iterable[Any]:
    return (call.func, call.args, call.keywords)


def replace_partial(call: partial[Any], again: Again) -> None:
    func, args = again(call.func), again(call.args)
    if func is not call.func or args is not call.args:
        call.__setstate__((func, args, call.keywords, call.__dict__))  # type: ignore[attr-defined]


def note_cache(function: Any, s: Snapshot) -> Iterable[Any]:
    """`functools.lru_cache`: what a failed statement brought into it is forgotten with everything else."""
    before = function.cache_info()

    def put_back() -> bool:
        if function.cache_info() == before:
            return False
        function.cache_clear()
        return True

    s.add(function, put_back)
    return (function.__wrapped__,)


def note_referents(thing: Any, s: Snapshot) -> Iterable[Any]:
    """What an object in C holds: views of dictionaries, bound methods, memory views."""
    return [each for each in gc.get_referents(thing) if not isinstance(each, type)]


ATTRIBUTES = Part(note_attributes, replace_attributes)
SLOTS = Part(note_slots, replace_slots)
OWN_KIND = Part(note_kind)
ERROR = Part(note_error)
CLASS = Part(note_class, replace_class)
FUNCTION = Part(note_function, replace_function)
CELL = Part(note_cell, replace_cell)
METHOD = Part(note_method)
PARTIAL = Part(note_partial, replace_partial)
CACHE = Part(note_cache)
REFERENTS = Part(note_referents)
