"""The description of a kind of value, and the descriptions of all kinds by class.

What a class does not say itself it has from the nearest of its bases that says it. Its names, how a trace follows it
and how it is walked as a tree are each class's own: a subclass may hold more than its base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any
from weakref import ref

from .ownership import mro_of

if TYPE_CHECKING:
    from .aspects import Brackets, Json, Part, Tree

#: where Python's and NumPy's kinds are described
FILES = "objects atoms sequences mappings arrays streams functions iterators"
#: what classes add to what is undone
ALL = frozenset({"attributes", "slots"})


class Kind:
    """What there is to know of a kind of value; None where there is nothing to say.

    names      the attributes that a program of tensorsh may use; Python's own rules hold where there are none
    changing   those that change the value
    parts      how a change is undone
    closed     which of `attributes` and `slots` a class does not add to that
    again      again(value, other): the value with others in the place of what it holds, itself if all stay
    entries    what is in a container: pairs of a key, or position, and an item
    brackets   how its repr is put together of these, told from the value; None for what is no container
    text       text(value, options): the repr of what is none; None: Python's
    json       how it becomes JSON
    tree       how it is walked as a tree; None: it is a leaf
    follow     follow(value, reach, path, varies, depth, name): how a trace takes the value from outside, see
               `lang.reach`; None: it stops
    leave      leave(value, leaving): the text that makes the value again, see `engine.compile.leaving`
    adapt      adapt(kind, class): what a subclass has beside, entered in its description
    """

    __slots__ = (
        "adapt", "again", "brackets", "changing", "closed", "entries", "follow", "json", "leave", "names",
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
        brackets: Callable[[Any], Brackets] | None = None,
        text: Callable[[Any, Any], str] | None = None,
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
        self.brackets = brackets
        self.text = text
        self.json = json
        self.tree = tree
        self.follow = follow
        self.leave = leave
        self.adapt = adapt


#: what a class has from its bases
INHERITED = ("parts", "closed", "again", "entries", "brackets", "text", "json")
#: what is only its own
OWN = ("names", "changing", "tree", "follow", "leave")

#: as they were entered
_described: dict[type, Kind] = {}
#: those that were asked for, with what they inherit: (a reference to the class, its description) by the class's id
_known: dict[int, tuple[Any, Kind]] = {}
_files = [f"{__package__}.{name}" for name in FILES.split()]  # that have not been read yet


def describe(kind: type, description: Kind) -> None:
    """Enter the description of a class."""
    _described[kind] = description
    _known.clear()


def described_in(module: str) -> None:
    """Say which module describes more kinds; it is imported when somebody asks for a description."""
    _files.append(module)


def kind_of(kind: type) -> Kind:
    """The description of a class; never fails, since all are objects."""
    known = _known.get(id(kind))
    return known[1] if known is not None else _complete(kind)


def same(value: Any, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """How a trace follows a value that is what it is: two of them are the same only if they are one."""
    reach.same(value, path)


def _complete(kind: type) -> Kind:
    """A description with what its bases say."""
    while _files:
        import_module(_files.pop(0))
    made = Kind()
    bases = [_described[base] for base in reversed(mro_of(kind)) if base in _described]
    for base in bases:
        for name in INHERITED:
            if getattr(base, name) is not None:
                setattr(made, name, getattr(base, name))
    if kind in _described:
        for name in OWN:
            setattr(made, name, getattr(_described[kind], name))
    for base in bases:
        if base.adapt is not None:
            base.adapt(made, kind)
    key = id(kind)
    _known[key] = ref(kind, lambda _: _known.pop(key, None)), made
    return made
