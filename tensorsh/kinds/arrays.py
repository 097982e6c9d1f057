"""NumPy's arrays, and what its random numbers are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .aspects import Part
from .kind import Kind, describe
from .undo import Again, Notes, inside

# ------------------------------------------------------------------ arrays


def note_array(items: np.ndarray[Any, Any], s: Notes) -> Iterable[Any]:
    """The numbers, and how they are looked at."""
    writeable, shape, strides, dtype = items.flags.writeable, items.shape, items.strides, items.dtype
    if not writeable and not items.flags.owndata:

        def lock() -> bool:
            """Undo and redo come here from where it could be written to."""
            unlocked = items.flags.writeable
            items.flags.writeable = False
            return unlocked

        s.add(items, lock)
        return (items.base,)  # whose numbers they are
    before = items.copy()

    def put_back() -> bool:
        changed = False
        if (items.shape, items.strides, items.dtype) != (shape, strides, dtype):
            changed = True
            if dtype.hasobject != items.dtype.hasobject:  # which nothing but a state changes
                state: Any = before.__reduce__()[2]
                items.__setstate__(state)
            items.dtype = dtype  # type: ignore[misc]
            items.shape = shape
            if items.strides != strides:
                items.strides = strides
        if items.flags.writeable != writeable:
            changed = True
            items.flags.writeable = True
        if items.flags.writeable and not _alike(items, before):
            changed = True
            np.copyto(items, before, casting="unsafe")
        if items.flags.writeable != writeable:
            items.flags.writeable = writeable
        return changed

    s.add(items, put_back)
    base = () if items.base is None else (items.base,)
    return [*base, *inside(before.ravel().tolist())] if dtype.hasobject else base


def _alike(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    if a.dtype.hasobject:
        return False
    return a.tobytes() == b.tobytes()


def replace_array(items: np.ndarray[Any, Any], again: Again) -> None:
    if items.dtype == object and items.flags.writeable:
        for place, value in enumerate(list(items.flat)):
            items.flat[place] = again(value)


describe(np.ndarray, Kind(parts=(Part(note_array, replace_array),)))

# ------------------------------------------------------------------ streams of random numbers


def note_random(stream: Any, s: Notes) -> Iterable[Any]:
    """numpy.random.Generator, RandomState and what they draw from."""
    put = remembered(stream)
    if put is not None:

        def put_back() -> bool:
            put()
            return False

        s.add(stream, put_back)
    return ()


def remembered(stream: Any) -> Callable[[], None] | None:
    """How to put a random generator back as it is now; None for anything else."""
    if isinstance(stream, np.random.Generator):
        return remembered(stream.bit_generator)
    if isinstance(stream, np.random.BitGenerator):
        held = stream.state
        return lambda: setattr(stream, "state", held)
    if isinstance(stream, np.random.RandomState):
        saved = stream.get_state(legacy=False)
        return lambda: stream.set_state(saved)
    return None


RANDOM = Part(note_random)
