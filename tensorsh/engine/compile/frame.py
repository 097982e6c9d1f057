"""The graph that a program's outputs have, made only where somebody looks at it.

A replay makes a `Frame`: the arrays that a backward pass would need. A tensor's node is then a
`ReplayedNode`, which becomes a real one, with all it depends on, at the first look. A program that goes on
where another left off (`backward` after the `if` that prints the loss) never looks: it takes the arrays
from the frame.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet, ref

import numpy as np

from ..core import context
from ..core.journal import sequence
from ..graph.copy_slices import CopySlices
from ..graph.node import FREED, InPlaceNode, Node, ViewNode
from ..values.tensor import TENSORS, Tensor, make_tensor
from ..values.view import View
from .passage import Passage
from .values import Number, TraceStopped, Value

Array = np.ndarray[Any, Any]
#: nodes that programs give their outputs each time: of graphs that were used up in the trace
lasting: WeakSet[Node] = WeakSet()


class Frame:
    """One replay's share of a passage.

    versions   those of the outside tensors when the program ended
    counters   the versions of what the program bound
    levels     what these were when it ended
    start      when it ended, in the sequence of nodes
    parents    the frames that the program went on from
    inlets     the nodes of graphs from elsewhere that it goes on from
    freed      the ids of the traced nodes that a backward pass has used up
    bound      the nodes of the outputs, by the id of the traced one
    made       the real nodes, likewise
    """

    __slots__ = (
        "__weakref__", "bound", "counters", "freed", "inlets", "levels", "made", "numbers", "parents", "passage",
        "real", "start", "tensors", "values", "versions",
    )  # fmt: skip

    def __init__(
        self,
        passage: Passage,
        values: tuple[Array, ...],
        tensors: tuple[Tensor, ...],
        parents: tuple[Frame, ...],
        counters: tuple[list[int], ...],
        numbers: tuple[Any, ...],
        inlets: tuple[Node, ...] = (),
    ):
        self.passage = passage
        self.values = values
        self.tensors = tensors
        self.parents = parents
        self.inlets = inlets
        self.counters = counters
        self.numbers = numbers
        self.levels = [c[0] for c in counters]
        self.versions = [0 if t.counter is None else t.counter[0] for t in tensors]
        self.bound: dict[int, ref[Any]] = {}
        self.made: dict[int, Node] = {}
        self.freed: frozenset[int] | None = None
        self.real = False
        self.start = next(sequence)

    def node(self, of: Node) -> Any:
        """The node of an output, which several may share."""
        known = self.bound.get(id(of))
        found = known() if known is not None else None
        if found is not None:
            return found
        made = object.__new__(REPLAYED[type(of)])
        made.frame = self
        made.origin = of
        self.bound[id(of)] = ref(made)
        return made

    def ready(self) -> bool:
        """Whether a program can go on here: nothing was used up, and no tensor outside has changed since."""
        if self.freed is not None or self.real:
            return False
        for t, version in zip(self.tensors, self.versions, strict=True):
            if (0 if t.counter is None else t.counter[0]) != version:
                return False
        return all(c[0] == level for c, level in zip(self.counters, self.levels, strict=True))

    def free(self, used: frozenset[int]) -> None:
        """A backward pass has used up these nodes."""
        journal = context.current().journal
        if journal.active and self.start < journal.start:
            journal.save_attributes(self, "freed")
        self.freed = used if self.freed is None else self.freed | used
        if self.real:
            for key in used:
                if key in self.made:
                    self.made[key].free()
        for parent in self.parents:
            parent.free(used)

    def hold(self, t: Tensor) -> None:
        """An output gets another history. Nodes that have saved it hold it itself: whose it is now an error tells."""
        node: Any = t.node
        place = node.origin, t.output_index
        if place not in self.passage.histories.values():
            return
        self.materialise()

        def held(a: Any) -> Any:
            if type(a) is tuple:
                return tuple([held(each) for each in a])
            mine = type(a) in TENSORS and a.node is node and a.output_index == t.output_index
            return t if mine else a

        for made in self.made.values():
            if made.args is not FREED:
                made.args = [held(a) for a in made.args]
                made.versions = [(held(each), version) for each, version in made.versions]

    def materialise(self) -> None:
        """Make the real graph."""
        if self.real:
            return
        self.real = True
        if self.parents:
            self.passage.looked_at()
        for parent in self.parents:
            parent.materialise()
            self.made.update(parent.made)
        theirs = {key for parent in self.parents for key in parent.made}
        n = len(self.passage.nodes) + 1
        mine = [node for node in self.passage.nodes if id(node) not in theirs]
        for node in mine:
            output = self.bound.get(id(node))
            self.made[id(node)] = (output and output()) or object.__new__(type(node))
        for i, node in enumerate(mine):
            made = self.made[id(node)]
            made.seq = self.start + (i + 1) / n  # type: ignore[assignment]
            self._fill(made, node)

    def _fill(self, made: Node, node: Node) -> None:
        for name in ("op", "title", "input_specs", "output_specs", "needs", "saves"):
            setattr(made, name, getattr(node, name))
        made.hooks = made.outputs = None
        made.edges = [self._edge(e) for e in node.edges]
        if type(node) in (CopySlices, ViewNode):
            self._fill_steps(made, node)
        if node.args is FREED or (self.freed is not None and id(node) in self.freed):
            made.args, made.versions = FREED, ()
            return
        made.args = [self._argument(a) for a in node.args]
        made.versions = self._saved(made.args, node)
        if node.outputs is not None:
            made.outputs = [
                (self._array(array), *self._level(counter, lag))
                for (array, counter, _), lag in zip(node.outputs, self.passage.lags[id(node)][1], strict=True)
            ]

    def _fill_steps(self, made: Any, node: Any) -> None:
        """How a view is found; of a write into it, what was done there."""
        made.steps = self._steps(node.steps)
        if type(node) is CopySlices:
            made.layout, made.inner = node.layout, self.made[id(node.inner)]

    def _saved(self, args: Any, node: Node) -> list[tuple[Tensor, int]]:
        """The versions that the saved arguments should have."""
        made: dict[int, Tensor] = {}
        pairs = [*zip(node.args, args, strict=True)]
        while pairs:
            traced, real = pairs.pop()
            if type(traced) is tuple:
                pairs.extend(zip(traced, real, strict=True))
            elif type(traced) in TENSORS:
                made[id(traced)] = real
        found = []
        for (t, _), lag in zip(node.versions, self.passage.lags[id(node)][0], strict=True):
            place = self.passage.place(t)
            if place is not None:
                found.append((self.tensors[place], self.versions[place] - lag))
                continue
            real = made[id(t)]
            if t.counter is not None:
                real.counter, version = self._level(t.counter, lag)
                found.append((real, version))
                self._look(real, t, version)
        return found

    def _look(self, made: Tensor, traced: Tensor, version: int) -> None:
        """What looks into a tensor from outside is remade as a view, if that is changed."""
        view = traced.view_of
        place = None if view is None else self.passage.place(view.base)
        if view is not None and place is not None:
            made.view_of = View(self.tensors[place], self._steps(view.steps), version, view.origin)

    def _steps(self, steps: tuple[Any, ...]) -> tuple[Any, ...]:
        """How a view is found."""
        return tuple([(op, tuple([self._argument(a) for a in rest]), which) for op, rest, which in steps])

    def _level(self, counter: list[int], lag: int) -> tuple[list[int], int]:
        """The real counter, and what it was `lag` changes before the program ended."""
        place = self.passage.counter(counter)
        if place is None:
            return [lag], 0
        return self.counters[place], self.levels[place] - lag

    def _array(self, array: Any) -> Any:
        if type(array) is not Value:
            return array
        place = self.passage.places.get(id(array))
        if place is not None:
            return self.values[place]
        source: Any = array.source
        return source if isinstance(source, np.ndarray) else self._outside(source.tensor).array

    def _outside(self, t: Tensor) -> Tensor:
        place = self.passage.place(t)
        return t if place is None else self.tensors[place]

    def _edge(self, e: Any) -> Any:
        if e is None:
            return None
        if type(e) is list:
            return [self._edge(each) for each in e]
        target, index = e
        if type(target) in TENSORS:
            return self._outside(target), index
        made = self._before(target)
        # what is inside of a write gets its first edge when it is asked
        return None if made is None else (made, index)

    def _before(self, node: Any) -> Node | None:
        """What stands for a traced node; None where nothing does."""
        place = self.passage.inlets.get(id(node))
        if place is not None:
            return self.inlets[place]
        return self.made.get(id(node)) or self.passage.borders.get(id(node))

    def _argument(self, a: Any) -> Any:
        if type(a) is tuple:
            return tuple([self._argument(each) for each in a])
        if type(a) is Number:
            return self.numbers[self.passage.number(a)]
        if type(a) not in TENSORS or self.passage.place(a) is not None or type(a.array) is not Value:
            return self._outside(a) if type(a) in TENSORS else a
        # what was changed in place in the trace has its old node again
        node, index = self.passage.histories.get(id(a), (None, 0))
        history = self._before(node)
        made = make_tensor(
            self._array(a.array), a.spec, history is not None or (node is None and a.requires_grad_slot)
        )
        if history is not None:
            made.node, made.output_index = history, index
        return made


#: programs for one passage, each for other outputs or other numbers
MOST_PULLBACKS = 32


def pullable(frame: Frame) -> bool:
    """Whether a program may walk this round's share of a graph (`pullbacks`)."""
    passage = frame.passage
    if passage.borders or passage.changed or frame.parents:
        return False
    known = passage.pullbacks.values()
    if len(known) > MOST_PULLBACKS:
        return False
    return not known or not all(each.over for each in known)


