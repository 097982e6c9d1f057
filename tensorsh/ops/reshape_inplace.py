"""Changing a tensor's shape in place: `x.unsqueeze_(0)` makes `x` itself the view that `unsqueeze` gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine import context
from ..engine.inplace import bump, check_writable
from ..engine.op import composite, registry
from ..engine.tensor import Tensor
from ..errors import GradientError
from .create import check_size
from .strided import address, owner

#: PyTorch counts on where an operation has a form in place
IN_PLACE = {
    "UnsqueezeBackward0": "UnsqueezeBackward1",
    "SqueezeBackward0": "SqueezeBackward3",
    "SqueezeBackward1": "SqueezeBackward4",
    "SqueezeBackward2": "SqueezeBackward5",
    "TBackward0": "TBackward1",
    "TransposeBackward0": "TransposeBackward1",
    "AsStridedBackward0": "AsStridedBackward1",
}


def become(target: Tensor, name: str, *args: Any) -> Tensor:
    """Let `target` be what the view operation makes of it: its memory seen anew, its history one longer."""
    check_writable(target)
    view = registry[name](target, *args)
    context.current.journal.save_attributes(
        target, "array", "spec", "node", "index", "requires_grad_slot", "view_of"
    )
    target.array, target.spec = view.array, view.spec
    if view.node is not None:
        target.node, target.index = view.node, view.index
        view.node.title = IN_PLACE[view.node.name()]
    if target.view_of is not None:
        target.view_of = view.view_of
    bump(target)
    if target.view_of is not None:
        target.view_of.version = target.version  # the node is the view's own
    return target


def shape_changer(name: str, parameters: str, given: str, shown: str) -> None:
    @composite(
        f"Tensor.{name}_(Tensor input{parameters})",
        names=(f"Tensor.{name}_",) + (f"torch.{name}_",) * (name == "as_strided"),
        doc=f"""`{name}`, in place: the tensor itself gets the new shape.

        >>> x = {given}
        >>> x.{name}_({shown.partition(" → ")[0]});
        >>> x
        {shown.partition(" → ")[2]}
        """,
    )
    def change(input, *args):
        return become(input, name, *args)


shape_changer("unsqueeze", ", int dim", "tensor([1, 2])", "0 → tensor([[1, 2]])")
shape_changer(
    "as_strided",
    ", ints size, ints stride, int? storage_offset=None",
    "tensor([1, 2, 3])",
    "(2,), (2,) → tensor([1, 3])",
)
shape_changer("squeeze", ", any dim=None", "tensor([[1, 2]])", " → tensor([1, 2])")
shape_changer("t", "", "tensor([[1, 2]])", " → tensor([[1],\n                [2]])")
for spelling in ("transpose", "swapaxes", "swapdims"):
    shape_changer(
        spelling, ", int dim0, int dim1", "tensor([[1, 2]])", "0, 1 → tensor([[1],\n                [2]])"
    )


# ------------------------------------------------------------------ another size of the same memory


def resized(target: Tensor, size: Sequence[int]) -> Tensor:
    """Let `target` show `size` elements of its memory in order; more than there are come as zeros."""
    if target.requires_grad:
        raise GradientError(
            "cannot resize variables that require grad", help="x.detach() is the same values without a graph"
        )
    shape = tuple(size)
    check_size(shape)
    check_writable(target, "resize_")
    context.current.journal.save_attributes(target, "array", "spec")
    wanted = math.prod(shape)
    if not target.spec.is_meta:
        whole = owner(target.array).reshape(-1)
        start = (address(target.array) - address(whole)) // target.array.itemsize
        if whole.dtype != target.array.dtype or start + wanted > whole.size:
            more = np.zeros(max(wanted, target.spec.numel), target.array.dtype)
            more[: target.spec.numel] = target.array.reshape(-1)
            whole, start = more, 0
        target.array = whole[start : start + wanted].reshape(shape)
    target.spec = target.spec.with_shape(shape)
    bump(target)
    return target


@composite("Tensor.resize_(Tensor input, int... size, any memory_format=None)")
def resize_(input, size, memory_format):
    """The tensor itself with another shape; it keeps its first elements in memory's order.

    >>> x = arange(6)
    >>> x.resize_(2, 2);
    >>> x
    tensor([[0, 1],
            [2, 3]])
    """
    return resized(input, size)


@composite(
    "resize_as_(Tensor input, Tensor the_template, *, any memory_format=None)",
    names=("torch.resize_as_", "Tensor.resize_as_"),
)
def resize_as_(input, the_template, memory_format):
    """`resize_` to the shape of another tensor.

    >>> x = arange(3)
    >>> x.resize_as_(zeros(2));
    >>> x
    tensor([0, 1])
    """
    return resized(input, the_template.shape)
