"""Which calls of a program become machine code together, and the texts of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .machine.forms import Unknown
from .machine.operands import Call
from .machine.straight import Straight
from .plain import OTHER, VIEW, Plain, call_of, name_of
from .repeats import cuts, distinct, pieces, signature

#: fewer calls in a row are not worth the call of a function
FEWEST = 3


class Piece(NamedTuple):
    """Entries `start` to `stop` of a program, done by a function: the one of text `number`."""

    start: int
    stop: int
    number: int


class Outline(NamedTuple):
    """Pieces in order, and the texts of their functions, each with the loops of NumPy's that it calls.

    calls   how many calls there are in all texts: what LLVM has to do
    """

    pieces: list[Piece]
    texts: list[str]
    loops: list[list[tuple[str, str]]]
    calls: int


def outlined(entries: Sequence[Plain]) -> Outline:
    """What becomes of a program whose calls these are."""
    calls = [each if each in (VIEW, OTHER) else call_of(each) for each in entries]
    parts, different = split(runs(calls), calls)
    outline = Outline([], [], [], different)
    for start, stop in parts:
        straight = Straight([each for each in calls[start:stop] if isinstance(each, Call)])
        text = straight.text()
        if text not in outline.texts:
            outline.texts.append(text)
            outline.loops.append([(name_of(f) or "", types) for f, types in straight.loops])
        outline.pieces.append(Piece(start, stop, outline.texts.index(text)))
    return outline


def runs(calls: Sequence[Any]) -> list[tuple[int, int]]:
    """From where to where calls in a row can be one function, with the views between them."""
    found: list[tuple[int, int]] = []
    seen: dict[Any, bool] = {}
    start = 0
    for i, each in enumerate([*calls, OTHER]):
        if each is OTHER or (isinstance(each, Call) and not known(each, seen)):
            if sum(isinstance(call, Call) for call in calls[start:i]) >= FEWEST:
                found.append((start, i))
            start = i + 1
    return found


def known(call: Call, seen: dict[Any, bool]) -> bool:
    """Whether there is machine code for a call."""
    key = signature(call)
    if key not in seen:
        try:
            Straight([call])
            seen[key] = True
        except (Unknown, KeyError):
            seen[key] = False
    return seen[key]


def split(found: list[tuple[int, int]], calls: Sequence[Any]) -> tuple[list[tuple[int, int]], int]:
    """Long runs in pieces, and how many calls the pieces have that differ."""
    made: list[tuple[int, int]] = []
    parts: list[tuple[Any, ...]] = []
    for first, last in found:
        where = [i for i in range(first, last) if isinstance(calls[i], Call)]
        signatures = [signature(calls[i]) for i in where]
        starts = cuts(signatures)
        ends = [where[start] for start in starts[1:]]
        made += zip([first, *ends], [*ends, last], strict=True)
        parts += pieces(signatures, starts)
    return made, distinct(parts)
