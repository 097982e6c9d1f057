"""What graphs forget and `explain` needs: values that no derivative asked for, and those that a backward freed.

A session keeps one where somebody may ask for an explanation: at a prompt, and in a program that says `explain`.
It keeps nothing alive longer than the node that it is about, and of large values nothing that nobody else holds.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, ref

from .tensor import TENSORS, Tensor

#: elements of a constant up to which it is kept, and of a result up to which what made it is
MOST_CONSTANT, MOST_SPENT = 64, 1 << 22


class Recollection:
    """`constants`: for each node what it was given beside what it saved; `spent`: what backward freed of it."""

    __slots__ = ("constants", "spent")

    def __init__(self) -> None:
        self.constants: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()
        self.spent: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def recorded(self, node: Any, args: tuple[Any, ...]) -> None:
        """A node was made for these arguments."""
        found: dict[Any, Any] = {}
        for i in node.op.tensors:
            if type(args[i]) in TENSORS and node.args[i] is None and node.edges[i] is None:
                found[i] = _kept(args[i])
        for i in node.op.lists:
            for k, t in enumerate(args[i]):
                if node.args[i] is None and type(t) in TENSORS and not (node.edges[i] and node.edges[i][k]):
                    found[i, k] = _kept(t)
        if found:
            self.constants[node] = found

    def constant(self, node: Any, place: Any) -> Tensor | None:
        """The tensor at a place of the arguments, `(i, k)` in a list of them, if it is still there."""
        found = self.constants.get(node, {}).get(place)
        return found() if type(found) is ref else found

    def freed(self, node: Any) -> None:
        """A backward is about to free what the node saved."""
        if sum(spec.numel for spec in node.output_specs if spec is not None) <= MOST_SPENT:
            self.spent[node] = node.args, node.versions, node.outputs


def _kept(t: Tensor) -> Any:
    return t if t.spec.numel <= MOST_CONSTANT else ref(t)
