"""The interrupt of a loop between two of its rounds."""

from __future__ import annotations


class BetweenRounds(KeyboardInterrupt):
    """Ctrl-C, when the running round was over: what the loop has done is kept. `place` names the last round."""

    def __init__(self, place: str):
        super().__init__()
        self.place = place


BetweenRounds.__name__ = BetweenRounds.__qualname__ = "KeyboardInterrupt"
BetweenRounds.__module__ = "builtins"
