"""torch.utils._pytree: nested containers as the list of their leaves, and how they are nested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...engine.core.tree import LEAF, Structure, flatten, unflatten

__all__ = [
    "LeafSpec", "TreeSpec", "tree_all", "tree_any", "tree_flatten", "tree_leaves", "tree_map", "tree_map_",
    "tree_map_only", "tree_structure", "tree_unflatten",
]  # fmt: skip

TreeSpec = Structure


def LeafSpec() -> Structure:
    """How a leaf is nested: not at all."""
    return LEAF


def tree_flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves from left to right, and the structure."""
    return flatten(tree)


def tree_unflatten(leaves: Any, treespec: Structure) -> Any:
    """The value of that structure with these leaves; ValueError for another number of them."""
    leaves = list(leaves)
    if len(leaves) != treespec.leaves:
        raise ValueError(
            f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that "
            f"holds {treespec.leaves} items ({treespec!r})."
        )
    return unflatten(leaves, treespec)


def tree_leaves(tree: Any) -> list[Any]:
    """The leaves from left to right."""
    return flatten(tree)[0]


def tree_structure(tree: Any) -> Structure:
    """How a value is nested."""
    return flatten(tree)[1]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any) -> Any:
    """The value with each leaf replaced by the function of it, and of those in its place in other values."""
    leaves, structure = flatten(tree)
    others = [flatten(rest)[0] for rest in rests]
    return unflatten([func(*each) for each in zip(leaves, *others, strict=True)], structure)


def tree_map_(func: Callable[..., Any], tree: Any, *rests: Any) -> Any:
    """Call the function for each leaf; the value itself is the result."""
    tree_map(func, tree, *rests)
    return tree


def tree_map_only(kinds: Any, func: Callable[[Any], Any], tree: Any) -> Any:
    """`tree_map` of the leaves that are of these types."""
    return tree_map(lambda leaf: func(leaf) if isinstance(leaf, kinds) else leaf, tree)


def tree_any(pred: Callable[[Any], bool], tree: Any) -> bool:
    """Whether it holds for one of the leaves."""
    return any(map(pred, tree_leaves(tree)))


def tree_all(pred: Callable[[Any], bool], tree: Any) -> bool:
    """Whether it holds for all leaves."""
    return all(map(pred, tree_leaves(tree)))
