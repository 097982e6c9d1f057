"""Where a mask is true, as a question that guards a program."""

from __future__ import annotations

from .questions import Array, Question


class TruePlaces(Question):
    """The question whether a mask has as many true elements as when it was first asked.

    answer   their places along each dimension, as of the last time; of another mask they are other arrays, since
             graphs keep these
    """

    __slots__ = ("answer",)

    def __init__(self) -> None:
        super().__init__()
        self.answer: tuple[Array, ...] = ()

    def holds(self, array: Array) -> bool:
        found = array.nonzero()
        if self.answer and len(found[0]) != len(self.answer[0]):
            return False
        self.answer = found
        return True
