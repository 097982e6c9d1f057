"""Where a mask is true, as a question that guards a program."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class TruePlaces:
    """The question whether a mask has as many true elements as when it was first asked.

    answer   their places along each dimension, as of the last time; of another mask they are other arrays, since
             graphs keep these
    """

    __slots__ = ("answer", "array", "version")

    def __init__(self) -> None:
        self.answer: tuple[Array, ...] = ()
        self.array: Any = None
        self.version = -1

    def __call__(self, t: Any) -> bool:
        version = 0 if t.counter is None else t.counter[0]
        if t.array is self.array and version == self.version:
            return True
        found = t.array.nonzero()
        if self.answer and len(found[0]) != len(self.answer[0]):
            return False
        self.answer, self.array, self.version = found, t.array, version
        return True
