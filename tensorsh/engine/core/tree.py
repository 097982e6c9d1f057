"""Nested containers: their leaves in order, and what is left without them.

What is no leaf, its kind says (`kinds`): tuples, lists, dictionaries and more. Function transforms take and give such
values; a `Structure` says how they are nested, and prints as PyTorch prints it in messages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...kinds import kind_of

if TYPE_CHECKING:
    from ...kinds.aspects import Tree


@dataclass(frozen=True, slots=True)
class Structure:
    """How a value is nested: `kind` is None for a leaf; `kept` is what it has beside its children, its keys."""

    kind: type | None
    kept: Any
    children: tuple[Structure, ...]

    @property
    def leaves(self) -> int:
        return 1 if self.kind is None else sum(child.leaves for child in self.children)

    def __repr__(self) -> str:
        return self.text(0)

    def text(self, indent: int) -> str:
        """In PyTorch's words."""
        if self.kind is None:
            return "*"
        named = tree_of(self.kind).name
        name, kept = named(self.kind, self.kept) if named else (self.kind.__name__, str(self.kept))
        inside = (",\n" + " " * (indent + 2)).join(child.text(indent + 2) for child in self.children)
        return f"TreeSpec({name}, {kept}, [{inside}])"

    def sketch(self) -> str:
        """The nesting alone: `(*, [*])`."""
        return "*" if self.kind is None else str(unflatten([_Star()] * self.leaves, self))


class _Star:
    def __repr__(self) -> str:
        return "*"


LEAF = Structure(None, None, ())


def flatten(value: Any) -> tuple[list[Any], Structure]:
    """The leaves from left to right, and how they are nested."""
    leaves: list[Any] = []
    return leaves, _flatten(value, leaves)


def _flatten(value: Any, leaves: list[Any]) -> Structure:
    kind = type(value)
    tree = kind_of(kind).tree
    if tree is not None:
        kept, parts = tree.parts(value)
        return Structure(kind, kept, tuple([_flatten(part, leaves) for part in parts]))
    leaves.append(value)
    return LEAF


def tree_of(kind: type) -> Tree:
    """How the values of a class that is no leaf are walked."""
    tree = kind_of(kind).tree
    assert tree is not None
    return tree


def unflatten(leaves: Sequence[Any], structure: Structure) -> Any:
    """The value with these leaves."""
    return _unflatten(iter(leaves), structure)


def _unflatten(leaves: Any, structure: Structure) -> Any:
    kind = structure.kind
    if kind is None:
        return next(leaves)
    children = [_unflatten(leaves, child) for child in structure.children]
    return tree_of(kind).make(kind, structure.kept, children)


def map_leaves(function: Callable[[Any], Any], value: Any) -> Any:
    """The value with each leaf replaced."""
    leaves, structure = flatten(value)
    return unflatten([function(leaf) for leaf in leaves], structure)


def spread(prefix: Any, over: Structure) -> list[Any] | None:
    """A leaf of `prefix` for each leaf of `over`, where a leaf stands for all below it; None: no fit."""
    mine = flatten(prefix)[1]
    if mine.kind is None:
        return [prefix] * over.leaves
    if mine.kind is not over.kind or mine.kept != over.kept or len(mine.children) != len(over.children):
        return None
    found: list[Any] = []
    parts = tree_of(mine.kind).parts(prefix)[1]
    for part, child in zip(parts, over.children, strict=True):
        inside = spread(part, child)
        if inside is None:
            return None
        found += inside
    return found
