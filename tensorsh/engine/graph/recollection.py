"""What graphs forget: values that no derivative asked for, those that a backward freed, and where they were made.

A session keeps one where somebody may ask for an explanation: at a prompt, and in a program that says `explain`.
It keeps nothing alive longer than the node that it is about, and of large values nothing that nobody else holds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from ..values.tensor import TENSORS, Tensor

if TYPE_CHECKING:
    from ..compile.recompute import Recomputation

#: elements of a constant up to which it is kept, and of a result up to which what made it is
MOST_CONSTANT, MOST_SPENT = 64, 1 << 22


class Recollection:
    """What is kept of nodes, each by itself.

    constants       what it was given beside what it saved
    spent           what backward freed of it
    recomputations  for one of a compiled round, what computes it again, and which call of that made it

    text       what the names of files of code begin with that programs were compiled to
    located    where a line of such a file is in the program's own text
    """

    __slots__ = ("constants", "located", "places", "recomputations", "spent", "text")

    def __init__(self, text: str, located: Callable[[str, int], str]) -> None:
        self.text = text
        self.located = located
        self.places: WeakKeyDictionary[Any, tuple[str, int]] = WeakKeyDictionary()
        self.constants: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()
        self.spent: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self.recomputations: WeakKeyDictionary[Any, tuple[Recomputation, int]] = WeakKeyDictionary()

    def recorded(self, node: Any, args: tuple[Any, ...]) -> None:
        """A node was made for these arguments."""
        frame: Any = sys._getframe(2)
        while frame is not None and not frame.f_code.co_filename.startswith(self.text):
            frame = frame.f_back
        if frame is not None:
            self.places[node] = frame.f_code.co_filename, frame.f_lineno
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

    def place(self, node: Any) -> str:
        """Where the program asked for an operation; nothing where that is not known."""
        place = self.places.get(node)
        return "" if place is None else self.located(*place)

    def constant(self, node: Any, place: Any) -> Tensor | None:
        """The tensor at a place of the arguments, `(i, k)` in a list of them, if it is still there."""
        found = self.constants.get(node, {}).get(place)
        t = found() if type(found) is ref else found
        return (
            None if t is None or t.node is not None else t
        )  # since changed in place, by what has a gradient

    def freed(self, node: Any) -> None:
        """A backward is about to free what the node saved."""
        if sum(spec.numel for spec in node.output_specs if spec is not None) <= MOST_SPENT:
            self.spent[node] = node.args, node.versions, node.outputs


def _kept(t: Tensor) -> Any:
    return t if t.spec.numel <= MOST_CONSTANT else ref(t)
