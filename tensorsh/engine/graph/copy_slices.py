"""A base whose memory was written through one of its views."""

from __future__ import annotations

from typing import Any

from ..core.journal import sequence
from ..records.op import registry
from ..values.tensor import Tensor
from .node import Edge, Node, edge, zeros


class CopySlices(Node):
    """A base whose memory was written through a view by `inner`, an in-place operation's node."""

    __slots__ = ("inner", "layout", "steps")

    def __init__(self, base: Tensor, steps: tuple[Any, ...], inner: Node):
        base_edge = edge(base)
        self.op = inner.op
        self.title = "CopySlices"
        self.seq = next(sequence)
        self.inner = inner
        self.steps = steps
        self.layout = layout_of(base)  # the steps need memory like that which they looked at
        self.edges = [base_edge, *inner.edges[1:]]
        self.needs = (base_edge is not None, *inner.needs[1:])
        self.input_specs = (base.spec, *inner.input_specs[1:])
        self.args = ()
        self.versions = ()
        self.outputs = None
        self.output_specs = (base.spec,)
        self.saves = inner.saves
        self.hooks = None

    def name(self) -> str:
        return "torch::autograd::CopySlices"

    def differentiate(self, grads: list[Tensor | None]) -> list[tuple[Edge, Tensor]]:
        grad = grads[0]
        assert grad is not None
        region = region_of(grad, self.steps, self.layout)
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
            found.append((base_edge, registry["engine.view_scatter"](grad, through, self.steps, self.layout)))
        return found

    def free(self) -> None:
        self.inner.free()


def layout_of(t: Tensor) -> tuple[int, ...] | None:
    """The strides of a tensor in elements, None where its elements lie in order."""
    return None if t.in_order else tuple([s // t.array.itemsize for s in t.array.strides])


def region_of(whole: Tensor, steps: tuple[Any, ...], layout: tuple[int, ...] | None) -> Tensor:
    """What `steps` show of a tensor whose memory is brought into `layout` first."""
    if layout is not None:
        whole = registry["engine.laid_out"](whole, layout)
    elif not whole.in_order:
        whole = registry["Tensor.contiguous"](whole)
    return replay(steps, whole)


def replay(steps: tuple[Any, ...], base: Tensor) -> Tensor:
    """The view that `steps` make of another tensor of the base's shape."""
    for op, rest, which in steps:
        from ..run.apply import apply

        out = apply(op, (base, *rest))
        base = out if which is None else out[which]
    return base
