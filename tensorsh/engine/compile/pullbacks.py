"""The share that a replayed round has in a longer graph, walked by a program.

A loop that collects what it computes (the logarithms of probabilities of an episode, losses in a list), or that goes on
from what the round before has left (a state), and goes back through all of it at once has a graph of as many rounds as
there were, other ones each time: no program walks that. But each round's share is the same graph again (a `Passage`).
After some walks it has a program of its own, from the gradients of its outputs and what the round's frame keeps to the
gradients of leaves and of what the round went on from.

A walk comes to the newest output first. By then it has been through all that was made after the round, so the
gradients of all outputs are there.
"""

from __future__ import annotations

from typing import Any

from ..graph.copy_slices import CopySlices
from ..graph.node import Edge
from ..values.tensor import Tensor, make_tensor
from .frame import pullable
from .walks import Form, Graph, Unfit, program

#: how often a round's share is walked by evaluation before, whatever the numbers, and with the same ones
PATIENCE, ALIKE = 12, 2


#: a node of a frame, which of its outputs, and the gradient of that
Seed = tuple[Any, int, Tensor]


class Pullback:
    """The program for some of a passage's outputs and its numbers, once there is one; `over` if there never is.

    sources   for each tensor of its graph what it is: ("seed", i); of a frame ("value", i), ("tensor", i) or one with
              that one's memory, ("array", i); a constant itself
    strides   how each of these lies
    used      ids of the passage's nodes that it goes through and that have saved something
    out       for each gradient that it finds where it goes: ("tensor", i) or ("inlet", i) of a frame, and which output
    """

    __slots__ = ("form", "graph_specs", "numbers", "out", "over", "seen", "sources", "strides", "used")

    def __init__(self) -> None:
        self.seen = 0
        self.over = False
        self.form: Form | None = None
        self.sources: list[tuple[str, Any]] = []
        self.graph_specs: list[Any] = []
        self.strides: list[tuple[int, ...]] = []
        self.out: list[tuple[str, int, int]] = []
        self.numbers: list[float] = []
        self.used: frozenset[int] = frozenset()

    def learn(self, frame: Any, seeds: list[Seed]) -> None:
        """Make a program of the real graph of a frame, if it can be."""
        inlets = {id(node): i for i, node in enumerate(frame.inlets)}
        values = {id(array): i for i, array in enumerate(frame.values)}
        tensors = {id(t): i for i, t in enumerate(frame.tensors)}
        arrays = {id(t.array): i for i, t in enumerate(frame.tensors)}
        several = (inlets, frame.inlets), (values, frame.values), (tensors, frame.tensors), (arrays, tensors)
        alone = all(len(known) == len(all_of_them) for known, all_of_them in several)
        if not alone or not arrays.keys().isdisjoint(values):
            # what is one thing in this round is two in others: which one is meant cannot be told
            self.seen = 0
            return
        self.over = True
        # one gradient of two outputs may be two the next time
        seeds = [(node, i, make_tensor(g.array, g.spec)) for node, i, g in seeds]
        try:
            graph = Graph([(node, i) for node, i, _ in seeds], [g for *_, g in seeds], frozenset(inlets))
        except Unfit:
            return
        given = {id(g): i for i, (*_, g) in enumerate(seeds)}
        for t in graph.tensors:
            if id(t) in given:
                self.sources.append(("seed", given[id(t)]))
            elif id(t) in tensors:
                self.sources.append(("tensor", tensors[id(t)]))
            elif id(t.array) in values:
                self.sources.append(("value", values[id(t.array)]))
            elif id(t.array) in arrays:
                self.sources.append(("array", arrays[id(t.array)]))
            elif id(t.array) in frame.passage.constants:
                self.sources.append(("itself", t))
            else:  # what it is in another round cannot be told
                return
            self.strides.append(t.array.strides)
            self.graph_specs.append(t.spec)
        form = Form(graph.numbers)
        form.program = program(graph, form)
        if form.program is None:
            return
        for target, index in form.edges:
            if id(target) in inlets:
                self.out.append(("inlet", inlets[id(target)], index))
            elif id(target) in tensors:
                self.out.append(("tensor", tensors[id(target)], index))
            else:
                return
        through = {id(node) for node in graph.nodes}
        through |= {id(node.inner) for node in graph.nodes if isinstance(node, CopySlices)}
        self.used = frozenset(key for key, made in frame.made.items() if id(made) in through and made.saves)
        self.numbers = graph.numbers
        self.form, self.over = form, False

    def pulled(self, frame: Any, seeds: list[Seed]) -> list[tuple[Edge, Tensor]] | None:
        """The gradients that are passed on; None where evaluation has to do it."""
        assert self.form is not None and self.form.program is not None
        tensors: list[Tensor] = []
        for (kind, i), spec, strides in zip(self.sources, self.graph_specs, self.strides, strict=True):
            if kind == "value":
                t = make_tensor(frame.values[i], spec)
            elif kind == "array":
                t = make_tensor(frame.tensors[i].array, spec)
            elif kind == "tensor":
                t = frame.tensors[i]
            else:
                t = seeds[i][2] if kind == "seed" else i
            if t.spec is not spec or t.array.strides != strides:
                return None
            tensors.append(t)
        names: dict[Any, Any] = {"tensors": tensors, "numbers": self.numbers}
        try:
            if not self.form.program.replay(names):
                return None
        except Exception:  # a call fails: evaluation will say
            self.over = True
            return None
        places = {"tensor": frame.tensors, "inlet": frame.inlets}
        return [((places[kind][i], index), names[k]) for k, (kind, i, index) in enumerate(self.out)]


def _seen(passage: Any, outputs: Any) -> int:
    """How often gradients of these outputs have been walked, with any numbers."""
    return sum(each.seen for (known, _), each in passage.pullbacks.items() if known == outputs)


def pulled(
    node: Any, grads: list[Tensor | None], pending: Any, keep: bool
) -> list[tuple[Edge, Tensor]] | None:
    """What a replayed round's graph passes on, reached through this node, the newest; None if it is walked."""
    if not grads:  # which was passed on with what a newer output has got
        return []
    frame = node.frame
    if not pullable(frame):
        return None
    seeds: list[Seed] = [(node, i, g) for i, g in enumerate(grads) if g is not None]
    others = []
    for reference in frame.bound.values():
        other = reference()
        if other is not None and other is not node and other.seq in pending:
            others.append(other)
            seeds += [(other, i, g) for i, g in enumerate(pending[other.seq]) if g is not None]
    numbers = tuple([n if type(n) is int else repr(n) for n in frame.numbers])
    key = tuple([(id(each.origin), i) for each, i, _ in seeds]), numbers
    found = frame.passage.pullbacks.get(key)
    if found is None:
        found = frame.passage.pullbacks[key] = Pullback()
    if found.over or not frame.ready():
        return None
    if found.form is None:
        found.seen += 1
        if found.seen >= ALIKE and _seen(frame.passage, key[0]) >= PATIENCE:
            found.learn(frame, seeds)
        return None
    result = found.pulled(frame, seeds)
    if result is None:
        return None
    for other in others:
        pending[other.seq] = []
    if not keep:
        frame.free(found.used)
    return result
