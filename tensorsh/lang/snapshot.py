"""What a statement may change, as it was before: a failed statement leaves everything a program can see alone.

Before a statement runs, everything its variables lead to is noted: what lists, dictionaries and sets hold, the
attributes of instances and classes, the variables that functions close over, the numbers of arrays, where iterators
stand. So nothing has to be told of a change, whoever makes it, and what the statement makes itself costs nothing.
Tensors note their own changes (`engine.journal`), since they share memory and are large. Where nobody can look
afterwards (a script that ends with its first error), nothing is noted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from types import CellType, FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any

from ..engine.journal import memory_of
from ..engine.node import Node
from ..engine.op import Op
from ..engine.tensor import Tensor
from ..modules.reach import own_class
from ..torch.namespace import Namespace
from .iterators import ATOMS, Again, Made, is_iterator, made_of
from .noted import CONTAINERS, Part, note_numpy_random, note_random
from .noted_objects import (
    ATTRIBUTES,
    CACHE,
    CELL,
    CLASS,
    ERROR,
    FUNCTION,
    METHOD,
    OWN_KIND,
    PARTIAL,
    REFERENTS,
    SLOTS,
    module_of,
    slots_of,
)
from .relay import GeneratorRelay, Relay, may_change, reads_outside, relay

Undo = Callable[[], bool]  # says whether there was anything to put back


class Snapshot:
    """Everything that `roots` lead to; `restore` puts it back. What is in `skip` is not looked into."""

    def __init__(self, roots: Iterable[Any], skip: Iterable[Any] = ()):
        roots, skip = list(roots), list(skip)
        self._look(roots, skip)
        while self.unheld:
            again = Again({id(each): relay(each) for each in self.unheld}, self.iterators)
            self._replace(again)
            self._look(roots, skip)

    def _look(self, roots: list[Any], skip: list[Any]) -> None:
        """Note everything."""
        self.kinds: list[tuple[Any, Undo]] = []  # classes, which say how the others are put back
        self.undo: list[tuple[Any, Undo]] = []
        self.hashed: list[tuple[Any, Undo]] = []  # dictionaries and sets, after what their keys are made of
        self.own: dict[type, tuple[Part, ...]] = {}  # the parts of the program's own kinds
        self.iterators: list[tuple[Any, Made]] = []
        self.relays: list[Relay] = []
        self.unheld: list[Any] = []  # generators that are in no relay yet
        seen: dict[int, Any] = {id(each): each for each in skip}  # each thing by its id, which keeps it alive
        self.seen = seen
        work = list(roots)
        while work:
            thing = work.pop()
            kind = type(thing)
            if kind in ATOMS or id(thing) in seen:
                continue
            seen[id(thing)] = thing
            for part in PARTS.get(kind) or self._parts(kind):
                work.extend(part.note(thing, self))

    def _parts(self, kind: type) -> tuple[Part, ...]:
        """The parts of a kind that is met for the first time; classes of the program are not kept alive for it."""
        if not own_class(kind):
            PARTS[kind] = parts_of(kind)
            return PARTS[kind]
        if kind not in self.own:
            self.own[kind] = parts_of(kind)
        return self.own[kind]

    def add(self, thing: Any, undo: Undo) -> None:
        """How to put a thing back."""
        self.undo.append((thing, undo))

    def first(self, thing: Any, undo: Undo) -> None:
        """How to put back what others depend on."""
        self.kinds.append((thing, undo))

    def late(self, thing: Any, undo: Undo) -> None:
        """How to put back what asks others for their hashes."""
        self.hashed.append((thing, undo))

    def restore(self, written: frozenset[int] = frozenset()) -> None:
        """Put everything back; `written` are the ids of tensors and memory that were put back already."""
        changed = {id(thing) for thing, undo in (*self.kinds, *self.undo, *self.hashed) if undo()}
        again = Again({}, self.iterators, frozenset(changed))
        for iterator, _ in self.iterators:
            again(iterator)
        if again.held:
            self._replace(again)
        if self.relays:
            changed |= written & ids(self.seen)
        for each in self.relays:
            each._undo(again, partial(changed_by, changed, written))

    def commit(self) -> None:
        """The statement has done what it should."""
        for each in self.relays:
            each._end()

    def _replace(self, again: Again) -> None:
        """Put what `again` gives in the place of what is held."""
        for thing in list(self.seen.values()):
            for part in PARTS.get(type(thing)) or self.own.get(type(thing), ()):
                if part.replace is not None:
                    part.replace(thing, again)
        for each in self.relays:
            each._replace(again)


class Reach(Snapshot):
    """What some values lead to; nothing is told of it."""

    def __init__(self, roots: list[Any]):
        self._look(roots, [])


def changed_by(
    changed: set[int], written: frozenset[int], generator: Any, function: Any, names: dict[str, Any]
) -> bool:
    """Whether what a generator's body reaches was put back, and the body has a part that can have changed it.

    Tensors and random streams of its own are put back too, which does not matter once it has ended.
    """
    if generator.__class__ is GeneratorType and generator.gi_frame is not None:
        changed = changed | written
    if not changed or function is None or not may_change(generator.gi_code):
        return False
    return not changed.isdisjoint(ids(Reach([*names.values(), *reads_outside(function)]).seen))


def ids(things: dict[int, Any]) -> set[int]:
    """The ids of things, and of the memory of those that are tensors."""
    memory = (memory_of(each.array) for each in things.values() if isinstance(each, Tensor))
    return {*things, *map(id, memory)}


def note_iterator(iterator: Any, s: Snapshot) -> Iterable[Any]:
    """An iterator of Python's: what it is made of."""
    made = made_of(iterator)
    if made is None:
        s.unheld.append(iterator)
        return ()
    s.iterators.append((iterator, made))
    return [part for part in made[1:] if type(part) not in ATOMS]


