"""Lists, tuples, deques and arrays of bytes and numbers."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from .aspects import Brackets, Json, Part, Tree
from .atoms import THEMSELVES, words
from .kind import ATOMS, Kind, describe, method
from .ownership import name_of, own_class
from .undo import Again, Notes, inside, same

MOST_ITEMS = 64  # that a program is made for


def follow(items: Any, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A program holds for a list or tuple of the same length; what is in it is followed, too."""
    if len(items) > MOST_ITEMS or depth > 3:
        reach.refuse("a long list")
    if not reach.known(items, path):
        reach.guards.append(f"type({path}) is {reach.constant(type(items))} and len({path}) == {len(items)}")
        reach.contents(items, path, varies, depth, name)


def joined(items: Any, leaving: Any) -> str:
    return "".join(f"{leaving.value(item)}, " for item in items)


def plain(items: Any, options: Any) -> str | None:
    """What Python writes where nothing inside needs another repr than Python's."""
    return repr(items) if ATOMS.issuperset(map(type, items)) else None


def listed(items: Any, item: Callable[[Any], Any]) -> list[Any]:
    return [each if type(each) in THEMSELVES else item(each) for each in items]


LISTED = Json(listed)

# ------------------------------------------------------------------ lists


def note_list(items: list[Any], s: Notes) -> Iterable[Any]:
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


def name_class(description: Kind, kind: type) -> None:
    """A list of a class of its own says so in JSON, inside of others, too."""
    if kind is not list:
        description.json = LISTED


LIST = Brackets("[", "]")
CHANGING = words("append extend pop insert reverse sort remove clear")
describe(
    list,
    Kind(
        names=words("index count copy") | CHANGING,
        changing=CHANGING,
        parts=(Part(note_list, replace_list),),
        entries=enumerate,
        text=plain,
        brackets=lambda items: LIST,
        json=LISTED._replace(bare=True),
        tree=Tree(lambda items: (None, items), lambda kind, kept, parts: parts),
        follow=follow,
        leave=lambda items, leaving: f"[{joined(items, leaving)}]",
        adapt=name_class,
    ),
)

# ------------------------------------------------------------------ tuples


def note_members(items: Any, s: Notes) -> Iterable[Any]:
    """Tuples and frozensets."""
    return inside(members(items))


def members(items: Any) -> list[Any]:
    """What is in a tuple or frozenset, whatever its class says about that."""
    if type(items) in (tuple, frozenset):
        return list(items)
    return list(tuple.__iter__(items) if issubclass(type(items), tuple) else frozenset.__iter__(items))


def others(items: Any, again: Again) -> list[Any] | None:
    """The members with what is to stand in their places; None if all stay."""
    before = list(items)
    after = [again(item) for item in before]
    return None if same(after, before) else after


def tuple_again(items: tuple[Any, ...], again: Again) -> tuple[Any, ...]:
    parts = others(items, again)
    if parts is None:
        return items
    made: tuple[Any, ...] = tuple.__new__(type(items), parts)
    if getattr(items, "__dict__", None):
        made.__dict__.update(items.__dict__)
    return made


def name_fields(description: Kind, kind: type) -> None:
    """A tuple whose items have names: `collections.namedtuple`, `typing.NamedTuple`, and classes made of them."""
    fields = fields_of(kind)
    if fields is None:
        return
    description.tree = NAMED
    if own_class(kind) or kind.__module__.startswith("torch."):
        description.follow, description.leave = follow_named, leave_named
    if getattr(method(kind, "__repr__"), "__module__", "") == "collections":
        description.entries = lambda items: zip(fields, tuple.__iter__(items), strict=False)
        description.brackets = lambda items: Brackets(
            f"{name_of(type(items))}(", ")", ("", "=", ""), spelled=True
        )


def fields_of(kind: type) -> tuple[str, ...] | None:
    """The names of a named tuple's items."""
    fields = getattr(kind, "_fields", None) if issubclass(kind, tuple) else None
    return fields if type(fields) is tuple and all(type(field) is str for field in fields) else None


def follow_named(items: Any, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A program holds for a named tuple of the same class; what its methods do is gone through when they are called."""
    kind = type(items)
    reach.instances.named(kind)
    if not reach.known(items, path):
        reach.guards.append(f"type({path}) is {reach.constant(kind)} and len({path}) == {len(items)}")
        for i, item in enumerate(tuple.__iter__(items)):
            reach.thing(item, f"{path}[{i}]", varies, depth + 1, f"{name}[{i}]")


def leave_named(items: Any, leaving: Any) -> str:
    return f"{leaving.named(type(items))}({joined(tuple.__iter__(items), leaving)})"


NAMED = Tree(
    lambda items: (None, tuple.__iter__(items)),
    lambda kind, kept, parts: kind(*parts),
    lambda kind, kept: ("namedtuple", str(kind)),
)
TUPLE = Brackets("(", ")", one=",")
AS_TUPLE = Tree(lambda items: (None, items), lambda kind, kept, parts: tuple(parts))
MEMBERS = Part(note_members)
NAMES = words("index count")
describe(
    tuple,
    Kind(
        names=NAMES,
        parts=(MEMBERS,),
        again=tuple_again,
        entries=enumerate,
        text=plain,
        brackets=lambda items: TUPLE,
        json=LISTED,
        tree=AS_TUPLE,
        follow=follow,
        leave=lambda items, leaving: f"({joined(items, leaving)})",
        adapt=name_fields,
    ),
)

# ------------------------------------------------------------------ deques


def note_deque(items: deque[Any], s: Notes) -> Iterable[Any]:
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


def around_deque(items: deque[Any]) -> Brackets:
    return Brackets("deque([", "])" if items.maxlen is None else f"], maxlen={items.maxlen})")


describe(
    deque,
    Kind(
        parts=(Part(note_deque, replace_deque),),
        entries=enumerate,
        text=plain,
        brackets=around_deque,
        json=LISTED,
        tree=Tree(lambda items: (items.maxlen, items), lambda kind, kept, parts: deque(parts, maxlen=kept)),
    ),
)

# ------------------------------------------------------------------ bytes and numbers


def note_bytes(items: Any, s: Notes) -> Iterable[Any]:
    """bytearray and array.array."""
    kind: Any = array if issubclass(type(items), array) else bytearray
    before = kind.__getitem__(items, slice(None))

    def put_back() -> bool:
        now = kind.__getitem__(items, slice(None))
        if bytes(memoryview(now)) == bytes(memoryview(before)):
            return False
        kind.__setitem__(items, slice(None), before)
        return True

    s.add(items, put_back)
    return ()


describe(bytearray, Kind(parts=(Part(note_bytes),)))
describe(array, Kind(parts=(Part(note_bytes),)))
