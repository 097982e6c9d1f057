"""Dictionaries and sets: what is put back after the keys that they ask for their hashes."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from itertools import permutations
from types import MappingProxyType
from typing import Any

from .aspects import Brackets, Json, Part, Tree
from .atoms import words
from .kind import ATOMS, Kind, describe
from .ownership import name_of
from .sequences import LISTED, MEMBERS, MOST_ITEMS, joined, others, plain
from .undo import Again, Notes, inside, same

# ------------------------------------------------------------------ dictionaries


def note_dict(items: dict[Any, Any], s: Notes) -> Iterable[Any]:
    before = dict(_items(items))
    s.late(items, lambda: put_back_dict(items, before))
    return [*inside(before.values()), *inside(before)]


def _items(items: Any) -> Any:
    return OrderedDict.items(items) if issubclass(type(items), OrderedDict) else dict.items(items)


def put_back_dict(items: dict[Any, Any], before: dict[Any, Any]) -> bool:
    """Make a dictionary what it was, its order too; one that is unchanged is left alone."""
    now = list(_items(items))
    if len(now) == len(before) and all(
        a is b and x is y for (a, x), (b, y) in zip(now, before.items(), strict=True)
    ):
        return False
    kind: Any = OrderedDict if issubclass(type(items), OrderedDict) else dict
    kind.clear(items)
    for key, value in before.items():
        kind.__setitem__(items, key, value)
    return True


def replace_dict(items: dict[Any, Any], again: Again) -> None:
    before = dict(_items(items))
    after = {again(key): again(value) for key, value in before.items()}
    put_back_dict(items, after)


def follow(items: dict[Any, Any], reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A program holds for a dictionary with the same keys in the same order."""
    if len(items) > MOST_ITEMS or depth > 3:
        reach.refuse("a large dictionary")
    if not all(type(key) is str for key in items):
        reach.refuse("a dictionary with keys that are no strings")
    if not reach.known(items, path):
        kind = reach.constant(type(items))
        reach.guards.append(f"type({path}) is {kind} and (*{path},) == {tuple(items)!r}")
        reach.contents(items, path, varies, depth, name)


def leave(items: dict[Any, Any], leaving: Any) -> str:
    return f"{{{''.join(f'{leaving.value(k)}: {leaving.value(v)}, ' for k, v in items.items())}}}"


def plain_dict(items: dict[Any, Any], options: Any) -> str | None:
    return repr(items) if ATOMS.issuperset(map(type, items.values())) and plain(items, options) else None


DICT = Part(note_dict, replace_dict)
AROUND = Brackets("{", "}", ("", ": ", ""))
KEYED = Json(lambda items, item: {str(key): item(each) for key, each in items.items()}, "dict")
TREE = Tree(
    lambda items: (tuple(items), items.values()),
    lambda kind, kept, parts: kind(zip(kept, parts, strict=True)),
    lambda kind, kept: (name_of(kind), str(list(kept))),
)
CHANGING = words("pop popitem setdefault update clear")
describe(
    dict,
    Kind(
        names=words("keys values items get copy") | CHANGING,
        changing=CHANGING,
        parts=(DICT,),
        entries=_items,
        keyed=True,
        text=plain_dict,
        brackets=lambda items: AROUND,
        json=KEYED,
        tree=TREE,
        follow=follow,
        leave=leave,
    ),
)
ORDERED = Brackets("OrderedDict([", "])", ("(", ", ", ")"))


