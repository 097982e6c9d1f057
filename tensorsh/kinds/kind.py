"""The description of a kind of value, and the descriptions of all kinds by class.

What a class does not say itself it has from the nearest of its bases that says it; how it prints, from the one whose
`__repr__` it has. Its names, how a trace follows it and how it is walked as a tree are each class's own: a subclass
may hold more than its base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any
from weakref import ref

from .ownership import HEAP_TYPE, dict_of, flags_of, mro_of

if TYPE_CHECKING:
    from .aspects import Brackets, Json, Outline, Part, Tree

#: where Python's and NumPy's kinds are described
FILES = "objects atoms sequences mappings arrays streams functions iterators"
#: what never changes and leads to nothing, and prints as Python prints it
ATOMS: frozenset[type] = frozenset(
    (int, float, complex, bool, str, bytes, type(None), range, slice, type(...))
)
#: what classes add to what is undone
ALL = frozenset({"attributes", "slots"})


class Kind:
    """What there is to know of a kind of value; None where there is nothing to say.

    names      the attributes that a program of tensorsh may use; Python's own rules hold where there are none
    changing   those that change the value
    parts      how a change is undone
    closed     which of `attributes` and `slots` a class does not add to that
    again      again(value, other): the value with others in the place of what it holds, itself if all stay
    entries    what is in a container, which has a length: pairs of a key, or position, and an item
    keyed      whether the keys belong to what it holds, as a dictionary's
    text       text(value, options): its repr; None if it is to be put together as `brackets` says
    brackets   how the repr is put together of its entries, told from the value; None: it is what `__repr__` gives
    outline    how it is drawn as a tree at the prompt, told from the value; None: by its repr
    json       how it becomes JSON
    tree       how it is walked as a tree; None: it is a leaf
    follow     follow(value, reach, path, varies, depth, name): how a trace takes the value from outside, see
               `lang.loops.reach`; None: it stops
    leave      leave(value, leaving): the text that makes the value again, see `engine.compile.leaving`
    adapt      adapt(kind, class): what a subclass has beside, entered in its description
    """

    __slots__ = (
        "adapt", "again", "brackets", "changing", "closed", "entries", "follow", "json",
        "keyed", "leave", "names", "outline",
        "parts", "text", "tree",
    )  # fmt: skip

    def __init__(
        self,
        *,
        names: frozenset[str] | None = None,
        changing: frozenset[str] | None = None,
        parts: tuple[Part, ...] | None = None,
        closed: frozenset[str] | None = None,
        again: Callable[[Any, Any], Any] | None = None,
        entries: Callable[[Any], Iterable[tuple[Any, Any]]] | None = None,
        keyed: bool | None = None,
        brackets: Callable[[Any], Brackets] | None = None,
        text: Callable[[Any, Any], str | None] | None = None,
        outline: Callable[[Any], Outline | None] | None = None,
        json: Json | None = None,
        tree: Tree | None = None,
        follow: Callable[[Any, Any, str, bool, int, str], None] | None = None,
        leave: Callable[[Any, Any], str] | None = None,
        adapt: Callable[[Kind, type], None] | None = None,
    ):
        self.names = names
        self.changing = changing
        self.parts = parts
        self.closed = closed
        self.again = again
        self.entries = entries
        self.keyed = keyed
        self.brackets = brackets
        self.text = text
        self.outline = outline
        self.json = json
        self.tree = tree
        self.follow = follow
        self.leave = leave
        self.adapt = adapt


#: what a class has from its bases
INHERITED = ("parts", "closed", "again", "entries", "keyed", "json")
#: what is only its own
OWN = ("names", "changing", "tree", "follow", "leave")

#: as they were entered
_described: dict[type, Kind] = {}
#: of the program's classes and of others that may go, with what they inherit, by the class's id: (a reference to the
#: class, the id of its `__repr__`, which it can change, its description)
_passing: dict[int, tuple[Any, int, Kind]] = {}
_files = [f"{__package__}.{name}" for name in FILES.split()]  # that have not been read yet
_attribute_of = type.__getattribute__


class _Kinds(dict[type, Kind]):
    """The descriptions that were asked for, of classes that stay."""

    def __missing__(self, kind: type) -> Kind:
        found = _passing.get(id(kind))
        if found is not None and found[1] == id(_attribute_of(kind, "__repr__")):
            return found[2]
        made = _complete(kind)
        if kind in _described or not flags_of(kind) & HEAP_TYPE:
            self[kind] = made
        else:
            key = id(kind)
            gone = ref(kind, lambda _: _passing.pop(key, None))
            _passing[key] = gone, id(_attribute_of(kind, "__repr__")), made
        return made


_kinds = _Kinds()
#: the description of a class; never fails, since all are objects
kind_of: Callable[[type], Kind] = _kinds.__getitem__


def describe(kind: type, description: Kind) -> None:
    """Enter the description of a class."""
    _described[kind] = description
    _kinds.clear()
    _passing.clear()


def described_in(module: str) -> None:
    """Say which module describes more kinds; it is imported when somebody asks for a description."""
    _files.append(module)


def same(value: Any, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """How a trace follows a value that is what it is: two of them are the same only if they are one."""
    reach.same(value, path)


def equal(value: Any, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """How a trace follows a number or text: a program holds for the one that it was made for."""
    kind = type(value)
    reach.guards.append(f"type({path}) is {reach.constant(kind)} and {path} == {reach.constant(value)}")
    if kind is float and value == 0:
        reach.guards.append(f"str({path}) == {str(value)!r}")
    if value != value:
        reach.refuse("a number that equals nothing")


#: how values are followed that cannot change
FIXED = (same, equal)


def method(kind: type, name: str) -> Any:
    """What a class has under a name; nothing of the class's own is asked."""
    return next((dict_of(base)[name] for base in mro_of(kind) if name in dict_of(base)), None)


def _complete(kind: type) -> Kind:
    """A description with what its bases say."""
    while _files:
        import_module(_files.pop(0))
    made = Kind()
    bases = [base for base in reversed(mro_of(kind)) if base in _described]
    shown = method(kind, "__repr__")
    for base in bases:
        description = _described[base]
        for name in INHERITED:
            if getattr(description, name) is not None:
                setattr(made, name, getattr(description, name))
        if method(base, "__repr__") is shown:
            made.brackets, made.text = description.brackets, description.text
            made.outline = description.outline
    if kind in _described:
        for name in OWN:
            setattr(made, name, getattr(_described[kind], name))
    for base in bases:
        adapt = _described[base].adapt
        if adapt is not None:
            adapt(made, kind)
    return made
