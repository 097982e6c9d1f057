"""Nested tuples, lists and dictionaries: their leaves in order, and what is left without them.

Function transforms take and give such values; a `Structure` says how they are nested, and prints as
PyTorch prints it in messages.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .results import NamedResult, Size


@dataclass(frozen=True, slots=True)
class Structure:
    """How a value is nested: `kind` is None for a leaf; `keys` are a dictionary's."""

    kind: type | None
    keys: tuple[Any, ...] | None
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
        name, keys = self.kind.__name__, str(None if self.keys is None else list(self.keys))
        if hasattr(self.kind, "_fields"):
            name, keys = "namedtuple", str(self.kind)
        inside = (",\n" + " " * (indent + 2)).join(child.text(indent + 2) for child in self.children)
        return f"TreeSpec({name}, {keys}, [{inside}])"

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
    if kind is dict or kind is OrderedDict:
        return Structure(kind, tuple(value), tuple([_flatten(v, leaves) for v in value.values()]))
    if isinstance(value, tuple | list) and kind is not Size:
        return Structure(kind, None, tuple([_flatten(v, leaves) for v in value]))
    leaves.append(value)
    return LEAF


def unflatten(leaves: Sequence[Any], structure: Structure) -> Any:
    """The value with these leaves."""
    return _unflatten(iter(leaves), structure)


def _unflatten(leaves: Any, structure: Structure) -> Any:
    kind = structure.kind
    if kind is None:
        return next(leaves)
    children = [_unflatten(leaves, child) for child in structure.children]
    if structure.keys is not None:
        return kind(zip(structure.keys, children, strict=True))
    if kind is list:
        return children
    if kind is tuple:
        return tuple(children)
    return kind(children) if issubclass(kind, NamedResult) else kind(*children)


def map_leaves(function: Callable[[Any], Any], value: Any) -> Any:
    """The value with each leaf replaced."""
    leaves, structure = flatten(value)
    return unflatten([function(leaf) for leaf in leaves], structure)


def spread(prefix: Any, over: Structure) -> list[Any] | None:
    """A leaf of `prefix` for each leaf of `over`, where a leaf stands for all below it; None: no fit."""
    mine = flatten(prefix)[1]
    if mine.kind is None:
        return [prefix] * over.leaves
    if mine.kind is not over.kind or mine.keys != over.keys or len(mine.children) != len(over.children):
        return None
    found: list[Any] = []
    parts = prefix.values() if isinstance(prefix, dict) else prefix
    for part, child in zip(parts, over.children, strict=True):
        inside = spread(part, child)
        if inside is None:
            return None
        found += inside
    return found
