"""What a program hands on with the graph of its outputs: see `frame`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph.copy_slices import CopySlices
from ..graph.node import FREED, InPlaceNode, Node, ViewNode
from ..values.tensor import TENSORS, Tensor
from .values import Number, TraceStopped, Value

#: how often a graph of several programs' is made for walks before each has a share of its own
PATIENCE = 16

#: the kinds of nodes that a graph may have
KINDS = {Node, InPlaceNode, CopySlices, ViewNode}


class Passage:
    """What a program hands on with its outputs' graph.

    nodes      the graph as it was traced, oldest first, with what is inside of writes into views
    values     the Values that its derivatives need, as this program has them
    places     where each is among `values`, by the id of the Value that the nodes hold
    constants  the arrays that the nodes hold in every round, by their ids
    numbers    the changing numbers that the nodes hold
    tensors    the tensors that the graph holds, from outside or leaves that are bound, as they were traced
    outside    where each of these is, by its id
    paths      the text that fetches each of these; "" for a leaf that the run has made
    counters   the versions that the program's outputs share with what the derivatives need
    lags       by the id of a node: how often each thing it saved has been changed since
    borders    nodes at which it ends: of graphs that were used up before, by their ids
    inlets     by the id of a stand-in for a graph from elsewhere: which of them it is
    ways       the texts that fetch the tensors whose graphs these are
    histories  by the id of a tensor that a node holds: its node and which output it is, when the trace was over
    order      where each node is among them, between 0 and 1, by its id
    home       the run whose program hands it on: what is known of it, and where it begins
    looks      how often a graph that goes on from another program's has been made for a walk that is none of programs
    pullbacks  by the ids of nodes, which outputs of them have a gradient, and the numbers: see `pullbacks`
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.borders: dict[int, Node] = {}
        self.inlets: dict[int, int] = {}
        self.ways: list[str] = []
        self.histories: dict[int, tuple[Any, int]] = {}
        self.values: list[Value] = []
        self.places: dict[int, int] = {}
        self.constants: dict[int, Any] = {}
        self.numbers: list[Number] = []
        self.tensors: list[Tensor] = []
        self.outside: dict[int, int] = {}
        self.paths: list[str] = []
        self.held: list[Value] = []  # the Values behind `places`, so that their ids stay theirs
        self.counters: list[list[int]] = []
        self.lags: dict[int, tuple[list[int], list[int]]] = {}
        self.changed = False  # whether any lag is not 0
        self.order: dict[int, float] = {}
        self.home: tuple[Any, int] = None, 0
        self.pullbacks: dict[tuple[Any, ...], Any] = {}
        self.looks = 0

    def looked_at(self) -> None:
        """Had the run known nothing of the other's graph, its share would be walked by itself (`pullbacks`)."""
        self.looks += 1
        history, start = self.home
        if self.looks == PATIENCE and history is not None:
            history.cut_off(start)

    def keep(self, held: Value, v: Value) -> None:
        if id(held) in self.places:
            return
        self.held.append(held)
        for i, known in enumerate(self.values):
            if known is v:
                self.places[id(held)] = i
                return
        self.places[id(held)] = len(self.values)
        self.values.append(v)

    def number(self, n: Number) -> int:
        """The place of a number, which is kept."""
        for i, known in enumerate(self.numbers):
            if known is n:
                return i
        self.numbers.append(n)
        return len(self.numbers) - 1

    def tensor(self, t: Tensor, path: str) -> None:
        if id(t) not in self.outside:
            self.outside[id(t)] = len(self.tensors)
            self.tensors.append(t)
            self.paths.append(path)

    def place(self, t: Tensor) -> int | None:
        return self.outside.get(id(t))

    def watch(self, counter: list[int]) -> None:
        if self.counter(counter) is None:
            self.counters.append(counter)

    def counter(self, counter: list[int] | None) -> int | None:
        return next((i for i, known in enumerate(self.counters) if known is counter), None)

    def measure(self, node: Node) -> None:
        """How old what a node saved is by now."""
        saved = [t.version - version for t, version in node.versions]
        outputs = [counter[0] - version for _, counter, version in node.outputs or ()]
        self.lags[id(node)] = saved, outputs
        self.changed = self.changed or any(saved) or any(outputs)


def passage_of(trace: Any, live: list[Tensor], outputs: list[Tensor]) -> Passage:
    """What the graph of these tensors needs, of which `outputs` are bound."""
    passage = Passage()
    passage.home = trace.home
    nodes: dict[int, Node] = {}
    leaves: dict[int, Tensor] = {}
    stack = [t.node for t in live if t.node is not None]
    while stack:
        node = stack.pop()
        if id(node) in nodes or id(node) in passage.inlets:
            continue
        if id(node) in trace.borders:
            passage.borders[id(node)] = node
            continue
        if id(node) in trace.inlets:
            passage.inlets[id(node)] = len(passage.ways)
            passage.ways.append(trace.inlets[id(node)])
            continue
        if type(node) not in KINDS and not node.is_empty():
            raise TraceStopped("a graph with in-place changes")
        nodes[id(node)] = node
        if isinstance(node, CopySlices):
            nodes[id(node.inner)] = node.inner
        for target, _ in node.all_edges():
            if type(target) in TENSORS:
                leaves[id(target)] = target
            else:
                stack.append(target)

    def outside(t: Tensor) -> bool:
        if id(t) in trace.by_tensor:
            passage.tensor(t, trace.by_tensor[id(t)].path)
        elif id(t) in trace.foreign_paths:
            passage.tensor(t, trace.foreign_paths[id(t)])
        else:
            return False
        return True

    def keep(a: Any) -> None:
        if type(a) is tuple:
            for each in a:
                keep(each)  # noqa: F821  deleted at the end
        elif type(a) is Number:
            passage.number(a)
        elif type(a) in TENSORS and not outside(a):
            keep_array(a.array)
            if a.node is not None:
                if id(a.node) not in nodes and id(a.node) not in {**passage.borders, **trace.inlets}:
                    raise TraceStopped("a change of what a derivative needs")
                passage.histories[id(a)] = a.node, a.output_index
                if a.view_of is not None:
                    outside(a.view_of.base)
            if id(a) in bound or id(a.counter) in shared:
                passage.watch(a.shared_counter())

    def keep_array(array: Any) -> None:
        v = trace.foreign.get(id(array), array)
        source: Any = v.source if type(array) is Value else array
        if source is None or type(source) is str:
            passage.keep(array, v)
        elif isinstance(source, np.ndarray):
            passage.constants[id(source)] = source
        else:
            outside(source.tensor)

    bound = {id(t) for t in outputs}
    around = (*outputs, *(e.tensor for e in trace.externals))
    shared = {id(t.counter) for t in around if t.counter is not None}
    for node in nodes.values():
        for _, rest, _ in getattr(node, "steps", ()):
            if any(type(a) in TENSORS for a in rest):
                raise TraceStopped("a graph with in-place changes")
            keep(rest)
        if node.args is FREED:
            continue
        for a in node.args:
            keep(a)
        for array, counter, _ in node.outputs or ():
            keep_array(array)
            if id(counter) in shared:
                passage.watch(counter)
        passage.measure(node)
    for leaf in leaves.values():
        if not outside(leaf):
            if id(leaf) not in bound:
                raise TraceStopped("a leaf made in a run")
            passage.tensor(leaf, "")
    passage.nodes = sorted(nodes.values(), key=lambda n: n.seq)
    passage.order = {id(node): (i + 1) / (len(nodes) + 1) for i, node in enumerate(passage.nodes)}
    del keep  # which refers to itself, and so would keep all of this until garbage is looked for
    return passage
