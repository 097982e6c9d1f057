"""Texts and bytes in memory that are written to, and Python's streams of random numbers."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO, StringIO
from typing import Any

from .aspects import Part
from .kind import Kind, describe
from .undo import Notes


def note_text(stream: StringIO, s: Notes) -> Iterable[Any]:
    """What is written and where it is."""
    if stream.closed:
        return ()
    before: Any = stream.__getstate__()

    def put_back() -> bool:
        now: Any = None if stream.closed else stream.__getstate__()
        if now is not None and now[:-1] == before[:-1]:
            return False
        if stream.closed:
            type(stream).__init__(stream, before[0])
        stream.__setstate__((*before[:-1], None))  # type: ignore[attr-defined]
        return True

    s.add(stream, put_back)
    return ()


describe(StringIO, Kind(parts=(Part(note_text),)))
describe(BytesIO, Kind(parts=(Part(note_text),)))


def note_random(stream: Any, s: Notes) -> Iterable[Any]:
    """random.Random."""
    try:
        before = stream.getstate()
    except NotImplementedError:  # the system's
        return ()

    def put_back() -> bool:
        if stream.getstate() == before:
            return False
        stream.setstate(before)
        return True

    s.add(stream, put_back)
    return ()


RANDOM = Part(note_random)
