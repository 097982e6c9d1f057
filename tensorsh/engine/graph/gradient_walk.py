"""A walk back for those who look: it keeps every gradient, and the graph stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..core import context
from ..values.tensor import Tensor
from ..values.wrapping import full_spec
from .copy_slices import CopySlices
from .node import FREED, Node, edge
from .walk import Walk, reachable


class GradientWalk(Walk):
    """A backward walk that keeps each node's gradients; the graph stays as it is."""

    def __init__(self, root: Tensor, wrt: Sequence[Tensor], seed: Tensor | None = None):
        self.seed = full_spec(root.spec, 1) if seed is None else seed
        super().__init__([root], [self.seed], True, False, list(wrt))
        self.visits: list[tuple[Node, list[Tensor | None]]] = []
        self.passed: dict[int, list[Tensor]] = {}  # id of a node → the gradients it passed on
        self.terms: dict[
            int, tuple[Node, Any]
        ] = {}  # id of a gradient → the node that passed it on, and where

    def step(self, node: Node, grads: list[Tensor | None]) -> list[tuple[Any, Tensor]]:
        self.visits.append((node, list(grads)))
        found = node.differentiate(grads)
        for e, g in found:
            if id(g) not in self.terms:
                self.terms[id(g)] = (node, e)
                self.passed.setdefault(id(node), []).append(g)
        return found


def leaves(root: Tensor) -> list[Tensor]:
    """The leaves that a tensor's gradient reaches, in the order its graph mentions them."""
    found: dict[int, Tensor] = {}
    seen: set[int] = set()
    work = [e[0]] if (e := edge(root)) is not None else []
    while work:
        at = work.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        if isinstance(at, Tensor):
            found[id(at)] = at
        else:
            work.extend(e[0] for e in reversed(at.all_edges()))
    return list(found.values())


@contextmanager
def remembered(root: Tensor) -> Iterator[list[Tensor]]:
    """The graph as it was before a backward freed it, where the session has kept it; what changed since."""
    recollection = context.current().recollection
    changed: list[Tensor] = []
    back: list[Node] = []
    try:
        nodes = reachable([edge(root)])
        for node in [*nodes, *(n.inner for n in nodes if isinstance(n, CopySlices))]:
            if recollection is None or node.args is not FREED:
                continue
            kept = recollection.spent.get(node)
            if kept is None:
                continue
            args, versions, outputs = kept
            changed += [t for t, version in versions if t.version != version]
            node.args, node.versions = args, ()
            if outputs is not None:
                node.outputs = [o if type(o) is not tuple else (o[0], o[1], o[1][0]) for o in outputs]
                stale = [n for n, o in enumerate(outputs) if type(o) is tuple and o[1][0] != o[2]]
                changed += [node._output(n) for n in stale]
            back.append(node)
        yield changed
    finally:
        for node in back:
            node.args, node.versions, node.outputs = FREED, (), None
