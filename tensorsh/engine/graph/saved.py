"""What derivatives save, where a program has a say in it: `saved_tensors_hooks` pack and unpack it.

`Context.noting` is told of each node as it is recorded: only while something is in force that wants to know.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from ...errors import ArgumentError, GradientError
from ..core import context
from ..records.op import registry
from ..records.recorded import native_name
from ..values.tensor import TENSORS, Tensor, make_tensor
from .hooks import called

Pair = tuple[Callable[[Tensor], Any], Callable[[Any], Tensor]]


class Packed:
    """A tensor as `pack` left it, and its place in the graph."""

    __slots__ = ("held", "leaf", "place", "unpack")

    def __init__(self, t: Tensor, hooks: Pair, own: Any = None):
        """`own` is the node that saves it, where it is one of that node's own outputs."""
        pack, self.unpack = hooks
        before = t.version
        with context.GradMode(False):
            self.held = called(pack, t)
        if t.version != before:
            raise GradientError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook "
                "cannot be modified by in-place operations as this can lead to unexpected side-effects. Please "
                "open an issue if you need to perform in-place operations on the input to a pack hook."
            )
        self.leaf = t if t.node is None and t.requires_grad_slot else None
        self.place: Any = None if t.node is None else (t.node, t.output_index)
        if own is not None:  # not a cycle: the node holds this
            from weakref import ref

            self.place = ref(own), t.output_index

    def tensor(self) -> Tensor:
        """What `unpack` makes of it, at its place in the graph."""
        with context.GradMode(False):
            t = called(self.unpack, self.held)
        if not isinstance(t, Tensor):
            raise ArgumentError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(t).__name__}"
            )
        if self.leaf is t or (self.leaf is None and self.place is None):
            return t
        out = make_tensor(t.array, t.spec)
        if self.leaf is not None:
            with context.GradMode(True):
                through = registry["alias"](self.leaf)
            out.node, out.output_index = through.node, through.output_index
        else:
            node, out.output_index = self.place
            out.node = node() if type(node).__name__ == "ReferenceType" else node
        out.requires_grad_slot = True
        return out


#: the versions of a node whose saved tensors are packed: it is not asked about them
PACKED: Any = tuple.__new__(type("Packed", (tuple,), {"__slots__": ()}))


def restored(node: Any) -> Any:
    """A packed node as it was: each saved tensor is unpacked once, in the order of PyTorch's names."""
    whole = copy(node)
    whole.versions = ()
    whole.args = list(node.args)
    for i in in_order(node):
        whole.args[i] = unpacked(node.args[i])
    if node.outputs is not None:
        whole.outputs = [saved.tensor() for saved in node.outputs]
    return whole


def in_order(node: Any) -> list[int]:
    """The positions of a node's arguments, in the order of the names that PyTorch has for them."""
    return sorted(range(len(node.args)), key=lambda i: native_name(node.op.schema.parameters[i].name))


def unpacked(a: Any) -> Any:
    """A saved argument as it was given."""
    if type(a) is Packed:
        return a.tensor()
    if type(a) is tuple and any(type(t) is Packed for t in a):
        return tuple([t.tensor() if type(t) is Packed else t for t in a])
    return a


class Noting:
    """Is told of each node: packs what it saves, writes down where in the program it was made."""

    def note(self, node: Any) -> None:
        state = context.current()
        if state.anomaly is not None:
            from .anomaly import remember

            remember(node)
        if state.packing:
            pack_saved(node, state.packing[-1])


def pack_saved(node: Any, hooks: Pair | None) -> None:
    """Pack what a node saves; `hooks` is None inside `saved_tensors_hooks` that are switched off."""
    if hooks is None:
        return
    node.versions = PACKED
    args = list(node.args)
    for i in in_order(node):
        args[i] = packed(args[i], hooks)
    node.args = args
    if node.outputs is not None:
        node.outputs = [
            saved if type(saved) is Packed else Packed(node._output(n), hooks, node)
            for n, saved in enumerate(node.outputs)
        ]


def packed(a: Any, hooks: Pair) -> Any:
    if type(a) in TENSORS:
        return Packed(a, hooks)
    if type(a) is tuple and any(type(t) in TENSORS for t in a):
        return tuple([Packed(t, hooks) if type(t) in TENSORS else t for t in a])
    return a


def set_noting() -> None:
    """Tell of nodes while something wants to know, and only then."""
    state = context.current()
    state.noting = Noting() if state.packing or state.anomaly is not None else None
