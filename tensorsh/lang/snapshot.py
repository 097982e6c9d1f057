"""What a statement may change, as it was before: a failed statement leaves everything a program can see alone.

Before a statement runs, everything its variables lead to is noted: what lists, dictionaries and sets hold, the
attributes of instances and classes, the variables that functions close over, the numbers of arrays, the state of
iterators and modules. So nothing has to be told of a change, whoever makes it. Tensors note their own changes
(`engine.journal`), since they share memory and are large. Where nobody can look afterwards (a script that ends
with its first error), nothing is noted.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..engine.node import Node
from ..engine.op import Op
from ..engine.tensor import Tensor
from ..modules.module import Module
from ..modules.reach import own_class, own_function

#: what holds nothing that can change
ATOMS = frozenset((int, float, complex, bool, str, bytes, type(None), range, slice, type(...), np.dtype))

Undo = Callable[[], None]


class Snapshot:
    """Everything that `roots` lead to; `restore` puts it back."""

    def __init__(self, roots: Iterable[Any]):
        self.undo: list[Undo] = []
        self.seen: dict[int, Any] = {}  # each thing by its id, which keeps it alive
        work: list[Any] = list(roots)
        while work:
            thing = work.pop()
            kind = type(thing)
            if kind in ATOMS or id(thing) in self.seen:
                continue
            self.seen[id(thing)] = thing
            for note in NOTES.get(kind) or _notes(kind):
                work.extend(note(thing, self.undo))

    def restore(self) -> None:
        """Put everything back."""
        for undo in self.undo:
            undo()


def inside(items: Iterable[Any]) -> Iterable[Any]:
    """Those of some items that can lead to what changes."""
    if ATOMS.issuperset(map(type, items)):
        return ()
    return [item for item in items if type(item) not in ATOMS]


Note = Callable[[Any, list[Undo]], Iterable[Any]]


def note_list(items: list[Any], undo: list[Undo]) -> Iterable[Any]:
    before = list.copy(items)
    undo.append(lambda: list.__setitem__(items, slice(None), before))
    return inside(before)


def note_tuple(items: tuple[Any, ...], undo: list[Undo]) -> Iterable[Any]:
    return inside(items)


def note_dict(items: dict[Any, Any], undo: list[Undo]) -> Iterable[Any]:
    before = dict(items)
    undo.append(lambda: put_back(items, before))
    return [*inside(before.values()), *inside(before)]


def note_set(items: set[Any], undo: list[Undo]) -> Iterable[Any]:
    before = set(items)

    def restore() -> None:
        set.clear(items)
        set.update(items, before)

    undo.append(restore)
    return inside(before)


def note_frozenset(items: frozenset[Any], undo: list[Undo]) -> Iterable[Any]:
    return inside(items)


def note_deque(items: deque[Any], undo: list[Undo]) -> Iterable[Any]:
    before = list(items)

    def restore() -> None:
        deque.clear(items)
        deque.extend(items, before)

    undo.append(restore)
    return inside(before)


def note_bytes(items: Any, undo: list[Undo]) -> Iterable[Any]:
    """bytearray and array.array."""
    before = items[:]
    undo.append(lambda: items.__setitem__(slice(None), before))
    return ()


def note_array(items: np.ndarray[Any, Any], undo: list[Undo]) -> Iterable[Any]:
    before = items.copy()

    def restore() -> None:
        writeable = items.flags.writeable
        if not writeable:
            return
        np.copyto(items, before)

    undo.append(restore)
    return inside(before.ravel().tolist()) if items.dtype.hasobject else ()


def note_attributes(thing: Any, undo: list[Undo]) -> Iterable[Any]:
    """The instance dictionary."""
    names = _attributes(thing)
    if names is None:
        return ()
    before = dict(names)
    undo.append(lambda: put_back(names, before))
    return inside(before.values())


def put_back(items: dict[Any, Any], before: dict[Any, Any]) -> None:
    """Make a dictionary what it was, its order too; one that is unchanged is left alone."""
    if len(items) != len(before) or any(
        a is not b or items[a] is not before[b] for a, b in zip(items, before, strict=True)
    ):
        dict.clear(items)
        dict.update(items, before)


def _attributes(thing: Any) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return None
    return found


def note_slots(thing: Any, undo: list[Undo]) -> Iterable[Any]:
    """The values of `__slots__`."""
    slots = _slots(type(thing))
    before: dict[str, Any] = {}
    for name, slot in slots.items():
        try:
            before[name] = slot.__get__(thing)
        except AttributeError:
            continue

    def restore() -> None:
        for name, slot in slots.items():
            if name in before:
                slot.__set__(thing, before[name])
            else:
                try:
                    slot.__delete__(thing)
                except AttributeError:
                    continue

    undo.append(restore)
    return inside(before.values())


#: where those of our classes live that keep what programs see in slots
LIBRARY = ("tensorsh.train", "tensorsh.torch", "torch", "ignite")


def module_of(kind: type) -> str:
    return str(getattr(kind, "__module__", ""))


def _slots(kind: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in kind.__mro__:
        if own_class(each) or module_of(each).startswith(LIBRARY):
            members = ((n, v) for n, v in vars(each).items() if type(v).__name__ == "member_descriptor")
            found.update((name, value) for name, value in members if name not in found)
    return found


def note_class(kind: type, undo: list[Undo]) -> Iterable[Any]:
    """The attributes of a class of the program's."""
    if not own_class(kind):
        return ()
    before = dict(vars(kind))

    def restore() -> None:
        for name in [name for name in vars(kind) if name not in before]:
            type.__delattr__(kind, name)
        for name, value in before.items():
            if vars(kind).get(name, kind) is not value:
                type.__setattr__(kind, name, value)

    undo.append(restore)
    return [*inside(before.values()), *kind.__bases__]


