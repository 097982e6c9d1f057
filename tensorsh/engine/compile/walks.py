"""Backward passes that evaluation does again and again, as programs.

Where statements of a loop are evaluated, because they look at values or keep tensors in lists, `backward` walks a graph
that differs from the one before in its numbers only. What a graph is but for these, operations, shapes, edges, is its
form. A form that has come up often is walked once more under a trace, on stand-ins of its nodes, and from then on
its gradients are computed by the program that this gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import context
from ..core.mode import EAGER
from ..graph import hooks
from ..graph.copy_slices import CopySlices
from ..graph.node import FREED, Edge, InPlaceNode, Node
from ..graph.walk import Walk, accumulate, reachable
from ..values.tensor import TENSORS, Tensor, make_tensor
from ..values.wrapping import full_spec
from .builder import Builder
from .frame import Replayed, pullable
from .machine.operands import MOST as SMALL
from .program import Program
from .steps import External
from .trace import Trace
from .values import Number, TraceStopped

#: how often a form is walked by evaluation; loops whose steps are programs have them by then
PATIENCE = 16
#: a form whose programs have failed so often waits as long as a new one
MOST_FAILED = 2
#: graphs of fewer nodes are walked as fast as they are looked at
LEAST_NODES = 4
#: forms that are remembered
MOST_FORMS = 64
#: after so many walks of which most had no program, how many are not looked at
TRIED, REST = 64, 512

KINDS = {Node, InPlaceNode, CopySlices}


class Unfit(Exception):
    """A graph that no program is made for."""


class Form:
    """What is known of a form: how often it has been walked by evaluation, and its program.

    leaves   the places among a graph's tensors of those that get gradients, in order
    edges    of a graph with ends: the edges out of it that gradients are passed on along, in order
    numbers  the floats of the first one; `varying` the places of those that were others since
    failed   how many programs failed
    """

    __slots__ = ("edges", "failed", "leaves", "numbers", "program", "seen", "varying")

    def __init__(self, numbers: list[float]) -> None:
        self.seen = self.failed = 0
        self.numbers = numbers
        self.varying: set[int] = set()
        self.program: Program | None = None
        self.leaves: list[int] = []
        self.edges: list[Edge] = []


class Graph:
    """A graph that is to be walked: its nodes, newest first, and what they hold, each thing once.

    roots     the outputs of nodes that it is walked from, and the gradients of these, None for a one
    ends      ids of nodes that are none of its own, if it ends before the leaves
    tensors   what is saved, leaves, and stand-ins for outputs that are saved
    numbers   the floats that are saved
    key       its form
    """

    def __init__(
        self, roots: Sequence[Edge], seeds: Sequence[Tensor | None], ends: frozenset[int] | None = None
    ):
        self.ends = ends
        self.nodes = reachable(roots, self.meets, ends or ())
        if ends is None and len(self.nodes) < LEAST_NODES:
            raise Unfit
        self.places = {id(node): i for i, node in enumerate(self.nodes)}
        self.tensors: list[Tensor] = []
        self.known: dict[int, int] = {}
        self.numbers: list[float] = []
        self.roots, self.seeds = [(self.places[id(node)], index) for node, index in roots], seeds
        key: list[Any] = [context.current().dtype, *self.roots]
        key += [seed is not None and self.tensor(seed) for seed in seeds]
        for node in self.nodes:
            self.look(node, key)
        for t in self.tensors:
            key += (t.spec, t.array.strides)
        self.key = tuple(key)

    def meets(self, node: Node) -> None:
        """What a round's program has made is walked by that one's pullback, if it has a program or may have one.

        Its nodes would all have to be made to be looked at, which takes longer than the walk.
        """
        if isinstance(node, Replayed) and not node.frame.real and self.ends is None and pullable(node.frame):
            raise Unfit

    def look(self, node: Node, key: list[Any]) -> None:
        key += [self.edge(e) for e in node.edges]
        self.held(node, key)
        if kind_of(node) is CopySlices:
            written: Any = node
            key.append(written.layout)
            key += [(op, self.argument(rest), which) for op, rest, which in written.steps]
            self.held(written.inner, key)

    def held(self, node: Node, key: list[Any]) -> None:
        """What a node is and has saved."""
        kind = kind_of(node)
        if kind not in KINDS or node.hooks is not None or node.args is FREED:
            raise Unfit
        for t, version in node.versions:
            if t.version != version:
                raise Unfit
        for out in node.output_specs:
            if out.numel > SMALL or out.is_meta:
                raise Unfit
        key += (kind, node.op, node.input_specs, node.output_specs)
        key += [self.argument(a) for a in node.args]
        for n, saved in enumerate(node.outputs or ()):
            if type(saved) is not tuple or saved[1][0] != saved[2]:
                raise Unfit
            key.append(self.output(saved[0], node.output_specs[n]))

    def edge(self, e: Any) -> Any:
        if e is None:
            return None
        if type(e) is list:
            return tuple([self.edge(each) for each in e])
        target, index = e
        place = self.places.get(id(target))
        if place is not None:
            return place, index
        return ("end", index) if self.ends and id(target) in self.ends else (self.tensor(target), "leaf")

    def argument(self, a: Any) -> Any:
        if a is None:
            return None
        if type(a) in TENSORS:
            return self.tensor(a)
        kind = type(a)
        if kind is float:
            self.numbers.append(a)
            return float
        if kind is tuple:
            return tuple([self.argument(each) for each in a])
        return kind, a

    def tensor(self, t: Tensor) -> int:
        place = self.known.get(id(t))
        if place is None:
            if t.spec.numel > SMALL or t.is_meta:
                raise Unfit
            place = self.known[id(t)] = len(self.tensors)
            self.tensors.append(t)
        return place

    def output(self, array: Any, spec: Any) -> int:
        place = self.known.get(id(array))
        if place is None:
            place = self.known[id(array)] = len(self.tensors)
            self.tensors.append(make_tensor(array, spec))
        return place


class Walks:
    """The forms of a session's graphs."""

    def __init__(self) -> None:
        self.forms: dict[Any, Form] = {}
        self.hits = self.misses = self.rest = 0

    def backward(self, root: Tensor, seed: Tensor | None, keep: bool) -> bool:
        """Give the leaves their gradients, if there is a program for it; `seed` is None for a one."""
        state = context.current()
        if self.rest:
            self.rest -= 1
            return False
        unusual = (
            state.mode is not EAGER or state.anomaly is not None or state.recollection is not None
            or state.noting is not None or state.packing or state.function_modes or hooks.hooked
            or root.node is None or root.view_of is not None
        )  # fmt: skip
        if unusual:
            return False
        graph = self.graph(root, seed)
        form = None if graph is None else self.forms.get(graph.key)
        if graph is None or form is None or not self.walked(graph, form):
            self.missed(graph, form)
            return False
        self.hits += 1
        state.walks += 1
        if not keep:
            for node in graph.nodes:
                node.free()
        return True

    def graph(self, root: Tensor, seed: Tensor | None) -> Graph | None:
        try:
            graph = Graph([(root.node, root.output_index)], [seed])
            hash(graph.key)
        except (Unfit, TypeError):
            return None
        return graph

    def missed(self, graph: Graph | None, form: Form | None) -> None:
        """No program; the next one of this form may have one."""
        self.misses += 1
        if self.misses > TRIED:
            self.rest = REST if self.misses > self.hits else 0
            self.hits = self.misses = 0
        if graph is None:
            return
        if form is None:
            if len(self.forms) >= MOST_FORMS:
                self.forms.clear()
            form = self.forms[graph.key] = Form(graph.numbers)
        form.seen += 1
        pairs = zip(form.numbers, graph.numbers, strict=True)
        form.varying.update(i for i, (first, now) in enumerate(pairs) if repr(first) != repr(now))
        if form.seen == PATIENCE:
            form.program = program(graph, form)

    def walked(self, graph: Graph, form: Form) -> bool:
        """Whether the form's program has done it."""
        if form.program is None:
            return False
        names: dict[Any, Any] = {"tensors": graph.tensors, "numbers": graph.numbers}
        try:
            if not form.program.replay(names):
                return False
        except Exception:  # a call fails, or gives another layout: evaluation will say
            form.program = None
            form.failed += 1
            form.seen = 0 if form.failed > MOST_FAILED else PATIENCE - 1
            return False
        own = {id(t) for t in graph.tensors}
        for k, place in enumerate(form.leaves):
            leaf, g = graph.tensors[place], names[k]
            alone = id(g) not in own
            own.add(id(g))
            if leaf.requires_grad:
                accumulate(leaf, g, False, alone)
        return True


