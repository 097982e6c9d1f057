"""Questions about the elements of a tensor that guard a program: asked again only when they may have another answer."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Question:
    """Whether an array is as a program needs it, which `holds` says; of the same elements it was the last time."""

    __slots__ = ("array", "version")

    def __init__(self) -> None:
        self.array: Any = None
        self.version = -1

    def holds(self, array: Array) -> bool:
        raise NotImplementedError

    def __call__(self, t: Any) -> bool:
        version = 0 if t.counter is None else t.counter[0]
        if t.array is self.array and version == self.version:
            return True
        self.array = None
        if not self.holds(t.array):
            return False
        self.array, self.version = t.array, version
        return True