def note_function(function: FunctionType, undo: list[Undo]) -> Iterable[Any]:
    """What a function closes over, its defaults and its attributes."""
    if not own_function(function):
        return ()
    facts = function.__defaults__, function.__kwdefaults__

    def restore() -> None:
        function.__defaults__, function.__kwdefaults__ = facts

    undo.append(restore)
    return [*note_attributes(function, undo), *(function.__closure__ or ()), *inside(facts[0] or ())]


def note_cell(cell: CellType, undo: list[Undo]) -> Iterable[Any]:
    try:
        before = cell.cell_contents
    except ValueError:
        return ()
    undo.append(lambda: setattr(cell, "cell_contents", before))
    return inside((before,))


def note_method(method: MethodType, undo: list[Undo]) -> Iterable[Any]:
    return (method.__self__, method.__func__)


def note_partial(call: partial[Any], undo: list[Undo]) -> Iterable[Any]:
    return (call.func, call.args, call.keywords)


def note_descriptor(thing: Any, undo: list[Undo]) -> Iterable[Any]:
    """property, staticmethod, classmethod."""
    parts = (getattr(thing, name, None) for name in ("fget", "fset", "fdel", "__func__"))
    return [part for part in parts if part is not None]


def note_iterator(items: Iterator[Any], undo: list[Undo]) -> Iterable[Any]:
    """An iterator over a list, a tuple, a range or a string, which can be put back where it was."""
    state = items.__reduce__()
    if len(state) == 3:
        undo.append(lambda: items.__setstate__(state[2]))  # type: ignore[attr-defined]
    return inside(state[1])


def note_nothing(thing: Any, undo: list[Undo]) -> Iterable[Any]:
    return ()


#: how each kind of value is noted
NOTES: dict[type, tuple[Note, ...]] = {
    list: (note_list,),
    tuple: (note_tuple,),
    dict: (note_dict,),
    set: (note_set,),
    frozenset: (note_frozenset,),
    deque: (note_deque,),
    bytearray: (note_bytes,),
    array: (note_bytes,),
    np.ndarray: (note_array,),
    FunctionType: (note_function,),
    CellType: (note_cell,),
    MethodType: (note_method,),
    partial: (note_partial,),
    property: (note_descriptor,),
    staticmethod: (note_descriptor,),
    classmethod: (note_descriptor,),
    type(iter([])): (note_iterator,),
    type(iter(())): (note_iterator,),
    type(iter("")): (note_iterator,),
    Op: (note_nothing,),
    Node: (note_nothing,),
}


def _notes(kind: type) -> tuple[Note, ...]:
    """The notes for a kind that is met for the first time: those of what it is made of."""
    found: list[Note] = []
    if issubclass(kind, ModuleType):
        found = [note_attributes] if issubclass(kind, Module) else []
    elif issubclass(kind, type):
        found = [note_class]
    else:
        for base in (list, tuple, dict, set, frozenset, deque, bytearray, array, np.ndarray):
            if issubclass(kind, base):
                found += NOTES[base]
        if getattr(kind, "__dictoffset__", 0):
            found.append(note_attributes)
        if not issubclass(kind, Tensor) and _slots(kind):
            found.append(note_slots)
    return tuple(found) or (note_nothing,)
