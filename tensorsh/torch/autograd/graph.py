"""`torch.autograd.graph`: nodes, edges, what is saved, hooks on several gradients."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ...engine.core import context
from ...engine.graph.grad_fn import GraphNode as Node
from ...engine.graph.grad_fn import shown
from ...engine.graph.hooks import RemovableHandle
from ...engine.graph.node import edge
from ...engine.graph.saved import set_noting
from ...engine.run.inplace import bump
from ...engine.values.tensor import Tensor

__all__ = [
    "GradientEdge", "Node", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks",
    "get_gradient_edge", "increment_version",
    "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip

#: why `saved_tensors_hooks` are refused at present
_disabled: list[str] = []


class GradientEdge(NamedTuple):
    """Where a gradient goes: a node, and which of its outputs it belongs to."""

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge of a tensor's gradient."""
    found = edge(tensor)
    if found is None:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require gradients"
        )
    return GradientEdge(shown(found[0]), found[1])


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count an in-place change of tensors that the graph did not see."""
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
        bump(t)


class saved_tensors_hooks:
    """`with saved_tensors_hooks(pack, unpack):` what is saved for backward is kept as `pack` makes it."""

    __module__ = "torch.autograd.graph"

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]):
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        if _disabled:
            raise RuntimeError(_disabled[-1])
        state = context.current()
        state.mode.change("what is saved is packed")
        state.packing = (*state.packing, (self.pack_hook, self.unpack_hook))
        set_noting()

    def __exit__(self, *_: object) -> None:
        state = context.current()
        state.packing = state.packing[:-1]
        set_noting()


class save_on_cpu(saved_tensors_hooks):
    """`with save_on_cpu():` what is saved is copied, as it would be from another device."""

    __module__ = "torch.autograd.graph"

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda"):
        super().__init__(lambda tensor: (tensor.device, tensor.cpu()), lambda packed: packed[1].to(packed[0]))


class _Copies:
    """What `allow_mutation_on_saved_tensors` gives; there is nothing to clear, since each copy goes with its graph."""

    def clear(self) -> None:
        """Nothing is kept outside the graph."""


#: whether a context of `allow_mutation_on_saved_tensors` is open
_copying: list[bool] = []


@contextmanager
def allow_mutation_on_saved_tensors() -> Generator[_Copies, None, None]:
    """Inside it what is saved for backward is a copy, which changes in place do not reach."""
    if _copying:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    _copying.append(True)
    try:
        with saved_tensors_hooks(lambda saved: saved.detach().clone(), lambda copy: copy):
            yield _Copies()
    finally:
        _copying.pop()


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Generator[None, None, None]:
    """Inside it, entering `saved_tensors_hooks` is an error with this message."""
    if context.current().packing:
        raise RuntimeError(error_message)
    _disabled.append(error_message)
    try:
        yield
    finally:
        _disabled.pop()


class MultiHandle(RemovableHandle):
    """Removes the hooks of several tensors."""

    def __init__(self, handles: tuple[RemovableHandle, ...]):
        self.handles = handles

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[..., Any], *, mode: str = "all"
) -> RemovableHandle:
    """Call `fn` with the gradients of all `tensors` when the last of them is known, or with the first ("any")."""
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    gathering = Gathering(len(tensors), fn, mode == "any", [edge(t) for t in tensors])
    return MultiHandle(tuple([t.register_hook(gathering.hook(i)) for i, t in enumerate(tensors)]))


class Gathering:
    """The gradients of several tensors in one walk."""

    def __init__(self, n: int, fn: Callable[..., Any], first: bool, edges: list[Any]):
        self.n = n
        self.fn = fn
        self.first = first
        self.edges = edges
        self.walk: Any = None
        self.found: list[Tensor | None] = []
        self.left = 0

    def hook(self, i: int) -> Callable[[Tensor], None]:
        def arrived(grad: Tensor) -> None:
            from ...engine.graph.walk import walking

            walk = walking[-1]
            if walk is not self.walk:
                self.walk = walk
                self.found = [None] * self.n
                self.left = 1 if self.first else sum(1 for e in self.edges if walk.passes(e))
            if not self.left:
                return
            self.found[i] = grad
            self.left -= 1
            if not self.left:
                self.fn(grad if self.first else self.found)

        return arrived