class Inlet(Node):
    """Stands in a trace for the node of a tensor from outside whose graph is none of the trace's: it ends there.

    Nothing of it can be looked at, or be walked.
    """

    __slots__ = ()

    def __init__(self, of: Node):
        self.seq = of.seq
        self.output_specs = of.output_specs

    def __getattr__(self, name: str) -> Any:
        raise TraceStopped("a graph from elsewhere")

    def differentiate(self, grads: list[Any]) -> Any:
        raise TraceStopped("a graph from elsewhere")


class Replayed:
    """The node of a program's output, until somebody looks at it."""

    __slots__ = ()
    frame: Frame
    origin: Node

    def __getattr__(self, name: str) -> Any:
        frame = None if name in ("frame", "origin") else self.frame
        if frame is None or frame.real:
            raise AttributeError(name)
        if name == "seq" and not frame.parents:  # as it will be, for those who only come by
            return frame.start + frame.passage.order[id(self.origin)]
        if name == "output_specs":
            return self.origin.output_specs
        frame.materialise()
        return object.__getattribute__(self, name)

    def loses(self, t: Tensor) -> None:
        self.frame.hold(t)

    def pulled(self, grads: list[Any], pending: Any, keep: bool) -> Any:
        if self.frame.real:
            return None
        from .pullbacks import pulled

        return pulled(self, grads, pending, keep)


class ReplayedNode(Replayed, Node):
    __slots__ = ("frame", "origin")

    @property
    def rules(self) -> Any:
        return type(self.origin).rules.fget(self)  # type: ignore[attr-defined]

    @property
    def called(self) -> str:
        return type(self.origin).called.fget(self)  # type: ignore[attr-defined]


class ReplayedSlices(Replayed, CopySlices):
    __slots__ = ("frame", "origin")


class ReplayedView(Replayed, ViewNode):
    __slots__ = ("frame", "origin")


REPLAYED: dict[type, Any] = {
    Node: ReplayedNode,
    InPlaceNode: ReplayedNode,
    CopySlices: ReplayedSlices,
    ViewNode: ReplayedView,
}
