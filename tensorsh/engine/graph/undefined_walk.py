"""A walk in which gradients may be undefined: None, as where a function leaves one out.

A plain walk does not come by a node that no gradient reaches. Here it does, so that a function of the program is asked
what it makes of that; operations pass it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappush
from typing import Any

from ..values.tensor import TENSORS, Tensor
from .node import Node
from .walk import Walk, slot


def undefined(
    roots: Sequence[Tensor], seeds: Sequence[Tensor | None], inputs: Sequence[Tensor]
) -> list[Tensor | None]:
    """The gradients of `inputs`, where a root's gradient is None if it is undefined; the graph is kept."""
    walk = UndefinedWalk(roots, seeds, True, False, inputs)  # type: ignore[arg-type]
    walk.run()
    return [walk.captured.get(slot(t)) for t in inputs]


class UndefinedWalk(Walk):
    """A walk whose gradients may be None."""

    def step(self, node: Node, grads: list[Tensor | None]) -> list[tuple[tuple[Any, int], Tensor]]:
        asked = node.op is None or any(
            g is not None for g in grads
        )  # a program's own function, or something to do
        found = node.differentiate(grads) if asked else []
        reached = [e for e, _ in found]
        rest: list[Any] = [(e, None) for e in node.all_edges() if all(e is not other for other in reached)]
        return found + rest

    def _deliver(self, found: list[tuple[tuple[Any, int], Tensor]]) -> None:
        there = [(e, g) for e, g in found if g is not None]
        for (target, _), g in found:
            if g is not None or type(target) is Tensor or type(target) in TENSORS:
                continue
            if target.seq not in self.pending:
                self.pending[target.seq] = [None] * len(target.output_specs)
                heappush(self.heap, (-target.seq, target))
        super()._deliver(there)
