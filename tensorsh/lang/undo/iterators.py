"""Iterators as they were: what each was made of is noted before a statement, and made again if it fails.

An iterator of Python's cannot be put back once it has come to its end, so another takes its place, wherever it was
held: in lists, tuples, attributes, other iterators. `Again` knows which takes whose place.
"""

from __future__ import annotations

from typing import Any

from ...kinds import ATOMS, kind_of
from ...kinds.iterators import Made, made_of


class Again:
    """What is to stand where something stood; anything else stays. `changed` are the ids of what was put back.

    What a value is made of comes before it, and nothing recurses: a program nests what it likes.
    """

    def __init__(
        self,
        instead: dict[int, Any],
        iterators: list[tuple[Any, Made]],
        changed: frozenset[int] = frozenset(),
    ):
        self.instead = instead
        self.changed = changed
        self.made = {id(iterator): (iterator, made) for iterator, made in iterators}
        self.held: list[Any] = []  # whose ids are in `instead`
        self.stays: dict[int, Any] = {}  # what has been looked at, and stays
        self.inside: set[int] = set()  # what is being looked at, the ones within the others
        self.missing: list[Any] = []  # what has to be looked at before

    def __call__(self, value: Any) -> Any:
        key, kind = id(value), type(value)
        if kind in ATOMS or key in self.stays:
            return value
        if key in self.instead:
            return self.instead[key]
        if key not in self.made and kind_of(kind).again is None:
            return value
        if self.inside:
            if key not in self.inside:  # what leads back to itself stays
                self.missing.append(value)
            return value
        work = [value]
        while work:
            self._look(work)
        return self.instead.get(key, value)

    def _look(self, work: list[Any]) -> None:
        """What stands for the last of these, or first what it is made of."""
        value = work[-1]
        key = id(value)
        self.inside.add(key)
        found = self._other(value, type(value))
        if self.missing:
            work += self.missing
            self.missing = []
            return
        self.inside.discard(key)
        work.pop()
        if found is value:
            self.stays[key] = value
        elif key not in self.instead:  # it may be in several places
            self.held.append(value)
            self.instead[key] = found

    def _other(self, value: Any, kind: type) -> Any:
        if id(value) in self.made:
            return self._iterator(value, self.made[id(value)][1])
        again = kind_of(kind).again
        return value if again is None else again(value, self)

    def _iterator(self, value: Any, made: Made) -> Any:
        if not made:
            return value
        args = self(made[1])
        state = self(made[2]) if len(made) > 2 else None
        if self.missing:
            return value
        stays = args is made[1] and (len(made) < 3 or state is made[2]) and self._is_good(value, args)
        if stays and alike(made_of(value), made):
            return value
        another = made[0](*args)
        if len(made) > 2 and state is not None:
            another.__setstate__(state)
        return another

    def _is_good(self, iterator: Any, args: Any) -> bool:
        """Whether what an iterator goes through has not changed: those of some kinds are no good then."""
        if not self.changed:
            return True
        if type(iterator).__name__.startswith(("dict_", "set_", "odict_")):  # which do not say what it is
            return False
        return self.changed.isdisjoint(map(id, args))


def alike(a: Any, b: Any) -> bool:
    """Whether two answers of `__reduce__` say the same."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if type(a) in ATOMS:
        return bool(a == b)
    if type(a) in (tuple, list):
        return len(a) == len(b) and all(map(alike, a, b))
    return False
