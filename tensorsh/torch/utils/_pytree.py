"""torch.utils._pytree: nested containers as the list of their leaves, and how they are nested."""

from __future__ import annotations

import dataclasses
import warnings
from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...engine.core.own_tables import about_to_change, of_session
from ...engine.core.tree import LEAF, REGISTERED, TreeSpec, flatten, tree_of, unflatten
from ...kinds.aspects import Tree

__all__ = [
    "GetAttrKey", "LeafSpec", "MappingKey", "SequenceKey", "TreeSpec", "is_namedtuple", "is_namedtuple_class",
    "is_namedtuple_instance", "key_get", "keystr", "register_dataclass", "register_pytree_node", "tree_all",
    "tree_all_only", "tree_any", "tree_any_only", "tree_flatten", "tree_flatten_with_path", "tree_is_leaf",
    "tree_iter", "tree_leaves", "tree_leaves_with_path", "tree_map", "tree_map_", "tree_map_only",
    "tree_map_only_", "tree_map_with_path", "tree_structure", "tree_unflatten",
]  # fmt: skip

IsLeaf = Callable[[Any], bool] | None


def LeafSpec() -> TreeSpec:
    """How a leaf is nested: not at all."""
    return LEAF


# ------------------------------------------------------------------ classes of programs

#: what PyTorch walks unasked
BUILTIN = (tuple, list, dict, OrderedDict, defaultdict, deque, namedtuple)

#: how a program says where the leaves of its own classes are
KEYS: dict[type, Callable[[Any], tuple[list[Any], Any]]] = of_session({})


def register_pytree_node(
    cls: type,
    flatten_fn: Callable[[Any], tuple[list[Any], Any]],
    unflatten_fn: Callable[[list[Any], Any], Any],
    *,
    serialized_type_name: str | None = None,
    to_dumpable_context: Callable[[Any], Any] | None = None,
    from_dumpable_context: Callable[[Any], Any] | None = None,
    flatten_with_keys_fn: Callable[[Any], tuple[list[Any], Any]] | None = None,
) -> None:
    """Values of this class are walked: `flatten_fn` gives children and what else there is, `unflatten_fn` a value."""
    if cls in REGISTERED or cls in BUILTIN:
        raise ValueError(f"{cls} is already registered as pytree node.")
    if (to_dumpable_context is None) ^ (from_dumpable_context is None):
        raise ValueError(
            f"Both to_dumpable_context and from_dumpable_context for {cls} must be None or registered."
        )
    _register(cls, flatten_fn, unflatten_fn, flatten_with_keys_fn)


def _register(cls: type, flatten_fn: Any, unflatten_fn: Any, flatten_with_keys_fn: Any) -> None:
    def parts(value: Any) -> tuple[Any, Any]:
        children, kept = flatten_fn(value)
        return kept, children

    about_to_change(REGISTERED)
    REGISTERED[cls] = Tree(parts, lambda kind, kept, children: unflatten_fn(children, kept))
    if flatten_with_keys_fn is not None:
        about_to_change(KEYS)
        KEYS[cls] = flatten_with_keys_fn


def register_dataclass(
    cls: type,
    *,
    field_names: list[str] | None = None,
    drop_field_names: list[str] | None = None,
    serialized_type_name: str | None = None,
) -> None:
    """Values of this class are walked by these of its fields, all without a list; those that are None are no leaves."""
    names = _fields_of(cls, field_names, set(drop_field_names or ()))

    def flatten_fn(value: Any) -> tuple[list[Any], Any]:
        found = {name: getattr(value, name) for name in names}
        there = [name for name in names if found[name] is not None]
        return [found[name] for name in there], [there, [name for name in names if name not in there]]

    def unflatten_fn(values: list[Any], kept: Any) -> Any:
        there, missing = kept
        return cls(**dict(zip(there, values, strict=True)), **dict.fromkeys(missing))

    def with_keys(value: Any) -> tuple[list[Any], Any]:
        values, (there, _) = flatten_fn(value)
        return [(GetAttrKey(name), each) for name, each in zip(there, values, strict=True)], there

    if cls in REGISTERED:
        warnings.warn(
            f"{cls} is already registered as pytree node. Overwriting the previous registration.",
            stacklevel=2,
        )
    _register(cls, flatten_fn, unflatten_fn, with_keys)


def _fields_of(cls: type, names: list[str] | None, dropped: set[str]) -> list[str]:
    if not dataclasses.is_dataclass(cls):
        if names is None:
            raise ValueError(
                "field_names must be specified with a list of all fields used to "
                f"initialize {cls}, as it is not a dataclass."
            )
        return names
    fields = [field.name for field in dataclasses.fields(cls) if field.init]
    if names is None:
        return fields
    wanted, given = set(fields) - dropped, set(names)
    if wanted == given:
        return names
    message = "field_names does not include all dataclass fields.\n"
    if wanted - given:
        message += (
            f"Missing fields in `field_names`: {wanted - given}. If you want to include these fields in the pytree, "
            "please add them to `field_names`, otherwise please add them to `drop_field_names`.\n"
        )
    if given - wanted:
        message += (
            f"Unexpected fields in `field_names`: {given - wanted}. Please remove these fields, or add them to "
            "`drop_field_names`.\n"
        )
    raise ValueError(message)


def is_namedtuple_class(cls: Any) -> bool:
    """Whether it is a class of named tuples."""
    return (
        isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_make") and hasattr(cls, "_asdict")
    )


def is_namedtuple_instance(obj: Any) -> bool:
    """Whether it is a named tuple."""
    return is_namedtuple_class(type(obj))


def is_namedtuple(obj: Any) -> bool:
    """Whether it is a named tuple or a class of them."""
    return is_namedtuple_class(obj if isinstance(obj, type) else type(obj))


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
    if structure.type in KEYS:
        keys = [key for key, _ in KEYS[structure.type](tree)[0]]
    elif structure.type in REGISTERED:
        raise ValueError(
            f"Did not find a flatten_with_keys_fn for type: {structure.type}. Please pass a flatten_with_keys_fn "
            "argument to register_pytree_node."
        )
    elif issubclass(structure.type, dict):
        keys = [MappingKey(key) for key in structure.mapping_keys()]
    elif hasattr(structure.type, "_fields"):
        keys = [GetAttrKey(name) for name in structure.type._fields]
    else:
        keys = [SequenceKey(i) for i in range(structure.num_children)]
    parts = zip(keys, tree_of(structure.type).parts(tree)[1], structure.parts, strict=True)
    return [each for key, part, inside in parts for each in _with_path(part, inside, (*path, key))]
