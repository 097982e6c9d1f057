"""What earlier rounds and traces of a run found out, so that the next trace looks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: an attribute by its name and the id of its instance, or the place where there is another one each time; or a name
Attribute = tuple[int | str, str]
NAME = ""
#: of arrays that go by one name more are others each time
FEW = 32


class History:
    """What earlier traces of a run found out.

    varying   attributes that differ from round to round
    numbers   numbers seen
    fresh     operations and creations of constants that the run changes
    whole     names of lists that the run asks for more than their items
    leaves    places of leaves → the ids of the first, where the loop binds its name, and of its array; `moving` those
              that get others
    instances the same of instances
    inlets    where programs begin that go on from no other's graph (`frame.Inlet`)
    renew     forgets the programs that begin at a statement
    arrays    by the ids of arrays: what was in them when they were first seen; `named` by their names: these ids
    given     what the tensors that a statement makes of data are → the data
    """

    def __init__(self) -> None:
        self.fresh: set[Any] = set()
        self.varying: set[Attribute] = set()
        self.whole: set[str] = set()
        self.numbers: dict[Attribute, Any] = {}
        self.leaves: dict[str, tuple[int, int]] = {}
        self.instances: dict[str, int] = {}
        self.moving: set[str] = set()
        self.arrays: dict[int, bytes] = {}
        self.named: dict[str, set[int]] = {}
        self.inlets: set[int] = set()
        self.given: dict[Any, list[bytes]] = {}
        self.renew: Callable[[int], None] = lambda start: None

    def cut_off(self, start: int) -> None:
        """From now on the program that begins there goes on from no other's graph."""
        if start not in self.inlets:
            self.inlets.add(start)
            self.renew(start)

    def differs(self, attribute: Attribute, number: float) -> bool:
        """Whether it is not the number that was there when it was first seen."""
        return self.numbers.setdefault(attribute, number) != number

    def name_differs(self, name: str, number: float) -> bool:
        """Whether a name that the loop binds has ever been another number."""
        if self.differs((NAME, name), number):
            self.varying.add((NAME, name))
        return (NAME, name) in self.varying

    def always_differs(self, name: str) -> None:
        """It is known beforehand that a name is another number each time."""
        self.varying.add((NAME, name))

    def passed(self, names: Any, varying: frozenset[str]) -> None:
        """A round goes by that is not traced."""
        for name in varying:
            number = names.get(name)
            if type(number) in (int, float):
                self.name_differs(name, number)

    def stays(self, name: str, array: Any) -> bool:
        """Whether an array holds what it held when it was first seen, and is one of a few that go by this name."""
        seen = self.named.setdefault(name, set())
        seen.add(id(array))
        now: bytes = array.tobytes()
        return len(seen) <= FEW and self.arrays.setdefault(id(array), now) == now

    def known(self) -> int:
        return sum(map(len, (self.varying, self.fresh, self.whole, self.inlets, self.moving)))
