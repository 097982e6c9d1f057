"""`rearrange(x, "b (h k) c -> b h (k c)", k=2)`: dimensions named, split, joined and reordered in one pattern.

A side is a list of groups, one for each dimension: the names in it; `ELLIPSIS` is every dimension not named, and a 1
an empty group. The left side splits dimensions, the right side says in which order they are joined again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from math import prod
from typing import Any
from warnings import warn

from ...engine.values.tensor import Tensor
from ..namespace import torch

ELLIPSIS = "\u2026"  # one character in place of three dots


def rearrange(tensor: Tensor | Sequence[Tensor], pattern: str, **axes_lengths: int) -> Tensor:
    """The tensor (several are stacked) with its dimensions as the right side of the pattern has them.

    axes_lengths   sizes of names whose dimension is split; one of each group may be left out
    ValueError     the pattern has other names on its right side, or does not fit the tensor
    """
    x: Tensor = tensor if isinstance(tensor, Tensor) else torch.stack(tensor)
    left, right = sides(pattern)
    check(left, right, axes_lengths)
    names, shape = split(left, x, axes_lengths)
    sizes = dict(zip(names, shape, strict=True))
    rest = [name for name in names if isinstance(name, int)]
    groups = [part for group in right.groups for part in spread(group, rest)]
    order = [name for group in groups for name in group]
    if not names:
        return x
    units = [i for i, name in enumerate(names) if name not in order]
    parts = x.reshape(shape).permute([names.index(name) for name in order] + units)
    if units:
        parts = parts.sum(list(range(len(order), len(names))))
    return parts.reshape([prod(sizes[name] for name in group) for group in groups])


@dataclass
class Side:
    """One side of a pattern."""

    groups: list[Any] = field(default_factory=list)
    names: set[Any] = field(default_factory=set)
    in_brackets: bool = False  # whether the ellipsis is
    numbers: bool = False  # whether it has a size other than 1

    def add(self, name: str, group: list[str] | None) -> None:
        """A name, in a bracket or by itself."""
        if name in self.names:
            raise ValueError(f"Indexing expression contains duplicate dimension '{name}'")
        if name == ELLIPSIS:
            self.in_brackets = group is not None
        elif name.isdecimal() and int(name) == 1:
            if group is None:
                self.groups.append([])
            return
        elif name.isdecimal():
            self.numbers = True
        else:
            check_name(name)
        self.names.add(name)
        if group is not None:
            group.append(name)
        else:
            self.groups.append(ELLIPSIS if name == ELLIPSIS else [name])


def sides(pattern: str) -> tuple[Side, Side]:
    """The two sides of a pattern."""
    if pattern.count("->") != 1:
        raise ValueError("Pattern must contain a single '->' separator")
    left, right = [side(text) for text in pattern.split("->")]
    if ELLIPSIS in right.names and ELLIPSIS not in left.names:
        raise ValueError(f"Ellipsis found in right side, but not left side of a pattern {pattern}")
    if left.in_brackets:
        raise ValueError(f"Ellipsis is parenthesis in the left side is not allowed: {pattern}")
    return left, right


def side(text: str) -> Side:
    """One side, read character by character."""
    if "." in text:
        if "..." not in text:
            raise ValueError("Expression may contain dots only inside ellipsis (...)")
        if text.count("...") != 1 or text.count(".") != 3:
            raise ValueError(
                "Expression may contain dots only inside ellipsis (...); only one ellipsis for tensor "
            )
        text = text.replace("...", ELLIPSIS)
    found, name = Side(), ""
    group: list[Any] | None = None
    for char in text:
        if char in "() ":
            if name:
                found.add(name, group)
            name = ""
            if char == "(":
                if group is not None:
                    raise ValueError("Axis composition is one-level (brackets inside brackets not allowed)")
                group = []
            elif char == ")":
                if group is None:
                    raise ValueError("Brackets are not balanced")
                found.groups.append(group)
                group = None
        elif char.isalnum() or char in ("_", ELLIPSIS):
            name += char
        else:
            raise ValueError(f"Unknown character '{char}'")
    if group is not None:
        raise ValueError(f"Imbalanced parentheses in expression: '{text}'")
    if name:
        found.add(name, group)
    return found


def check_name(name: str) -> None:
    """A name is an identifier without underscores around it."""
    if not name.isidentifier():
        raise ValueError(f"Invalid axis identifier: {name}\nnot a valid python identifier")
    if name[0] == "_" or name[-1] == "_":
        raise ValueError(
            f"Invalid axis identifier: {name}\naxis name should should not start or end with underscore"
        )
    if iskeyword(name):
        warn(f"It is discouraged to use axes names that are keywords: {name}", RuntimeWarning, stacklevel=5)
    if name == "axis":
        warn(
            "It is discouraged to use 'axis' as an axis name and will raise an error in future",
            FutureWarning,
            stacklevel=5,
        )


def check(left: Side, right: Side, sizes: Mapping[str, Any]) -> None:
    """Both sides have the same names, and sizes are given for names among them."""
    for size in sizes.values():
        if type(size) is not int:
            raise TypeError(f"rearrange axis lengths must be integers, got: {type(size)}")
    if left.numbers or right.numbers:
        raise ValueError("rearrange only supports unnamed axes of size 1")
    if one_sided := left.names ^ right.names:
        raise ValueError(
            f"Identifiers only on one side of rearrange expression (should be on both): {one_sided}"
        )
    if unknown := sizes.keys() - left.names:
        raise ValueError(f"Identifiers not found in rearrange expression: {unknown}")


def split(left: Side, tensor: Tensor, sizes: Mapping[str, int]) -> tuple[list[Any], list[int]]:
    """The name and the size of each part of the tensor's dimensions; those of an ellipsis have numbers as names."""
    named = len(left.groups) - (ELLIPSIS in left.names)
    if ELLIPSIS not in left.names and named != tensor.ndim:
        raise ValueError(
            f"Number of dimensions in pattern ({named}) must be equal to the number of dimensions in the tensor "
            f"({tensor.ndim})"
        )
    if named > tensor.ndim:
        raise ValueError(
            f"Number of dimensions in pattern ({named}) must be less than or equal to the number of dimensions in the "
            f"tensor ({tensor.ndim})"
        )
    rest = list(range(tensor.ndim - named))
    names: list[Any] = []
    shape: list[int] = []
    groups = [part for group in left.groups for part in spread(group, rest)]
    for i, (group, size) in enumerate(zip(groups, tensor.shape, strict=True)):
        parts = group or [("unit", i)]
        names += parts
        shape += part_sizes(parts, size, sizes)
    return names, shape


def spread(group: Any, rest: list[int]) -> list[list[Any]]:
    """A group, with the dimensions that an ellipsis stands for in its place."""
    if group == ELLIPSIS:
        return [[i] for i in rest]
    return [[part for name in group for part in (rest if name == ELLIPSIS else [name])]]


def part_sizes(parts: list[Any], size: int, sizes: Mapping[str, int]) -> list[int]:
    """The sizes of the parts of one dimension: one of them may follow from the others."""
    known = [sizes.get(name) for name in parts]
    unknown = [i for i, n in enumerate(known) if n is None]
    if len(unknown) > 1:
        raise ValueError(
            f"the sizes of {len(unknown)} names in one group are not given: {[parts[i] for i in unknown]}"
        )
    others = prod(n for n in known if n is not None)
    if unknown and (not others or size % others):
        raise ValueError(f"a dimension of size {size} does not split into parts of {others}")
    return [size // others if n is None else n for n in known]
