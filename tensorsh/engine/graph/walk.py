"""A walk of the graph from the roots to the leaves, once, newest operation first.

Nodes are numbered as they are made, and every edge points to an older node: of those that have a gradient
the newest has all of it, and is next. So nothing recurses, and nothing is looked for beforehand unless only
some inputs are asked for. Gradients are collected first and written to the leaves last: a walk that fails
changes nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Container, Sequence
from heapq import heappop, heappush
from sys import getrefcount
from typing import Any

import numpy as np

from ...errors import ArgumentError, GradientError
from ..core import context
from ..core.mode import EAGER
from ..records.op import registry
from ..values.sparse import Sparse, accumulated, added
from ..values.tensor import TENSORS, Tensor, make_tensor
from . import hooks
from .node import InPlaceNode, Node, edge

Slot = tuple[int, int]  # (id of a node or leaf, output index)

#: the walks that are under way, the innermost last
walking: list[Walk] = []


def slot(t: Tensor) -> Slot:
    e = edge(t)
    return (id(t), 0) if e is None else (id(e[0]), e[1])


class Walk:
    """One walk of the graph: `captured` gradients of `inputs`, `leaves` with theirs."""

    def __init__(
        self,
        roots: Sequence[Tensor],
        seeds: list[Tensor],
        keep: bool,
        create: bool,
        inputs: Sequence[Tensor] | None,
    ):
        self.keep = keep
        self.create = create
        self.heap: list[tuple[int, Node]] = []  # the nodes that have a gradient, newest first
        self.pending: dict[int, list[Tensor | None]] = {}  # and their gradients, by number
        self.leaves: dict[int, tuple[Tensor, Tensor]] = {}
        self.captured: dict[Slot, Tensor] = {}
        self.roots = [edge(r) for r in roots]
        self.seeds = seeds
        self.wanted = None if inputs is None else {slot(t) for t in inputs}
        self.needed: set[int] | None = None
        self.writes = False  # whether `inputs` get their gradients written
        if self.wanted is not None:
            self.needed = self._needed(self.wanted)
        #: for each leaf that has hooks, how many ways lead to it that have not been walked
        self.counts: dict[int, int] = self._ways() if hooks.hooked else {}

    def _ways(self) -> dict[int, int]:
        counts: dict[int, int] = {}
        targets = [e[0] for e in self.roots if e is not None]
        for node in reachable(self.roots):
            if self.needed is None or id(node) in self.needed:
                targets += [target for target, _ in node.all_edges()]
        for target in targets:
            if id(target) in hooks.leaves:
                counts[id(target)] = counts.get(id(target), 0) + 1
        return counts

    def _needed(self, wanted: set[Slot]) -> set[int]:
        """Nodes on a way from the roots to a wanted input, oldest first."""
        needed: set[int] = set()
        for node in reversed(reachable(self.roots)):
            for target, index in node.all_edges():
                if (id(target), index) in wanted or id(target) in needed:
                    needed.add(id(node))
        return needed

    def run(self) -> None:
        state = context.current()
        before = state.grad_enabled
        state.grad_enabled = self.create
        heap, pending, wanted, counts = self.heap, self.pending, self.wanted, self.counts
        plain = state.anomaly is None and type(self).step is Walk.step
        whole = plain and wanted is None and not (self.create or counts or state.packing or hooks.hooked)
        walking.append(self)
        try:
            self._begin()
            while heap:
                _, node = heappop(heap)
                grads = pending.pop(node.seq)
                if whole and type(node) not in PLAIN:
                    known = node.pulled(grads, pending, self.keep)
                    if known is not None:
                        self._deliver(known)
                        continue
                if node.hooks is not None:
                    grads = self._arriving(node, grads)
                if wanted is not None:
                    self._capture(node, grads, wanted)
                    if id(node) not in self.needed:  # type: ignore[operator]
                        continue
                if wanted is not None and type(node) is Node:
                    found = self._narrowed(node, grads, plain)
                else:
                    found = node.differentiate(grads) if plain else self.step(node, grads)
                if node.hooks is not None and node.hooks.after:
                    found = self._leaving(node, found, grads)
                if wanted is not None:
                    found = [(e, g) for e, g in found if self._leads(e)]
                self._deliver(found)
                if counts:
                    self._passed(node)
                if not self.keep:
                    node.free()
            for key in [*counts]:
                self._ready(key)
            if not (self.keep or self.create):
                state.walks += 1
                state.mode.walked()
            if wanted is not None:
                for key, (leaf, g) in self.leaves.items():
                    if (key, 0) in wanted:
                        self.captured[id(leaf), 0] = g
        finally:
            walking.pop()
            state.grad_enabled = before

    def _begin(self) -> None:
        """The gradients of the roots."""
        counts = self.counts
        for e, seed in zip(self.roots, self.seeds, strict=True):
            if e is None:
                continue
            key = id(e[0])
            self._deliver([(e, seed)])
            if key in counts:
                counts[key] -= 1
                if not counts[key]:
                    self._ready(key)

    def _narrowed(
        self, node: Node, grads: list[Tensor | None], plain: bool
    ) -> list[tuple[tuple[Any, int], Tensor]]:
        """The gradients that a node passes on to wanted inputs, and no others."""
        before = node.needs
        node.needs = tuple(
            [any(map(self._leads, e)) if type(e) is list else self._leads(e) for e in node.edges]
        )
        try:
            return node.differentiate(grads) if plain else self.step(node, grads)
        finally:
            node.needs = before

    def _leads(self, e: Any) -> bool:
        """Whether an edge leads to a wanted input."""
        return e is not None and (id(e[0]) in self.needed or (id(e[0]), e[1]) in self.wanted)  # type: ignore[operator]

    def _capture(self, node: Node, grads: list[Tensor | None], wanted: set[Slot]) -> None:
        for i, g in enumerate(grads):
            if g is not None and (id(node), i) in wanted:
                self.captured[id(node), i] = g

    def passes(self, e: tuple[Any, int] | None) -> bool:
        """Whether the walk comes by an edge."""
        if e is None:
            return False
        key = (id(e[0]), e[1])
        if self.wanted is None:
            nodes = reachable(self.roots)
        else:
            nodes = [n for n in reachable(self.roots) if id(n) in self.needed]  # type: ignore[operator]
        return any(key == (id(to), i) for to, i in filter(None, self.roots)) or any(
            key == (id(to), i) for node in nodes for to, i in node.all_edges()
        )

    def step(self, node: Node, grads: list[Tensor | None]) -> list[tuple[tuple[Any, int], Tensor]]:
        """The gradients that one node passes on; walks of those who look have their own."""
        if context.current().anomaly is None:
            return node.differentiate(grads)
        from .anomaly import differentiate

        return differentiate(node, grads)

    def _deliver(self, found: list[tuple[tuple[Any, int], Tensor]]) -> None:
        """Add gradients to those of the nodes and leaves that they are for."""
        for (target, index), g in found:
            if type(target) is Tensor or type(target) in TENSORS:
                have = self.leaves.get(id(target))
                self.leaves[id(target)] = (target, g if have is None else plus(have[1], g))
                continue
            slots = self.pending.get(target.seq)
            if slots is None:
                slots = self.pending[target.seq] = [None] * len(target.output_specs)
                heappush(self.heap, (-target.seq, target))
            have_g = slots[index]
            slots[index] = g if have_g is None else plus(have_g, g)

    # -- hooks

    def _arriving(self, node: Node, grads: list[Tensor | None]) -> list[Tensor | None]:
        """The gradients of a node's outputs after its hooks; those that are retained are written."""
        grads = node.hooks.arriving(grads)
        for index, reference in node.hooks.retained:
            t = reference()
            g = grads[index]
            if t is not None and g is not None:
                accumulate(t, g, self.create)
        return grads

    def _leaving(
        self, node: Node, found: list[tuple[tuple[Any, int], Tensor]], grads: list[Tensor | None]
    ) -> list[tuple[tuple[Any, int], Tensor]]:
        """The gradients of a node's inputs after its hooks."""
        rest = list(found)
        each: list[Tensor | None] = []
        edges = node.inputs()
        for e in edges:
            at = next((i for i, (to, _) in enumerate(rest) if e is not None and to is e), None)
            each.append(None if at is None else rest.pop(at)[1])
        each = node.hooks.leaving(each, grads)
        return [(e, g) for e, g in zip(edges, each, strict=True) if e is not None and g is not None]

    def _passed(self, node: Node) -> None:
        """A node is done: a leaf with hooks whose last it was has all of its gradient."""
        for target, _ in node.all_edges():
            if id(target) in self.counts:
                self.counts[id(target)] -= 1
                if not self.counts[id(target)]:
                    self._ready(id(target))

    def _ready(self, key: int) -> None:
        """The hooks of a leaf that has all of its gradient."""
        del self.counts[key]
        if key not in self.leaves or key not in hooks.leaves:
            return
        leaf, g = self.leaves[key]
        mine = hooks.leaves[key]
        if 0 in mine.tensors:
            g = hooks.changed(mine.tensors[0], g)
            self.leaves[key] = leaf, g
        if self.wanted is not None and not self.writes:
            return
        if self.wanted is not None and (key, 0) not in self.wanted:
            return
        if not (mine.before or mine.accumulated or mine.after):
            return
        del self.leaves[key]
        grads = [g]
        for hook in list(mine.before.values()):
            answer = hooks.call(hook, tuple(grads))
            if answer is not None:
                grads = hooks.replaced(hook, grads, answer)
        accumulate(leaf, grads[0], self.create)
        for hook in list(mine.accumulated.values()):
            answer = hooks.call(hook, leaf)
            if answer is not None and not isinstance(answer, Tensor):
                raise ArgumentError(f"expected Variable, but hook returned '{type(answer).__name__}'")
        for hook in list(mine.after.values()):
            hooks.call(hook, (), tuple(grads))

    def accumulate(self) -> None:
        while self.leaves:
            leaf, g = self.leaves.pop(next(iter(self.leaves)))
            if type(g) is Sparse:
                if leaf.requires_grad:
                    accumulate(leaf, g, self.create)
                continue
            array, fresh = g.array, np.empty(0)
            probe = make_tensor(fresh, g.spec)
            # referred to from here alone: a gradient that nobody else holds needs no copy
            alone = getrefcount(g) == getrefcount(probe) and getrefcount(array) == getrefcount(fresh)
            if leaf.requires_grad:  # it may have been detached since
                accumulate(leaf, g, self.create, alone)


