"""Changing a tensor's shape in place: `x.unsqueeze_(0)` makes `x` itself the view that `unsqueeze` gives."""

from __future__ import annotations

from typing import Any

from ...engine.core import context
from ...engine.records.op import composite, registry
from ...engine.run.inplace import bump, check_writable
from ...engine.values.tensor import Tensor

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
    context.current().journal.save_attributes(
        target, "array", "spec", "node", "output_index", "requires_grad_slot", "view_of"
    )
    target.array, target.spec = view.array, view.spec
    if view.node is not None:
        target.node, target.output_index = view.node, view.output_index
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
shape_changer("squeeze", ", any dim=...", "tensor([[1, 2]])", " → tensor([1, 2])")
shape_changer("t", "", "tensor([[1, 2]])", " → tensor([[1],\n                [2]])")
for spelling in ("transpose", "swapaxes", "swapdims"):
    dims = ", int axis0, int axis1" if spelling == "swapaxes" else ", int dim0, int dim1"
    shape_changer(spelling, dims, "tensor([[1, 2]])", "0, 1 → tensor([[1],\n                [2]])")
