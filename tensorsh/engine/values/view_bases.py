"""How a view looks into its base as that is now, and where it may not be written through."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ...errors import GradientError
from ..core import context
from ..core.spec import Spec
from ..records.op import Op, registry
from .tensor import Tensor
from .wrapping import layout


def steps_of(t: Tensor) -> tuple[Any, ...]:
    """The steps that make a view of its base as the base is now.

    Where the base has changed its shape in place since, the view has not: it is then found by its strides.
    """
    view = t.view_of
    assert view is not None
    base = view.base
    if layout(base.array) is layout(view.seen) or base.dtype is not t.dtype:
        return view.steps
    context.current().mode.change("a view of what has changed its shape")
    strided = registry["engine.strided_view"]
    strides = tuple([s // t.array.itemsize for s in t.array.strides])
    return ((strided, strided.from_base(base, (t, t.spec.shape, strides, 0, None)), None),)


def memory(t: Tensor) -> np.ndarray[Any, Any]:
    """An array with the strides of a tensor. That of one without values has no memory: it is never read or copied."""
    if not t.spec.is_meta:
        return layout(t.array)
    if t.view_of is None:
        return t.spec.in_order
    x = t.view_of.base.spec.in_order
    for op, args, which in t.view_of.steps:
        if op.from_base is not None:  # which may have to copy
            return t.spec.in_order
        seen = op.kernel(x, *args)
        x = seen if which is None else seen[which]
    return x if x.shape == t.spec.shape else t.spec.in_order


def in_order(t: Tensor) -> bool:
    """Whether the elements of a tensor without values would lie in memory in order."""
    return t.view_of is None or bool(memory(t).flags.c_contiguous)


def keeps_order(op: Op, of: Spec, args: tuple[Any, ...]) -> bool:
    """Whether a view shows all elements of a tensor, in their order: another shape at most."""
    if op.from_base is not None:
        return False
    x = of.in_order
    seen = op.kernel(x, *args)
    whole = (
        type(seen) is np.ndarray and seen.dtype == x.dtype and seen.size == x.size and seen.flags.c_contiguous
    )
    return whole and (seen.strides == x.strides or sorted(seen.strides) != sorted(x.strides))


def turns(seen: np.ndarray[Any, Any], x: np.ndarray[Any, Any]) -> bool:
    """Whether a view of a matrix shows its transpose."""
    alike = (
        x.ndim == 2 and seen.dtype == x.dtype
    )  # one number looked at as another kind of number is no transpose
    return alike and seen.shape == x.shape[::-1] and seen.strides == x.strides[::-1]


def check_origin(t: Tensor, changed: str) -> None:
    """Refuse a view whose gradient would be wrong after an in-place change; `changed` says of what."""
    assert t.view_of is not None
    origin = t.view_of.origin
    if origin is None:
        return
    made = "" if t.node is None else f"Output {t.output_index} of {producer(t.node)} is a view"
    if origin == "function":
        raise GradientError(
            f"{made} and {changed} modified inplace. This view was created inside a custom Function (or because an "
            "input was returned as-is) and the autograd logic to handle view+inplace would override the custom "
            "backward associated with the custom Function, leading to incorrect gradients. This behavior is "
            "forbidden. You can fix this by cloning the output of the custom Function.",
            code="inplace-function-view",
        )
    inference = origin == "inference"
    if origin != "many" or not made:
        made = f"{made} of a view which was created in" if made else "A view was created in"
        mode, now = ("inference", "in normal mode") if inference else ("no_grad", "with grad mode enabled")
        what = f"{made} {mode} mode and {changed} modified inplace {now}."
    else:
        what = f"{made} and {changed} modified inplace."
    if origin in ("no_grad", "inference"):
        raise GradientError(
            f"{what} Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify "
            f"your code by moving both the view and the inplace either both inside the {origin}"
            f"{'_mode' if inference else ''} block (if you "
            "don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked).",
            code="inplace-no-grad-view",
        )
    raise GradientError(
        f"{what} This view is the output of a function that returns multiple views. Such functions do not "
        "allow the output views to be modified inplace. You should replace the inplace operation by an "
        "out-of-place one.",
        code="inplace-many-views",
        help="index the base instead: x[0], or clone() the part first",
    )


def producer(node: Any) -> str:
    """The name of a node as messages have it: `Mul` for MulBackward0."""
    return re.sub(r"Backward(\d*)$", lambda found: found[1].lstrip("0"), node.name())
