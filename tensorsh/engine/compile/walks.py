"""Backward passes that evaluation does again and again, as programs.

Where statements of a loop are evaluated, because they look at values or keep tensors in lists, `backward` walks a graph
that differs from the one before in its numbers only. What a graph is but for these, operations, shapes, edges, is its
form. A form that has come up often is walked once more under a trace, on stand-ins of its nodes, and from then on
its gradients are computed by the program that this gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import context
from ..core.mode import EAGER
from ..graph import hooks
from ..graph.node import FREED, InPlaceNode, Node
from ..graph.walk import Walk, accumulate, reachable
from ..values.tensor import TENSORS, Tensor, make_tensor
from ..values.wrapping import full_spec
from .builder import Builder
from .frame import ReplayedNode, pullable
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

KINDS = {Node: Node, InPlaceNode: InPlaceNode}


class Unfit(Exception):
    """A graph that no program is made for."""


class Form:
    """What is known of a form: how often it has been walked by evaluation, and its program.

    leaves   the places among a graph's tensors of those that get gradients, in order
    numbers  the floats of the first one; `varying` the places of those that were others since
    failed   how many programs failed
    """

    __slots__ = ("failed", "leaves", "numbers", "program", "seen", "varying")

    def __init__(self, numbers: list[float]) -> None:
        self.seen = self.failed = 0
        self.numbers = numbers
        self.varying: set[int] = set()
        self.program: Program | None = None
        self.leaves: list[int] = []


class Graph:
    """A graph that is to be walked: its nodes, newest first, and what they hold, each thing once.

    tensors   what is saved, leaves, and stand-ins for outputs that are saved
    numbers   the floats that are saved
    key       its form
    """

    def __init__(self, root: Tensor, seed: Tensor | None):
        self.frame: Any = None
        self.nodes = reachable([(root.node, root.output_index)], self.meets)
        if len(self.nodes) < LEAST_NODES:
            raise Unfit
        self.places = {id(node): i for i, node in enumerate(self.nodes)}
        self.tensors: list[Tensor] = []
        self.known: dict[int, int] = {}
        self.numbers: list[float] = []
        self.seed = seed
        key: list[Any] = [context.current().dtype, root.output_index, seed is not None and self.tensor(seed)]
        for node in self.nodes:
            self.look(node, key)
        for t in self.tensors:
            key += (t.spec, t.array.strides)
        self.key = tuple(key)

    def meets(self, node: Node) -> None:
        """A graph of several rounds is walked by their pullbacks, if these have a program or may have one."""
        if type(node) is ReplayedNode and not node.frame.real:
            if self.frame is not None and node.frame is not self.frame and pullable(node.frame):
                raise Unfit
            self.frame = node.frame

    def look(self, node: Node, key: list[Any]) -> None:
        kind = type(node.origin) if type(node) is ReplayedNode else type(node)
        if kind not in KINDS or node.hooks is not None or node.args is FREED:
            raise Unfit
        for t, version in node.versions:
            if t.version != version:
                raise Unfit
        for out in node.output_specs:
            if out.numel > SMALL or out.is_meta:
                raise Unfit
        key += (kind, node.op, node.input_specs, node.output_specs)
        key += [self.edge(e) for e in node.edges]
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
        return (self.tensor(target), "leaf") if place is None else (place, index)

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
            graph = Graph(root, seed)
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
    nodes = copied(graph, stand_ins, numbers)
    trace = Trace(externals, guards)
    fetch = [f"{''.join(f'{path}, ' for path in paths)} = v['tensors']"]
    if numbers:
        fetch.append(f"{''.join(f'{text}, ' for text in texts)} = v['numbers']")
    state = context.current()
    enabled = state.grad_enabled
    found: list[tuple[Tensor, Tensor]] = []

    def work() -> None:
        for copy, node in zip(nodes, graph.nodes, strict=True):  # whose outputs have no arrays by now
            copy.outputs = node.outputs and [
                (stand_ins[graph.known[id(array)]].array, [0], 0) for array, _, _ in node.outputs
            ]
        root = make_tensor(np.empty(()), nodes[0].output_specs[graph.key[1]])
        root.node, root.output_index = nodes[0], graph.key[1]
        seed = full_spec(root.spec, 1) if graph.seed is None else stand_ins[graph.known[id(graph.seed)]]
        walk = Walk([root], [seed], True, False, None)
        walk.run()
        found.extend(walk.leaves.values())

    try:
        trace.run(work)
        places = {id(t): i for i, t in enumerate(stand_ins)}
        form.leaves = [places[id(leaf)] for leaf, _ in found]
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


def copied(graph: Graph, tensors: list[Tensor], numbers: list[Number | float]) -> list[Node]:
    """The nodes of a graph anew, with what they hold from these."""
    floats = iter(numbers)

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
        leaf = tensors[graph.known[id(e[0])]]
        return leaf, 0

    made: list[Node] = [
        object.__new__(KINDS[type(node.origin) if type(node) is ReplayedNode else type(node)])
        for node in graph.nodes
    ]
    for i, (copy, node) in enumerate(zip(made, graph.nodes, strict=True)):
        for name in ("op", "title", "input_specs", "output_specs", "needs", "saves"):
            setattr(copy, name, getattr(node, name))
        copy.hooks, copy.seq, copy.versions = None, len(made) - i, ()
        copy.edges = [edge(e) for e in node.edges]
        copy.args = [argument(a) for a in node.args]
    return made
