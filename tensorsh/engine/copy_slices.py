"""A base whose memory was written through one of its views."""

from __future__ import annotations

from typing import Any

from .journal import sequence
from .node import Edge, Node, zeros
from .op import registry
from .spec import Spec
from .tensor import Tensor


class CopySlices(Node):
    """A base whose memory was written through a view by `inner`, an in-place operation's node."""

    __slots__ = ("base_spec", "inner", "steps")

    def __init__(self, base_edge: Edge | None, base_spec: Spec, steps: tuple[Any, ...], inner: Node):
        self.op = inner.op
        self.title = "CopySlices"
        self.seq = next(sequence)
        self.inner = inner
        self.steps = steps
        self.base_spec = base_spec
        self.edges = [base_edge, *inner.edges[1:]]
        self.needs = (base_edge is not None, *inner.needs[1:])
        self.input_specs = (base_spec, *inner.input_specs[1:])
        self.args = ()
        self.versions = ()
        self.outputs = None
        self.output_specs = (base_spec,)
        self.saves = inner.saves
        self.retained = None

    def name(self) -> str:
        return "torch::autograd::CopySlices"

    def differentiate(self, grads: list[Tensor | None]) -> list[tuple[Edge, Tensor]]:
        grad = grads[0]
        assert grad is not None
        if not grad.spec.is_meta and not grad.array.flags.c_contiguous:
            grad = registry["Tensor.contiguous"](grad)  # the steps need memory of the shape they look at
        region = replay(self.steps, grad)
        base_edge = self.edges[0]
        inner = self.inner
        # the inner operation reports the gradient of the view under this edge of its own
        inner.edges[0] = (inner, 0)
        found: list[tuple[Edge, Tensor]] = []
        through = None
        for e, g in inner.differentiate([region]):
            if e[0] is inner:
                through = g
            else:
                found.append((e, g))
        if base_edge is not None:
            if through is None:
                through = zeros(region.spec)
            found.append((base_edge, registry["view_scatter"](grad, through, self.steps)))
        return found

    def free(self) -> None:
        self.inner.free()


def replay(steps: tuple[Any, ...], base: Tensor) -> Tensor:
    """The view that `steps` make of another tensor of the base's shape."""
    for op, rest, which in steps:
        from .apply import apply

        out = apply(op, (base, *rest))
        base = out if which is None else out[which]
    return base
