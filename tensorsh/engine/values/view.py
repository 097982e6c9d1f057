"""A view: what it looks into, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tensor import Tensor


class View:
    """How a tensor looks into a base: replaying `steps` of (view op, arguments after the first).

    seen      the base's array that the steps start from; `transpose_` and its like give the base another
    version   the base's version when the view's `grad_fn` was made; a later in-place change remakes it
    origin    where in-place changes are refused: "many" for one output of several (unbind, split),
              "no_grad" for a view that was made while nothing was recorded; else None
    """

    __slots__ = ("__weakref__", "base", "origin", "seen", "steps", "version")

    def __init__(self, base: Tensor, steps: tuple[Any, ...], version: int, origin: str | None):
        self.base = base
        self.seen = base.array
        self.steps = steps
        self.version = version
        self.origin = origin


def sees_graph(t: Tensor) -> bool:
    """Whether it is a view, and it or its base is part of a graph: what is written into it changes the graph."""
    view = t.view_of
    if view is None:
        return False
    return t.requires_grad_slot or view.base.requires_grad_slot or view.base.node is not None