#: nodes that are what they are, and no stand-ins
PLAIN = {Node, InPlaceNode}


def plus(a: Tensor, b: Tensor) -> Tensor:
    """`a + b`, its arguments bound already."""
    if type(a) is Sparse or type(b) is Sparse:
        return added(b, a)  # the one that comes later is in front
    return registry["add"].run(a, b, 1)


def reachable(
    roots: Sequence[tuple[Any, int] | None],
    meets: Callable[[Node], None] = lambda node: None,
    ends: Container[int] = (),
) -> list[Node]:
    """All nodes the roots depend on, newest first; `meets` hears of each before it is looked at.

    ends   ids of nodes that are left out, and what they depend on
    """
    seen: dict[int, Node] = {}
    stack = [e[0] for e in roots if e is not None and type(e[0]) not in TENSORS]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen[id(node)] = node
        meets(node)
        for target, _ in node.all_edges():
            if type(target) not in TENSORS and id(target) not in seen and id(target) not in ends:
                stack.append(target)
    return sorted(seen.values(), key=lambda n: n.seq, reverse=True)


def accumulate(t: Tensor, g: Tensor, create: bool, alone: bool = False) -> None:
    """Add a gradient to `t.grad`; the first one becomes memory of its own (it is already, if `alone`)."""
    state = context.current()
    if state.mode is EAGER:
        add_gradient(t, g, create, alone)
    else:
        state.mode.accumulate(t, g, create, alone)


