"""Iterators and generators: what an iterator is made of is noted before a statement, and made again if it fails.

A generator cannot be made again once it has begun: it is put in a relay (`lang.undo.relay`).
"""

from __future__ import annotations

from collections.abc import Iterable
from types import GeneratorType
from typing import Any

from .aspects import Part
from .kind import ALL, ATOMS, Kind, describe
from .ownership import own_class
from .undo import Notes

#: (class, arguments[, state]) as `__reduce__` gives it
Made = tuple[Any, ...]


def is_iterator(kind: type) -> bool:
    """Whether a kind is one of the iterators of Python's builtins, `itertools` and `collections`."""
    return (
        hasattr(kind, "__next__")
        and not own_class(kind)
        and kind.__module__ in ("builtins", "itertools", "_collections", "collections")
    )


def made_of(iterator: Any) -> Made | None:
    """What an iterator is made of now; None where Python does not say."""
    try:
        return tuple(iterator.__reduce__())
    except TypeError:
        return None
    except RuntimeError:  # what it goes through has changed: it will say so itself
        return ()


def note_iterator(iterator: Any, s: Notes) -> Iterable[Any]:
    made = made_of(iterator)
    if made is None:
        s.unheld.append(iterator)
        return ()
    s.iterators.append((iterator, made))
    return [part for part in made[1:] if type(part) not in ATOMS]


def note_generator(generator: Any, s: Notes) -> Iterable[Any]:
    """A generator that has come from another statement: it is put in a relay."""
    s.unheld.append(generator)
    s.widen()
    frame = generator.gi_frame
    if s.looks or frame is None or generator.gi_suspended or generator.gi_running:
        return ()
    return list(frame.f_locals.values())  # one that has not begun is made anew, from what it was given


ITERATOR = Part(note_iterator)
describe(GeneratorType, Kind(parts=(Part(note_generator),), closed=ALL))