def program(graph: Graph, form: Form) -> Program | None:
    """The program of a form; None where its walk cannot be traced."""
    stand_ins = [make_tensor(t.array, t.spec) for t in graph.tensors]
    paths = [f"s{i}" for i in range(len(stand_ins))]
    texts = [f"s{len(paths) + i}" for i in range(len(graph.numbers))]
    externals = [External(t, path, False) for t, path in zip(stand_ins, paths, strict=True)]
    guards: list[str] = []
    numbers: list[Number | float] = []
    for i, (n, text) in enumerate(zip(graph.numbers, texts, strict=True)):
        if i in form.varying:
            numbers.append(Number(n, text, guards))
        else:
            numbers.append(n)
            guards.append(f"{text} == {n!r}" if n else f"repr({text}) == {repr(n)!r}")
    nodes, out = copied(graph, stand_ins, numbers)
    trace = Trace(externals, guards)
    fetch = [f"{''.join(f'{path}, ' for path in paths)} = v['tensors']"]
    if numbers:
        fetch.append(f"{''.join(f'{text}, ' for text in texts)} = v['numbers']")
    state = context.current()
    enabled = state.grad_enabled
    found: list[tuple[Tensor, Tensor]] = []

    def work() -> None:
        pairs = [*zip(nodes, graph.nodes, strict=True)]
        for copy, node in pairs:  # whose outputs have no arrays by now
            if isinstance(copy, CopySlices) and isinstance(node, CopySlices):
                pairs.append((copy.inner, node.inner))
            copy.outputs = node.outputs and [
                (stand_ins[graph.known[id(array)]].array, [0], 0) for array, _, _ in node.outputs
            ]
        roots, seeds = [], []
        for (place, index), seed in zip(graph.roots, graph.seeds, strict=True):
            root = make_tensor(np.empty(()), nodes[place].output_specs[index])
            root.node, root.output_index = nodes[place], index
            roots.append(root)
            seeds.append(full_spec(root.spec, 1) if seed is None else stand_ins[graph.known[id(seed)]])
        walk = Walk(roots, seeds, True, False, None)
        walk.run()
        found.extend(walk.leaves.values())

    try:
        trace.run(work)
        places = {id(t): i for i, t in enumerate(stand_ins)}
        if graph.ends is None:
            form.leaves = [places[id(leaf)] for leaf, _ in found]
        else:
            form.edges = [out[id(leaf)][1] for leaf, _ in found]
        results: dict[Any, Any] = {k: g for k, (_, g) in enumerate(found)}
        builder = Builder(trace, fetch, results, dict(zip(map(id, stand_ins), paths, strict=True)))
        builder.scope["repr"] = repr
        return builder.build()
    except (TraceStopped, Exception):  # the walk fails, or fails under a trace: evaluation will say
        return None
    finally:
        if state.mode is trace:
            trace.leave()
        state.grad_enabled = enabled


