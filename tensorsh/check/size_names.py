"""What reports call sizes that nobody knows: by the variable that the program gives them, else by a letter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .sizes import NEAR, PARTS, sizes

LETTERS = "nmklpqrs"
TARGETS = re.compile(r"\s*(?:for\s+)?((?:\w+\s*,\s*)*\w+)\s*(?:=(?!=)|:\s*int\s*=)")


class SizeNames:
    """The names of one file's sizes; `find` gives the node of a line of compiled code."""

    def __init__(self, find: Callable[[str, int], Any]):
        self.find = find
        self.names: dict[int, str] = {}

    def in_text(self, text: str) -> str:
        """A message with names for the sizes in it."""
        return re.sub(r"\d{4,18}", lambda found: self.written(int(found[0])), text) if sizes.made else text

    def written(self, n: int) -> str:
        if not sizes.stands(n):
            return str(n)
        factors = sizes.primes_of(n)
        if factors:
            rest = n
            for p in factors:
                rest //= p
            return "*".join([*([str(rest)] if rest != 1 else []), *map(self.name, factors)])
        for p in sizes.made.values():
            for part in PARTS:
                times, more = divmod(n * part + NEAR, p)
                if more <= 2 * NEAR and part == 1:
                    return f"{'' if times == 1 else f'{times}*'}{self.name(p)}{more - NEAR:+d}"
                if more <= 2 * NEAR and times == 1:
                    return f"{self.name(p)}/{part}"
        return "?"

    def name(self, p: int) -> str:
        if p not in self.names:
            wanted = self.variable(next(key for key, made in sizes.made.items() if made == p))
            taken = set(self.names.values())
            free = [wanted] if wanted else [each for each in LETTERS if each not in taken]
            name = free[0] if free else "n"
            self.names[p] = name if name not in taken else f"{name}{len(taken)}"
        return self.names[p]

    def variable(self, key: Any) -> str | None:
        """The variable that is assigned where a size was asked for."""
        if isinstance(key[0], str) and key[0].isidentifier():
            return key[0]  # a named size of an annotation
        file, line, *more = key if isinstance(key, tuple) and len(key) > 1 else ("", 0)
        node = self.find(file, line) if isinstance(file, str) and isinstance(line, int) else None
        if node is None:
            return None
        source, start = node.span.source, node.span.start
        begin = source.text.rfind("\n", 0, start) + 1
        end = source.text.find("\n", start)
        written = source.text[begin : end if end >= 0 else None]
        found = TARGETS.match(written)
        if found is None:
            return None
        targets = re.split(r"\s*,\s*", found[1])
        position = more[0] if len(more) == 2 else commas(written[found.end() : max(start - begin, 0)])
        return targets[position] if position < len(targets) else None


def commas(text: str) -> int:
    """Commas outside of brackets."""
    while text != (less := re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", text)):
        text = less
    return text.count(",")
