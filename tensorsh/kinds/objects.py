"""Instances, classes, exceptions and modules: what every class adds to what its bases say."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from .aspects import Outline, Part
from .kind import ALL, Kind, describe, kind_of, method
from .mappings import put_back_dict, replace_dict
from .ownership import HEAP_TYPE, attributes_of, dict_of, flags_of, name_of, own_class
from .undo import Again, Notes, inside

#: where those of our classes live that keep what programs see in slots, or in what functions close over
LIBRARY = ("tensorsh.train", "tensorsh.torch", "torch", "ignite")
#: where Python's own objects in C come from that hold others
IN_C = ("builtins", "operator", "_collections_abc", "functools", "re", "_io")
MISSING = object()


def module_of(kind: Any) -> str:
    return str(getattr(kind, "__module__", ""))


def ours(thing: Any) -> bool:
    """Whether a function or class is of the library's."""
    return module_of(thing).startswith(LIBRARY)


# ------------------------------------------------------------------ instances


def note_attributes(thing: Any, s: Notes) -> Iterable[Any]:
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


def note_kind(thing: Any, s: Notes) -> Iterable[Any]:
    """The class of an instance, which may be given another."""
    kind = type(thing)

    def put_back() -> bool:
        if type(thing) is kind:
            return False
        s.become(thing, kind)
        return True

    s.first(thing, put_back)
    return (kind,)


def note_slots(thing: Any, s: Notes) -> Iterable[Any]:
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
        if own_class(each) or ours(each):
            members = ((n, v) for n, v in vars(each).items() if type(v).__name__ == "member_descriptor")
            found.update((name, value) for name, value in members if name not in found)
    return found


ATTRIBUTES = Part(note_attributes, replace_attributes)
SLOTS = Part(note_slots, replace_slots)
OWN_KIND = Part(note_kind)


def adapt(description: Kind, kind: type) -> None:
    """What a class adds: attributes and slots, and that an instance may be given another class."""
    closed = description.closed or frozenset()
    parts = _of_python(kind) if description.parts is None else description.parts
    if "attributes" not in closed and kind.__dictoffset__:
        parts += (ATTRIBUTES,)
    if "slots" not in closed and slots_of(kind):
        parts += (SLOTS,)
    if closed != ALL and (own_class(kind) or (kind.__dictoffset__ and flags_of(kind) & HEAP_TYPE)):
        parts += (OWN_KIND,)
    description.parts = parts
    if own_class(kind) and _is_dataclass(kind):
        description.outline = outline


def _is_dataclass(kind: type) -> bool:
    """Whether a class has the `__repr__` that `dataclass` writes."""
    written = getattr(method(kind, "__repr__"), "__wrapped__", None)
    return method(kind, "__dataclass_fields__") is not None and getattr(written, "__name__", "") == "__repr__"


def _of_python(kind: type) -> tuple[Part, ...]:
    """The parts of the many kinds of Python's and NumPy's that have no descriptions of their own."""
    from . import arrays, functions, iterators, streams

    if iterators.is_iterator(kind):
        return (iterators.ITERATOR,)
    if module_of(kind).startswith("numpy.random"):
        return (arrays.RANDOM,)
    random = sys.modules.get("random")
    if random is not None and issubclass(kind, random.Random):
        return (streams.RANDOM,)
    in_c = kind.__module__ in IN_C and not own_class(kind) and kind is not object
    return (functions.REFERENTS,) if in_c else ()


def text(thing: Any, options: Any) -> str:
    """What has no repr of its own, without Python's address."""
    if callable(thing):
        return f"<function {getattr(thing, '__name__', None) or getattr(thing, 'name', '<lambda>')}>"
    return f"<{type(thing).__name__} object>"


def outline(thing: Any) -> Outline | None:
    """An instance of a class of the program's, by its attributes."""
    kind = type(thing)
    if not own_class(kind):
        return None
    slots = ((name, _read(slot, thing)) for name, slot in slots_of(kind).items())
    parts = [*((attributes_of(thing) or {}).items()), *(each for each in slots if each[1] is not MISSING)]
    return Outline(str(name_of(kind)), parts=parts) if parts else None


describe(object, Kind(text=text, adapt=adapt, outline=outline))

# ------------------------------------------------------------------ classes


def note_class(kind: type, s: Notes) -> Iterable[Any]:
    """The attributes of a class of the program's."""
    if not own_class(kind):
        return ()
    # a metaclass may say anything of its classes
    titles = [(name, type.__getattribute__(kind, name)) for name in ("__bases__", "__name__", "__qualname__")]
    before = dict(dict_of(kind))

    def put_back() -> bool:
        changed = False
        for name, value in titles:
            if type.__getattribute__(kind, name) != value:
                changed = True
                type.__setattr__(kind, name, value)
        for name in [name for name in dict_of(kind) if name not in before]:
            changed = True
            type.__delattr__(kind, name)
        for name, value in before.items():
            if dict_of(kind).get(name, kind) is not value:
                changed = True
                type.__setattr__(kind, name, value)
        return changed

    s.first(kind, put_back)
    return [*inside(before.values()), *titles[0][1]]


def replace_class(kind: type, again: Again) -> None:
    if own_class(kind):
        for name, value in dict(dict_of(kind)).items():
            if again(value) is not value:
                type.__setattr__(kind, name, again(value))


def follow_class(kind: type, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A class of the library's stays what it is; one of the program's is looked into."""
    if reach.computes(kind) or kind_of(kind).leave is not None:  # what programs make, too: `OrderedDict`
        reach.same(kind, path)
    elif own_class(kind):
        reach.instances.arrive(kind, path)
    else:
        reach.refuse("a class")


describe(type, Kind(parts=(Part(note_class, replace_class),), closed=ALL, follow=follow_class))

# ------------------------------------------------------------------ exceptions and modules


def note_error(error: BaseException, s: Notes) -> Iterable[Any]:
    names = ("args", "__cause__", "__context__", "__suppress_context__", "__traceback__")
    parts: dict[str, Any] = {name: vars(BaseException)[name] for name in names}  # its class may have others
    before = {name: part.__get__(error) for name, part in parts.items()}

    def put_back() -> bool:
        changed = [name for name, part in parts.items() if part.__get__(error) is not before[name]]
        for name in (*changed, *(["__suppress_context__"] if changed else ())):
            parts[name].__set__(error, before[name])
        return bool(changed)

    s.add(error, put_back)
    return inside((before["args"], before["__cause__"], before["__context__"]))


describe(BaseException, Kind(parts=(Part(note_error),)))
describe(ModuleType, Kind(parts=(), closed=ALL))  # `Modules.state` sees what they keep
