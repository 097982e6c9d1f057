"""The share that a replayed round has in a longer graph, walked by a program.

A loop that collects what it computes (the logarithms of probabilities of an episode, losses in a list) and goes back
through all of it at once has a graph of as many rounds as there were, other ones each time: no program walks that. But
each round's share is the same graph again (a `Passage`), reached through one output. After some walks it has a program
of its own, from the gradient of that output and what the round's frame keeps to the gradients of leaves.
"""

from __future__ import annotations

from typing import Any

from ..graph.node import Edge, Node
from ..values.tensor import TENSORS, Tensor, make_tensor
from .frame import pullable
from .walks import Form, Graph, Unfit, program

#: how often a round's share is walked by evaluation before
PATIENCE = 12


class Pullback:
    """The program of a passage's output, once there is one; `over` if there never is.

    sources   for each tensor of its graph what it is: ("seed", 0), ("value", i) or ("tensor", i) of a frame, or itself
    strides   how each of these lies
    leaves    the places among a frame's tensors of those that get gradients, in order
    """

    __slots__ = ("form", "graph_specs", "leaves", "numbers", "over", "seen", "sources", "strides")

    def __init__(self) -> None:
        self.seen = 0
        self.over = False
        self.form: Form | None = None
        self.sources: list[tuple[str, Any]] = []
        self.graph_specs: list[Any] = []
        self.strides: list[tuple[int, ...]] = []
        self.leaves: list[int] = []
        self.numbers: list[float] = []

    def learn(self, node: Any, index: int, seed: Tensor) -> None:
        """Make a program of the real graph of a frame, if it can be."""
        self.over = True
        frame = node.frame
        try:
            root = make_tensor(seed.array, node.origin.output_specs[index])
            root.node, root.output_index, root.requires_grad_slot = node, index, True
            graph = Graph(root, seed)
        except Unfit:
            return
        leaves = [e[0] for each in graph.nodes for e in each.all_edges() if type(e[0]) in TENSORS]
        if len({id(leaf) for leaf in leaves}) < len(leaves):  # what a leaf gets is added up in another order
            return
        values = {id(array): i for i, array in enumerate(frame.values)}
        tensors = {id(t): i for i, t in enumerate(frame.tensors)}
        for t in graph.tensors:
            if t is seed:
                self.sources.append(("seed", 0))
            elif id(t) in tensors:
                self.sources.append(("tensor", tensors[id(t)]))
            elif id(t.array) in values:
                self.sources.append(("value", values[id(t.array)]))
            else:
                self.sources.append(("itself", t))
            self.strides.append(t.array.strides)
            self.graph_specs.append(t.spec)
        form = Form(graph.numbers)
        form.program = program(graph, form)
        places = [self.sources[i] for i in form.leaves]
        if form.program is None or any(kind != "tensor" for kind, _ in places):
            return
        self.leaves = [i for _, i in places]
        self.numbers = graph.numbers
        self.form, self.over = form, False

    def pulled(self, frame: Any, seed: Tensor) -> list[tuple[Edge, Tensor]] | None:
        """The gradients of leaves; None where evaluation has to do it."""
        assert self.form is not None and self.form.program is not None
        tensors: list[Tensor] = []
        for (kind, i), spec, strides in zip(self.sources, self.graph_specs, self.strides, strict=True):
            if kind == "value":
                t = make_tensor(frame.values[i], spec)
            elif kind == "tensor":
                t = frame.tensors[i]
            else:
                t = seed if kind == "seed" else i
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
        return [((frame.tensors[place], 0), names[k]) for k, place in enumerate(self.leaves)]


def pulled(
    node: Any, grads: list[Tensor | None], pending: Any, keep: bool
) -> list[tuple[Edge, Tensor]] | None:
    """What a replayed round's graph, reached through this node alone, passes on to leaves; None if it is walked."""
    frame = node.frame
    passage = frame.passage
    given = [i for i, g in enumerate(grads) if g is not None]
    if len(given) != 1 or not pullable(frame):
        return None
    key = id(node.origin), given[0]
    found = passage.pullbacks.get(key)
    if found is None:
        found = passage.pullbacks[key] = Pullback()
    seed = grads[given[0]]
    assert seed is not None
    if (
        found.over
        or not frame.ready()
        or any(_reached(other(), node, pending) for other in frame.bound.values())
    ):
        return None
    if found.form is None:
        found.seen += 1
        if found.seen == PATIENCE:
            found.learn(node, given[0], seed)
        return None
    result = found.pulled(frame, seed)
    if result is not None and not keep:
        frame.free(frozenset(id(each) for each in passage.nodes if each.saves))
    return result


def _reached(other: Any, node: Node, pending: Any) -> bool:
    """Whether a walk goes on at another output of the frame."""
    return other is not None and other is not node and other.seq in pending