def copied(
    graph: Graph, tensors: list[Tensor], numbers: list[Number | float]
) -> tuple[list[Node], dict[int, tuple[Tensor, Edge]]]:
    """The nodes of a graph anew, with what they hold from these.

    Of a graph with ends each edge that leads out of it leads to a leaf of its own, since who gets its gradients adds
    them up one after the other: by the id of each that leaf, and the edge.
    """
    floats = iter(numbers)
    out: dict[int, tuple[Tensor, Edge]] = {}

    def argument(a: Any) -> Any:
        if type(a) in TENSORS:
            return tensors[graph.known[id(a)]]
        if type(a) is float:
            return next(floats)
        return tuple([argument(each) for each in a]) if type(a) is tuple else a

    def edge(e: Any) -> Any:
        if e is None:
            return None
        if type(e) is list:
            return [edge(each) for each in e]
        place = graph.places.get(id(e[0]))
        if place is not None:
            return made[place], e[1]
        if graph.ends is not None:
            leaf = make_tensor(np.empty(()), e[0].spec if type(e[0]) in TENSORS else e[0].output_specs[e[1]])
            out[id(leaf)] = leaf, e
            return leaf, 0
        leaf = tensors[graph.known[id(e[0])]]
        return leaf, 0

    def fill(copy: Any, node: Any) -> None:
        for name in ("op", "title", "input_specs", "output_specs", "needs", "saves"):
            setattr(copy, name, getattr(node, name))
        copy.hooks, copy.versions = None, ()
        copy.args = [argument(a) for a in node.args]

    made: list[Node] = [object.__new__(kind_of(node)) for node in graph.nodes]
    for i, (copy, node) in enumerate(zip(made, graph.nodes, strict=True)):
        copy.seq = len(made) - i
        copy.edges = [edge(e) for e in node.edges]
        fill(copy, node)
        if isinstance(copy, CopySlices) and isinstance(node, CopySlices):
            copy.layout = node.layout
            copy.steps = tuple([(op, argument(rest), which) for op, rest, which in node.steps])
            copy.inner = object.__new__(type(node.inner))
            fill(copy.inner, node.inner)
            copy.inner.edges = [None, *copy.edges[1:]]
    return made, out


def kind_of(node: Node) -> type[Node]:
    """The class of a node, or that it will have when it is looked at."""
    return type(node.origin) if isinstance(node, Replayed) else type(node)
