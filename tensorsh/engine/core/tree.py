"""Nested containers: their leaves in order, and what is left without them.

What is no leaf, its kind says (`kinds`): tuples, lists, dictionaries and more. Function transforms take and give such
values; a `TreeSpec` says how they are nested, and is PyTorch's to programs.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...kinds import kind_of
from .own_tables import of_session

if TYPE_CHECKING:
    from ...kinds.aspects import Tree

#: how a program says that the values of its own classes are walked
REGISTERED: dict[type, Tree] = of_session({})


class TreeSpec:
    """How a value is nested: `type` is None for a leaf; `context` is what it has beside its parts, its keys."""

    __slots__ = ("context", "parts", "type")

    def __init__(self, type: type[Any] | None, context: Any, parts: tuple[TreeSpec, ...]):
        self.type = type
        self.context = context
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return (self.type, self.context, self.parts) == (other.type, other.context, other.parts)

    def __hash__(self) -> int:
        return hash((self.type, self.context, self.parts))

    @property
    def num_leaves(self) -> int:
        return 1 if self.type is None else sum(part.num_leaves for part in self.parts)

    @property
    def num_nodes(self) -> int:
        return 1 + sum(part.num_nodes for part in self.parts)

    @property
    def num_children(self) -> int:
        return len(self.parts)

    def is_leaf(self) -> bool:
        return self.type is None

    def children(self) -> list[TreeSpec]:
        return list(self.parts)

    def child(self, index: int) -> TreeSpec:
        return self.parts[index]

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The value of this structure with these leaves; ValueError for another number of them."""
        leaves = list(leaves)
        if len(leaves) != self.num_leaves:
            raise ValueError(
                f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that "
                f"holds {self.num_leaves} items ({self!r})."
            )
        return unflatten(leaves, self)

    def flatten_up_to(self, tree: Any) -> list[Any]:
        """What stands in another value where the leaves are here; ValueError if it is nested otherwise above them."""
        if self.type is None:
            return [tree]
        kind = type(tree)
        if self.type in REGISTERED:
            return self._up_to_registered(tree)
        as_mappings = issubclass(self.type, dict) and issubclass(kind, dict)
        if kind is not self.type and not as_mappings:
            raise ValueError(f"Node type mismatch; expected {self.type!r}, but got {kind!r}.")
        context, parts = tree_of(kind).parts(tree)
        parts = list(parts)
        if len(parts) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(parts)}.")
        if as_mappings:
            parts = _in_order(self.mapping_keys(), tree)
        elif context != self.context and kind is not deque:
            raise ValueError(
                f"Node context mismatch for node type {kind!r}; expected {self.context!r}, but got {context!r}."
            )
        pairs = zip(self.parts, parts, strict=True)
        return [each for part, other in pairs for each in part.flatten_up_to(other)]

    def _up_to_registered(self, tree: Any) -> list[Any]:
        if type(tree) is not self.type:
            raise ValueError(f"Type mismatch; expected {self.type!r}, but got {type(tree)!r}.")
        context, parts = tree_of(type(tree)).parts(tree)
        parts = list(parts)
        if len(parts) != self.num_children:
            raise ValueError(f"Node arity mismatch; expected {self.num_children}, but got {len(parts)}.")
        if context != self.context:
            raise ValueError(f"Node context mismatch for custom node type {self.type!r}.")
        pairs = zip(self.parts, parts, strict=True)
        return [each for part, other in pairs for each in part.flatten_up_to(other)]

    def mapping_keys(self) -> list[Any]:
        """The keys of a dictionary."""
        return list(self.context[1] if self.type is defaultdict else self.context)

    def __repr__(self) -> str:
        return self.text(0)

    def text(self, indent: int) -> str:
        """In PyTorch's words."""
        if self.type is None:
            return "*"
        named = tree_of(self.type).name
        name, kept = named(self.type, self.context) if named else (self.type.__name__, str(self.context))
        inside = (",\n" + " " * (indent + 2)).join(part.text(indent + 2) for part in self.parts)
        return f"TreeSpec({name}, {kept}, [{inside}])"

    def sketch(self) -> str:
        """The nesting alone: `(*, [*])`."""
        return "*" if self.type is None else str(unflatten([_Star()] * self.num_leaves, self))


def _in_order(keys: list[Any], tree: dict[Any, Any]) -> list[Any]:
    """The values of these keys, which are all that there are."""
    missing, extra = set(keys).difference(tree), set(tree).difference(keys)
    if missing or extra:
        message = f"; missing key(s): {missing}" if missing else ""
        message += f"; extra key(s): {extra}" if extra else ""
        raise ValueError(f"Node keys mismatch{message}.")
    return [tree[key] for key in keys]


class _Star:
    def __repr__(self) -> str:
        return "*"


LEAF = TreeSpec(None, None, ())


def flatten(value: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], TreeSpec]:
    """The leaves from left to right, and how they are nested; `is_leaf` says of containers that they are leaves."""
    leaves: list[Any] = []
    return leaves, _flatten(value, leaves, is_leaf)


def _flatten(value: Any, leaves: list[Any], is_leaf: Callable[[Any], bool] | None) -> TreeSpec:
    kind = type(value)
    tree = walked(kind)
    if tree is not None and not (is_leaf is not None and is_leaf(value)):
        kept, parts = tree.parts(value)
        return TreeSpec(kind, kept, tuple([_flatten(part, leaves, is_leaf) for part in parts]))
    leaves.append(value)
    return LEAF


def walked(kind: type) -> Tree | None:
    """How the values of a class are walked; None for leaves."""
    return REGISTERED[kind] if kind in REGISTERED else kind_of(kind).tree


def tree_of(kind: type) -> Tree:
    """How the values of a class that is no leaf are walked."""
    tree = walked(kind)
    assert tree is not None
    return tree


def unflatten(leaves: Sequence[Any], structure: TreeSpec) -> Any:
    """The value with these leaves."""
    return _unflatten(iter(leaves), structure)


def _unflatten(leaves: Any, structure: TreeSpec) -> Any:
    kind = structure.type
    if kind is None:
        return next(leaves)
    children = [_unflatten(leaves, part) for part in structure.parts]
    return tree_of(kind).make(kind, structure.context, children)


def map_leaves(function: Callable[[Any], Any], value: Any) -> Any:
    """The value with each leaf replaced."""
    leaves, structure = flatten(value)
    return unflatten([function(leaf) for leaf in leaves], structure)


def spread(prefix: Any, over: TreeSpec) -> list[Any] | None:
    """A leaf of `prefix` for each leaf of `over`, where a leaf stands for all below it; None: no fit."""
    mine = flatten(prefix)[1]
    if mine.type is None:
        return [prefix] * over.num_leaves
    if mine.type is not over.type or mine.context != over.context or len(mine.parts) != len(over.parts):
        return None
    found: list[Any] = []
    parts = tree_of(mine.type).parts(prefix)[1]
    for part, child in zip(parts, over.parts, strict=True):
        inside = spread(part, child)
        if inside is None:
            return None
        found += inside
    return found
