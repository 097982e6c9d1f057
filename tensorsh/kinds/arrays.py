"""NumPy's arrays, and what its random numbers are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from .aspects import Part
from .kind import Kind, describe, equal
from .undo import Again, Notes, inside

#: bytes that are compared at once
PIECE = 1 << 18

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
    # what another array has is noted there: a view may repeat its elements more often than memory holds
    before = None if isinstance(items.base, np.ndarray) and not dtype.hasobject else items.copy()

    def put_back() -> bool:
        changed = False
        if (items.shape, items.strides, items.dtype) != (shape, strides, dtype):
            changed = True
            if (
                before is not None and dtype.hasobject != items.dtype.hasobject
            ):  # which nothing but a state changes
                state: Any = before.__reduce__()[2]
                items.__setstate__(state)
            items.dtype = dtype  # type: ignore[misc]
            items.shape = shape
            if items.strides != strides:
                items.strides = strides
        if items.flags.writeable != writeable:
            changed = True
            items.flags.writeable = True
        if before is not None and items.flags.writeable and not _alike(items, before):
            changed = True
            np.copyto(items, before, casting="unsafe")
        if items.flags.writeable != writeable:
            items.flags.writeable = writeable
        return changed

    s.add(items, put_back)
    base = () if items.base is None else (items.base,)
    return [*base, *inside(before.ravel().tolist())] if before is not None and dtype.hasobject else base


def _alike(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Whether two arrays of one shape have the same bytes; False where they may not be compared."""
    if a.dtype.hasobject:
        return False
    if a.nbytes <= PIECE or not a.flags.c_contiguous or not b.flags.c_contiguous:
        return a.tobytes() == b.tobytes()
    one, other = a.reshape(-1).view(np.uint8), b.reshape(-1).view(np.uint8)
    pieces = [slice(begin, begin + PIECE) for begin in range(0, a.nbytes, PIECE)]
    return all(np.array_equal(one[piece], other[piece]) for piece in pieces)


def replace_array(items: np.ndarray[Any, Any], again: Again) -> None:
    if items.dtype == object and items.flags.writeable:
        for place, value in enumerate(list(items.flat)):
            items.flat[place] = again(value)


#: bytes of an array that a program compares each time
MOST_COMPARED = 1 << 12


def follow_array(
    items: np.ndarray[Any, Any], reach: Any, path: str, varies: bool, depth: int, name: str
) -> None:
    """A small array that the loop does not set is a constant of a program: this very one, with what is in it now.

    Nothing may write to it while the trace runs, which would see that once. One that was another or held something else
    at an earlier trace of the run is none.
    """
    if (
        varies
        or items.dtype.hasobject
        or items.nbytes > MOST_COMPARED
        or not reach.history.stays(name, items)
    ):
        reach.refuse("a ndarray")
    if reach.known(items, path):
        return
    reach.arrays.append(items)
    reach.same(items, path)
    reach.guards.append(f"{path}.tobytes() == {reach.constant(items.tobytes())}")
    if items.flags.writeable:
        items.flags.writeable = False
        reach.undo.append(partial(setattr, items.flags, "writeable", True))


describe(np.ndarray, Kind(parts=(Part(note_array, replace_array),), follow=follow_array))


def follow_scalar(value: Any, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A number of NumPy's is a constant of a program, as long as the loop does not set it."""
    if varies:
        reach.refuse(f"a {type(value).__name__}")
    equal(value, reach, path, varies, depth, name)
    if value == 0:  # which has a sign
        reach.guards.append(f"str({path}) == {str(value)!r}")


for scalar in (np.float64, np.float32, np.int64, np.int32, np.bool_):
    describe(scalar, Kind(parts=(), follow=follow_scalar))

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