def follow_ordered(items: Any, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """One with attributes is a state of a module, which the next round has others of."""
    if items.__dict__:
        reach.refuse("an OrderedDict with attributes")
    follow(items, reach, path, varies, depth, name)


def leave_ordered(items: Any, leaving: Any) -> str:
    return f"{leaving.named(ordered)}({leave(items, leaving)}, {leave(items.__dict__, leaving)})"


def ordered(items: dict[Any, Any], attributes: dict[str, Any]) -> OrderedDict[Any, Any]:
    made = OrderedDict(items)
    made.__dict__.update(attributes)
    return made


describe(
    OrderedDict,
    Kind(
        names=words("keys values items get copy move_to_end") | CHANGING,
        changing=CHANGING | {"move_to_end"},
        brackets=lambda items: ORDERED if items else Brackets("OrderedDict(", ")"),
        tree=TREE,
        follow=follow_ordered,
        leave=leave_ordered,
    ),
)
describe(Mapping, Kind(entries=lambda items: items.items(), keyed=True, json=KEYED))
describe(MappingProxyType, Kind(entries=lambda items: items.items(), keyed=True, json=KEYED))


def note_factory(items: defaultdict[Any, Any], s: Notes) -> Iterable[Any]:
    """What a defaultdict makes of a missing key."""
    before = items.default_factory

    def put_back() -> bool:
        changed = items.default_factory is not before
        items.default_factory = before
        return changed

    s.add(items, put_back)
    return inside((before,))


def around_defaults(items: defaultdict[Any, Any]) -> Brackets:
    return Brackets(f"defaultdict({items.default_factory!r}, {{", "})", ("", ": ", ""))


describe(
    defaultdict,
    Kind(
        parts=(DICT, Part(note_factory)),
        brackets=around_defaults,
        tree=Tree(
            lambda items: ((items.default_factory, tuple(items)), items.values()),
            lambda kind, kept, parts: defaultdict(kept[0], zip(kept[1], parts, strict=True)),
            lambda kind, kept: (name_of(kind), str([kept[0], list(kept[1])])),
        ),
    ),
)

# ------------------------------------------------------------------ sets


#: of so few members every order of coming is tried
FEW = 6


def note_set(items: set[Any], s: Notes) -> Iterable[Any]:
    before, table = list(set.__iter__(items)), set(items)  # a copy has its members in the same places

    def put_back() -> bool:
        now = list(set.__iter__(items))
        if same(now, before):
            return False
        for members in (table, before, before[::-1]):  # which collide in another order, perhaps
            if same(list(set(members)), before):
                set.clear(items)
                set.update(items, members)
                return True
        # what is gone keeps its place from others, as in the statement that is done again
        set.update(items, table)
        gone = [each for each in now if each not in table]
        set.difference_update(items, gone)
        if len(table) + len(gone) <= FEW and not same(list(set.__iter__(items)), before):
            for order in permutations([*before, *gone]):
                set.clear(items)
                set.update(items, order)
                set.difference_update(items, gone)
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


def frozenset_again(items: frozenset[Any], again: Again) -> frozenset[Any]:
    parts = others(items, again)
    return items if parts is None else frozenset(parts)


def unplaced(items: Any) -> Iterable[tuple[None, Any]]:
    """The members, which have no keys."""
    return ((None, each) for each in items)


SET, FROZEN = Brackets("{", "}"), Brackets("frozenset({", "})")
MEMBERS_CHANGING = words("add remove discard pop update clear")


def follow_set(items: set[Any], reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A program holds for a set of the same texts in the same order, which it leaves as it is."""
    if len(items) > MOST_ITEMS or not all(type(each) is str for each in items):
        reach.refuse("a set")
    if not reach.known(items, path):
        reach.guards.append(f"type({path}) is set and (*{path},) == {tuple(items)!r}")
        reach.containers.append((items, dict(unplaced(items)), path))
        reach.instances.settings.note(
            lambda: dict.fromkeys(items), lambda each, _: items.add(each), items.discard
        )


describe(
    set,
    Kind(
        names=words("union intersection difference symmetric_difference issubset issuperset isdisjoint copy")
        | MEMBERS_CHANGING,
        changing=MEMBERS_CHANGING,
        parts=(Part(note_set, replace_set),),
        entries=unplaced,
        text=plain,
        brackets=lambda items: SET if items else Brackets("set(", ")"),
        json=LISTED,
        follow=follow_set,
        leave=lambda items, leaving: f"{leaving.named(set)}(({joined(items, leaving)}))",
    ),
)
describe(
    frozenset,
    Kind(
        parts=(MEMBERS,),
        again=frozenset_again,
        entries=unplaced,
        brackets=lambda items: FROZEN if items else Brackets("frozenset(", ")"),
        json=LISTED,
    ),
)
