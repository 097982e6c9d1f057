"""The journal of a trace: what a trace changes is undone, and what a program could not change stops it.

Whoever changes something in place tells the journal first. A program changes the memory, the versions and the
gradients of tensors, and the trace does these itself; everything else is left to eager evaluation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ...kinds import kind_of
from ..core.journal import Journal, sequence
from ..graph.hooks import NodeHooks
from ..graph.node import Node
from ..values.tensor import TENSORS, Tensor
from ..values.view import View
from .values import TraceStopped, Value

#: attributes of a tensor made in the trace that its results are given again
REBUILT = frozenset({"array", "grad_slot", "node", "requires_grad_slot", "retains"})


class Notes:
    """Takes the notes of how a container was."""

    looks = False

    def __init__(self, record: Callable[[Callable[[], Any]], None]):
        self.record = record

    def add(self, thing: Any, undo: Callable[[], Any]) -> None:
        self.record(undo)

    first = late = add


class Watch(Journal):
    """`trace` knows the tensors and lists from outside that a program can find again."""

    __slots__ = ("trace",)

    def __init__(self, trace: Any):
        super().__init__()
        self.trace = trace

    def save_attributes(self, thing: Any, *names: str) -> None:
        name = names[0]
        if type(thing) in TENSORS:
            outside = id(thing) in self.trace.by_tensor
            changes = (
                name == "grad_slot"
                or (name == "array" and id(thing) in self.trace.moved)
                or (name == "node" and id(thing) in self.trace.rebased)
            )
            if not ((outside and changes) or (name in REBUILT and self.fresh(thing))):
                raise TraceStopped(f"a tensor's {name} is changed")
        elif not self._follows(thing, name):
            raise TraceStopped(f"the {name} of a {type(thing).__name__} is changed")
        super().save_attributes(thing, *names)

    def _follows(self, thing: Any, name: str) -> bool:
        """Whether a change of what is no tensor is made by each replay, too, or makes no difference."""
        if isinstance(thing, Node):
            # a graph that is used up, or what retains the gradient of a tensor of the run's
            return name == "args" or thing.seq > self.start
        if type(thing) is NodeHooks:
            return name == "retained"
        return type(thing) is View and (self.fresh(thing.base) or id(thing.base) in self.trace.rebased)

    def fresh(self, t: Tensor) -> bool:
        """Whether a tensor is made by the trace."""
        return id(t) not in self.trace.by_tensor and type(t.array) is Value

    def save_setting(self, thing: Any, name: str) -> None:
        """`set_grad_enabled` is followed where it is entered, and only there: what it sets ends with that."""
        if name != "grad_enabled":
            super().save_setting(thing, name)

    def save_array(self, array: Any) -> None:
        raise TraceStopped("memory is written")

    def note(self, items: Any) -> None:
        """Before an item of a list or dictionary gets another value."""
        key = (id(items), "")
        if key not in self._segment.seen:
            self._segment.seen[key] = items
            for part in kind_of(type(items)).parts or ():
                part.note(items, Notes(self._once))

    def _once(self, undo: Callable[[], Any]) -> None:
        self._segment.undo[next(sequence)] = partial(undo)

    def record(self, get: Callable[[], Any], put: Callable[[Any], Any], of: Any = None) -> None:
        raise TraceStopped("something is changed")

    def save_count(self, counter: list[int]) -> None:
        raise TraceStopped("something is changed")

    def count(self, counter: list[int]) -> None:
        """A version goes up."""
        super().save_count(counter)
        counter[0] += 1
