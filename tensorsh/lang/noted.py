"""How each kind of value is noted before a statement, put back, and given other things in the place of old ones.

A note gives what the value leads to, and tells the snapshot how to put it back; that says whether anything had
changed. Nothing of a program's own is called for it, but the hashes of what a changed set or dictionary held.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from io import BytesIO, StringIO
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .iterators import ATOMS, Again

if TYPE_CHECKING:
    from .snapshot import Snapshot


class Part(NamedTuple):
    """One thing that a kind of value is made of."""

    note: Callable[[Any, Snapshot], Iterable[Any]]
    replace: Callable[[Any, Again], None] | None = None


def inside(items: Iterable[Any]) -> Iterable[Any]:
    """Those of some items that can lead to what changes."""
    if ATOMS.issuperset(map(type, items)):
        return ()
    return [item for item in items if type(item) not in ATOMS]


def same(items: Any, before: Any) -> bool:
    """Whether two collections of one length hold the very same things in one order."""
    return len(before) == len(items) and all(map(is_, items, before))


# ------------------------------------------------------------------ lists and their like


def note_list(items: list[Any], s: Snapshot) -> Iterable[Any]:
    before = list.copy(items)

    def put_back() -> bool:
        if same(list.copy(items), before):
            return False
        list.__setitem__(items, slice(None), before)
        return True

    s.add(items, put_back)
    return inside(before)


def replace_list(items: list[Any], again: Again) -> None:
    for i, value in enumerate(list.copy(items)):
        new = again(value)
        if new is not value:
            list.__setitem__(items, i, new)


def note_deque(items: deque[Any], s: Snapshot) -> Iterable[Any]:
    before = list(deque.copy(items) if type(items) is deque else deque.__iter__(items))

    def put_back() -> bool:
        if same(list(deque.__iter__(items)), before):  # iterators over it stay good
            return False
        deque.clear(items)
        deque.extend(items, before)
        return True

    s.add(items, put_back)
    return inside(before)


def replace_deque(items: deque[Any], again: Again) -> None:
    for i, value in enumerate(list(deque.__iter__(items))):
        new = again(value)
        if new is not value:
            deque.__setitem__(items, i, new)


def note_bytes(items: Any, s: Snapshot) -> Iterable[Any]:
    """bytearray and array.array."""
    kind: Any = array if isinstance(items, array) else bytearray
    before = kind.__getitem__(items, slice(None))

    def put_back() -> bool:
        now = kind.__getitem__(items, slice(None))
        if bytes(memoryview(now)) == bytes(memoryview(before)):
            return False
        kind.__setitem__(items, slice(None), before)
        return True

    s.add(items, put_back)
    return ()


def note_members(items: Any, s: Snapshot) -> Iterable[Any]:
    """Tuples and frozensets."""
    return inside(list(items) if type(items) in (tuple, frozenset) else list(_plain_iter(items)))


def _plain_iter(items: Any) -> Iterable[Any]:
    return tuple.__iter__(items) if isinstance(items, tuple) else frozenset.__iter__(items)


# ------------------------------------------------------------------ dictionaries and sets


def note_dict(items: dict[Any, Any], s: Snapshot) -> Iterable[Any]:
    before = dict(_items(items))
    s.late(items, lambda: put_back_dict(items, before))
    return [*inside(before.values()), *inside(before)]


def _items(items: dict[Any, Any]) -> Any:
    return OrderedDict.items(items) if isinstance(items, OrderedDict) else dict.items(items)


def put_back_dict(items: dict[Any, Any], before: dict[Any, Any]) -> bool:
    """Make a dictionary what it was, its order too; one that is unchanged is left alone."""
    now = list(_items(items))
    if len(now) == len(before) and all(
        a is b and x is y for (a, x), (b, y) in zip(now, before.items(), strict=True)
    ):
        return False
    kind: Any = OrderedDict if isinstance(items, OrderedDict) else dict
    kind.clear(items)
    for key, value in before.items():
        kind.__setitem__(items, key, value)
    return True


def replace_dict(items: dict[Any, Any], again: Again) -> None:
    before = dict(_items(items))
    after = {again(key): again(value) for key, value in before.items()}
    put_back_dict(items, after)


def note_factory(items: defaultdict[Any, Any], s: Snapshot) -> Iterable[Any]:
    """What a defaultdict makes of a missing key."""
    before = items.default_factory

    def put_back() -> bool:
        changed = items.default_factory is not before
        items.default_factory = before
        return changed

    s.add(items, put_back)
    return inside((before,))


def note_set(items: set[Any], s: Snapshot) -> Iterable[Any]:
    before, table = list(set.__iter__(items)), set(items)  # a copy has its members in the same places

    def put_back() -> bool:
        if same(list(set.__iter__(items)), before):
            return False
        for members in (table, before, before[::-1]):  # which collide in another order, perhaps
            set.clear(items)
            set.update(items, members)
            if same(list(set.__iter__(items)), before):
                break
        return True

    s.late(items, put_back)
    return inside(before)


def replace_set(items: set[Any], again: Again) -> None:
    before = list(set.__iter__(items))
    after = [again(item) for item in before]
    if not same(after, before):
        set.clear(items)
        set.update(items, after)


# ------------------------------------------------------------------ arrays, streams of text and of random numbers


def note_array(items: np.ndarray[Any, Any], s: Snapshot) -> Iterable[Any]:
    """The numbers, and how they are looked at."""
    writeable, shape, strides, dtype = items.flags.writeable, items.shape, items.strides, items.dtype
    if not writeable and not items.flags.owndata:
        return (items.base,)  # whose numbers they are
    before = items.copy()

    def put_back() -> bool:
        changed = False
        if (items.shape, items.strides, items.dtype) != (shape, strides, dtype):
            changed = True
            items.dtype = dtype  # type: ignore[misc]
            items.shape = shape
            if items.strides != strides:
                items.strides = strides  # type: ignore[misc]
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


def note_text(stream: StringIO, s: Snapshot) -> Iterable[Any]:
    """A text or bytes in memory: what is written and where it is."""
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


def note_random(stream: Any, s: Snapshot) -> Iterable[Any]:
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


def note_numpy_random(stream: Any, s: Snapshot) -> Iterable[Any]:
    """numpy.random.Generator, RandomState and what they draw from."""
    from ..modules.numpy_state import remembered

    put = remembered(stream)
    if put is not None:

        def put_back() -> bool:
            put()
            return False

        s.add(stream, put_back)
    return ()


LIST = Part(note_list, replace_list)
DICT = Part(note_dict, replace_dict)
MEMBERS = Part(note_members)

#: the parts of Python's and NumPy's containers, and of what is made of them
CONTAINERS: dict[type, tuple[Part, ...]] = {
    list: (LIST,),
    tuple: (MEMBERS,),
    frozenset: (MEMBERS,),
    dict: (DICT,),
    OrderedDict: (DICT,),
    defaultdict: (DICT, Part(note_factory)),
    set: (Part(note_set, replace_set),),
    deque: (Part(note_deque, replace_deque),),
    bytearray: (Part(note_bytes),),
    array: (Part(note_bytes),),
    np.ndarray: (Part(note_array, replace_array),),
    StringIO: (Part(note_text),),
    BytesIO: (Part(note_text),),
}
