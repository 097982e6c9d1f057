"""Earlier results: `_`, `__`, `___`, `_3`, `Out[3]`, and the inputs, `In[3]`.

They are bound while an input that mentions them runs, unless the program has names of its own like them.
"""

from __future__ import annotations

import re
from typing import Any

from ..session import Session

MENTIONED = re.compile(r"\b(?:_{2,3}|_\d+|Out|In)\b")
#: how many are kept
KEPT = 1000


class Results:
    """What inputs showed, by the number of the input."""

    def __init__(self, session: Session):
        self.session = session
        self.values: dict[int, Any] = {}
        self.texts: dict[int, str] = {}
        self.shown: list[Any] = []  # what the input that runs has shown
        self.bound: dict[str, Any] = {}

    def begin(self, number: int, text: str) -> None:
        """An input is about to run."""
        self.shown.clear()
        self.texts[number] = text
        for name in set(MENTIONED.findall(text)):
            if name not in self.session and (value := self.find(name, number)) is not self:
                self.bound[name] = self.session[name] = value

    def find(self, name: str, number: int) -> Any:
        """What one of the names means; `self` where it means nothing."""
        if name in ("Out", "In"):
            return dict(self.values if name == "Out" else self.texts)
        if name.strip("_"):
            return self.values.get(int(name[1:]), self)
        ago = list(self.values.values())[-len(name) :]
        return ago[0] if len(ago) == len(name) else self

    def end(self, number: int) -> None:
        """It has run: what it showed last is kept, if it was not taken back."""
        for name, value in self.bound.items():
            if name in self.session and self.session[name] is value:
                del self.session[name]
        self.bound.clear()
        if self.shown and "_" in self.session and self.session["_"] is self.shown[-1]:
            self.values[number] = self.shown[-1]
            if len(self.values) > KEPT:
                del self.values[next(iter(self.values))]
        self.shown.clear()
