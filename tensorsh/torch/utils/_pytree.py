"""torch.utils._pytree: nested containers as the list of their leaves, and how they are nested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...engine.core.tree import LEAF, TreeSpec, flatten, tree_of, unflatten

__all__ = [
    "GetAttrKey", "LeafSpec", "MappingKey", "SequenceKey", "TreeSpec", "key_get", "keystr", "tree_all",
    "tree_all_only", "tree_any", "tree_any_only", "tree_flatten", "tree_flatten_with_path", "tree_is_leaf",
    "tree_iter", "tree_leaves", "tree_leaves_with_path", "tree_map", "tree_map_", "tree_map_only",
    "tree_map_only_", "tree_map_with_path", "tree_structure", "tree_unflatten",
]  # fmt: skip

IsLeaf = Callable[[Any], bool] | None


def LeafSpec() -> TreeSpec:
    """How a leaf is nested: not at all."""
    return LEAF


# ------------------------------------------------------------------ leaves


def tree_flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeSpec]:
    """The leaves from left to right, and the structure."""
    return flatten(tree, is_leaf)


def tree_unflatten(leaves: Any, treespec: TreeSpec) -> Any:
    """The value of that structure with these leaves; ValueError for another number of them."""
    return treespec.unflatten(leaves)


def tree_leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves from left to right."""
    return flatten(tree, is_leaf)[0]


def tree_iter(tree: Any, is_leaf: IsLeaf = None) -> Iterator[Any]:
    """The leaves, one after the other."""
    yield from tree_leaves(tree, is_leaf)


def tree_structure(tree: Any, is_leaf: IsLeaf = None) -> TreeSpec:
    """How a value is nested."""
    return flatten(tree, is_leaf)[1]


def tree_is_leaf(tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether a value is no container."""
    return tree_structure(tree, is_leaf).is_leaf()


# ------------------------------------------------------------------ functions of leaves


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """The value with each leaf replaced by the function of it, and of what is in its place in other values."""
    leaves, structure = flatten(tree, is_leaf)
    others = [structure.flatten_up_to(rest) for rest in rests]
    return unflatten([func(*each) for each in zip(leaves, *others, strict=True)], structure)


def tree_map_(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """Call the function for each leaf; the value itself is the result."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_map_only(kinds: Any, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf = None) -> Any:
    """`tree_map` of the leaves that are of these types, or of which a function says so."""
    chosen = _chooser(kinds)
    return tree_map(lambda leaf: func(leaf) if chosen(leaf) else leaf, tree, is_leaf=is_leaf)


def tree_map_only_(kinds: Any, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf = None) -> Any:
    """Call the function for each of those leaves; the value itself is the result."""
    tree_map_only(kinds, func, tree, is_leaf)
    return tree


def tree_any(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether it holds for one of the leaves."""
    return any(map(pred, tree_leaves(tree, is_leaf)))


def tree_all(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether it holds for all leaves."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any_only(kinds: Any, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether it holds for one of the leaves of these types."""
    return any(pred(leaf) for leaf in tree_leaves(tree, is_leaf) if isinstance(leaf, kinds))


def tree_all_only(kinds: Any, pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether it holds for all leaves of these types."""
    return all(pred(leaf) for leaf in tree_leaves(tree, is_leaf) if isinstance(leaf, kinds))


def _chooser(kinds: Any) -> Callable[[Any], bool]:
    if isinstance(kinds, type | tuple):
        return lambda leaf: isinstance(leaf, kinds)
    if callable(kinds):
        chosen: Callable[[Any], bool] = kinds
        return chosen
    raise TypeError("Argument must be a type, a tuple of types, or a callable.")


# ------------------------------------------------------------------ paths


@dataclass(frozen=True, slots=True)
class SequenceKey:
    """A place in a sequence."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"

    def get(self, sequence: Any) -> Any:
        return sequence[self.idx]


@dataclass(frozen=True, slots=True)
class MappingKey:
    """A key of a dictionary."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"

    def get(self, mapping: Any) -> Any:
        return mapping[self.key]


@dataclass(frozen=True, slots=True)
class GetAttrKey:
    """An attribute."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"

    def get(self, obj: Any) -> Any:
        return getattr(obj, self.name)


Key = SequenceKey | MappingKey | GetAttrKey


def keystr(kp: tuple[Key, ...]) -> str:
    """A path as a program writes it: `['a'][0]`."""
    return "".join(map(str, kp))


def key_get(obj: Any, kp: tuple[Key, ...]) -> Any:
    """What is at the end of a path."""
    for key in kp:
        obj = key.get(obj)
    return obj


def tree_leaves_with_path(tree: Any, is_leaf: IsLeaf = None) -> list[tuple[tuple[Key, ...], Any]]:
    """(its path, the leaf) for each."""
    return _with_path(tree, tree_structure(tree, is_leaf), ())


def tree_flatten_with_path(
    tree: Any, is_leaf: IsLeaf = None
) -> tuple[list[tuple[tuple[Key, ...], Any]], TreeSpec]:
    """`tree_flatten` with the path of each leaf."""
    structure = tree_structure(tree, is_leaf)
    return _with_path(tree, structure, ()), structure


def tree_map_with_path(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """`tree_map` of a function that is given the path, too."""
    found, structure = tree_flatten_with_path(tree, is_leaf)
    others = [structure.flatten_up_to(rest) for rest in rests]
    return unflatten([func(*each, *rest) for each, *rest in zip(found, *others, strict=True)], structure)


def _with_path(tree: Any, structure: TreeSpec, path: tuple[Key, ...]) -> list[tuple[tuple[Key, ...], Any]]:
    if structure.type is None:
        return [(path, tree)]
    keys: list[Key]
    if issubclass(structure.type, dict):
        keys = [MappingKey(key) for key in structure.mapping_keys()]
    elif hasattr(structure.type, "_fields"):
        keys = [GetAttrKey(name) for name in structure.type._fields]
    else:
        keys = [SequenceKey(i) for i in range(structure.num_children)]
    parts = zip(keys, tree_of(structure.type).parts(tree)[1], structure.parts, strict=True)
    return [each for key, part, inside in parts for each in _with_path(part, inside, (*path, key))]
