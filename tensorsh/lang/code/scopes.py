"""The scopes of a text, as Python has compiled it: what a body and what is defined in it mention, read and bind.

A text is compiled as it is run, so these are the scopes of the run, whichever of the two kinds of program it is. What a
statement can touch (`touches`), what a loop reads (`reach`), which names of the language are wanted (`namespace`),
which names nothing binds (`check.names`) and which can be typed (`services.typed`) are all told from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import Any

READS = frozenset(("LOAD_NAME", "LOAD_GLOBAL"))
BINDS = frozenset(("STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL"))


def codes(code: CodeType) -> Iterator[CodeType]:
    """A body and what is defined in it."""
    pending = [code]
    while pending:
        here = pending.pop()
        yield here
        pending.extend(each for each in reversed(here.co_consts) if isinstance(each, CodeType))


@lru_cache(1000)
def mentioned(code: CodeType) -> frozenset[str]:
    """Every name that a body and what is defined in it mention, attributes too."""
    return frozenset(name for each in codes(code) for name in each.co_names)


def steps_of(code: CodeType, kinds: frozenset[str]) -> Iterator[Any]:
    """The instructions of these kinds in one body, in order."""
    import dis  # a start that only runs needs none

    return (step for step in dis.get_instructions(code) if step.opname in kinds)


def looked_up(code: CodeType) -> list[str]:
    """Every name that a body and what is defined in it look up outside of functions, in order."""
    return list(dict.fromkeys(step.argval for each in codes(code) for step in steps_of(each, READS)))


def bound(code: CodeType) -> set[str]:
    """Every name that a body and what is defined in it bind or delete outside of functions."""
    return {step.argval for each in codes(code) for step in steps_of(each, BINDS)}


@lru_cache(1000)
def compares_identity(code: CodeType) -> bool:
    """Whether a body, or what is defined in it, asks whether two things are one, neither a constant (`x is None`)."""
    import dis

    before = ""
    for each in codes(code):
        for step in dis.get_instructions(each):
            if step.opname == "IS_OP" and before != "LOAD_CONST":
                return True
            before = step.opname
    return False
