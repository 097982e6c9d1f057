"""What a statement may change, as it was before: a failed statement leaves everything a program can see alone.

Before a statement runs, everything its variables lead to is noted: what lists, dictionaries and sets hold, the
attributes of instances and classes, the variables that functions close over, the numbers of arrays, where iterators
stand. So nothing has to be told of a change, whoever makes it, and what the statement makes itself costs nothing.
Tensors note their own changes (`engine.core.journal`), since they share memory and are large. Where nobody can look
afterwards (a script that ends with its first error), nothing is noted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from types import FunctionType, GeneratorType
from typing import Any

from ...engine.core.journal import memory_of
from ...engine.core.sealed import changing
from ...engine.values.tensor import Tensor
from ...kinds import ATOMS, kind_of
from ...kinds.aspects import Part
from ...kinds.iterators import Made
from ...kinds.undo import Undo
from ..code.scopes import mentioned
from .iterators import Again
from .relay import Relay, may_change, reads_outside, relay
from .touches import finds


class Snapshot:
    """What `roots` lead to; `restore` puts it back. What is in `skip` is not looked into.

    With `spaces`, dictionaries of variables, it is `narrow`: of these only the bindings are noted, and functions lead
    to the variables that they name. Where that does not tell what can be touched, `spaces` are roots after all.
    """

    looks = False  # whether nothing is to be put back
    stands = False  # whether no statement begins, and it is returned to from before and after

    def __init__(self, roots: Iterable[Any], skip: Iterable[Any] = (), spaces: Iterable[Any] = ()):
        roots, skip, self.spaces = list(roots), list(skip), list(spaces)
        self.instead: list[tuple[Any, Any]] = []  # what has taken whose place: relays, iterators made again
        self.narrow = bool(self.spaces)
        self._look(roots, skip)
        if self.narrow and self.wide:
            self.narrow, roots = False, [*self.spaces, *roots]
            self._look(roots, skip)
        while self.unheld:
            relays = [(each, relay(each)) for each in self.unheld]
            self.instead += relays
            again = Again({id(each): made for each, made in relays}, self.iterators)
            self._replace(again)
            for _, made in relays:  # one in another is found before the other is held
                list(made._begin())
                made._replace(again)
            roots = [again(each) for each in roots]
            self._look(roots, skip)

    def _look(self, roots: list[Any], skip: list[Any]) -> None:
        """Note everything."""
        self.kinds: list[tuple[Any, Undo]] = []  # classes, which say how the others are put back
        self.undo: list[tuple[Any, Undo]] = []
        self.hashed: list[tuple[Any, Undo]] = []  # dictionaries and sets, after what their keys are made of
        self.parts: dict[type, tuple[Part, ...]] = {}  # of each kind that is met
        self.iterators: list[tuple[Any, Made]] = []
        self.relays: list[Relay] = []
        self.unheld: list[Any] = []  # generators that are in no relay yet
        seen: dict[int, Any] = {id(each): each for each in skip}  # each thing by its id, which keeps it alive
        self.seen = seen
        self.wide = False  # whether what is led to cannot be told from names
        work = list(roots)
        if self.narrow:
            self.parts[dict] = kind_of(dict).parts or ()
            for space in self.spaces:
                seen[id(space)] = space
                for part in self.parts[dict]:
                    part.note(space, self)
        while work:
            thing = work.pop()
            kind = type(thing)
            if kind in ATOMS or id(thing) in seen:
                continue
            if self.wide and self.narrow:
                return  # it begins again with everything
            seen[id(thing)] = thing
            parts = self.parts.get(kind)
            if parts is None:
                parts = self.parts[kind] = kind_of(kind).parts or ()
            for part in parts:
                work.extend(part.note(thing, self))

    def mentioned(self, function: FunctionType) -> list[Any]:
        """The variables that a function names."""
        if not self.narrow:
            return []
        code, names = function.__code__, function.__globals__
        self.wide = self.wide or finds(code)
        return [names[name] for name in mentioned(code) if name in names]

    def become(self, thing: Any, kind: type) -> None:
        """Make a thing one of another class, a sealed one of the library's too."""
        with changing(type(thing), kind):
            object.__setattr__(thing, "__class__", kind)

    def widen(self) -> None:
        """What is led to cannot be told."""
        self.wide = True

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
        changed, again = self._put_back()
        if self.relays:
            changed |= written & ids(self.seen)
        for each in self.relays:
            each._undo(again, partial(changed_by, changed, written))

    def commit(self) -> None:
        """The statement has done what it should."""
        for each in self.relays:
            each._end()

    def keep(self) -> None:
        """The same, but it may be taken back later."""
        self.noted = [each._noted() for each in self.relays]
        self.commit()

    def take_back(self, written: frozenset[int]) -> None:
        """Put everything back after `keep`."""
        for each, noted in zip(self.relays, self.noted, strict=True):
            each._put(noted)
        self.restore(written)

    def _put_back(self) -> tuple[set[int], Again]:
        """Put back all but the relays; what had changed, and what takes whose place."""
        changed = {id(thing) for thing, undo in (*self.kinds, *self.undo, *self.hashed) if undo()}
        again = Again({}, self.iterators, frozenset(changed))
        for iterator, _ in self.iterators:
            again(iterator)
        if again.held:
            self._replace(again)
            self.instead += [(each, again(each)) for each in again.held]
        return changed, again

    def _replace(self, again: Again) -> None:
        """Put what `again` gives in the place of what is held."""
        for thing in list(self.seen.values()):
            for part in self.parts.get(type(thing), ()):
                if part.replace is not None:
                    part.replace(thing, again)
        for each in self.relays:
            each._replace(again)


class Standing(Snapshot):
    """Everything between two statements: `return_to` comes back to it from before and after."""

    stands = True

    def __init__(self, roots: Iterable[Any], skip: Iterable[Any] = ()):
        super().__init__(roots, skip)
        self.commit()
        self.noted = [each._stands() for each in self.relays]

    def return_to(self) -> None:
        """Put everything back."""
        self._put_back()
        for each, noted in zip(self.relays, self.noted, strict=True):
            each._put(noted)


class Reach(Snapshot):
    """What some values lead to; nothing is told of it."""

    looks = True
    narrow = False

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
