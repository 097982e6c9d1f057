"""Backward: walk the record from the roots to the leaves, once, newest operation first.

Nodes are numbered as they are made, and every edge points to an older node: of those that have a gradient
the newest has all of it, and is next. So nothing recurses, and nothing is looked for beforehand unless only
some inputs are asked for. Gradients are collected first and written to the leaves last: a walk that fails
changes nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from sys import getrefcount
from typing import Any

import numpy as np

from ..errors import ArgumentError, GradientError, Help
from . import context, hooks
from .mode import EAGER
from .node import Node, edge
from .op import registry
from .tensor import TENSORS, Tensor, full_spec, make_tensor

Slot = tuple[int, int]  # (id of a node or leaf, output index)


def backward(
    roots: Sequence[Tensor],
    gradients: Sequence[Tensor | None] | None = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """Accumulate d(roots)/d(leaf) into `.grad` of the leaves (or only of `inputs`).

    gradients      one for each root, None where the root has a single element (then 1)
    retain_graph   keep what was saved, so that the graph can be walked again; default create_graph
    create_graph   record the walk itself, for higher orders
    """
    if inputs is not None:
        if len(inputs) == 0:
            raise GradientError("`inputs` argument to `backward()` cannot be empty.")
        for t in inputs:
            check_kept(t)
    seeds = make_seeds(roots, gradients)
    keep = create_graph if retain_graph is None else retain_graph
    walk = Walk(roots, seeds, keep, create_graph, inputs)
    walk.writes = True
    walk.run()
    if inputs is None:
        walk.accumulate()
    else:
        for t in inputs:
            g = walk.captured.get(slot(t))
            if g is not None:
                accumulate(t, g, create_graph)


def grad(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    grad_outputs: Sequence[Tensor | None] | None = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """d(outputs)/d(inputs), weighted by `grad_outputs`, without touching `.grad`."""
    seeds = make_seeds(outputs, grad_outputs)
    for t in inputs:
        check_input(t)
    keep = create_graph if retain_graph is None else retain_graph
    walk = Walk(outputs, seeds, keep, create_graph, inputs)
    walk.run()
    found = [walk.captured.get(slot(t)) for t in inputs]
    for i, (g, t) in enumerate(zip(found, inputs, strict=True)):
        if g is not None:
            continue
        if materialize_grads:
            found[i] = full_spec(t.spec, 0)
        elif not allow_unused:
            if len(inputs) == 1 and slot(t) in walk.reachable:
                continue
            raise GradientError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. "
                "Set allow_unused=True if this is the desired behavior.",
                code="unused-input",
                help="what is differentiated does not depend on it; allow_unused=True gives None",
            )
    return tuple(found)


def check_input(t: Tensor) -> None:
    if not t.requires_grad:
        raise GradientError(
            "One of the differentiated Tensors does not require grad",
            code="no-grad-required",
            help=Help(
                "ask for it before it is used: x.requires_grad_(), or `param x = …`",
                "ask for it before it is used: x.requires_grad_()",
            ),
        )


def make_seeds(roots: Sequence[Tensor], gradients: Sequence[Tensor | None] | None) -> list[Tensor]:
    """The gradients the walk starts with, checked against the roots."""
    if gradients is None:
        gradients = [None] * len(roots)
    if len(gradients) != len(roots):
        raise GradientError(f"got {len(roots)} tensors and {len(gradients)} gradients")
    seeds = []
    for i, (root, given) in enumerate(zip(roots, gradients, strict=True)):
        if given is None:
            if root.requires_grad:
                if root.spec.numel != 1:
                    raise GradientError(
                        "grad can be implicitly created only for scalar outputs",
                        code="implicit-gradient",
                        help=Help(
                            "weigh the outputs: `backward y with ones_like(y)` (any tensor of shape "
                            f"{list(root.spec.shape)}), or reduce them: backward y.sum()",
                            "weigh the outputs: y.backward(torch.ones_like(y)) (any tensor of shape "
                            f"{list(root.spec.shape)}), or reduce them: y.sum().backward()",
                        ),
                    )
                if not root.dtype.is_floating_point:
                    raise GradientError(
                        f"grad can be implicitly created only for real scalar outputs but got {root.dtype}",
                        code="implicit-gradient",
                    )
            given = full_spec(root.spec, 1)
        else:
            if given.spec.shape != root.spec.shape:
                raise GradientError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {given.shape} and output[{i}] has a "
                    f"shape of {root.shape}.",
                    code="gradient-shape",
                    help=f"the gradient needs the shape of the output: {list(root.spec.shape)}",
                )
            if given.dtype.is_complex != root.dtype.is_complex:
                raise GradientError(
                    f"For complex Tensors, both grad_output and output are required to have the same dtype. "
                    f"Mismatch in dtype: grad_output[{i}] has a dtype of {given.dtype} and output[{i}] has a "
                    f"dtype of {root.dtype}.",
                    code="gradient-dtype",
                )
        if edge(root) is None:
            raise GradientError(
                f"element {i} of tensors does not require grad and does not have a grad_fn",
                code="no-graph",
                help=Help(
                    "nothing it was computed from requires grad: make an input a `param`, or give it "
                    "requires_grad=True",
                    "nothing it was computed from requires grad: give an input requires_grad=True",
                ),
            )
        seeds.append(given)
    return seeds


def slot(t: Tensor) -> Slot:
    e = edge(t)
    return (id(t), 0) if e is None else (id(e[0]), e[1])


#: the walks that are under way, the innermost last
walking: list[Walk] = []


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
        self.reachable: set[Slot] = set()
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
        for e in self.roots:
            if e is not None:
                self.reachable.add((id(e[0]), e[1]))
        for node in reversed(reachable(self.roots)):
            for target, index in node.all_edges():
                self.reachable.add((id(target), index))
                if (id(target), index) in wanted or id(target) in needed:
                    needed.add(id(node))
        return needed

    def run(self) -> None:
        state = context.current()
        before = state.grad_enabled
        state.grad_enabled = self.create
        heap, pending, wanted, counts = self.heap, self.pending, self.wanted, self.counts
        walking.append(self)
        try:
            self._begin()
            while heap:
                _, node = heappop(heap)
                grads = pending.pop(node.seq)
                if node.hooks is not None:
                    grads = self._arriving(node, grads)
                if wanted is not None:
                    self._capture(node, grads, wanted)
                    if id(node) not in self.needed:  # type: ignore[operator]
                        continue
                found = self.step(node, grads)
                if node.hooks is not None and node.hooks.after:
                    found = self._leaving(node, found, grads)
                self._deliver(found)
                if counts:
                    self._passed(node)
                if not self.keep:
                    node.free()
            for key in [*counts]:
                self._ready(key)
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
        """The gradients that one node passes on."""
        if context.current().anomaly is not None:
            from .anomaly import differentiate

            return differentiate(node, grads)
        return node.differentiate(grads)

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
            array, fresh = g.array, np.empty(0)
            probe = make_tensor(fresh, g.spec)
            # referred to from here alone: a gradient that nobody else holds needs no copy
            alone = getrefcount(g) == getrefcount(probe) and getrefcount(array) == getrefcount(fresh)
            if leaf.requires_grad:  # it may have been detached since
                accumulate(leaf, g, self.create, alone)


def plus(a: Tensor, b: Tensor) -> Tensor:
    """`a + b`, its arguments bound already."""
    return registry["add"].run(a, b, 1)


def reachable(roots: Sequence[tuple[Any, int] | None]) -> list[Node]:
    """All nodes the roots depend on, newest first."""
    seen: dict[int, Node] = {}
    stack = [e[0] for e in roots if e is not None and type(e[0]) not in TENSORS]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen[id(node)] = node
        for target, _ in node.all_edges():
            if type(target) not in TENSORS and id(target) not in seen:
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
    if have is None:
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
    else:
        from .inplace import write

        write(have, have.array + g.array)


def check_kept(t: Tensor) -> None:
    """Only what requires a gradient can keep one."""
    if not t.requires_grad:
        raise GradientError("can't retain_grad on Tensor that has requires_grad=False")


def retain(t: Tensor) -> None:
    """`retain_grad()`: a tensor that is not a leaf keeps its gradient too."""
    check_kept(t)
    if t.node is None or t.retains:
        return
    assert not t.is_leaf
    context.current().journal.save_attributes(t, "retains")
    t.retains = True
    kept = hooks.hooks_of(t.node)
    context.current().journal.save_attributes(kept, "retained")
    kept.retained = [*kept.retained, (t.output_index, weakref.ref(t))]


def seeds_of(value: Any) -> tuple[Tensor | None, ...] | None:
    """What a walk starts from: None, a tensor, or several of them (None stands for a one)."""
    if value is None:
        return None
    if isinstance(value, Tensor):
        return (value,)
    if not isinstance(value, Iterable):
        raise ArgumentError(f"'{type(value).__name__}' object is not iterable")
    seeds = tuple(value)
    for seed in seeds:
        if seed is not None and not isinstance(seed, Tensor):
            raise ArgumentError(f"gradients can be either Tensors or None, but got {type(seed).__name__}")
    return seeds


def tensors_of(value: Any, what: str) -> tuple[Tensor, ...]:
    """A tensor, or a list or tuple of them, as a tuple."""
    if isinstance(value, Tensor):
        return (value,)
    if not isinstance(value, Iterable):
        raise ArgumentError(f"'{type(value).__name__}' object is not iterable")
    items = tuple(value)
    for item in items:
        if isinstance(item, Tensor):
            continue
        if what == "inputs":
            kind = type(item).__name__
            raise GradientError(f"all inputs have to be Tensors or GradientEdges, but got {kind}")
        raise GradientError("Expected output to be a torch.Tensor", raises=AssertionError)
    return items
