"""Random programs from tables of pieces: a word in capitals stands for any line of its table."""

from __future__ import annotations

import re
from random import Random


def lines_of(tables: dict[str, str]) -> dict[str, list[str]]:
    return {name: text.strip().split("\n") for name, text in tables.items()}


def words_of(lines: dict[str, list[str]]) -> re.Pattern[str]:
    """The names of tables, longest first; `NAME0` is what NAME becomes where a piece is deep enough."""
    names = sorted((name for name in lines if not name.endswith("0")), key=len, reverse=True)
    return re.compile("|".join(names) + "|INDEX")


class TableWriter:
    """What writers share: chance, and pieces with all their words replaced."""

    lines: dict[str, list[str]]
    words: re.Pattern[str]

    def __init__(self, seed: int):
        self.seed = seed
        self.random = Random(seed)
        self.index = "i"

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    def text(self, pattern: str, depth: int = 3) -> str:
        """A piece of text with all its words replaced."""

        def replaced(found: re.Match[str]) -> str:
            word = found.group()
            if word == "INDEX":
                return self.index
            small = depth <= 0 and f"{word}0" in self.lines
            return self.text(self.random.choice(self.lines[f"{word}0" if small else word]), depth - 1)

        return self.words.sub(replaced, pattern)