def note_generator(generator: Any, s: Snapshot) -> Iterable[Any]:
    """A generator that has come from another statement: it is put in a relay."""
    s.unheld.append(generator)
    return ()


def note_relay(each: Relay, s: Snapshot) -> Iterable[Any]:
    if isinstance(s, Reach):
        return ()
    s.relays.append(each)
    return list(each._begin())


def note_nothing(thing: Any, s: Snapshot) -> Iterable[Any]:
    return ()


NOTHING = Part(note_nothing)
#: the parts of each kind of value
PARTS: dict[type, tuple[Part, ...]] = {
    **CONTAINERS,
    FunctionType: (FUNCTION,),
    CellType: (CELL,),
    MethodType: (METHOD,),
    partial: (PARTIAL, ATTRIBUTES),
    GeneratorType: (Part(note_generator),),
    Relay: (Part(note_relay),),
    GeneratorRelay: (Part(note_relay),),
    Op: (NOTHING,),
    Node: (NOTHING,),
}


def parts_of(kind: type) -> tuple[Part, ...]:
    """The parts of a kind that has no entry: those of what it is made of."""
    found = list(_python_parts(kind))
    if not issubclass(kind, type | ModuleType | Namespace) and bool(getattr(kind, "__dictoffset__", 0)):
        found.append(ATTRIBUTES)
    if not issubclass(kind, Tensor) and slots_of(kind):
        found.append(SLOTS)
    if own_class(kind) and not issubclass(kind, type):
        found.append(OWN_KIND)
    return tuple(found) or (NOTHING,)


def _python_parts(kind: type) -> Iterable[Part]:
    if issubclass(kind, ModuleType | Namespace):  # `Modules.state` sees what they keep
        return ()
    if issubclass(kind, type):
        return (CLASS,)
    if is_iterator(kind):
        return (Part(note_iterator),)
    for base in kind.__mro__:
        if base in CONTAINERS:
            return CONTAINERS[base]
    if issubclass(kind, BaseException):
        return (ERROR,)
    if kind.__name__ == "_lru_cache_wrapper":
        return (CACHE,)
    if module_of(kind).startswith("numpy.random"):
        return (Part(note_numpy_random),)
    random = sys.modules.get("random")
    if random is not None and issubclass(kind, random.Random):
        return (Part(note_random),)
    in_c = kind.__module__ in ("builtins", "operator", "_collections_abc", "functools", "re", "_io")
    return (REFERENTS,) if in_c and not own_class(kind) and kind is not object else ()
