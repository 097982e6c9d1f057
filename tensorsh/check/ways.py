"""The ways that a rewritten program goes: both of a branch, a few rounds of a loop, the handlers of a `try`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..engine.core.results import Size
from ..engine.values.tensor import Tensor
from .joined import fingerprint, join, widen
from .numbers import named, one_of, stands_in
from .sizes import sizes
from .unknown import UNKNOWN, blurred, not_known, opened
from .unknown import vague as vagueness
from .values import (
    Choice,
    unpacked,
)

if TYPE_CHECKING:
    from .frames import Frame

#: rounds of a loop of which nobody knows how often it goes round
ROUNDS = 3
#: rounds of loops that are gone in one run of a statement, before loops are cut short
BUDGET = 4_000
#: and calls that are made, and operations
CALLS = 200_000
WORK = 8_000


class Ended(BaseException):
    """A way through the program that is over: it returned, raised, or left a loop under a condition nobody knows."""

    def __init__(self, how: str, loop: Any = None):
        self.how = how
        self.loop = loop


class Trying:
    """A `try` of the program."""

    def __init__(self, frame: Frame):
        self.frame = frame
        self.depth = frame.depth
        self.doubts = frame.analysis.doubts

    def caught(self) -> None:
        self.frame.depth = self.depth

    def perhaps(self, returns: bool) -> bool:
        """Whether a handler may have run that did not."""
        if self.frame.analysis.doubts == self.doubts:
            return False
        if returns:
            self.frame.results.append(UNKNOWN)
        return True


class Branching:
    """What a branch and a loop share: names before, and what of them is unknown afterwards."""

    def __init__(self, frame: Frame, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any]):
        self.frame = frame
        self.names = names
        self.used = used
        self.start: dict[str, Any] = {}
        self.after: dict[str, Any] | None = None

    def note(self, space: dict[str, Any]) -> None:
        self.start = {name: space[name] for name in self.names if name in space}
        self.marks = fingerprint(space, self.used)

    def widen(self) -> None:
        """Containers that have changed, and nobody knows whether, are not known any more."""
        widen(self.marks)


class Branch(Branching):
    """An `if`."""

    def __init__(
        self, frame: Frame, value: Any, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any]
    ):
        super().__init__(frame, names, used, space)
        choice = Choice(value)
        self.then, self.otherwise, self.both = choice.then, choice.otherwise, choice.both
        self.ends: list[Ended | None] = []
        self.end: Ended | None = None
        if self.both:
            frame.analysis.doubts += 1
            self.depth = frame.depth
            frame.depth += 1
            self.note(space)

    def ended(self, end: Ended) -> bool:
        if not self.both:
            raise end
        self.end = end
        return True

    def between(self, space: dict[str, Any]) -> None:
        self.frame.depth = self.depth + 1
        self.first_end, self.end = self.end, None
        self.first = {name: space[name] for name in self.names if name in space}

    def before(self, name: str) -> Any:
        return self.start.get(name, UNKNOWN)

    def close(self, space: dict[str, Any]) -> None:
        self.frame.depth = self.depth
        second = {name: space[name] for name in self.names if name in space}
        if self.first_end is not None and self.end is not None:
            self.widen()
            raise self.end
        end = self.first_end or self.end
        if end is not None and end.loop is None:
            self.frame.perhaps = True
        elif end is not None:
            self.frame.depth += 1  # until the round is over
        if self.first_end is not None:
            self.after = second
        elif self.end is not None:
            self.after = self.first
        else:
            self.after = {
                name: join(self.first.get(name, UNKNOWN), second.get(name, UNKNOWN)) for name in self.names
            }

    def joined(self, name: str) -> Any:
        assert self.after is not None
        return self.after.get(name, UNKNOWN)


class Loop(Branching):
    """A `for` or `while`."""

    def __init__(
        self, frame: Frame, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any], place: Any
    ):
        super().__init__(frame, names, used, space)
        self.place = place
        self.depth = frame.depth
        self.broken = self.vague = self.maybe = False
        self.round = 0
        self.note(space)

    def leave(self, how: str) -> None:
        """`break` and `continue`."""
        if self.frame.depth > self.depth:
            raise Ended(how, self)
        self.broken = self.broken or how == "break"

    def ended(self, end: Ended) -> bool:
        """Whether the loop is left by a way that is over."""
        self.frame.depth = self.depth
        if end.loop is not self:
            raise end
        self.maybe = True
        return end.how == "break"

    def more(self) -> bool:
        """Whether another round is gone, of a loop that may be over."""
        analysis = self.frame.analysis
        self.frame.depth = self.depth
        self.round += 1
        analysis.steps += 1
        if self.vague and self.round > ROUNDS:
            return False
        spent = analysis.steps > BUDGET or analysis.calls > CALLS or analysis.work > WORK
        if spent and self.round > ROUNDS:
            self.doubt()
            return False
        return True

    def doubt(self) -> None:
        if not self.vague:
            self.frame.analysis.doubts += 1
        self.vague = True

    def again(self, value: Any) -> bool:
        """The condition of a `while`."""
        choice = Choice(value)
        if choice.both or self.maybe:
            self.doubt()
        return choice.then and self.more()

    def rounds(self, iterable: Any, shape: Any) -> Iterator[Any]:
        """What a `for` goes over."""
        if not_known(iterable):
            self.doubt()
            iterable = (one_of(unknown) for unknown in [iterable] * 2)
        elif sizes.made and issubclass(type(iterable), Size):
            iterable = tuple(map(named, iterable))
        elif sizes.made and issubclass(type(iterable), Tensor | range) and stands_in(len(iterable)):
            self.doubt()
            iterable = [iterable[0], iterable[1]]
        before = vagueness.count
        try:
            for value in iterable:
                if vagueness.count != before:
                    vagueness.count = before
                    self.doubt()
                if self.maybe or opened.has(iterable):
                    self.doubt()
                if not self.more():
                    return
                yield unpacked(UNKNOWN if blurred.has(iterable) else value, shape)
        except Exception as error:
            if self.frame.analysis.refused(self.place, error):
                raise
            self.doubt()
            if self.round == 0:
                yield unpacked(UNKNOWN, shape)

    def close(self, space: dict[str, Any]) -> None:
        self.frame.depth = self.depth
        now = {name: space[name] for name in self.names if name in space}
        self.after = {
            name: join(self.start[name], value) if name in self.start else value
            for name, value in now.items()
        }

    def joined(self, name: str) -> Any:
        assert self.after is not None
        return self.after.get(name, UNKNOWN)
