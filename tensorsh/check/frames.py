"""Calls of the program's functions that run: which ways through each are over, and what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .joined import join
from .numbers import Some, plain
from .unknown import UNKNOWN, blurred, holds_unknown, not_known
from .values import CONTAINERS, Choice
from .ways import Branch, Ended, Loop, Trying

if TYPE_CHECKING:
    from .analysis import Analysis


class Frame:
    """A call of a function, or a statement outside of any."""

    def __init__(self, analysis: Analysis, function: Any, outer: bool):
        self.analysis = analysis
        self.function = function
        self.outer = outer
        self.depth = 0
        self.perhaps = False  # whether it may be over: it returned or raised under a condition nobody knows
        self.doubts = analysis.doubts
        self.results: list[Any] = []
        self.text: Any = None  # what Python insists on: a text, a hash or a length

    @property
    def uncertain(self) -> bool:
        """Whether nobody knows that the program comes here."""
        return self.depth > 0 or self.perhaps or self.outer

    def returned(self, value: Any) -> Any:
        if self.depth or self.perhaps:
            self.results.append(value)
            raise Ended("return")
        for other in self.results:
            value = join(other, value)
        return self.given(value)

    def given(self, value: Any) -> Any:
        """What a call gives."""
        if self.text and not_known(value):
            if self.text == "__len__":
                return plain(value)
            text = str(value)
            return 0 if self.text == "__hash__" else text
        return value

    def ended(self, end: Ended) -> Any:
        """What a call gives all of whose ways are over."""
        if end.how == "raise" and not self.results:
            if self.outer:
                raise end
            return self.given(UNKNOWN)
        result = self.results[0] if self.results else UNKNOWN
        for other in self.results[1:]:
            result = join(result, other)
        return self.given(result)

    def left(self) -> None:
        active = self.analysis.active.get(self.function)
        if active:
            active.pop()
        frames = self.analysis.frames
        if self in frames:
            del frames[frames.index(self) :]

    def raises(self) -> None:
        if self.uncertain:
            self.analysis.doubts += 1
            raise Ended("raise")

    def certain(self, value: Any) -> bool:
        """The condition of an `assert`: one that nobody knows holds."""
        choice = Choice(value)
        return choice.both or choice.then or self.uncertain

    def branch(
        self, value: Any, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any]
    ) -> Branch:
        return Branch(self, value, names, used, space)

    def loop(self, names: tuple[str, ...], used: tuple[str, ...], space: dict[str, Any], place: Any) -> Loop:
        return Loop(self, names, used, space, place)

    def matches(self, subject: Any) -> bool:
        """Whether it is known which case of a `match` is taken."""
        if holds_unknown(subject):
            self.doubt()
            return False
        return True

    def doubt(self) -> None:
        """The function may have returned something else."""
        self.analysis.doubts += 1
        self.results.append(UNKNOWN)

    def blurs(self, container: Any, index: Any) -> bool:
        """Whether nobody knows what of a container is replaced."""
        if not_known(container):
            if isinstance(container, Some):
                container.blur()
            return True
        if isinstance(container, CONTAINERS) and holds_unknown(index):
            blurred.add(container)
            return True
        return holds_unknown(index)

    def item(self, container: Any, index: Any, value: Any) -> Any:
        """What is put into a container, where it may not be."""
        if not self.uncertain or not isinstance(container, list | dict):
            return value
        try:
            return join(container[index], value)
        except (LookupError, TypeError):
            return value

    def trying(self) -> Trying:
        return Trying(self)