def add_gradient(t: Tensor, g: Tensor, create: bool, alone: bool) -> None:
    """`accumulate` on arrays."""
    journal = context.current().journal
    have = t.grad_slot
    if journal.active:
        journal.save_attributes(t, "grad_slot")
    if type(g) is Sparse or type(have) is Sparse:
        t.grad_slot = accumulated(have, g)
    elif have is None:
        if create and g.requires_grad_slot:
            with context.GradMode(True):
                t.grad_slot = registry["empty_like"](g).copy_(g)
        else:
            array = g.array
            if not (g.is_meta or (alone and array.flags.carray and array.flags.owndata)):
                array = np.array(array, order="C")
            t.grad_slot = make_tensor(array, g.spec)
    elif create:
        with context.GradMode(True):
            t.grad_slot = registry["add"](have, g)
    elif have.spec.shape != g.spec.shape:  # `t.data` has been given another shape since
        with context.GradMode(False):
            registry["Tensor.add_"](have, g)
    else:
        from ..run.inplace import write

        write(have, have.array + g.array)


def check_kept(t: Tensor) -> None:
    """Only what requires a gradient can keep one."""
    if not t.requires_grad:
        raise GradientError("can't retain_grad on Tensor that has requires_grad=False")


def retain(t: Tensor) -> None:
    """`retain_grad()`: a tensor that is not a leaf keeps its gradient too."""
    check_kept(t)
    if t.node is None:
        return
    assert not t.is_leaf
    context.current().journal.save_attributes(t, "retains")  # which tells a trace, that stops
    if t.retains:
        return
    t.retains = True
    kept = hooks.hooks_of(t.node)
    context.current().journal.save_attributes(kept, "retained")
    kept.retained = [*kept.retained, (t.output_index, weakref.ref(t))]
