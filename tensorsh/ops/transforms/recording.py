"""A function called once, and its derivatives taken as often as wanted: what all transforms share.

`Recording` calls a function on fresh leaves and keeps the graph. `pull` takes v to v · Jacobian by walking it
back; `push` takes v to Jacobian · v by walking back the walk: v · Jacobian is linear in v, and its
derivative by v is the Jacobian. Inside `vmap` the leaves are mapped over (`engine.values.batched`): one graph
holds all slices, which do not mix.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.context import GradMode
from ...engine.core.journal import sequence
from ...engine.graph import backward
from ...engine.graph.hooks import called, hooked
from ...engine.graph.node import edge
from ...engine.graph.walk import reachable
from ...engine.modes.levels import dress, strip
from ...engine.records.op import registry
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import full_spec
from ...errors import DTypeError

Gradients = tuple[Tensor | None, ...]

#: when the leaves of the tapes that are in use were made (by id)
_births: dict[int, int] = {}


class Recording:
    """The outputs of a function at some inputs, and the way back.

    connect     the inputs that require a gradient stay connected to where they came from
    connected   whether the outputs depend on something else that is differentiated: the user's own
                parameters, or a transform around this one
    """

    def __init__(self, inputs: Sequence[Tensor], connect: bool = True, alias: str = "alias"):
        context.current().mode.change("a function is transformed")
        self.batches = context.current().mode.batches
        self.sources = inputs
        self.outer = 0  # how many levels PyTorch opens around it, which are none here
        self.start = next(sequence)
        self.wanted = context.current().grad_enabled
        self.plain_inputs = [self._leaf(strip(t, self.batches), connect, alias) for t in inputs]
        #: the inputs as the function is to see them
        self.inputs = [dress(t, self.batches) for t in self.plain_inputs]
        self.transform = alias == "alias"  # `autograd.functional` is none
        self.plain_outputs: list[Tensor] = []
        self.connected = False
        self._pushed: tuple[list[Tensor], Gradients] | None = None

    @classmethod
    def over(cls, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Recording:
        """A tape of what has been computed from `inputs` already."""
        tape = cls(())
        tape.plain_inputs = [strip(t, tape.batches) for t in inputs]
        tape.inputs = list(inputs)
        tape.start = min([_births.get(id(t), tape.start) for t in tape.plain_inputs])
        tape.record(outputs)
        return tape

    def _leaf(self, t: Tensor, connect: bool, alias: str) -> Tensor:
        if t.dtype.category < dt.FLOAT:
            raise DTypeError(
                "only Tensors of floating point dtype can require gradients",
                help="convert it first: x.float()",
            )
        if connect and t.requires_grad_slot:
            with GradMode(True):
                return registry["Tensor.view_as"](t, t) if alias == "view" else registry["alias"](t)
        leaf = t.alias()
        leaf.requires_grad_slot = True
        _births[id(leaf)] = next(sequence)
        weakref.finalize(leaf, _births.pop, id(leaf), None)
        return leaf

    def record(self, outputs: Sequence[Tensor]) -> None:
        """What the function gave."""
        self.plain_outputs = [strip(t, self.batches) for t in outputs]
        self.connected = self.wanted and self.reaches_outside(self.plain_outputs)

    def further(self, outputs: Sequence[Tensor]) -> Recording:
        """The same inputs with other outputs, computed from this tape: its gradients."""
        tape = copy(self)
        tape._pushed = None
        tape.record(outputs)
        return tape

    def call(self, function: Callable[..., Any]) -> Any:
        """The function's value at the inputs."""
        running = context.current().transforms
        if self.transform:
            running.append(self)
        try:
            with GradMode(True):
                return called(function, *self.inputs)
        finally:
            if self.transform:
                running.remove(self)

    def has_hooks(self) -> bool:
        """Whether a walk back from the outputs calls functions of the program's at its nodes or at leaves."""
        nodes = reachable([edge(out) for out in self.plain_outputs])
        return bool(hooked) or any(node.hooks is not None for node in nodes)

    def pull(
        self, weights: Sequence[Tensor | None], create: bool | None = None, only: Sequence[int] | None = None
    ) -> Gradients:
        """weights · Jacobian, one for each input; None where no output depends on it."""
        chosen = range(len(self.plain_outputs)) if only is None else only
        pairs = [
            (out, full_spec(out.spec, 1) if w is None else strip(w, self.batches))
            for out, w in zip([self.plain_outputs[i] for i in chosen], weights, strict=True)
            if edge(out) is not None
        ]
        if not pairs:
            return (None,) * len(self.inputs)
        outputs, seeds = zip(*pairs, strict=True)
        if create is None:
            create = self.connected or (self.wanted and any(s.requires_grad_slot for s in seeds))
        found = backward.grad(
            outputs, self.plain_inputs, seeds, retain_graph=True, create_graph=create, allow_unused=True
        )
        return tuple([None if g is None else dress(g, self.batches) for g in found])

    def push(self, tangents: Sequence[Tensor], create: bool | None = None) -> Gradients:
        """Jacobian · tangents, one for each output; None where it depends on no input."""
        dummies, back = self._pushed or self._push()
        pairs = [
            (g, strip(v, self.batches))
            for g, v in zip(back, tangents, strict=True)
            if g is not None and edge(g) is not None
        ]
        if not pairs:
            return (None,) * len(self.plain_outputs)
        outputs, seeds = zip(*pairs, strict=True)
        if create is None:
            create = self.connected or (self.wanted and any(s.requires_grad_slot for s in seeds))
        found = backward.grad(
            outputs, dummies, seeds, retain_graph=True, create_graph=create, allow_unused=True
        )
        return tuple([None if g is None else dress(g, self.batches) for g in found])

    def _push(self) -> tuple[list[Tensor], Gradients]:
        """v · Jacobian as a function of a v that is differentiated."""
        dummies = [full_spec(out.spec, 0) for out in self.plain_outputs]
        for dummy in dummies:
            dummy.requires_grad_slot = True
        pairs = [
            (out, dummy)
            for out, dummy in zip(self.plain_outputs, dummies, strict=True)
            if edge(out) is not None
        ]
        back: Gradients = (None,) * len(self.plain_inputs)
        if pairs:
            outputs, seeds = zip(*pairs, strict=True)
            with GradMode(True):
                back = backward.grad(
                    outputs, self.plain_inputs, seeds, retain_graph=True, create_graph=True, allow_unused=True
                )
        self._pushed = dummies, back
        return self._pushed

    # -- what leaves the transform

    def released(self, t: Any) -> Any:
        """A result of the function, outside the graph of this tape unless something around it wants it."""
        if not isinstance(t, Tensor):
            return t
        inside = strip(t, self.batches)
        if edge(inside) is None or (self.wanted and self.reaches_outside([inside])):
            return t
        return dress(inside.alias(), self.batches)

    def holds(self, t: Tensor) -> bool:
        """Whether it was made in a graph since the tape began."""
        return (_births.get(id(t), -1) if t.node is None else t.node.seq) > self.start

    def source(self, t: Tensor) -> Tensor | None:
        """The input that it stands for, if it is one of the leaves."""
        return next((s for s, leaf in zip(self.sources, self.plain_inputs, strict=True) if leaf is t), None)

    def reaches_outside(self, tensors: Sequence[Tensor]) -> bool:
        """Whether their graph goes on to what was there before this tape."""
        stack = [e[0] for e in map(edge, tensors) if e is not None]
        seen: set[int] = set()
        while stack:
            target = stack.pop()
            if id(target) in seen:
                continue
            leaf = isinstance(target, Tensor)
            if (_births.get(id(target), -1) if leaf else target.seq) < self.start:
                return True
            if leaf:
                continue
            seen.add(id(target))
            stack.extend(e[0] for e in target.all_edges())
        return False


def filled(found: Sequence[Tensor | None], like: Sequence[Tensor]) -> list[Tensor]:
    """Zeros where there is no dependence."""
    return [like_zeros(t) if g is None else g for g, t in zip(found, like, strict=True)]


def like_zeros(t: Tensor) -> Tensor:
    return full_spec(t.spec, 0)


def basis(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The rows of the identity matrix over all elements of the tensors: for each a stack of its parts."""
    total = sum(t.spec.numel for t in tensors)
    rows, start = [], 0
    for t in tensors:
        row = registry["eye"](total, dtype=t.dtype, device=t.device)
        part = registry["narrow"](row, 1, start, t.spec.numel)
        rows.append(registry["reshape"](part, (total, *t.spec.shape)))
        start += t.spec.numel
    return rows
