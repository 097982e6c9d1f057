"""What losses have in common: `reduction`, its older spelling, and the dtypes their kernels take."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.core.warn import warn
from ...engine.numerics.cascade import total
from ...engine.run.apply import promoted
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, DTypeError

REDUCTIONS = ("mean", "sum", "none")

#: the parameters that most losses end with
LEGACY = "any size_average=None, any reduce=None, any reduction='mean'"


def reduction_of(reduction: Any, size_average: Any = None, reduce: Any = None, *operands: Tensor) -> str:
    """The reduction meant; `size_average` and `reduce` are its older spelling and win if given.

    Shapes of `operands` that do not broadcast are what is complained about first.
    """
    if size_average is not None or reduce is not None:
        apart, summed = (given is not None and not given for given in (reduce, size_average))
        meant = "none" if apart else "sum" if summed else "mean"
        warn(
            f"size_average and reduce args will be deprecated, please use reduction='{meant}' instead.",
            help=f"reduction={meant!r}",
        )
        return meant
    if reduction == "elementwise_mean":
        warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.",
            help="reduction='mean'",
        )
        return "mean"
    if reduction not in REDUCTIONS:
        broadcast_shapes(*[t.spec.shape for t in operands])
        raise BadValue(
            f"{reduction} is not a valid value for reduction",
            raises=ValueError,
            code="reduction",
            help="it is one of " + ", ".join(repr(r) for r in REDUCTIONS),
        )
    return reduction


def one_of_three(reduction: Any, wrong: str = " is not a valid value for reduction") -> str:
    """The reduction of the losses that read its name themselves, and what they say of another."""
    if reduction not in ("none", "mean", "sum"):
        if not isinstance(reduction, str):
            raise ArgumentError(f"unsupported operand type(s) for +: '{type_name(reduction)}' and 'str'")
        raise BadValue(reduction + wrong, raises=ValueError, code="reduction")
    return str(reduction)


def warn_sizes(input: Tensor, target: Tensor) -> None:
    """A loss of two shapes compares elements that nobody meant to compare."""
    if input.spec.shape != target.spec.shape:
        warn(
            f"Using a target size ({sizes(target)}) that is different to the input size ({sizes(input)}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same "
            "size.",
            help=same_size(input.spec.shape, target.spec.shape),
            operands=(input, target),
        )


def same_size(input: tuple[int, ...], target: tuple[int, ...]) -> str:
    if [n for n in input if n != 1] == [n for n in target if n != 1]:
        return "give both one shape: target.view_as(input)"
    return "each element of the input needs a target of its own"


def reduced_spec(input: Spec, reduction: str) -> Spec:
    return input if reduction == "none" else input.with_shape(())


def reduce_array(values: Any, reduction: str) -> Any:
    """A kernel's last step, in the values' own dtype; 16-bit floats are added up in float32."""
    if reduction == "none":
        return values
    if values.dtype.itemsize == 2:
        return reduce_array(values.astype(np.float32), reduction)
    summed = total(values, tuple(range(values.ndim)), False)
    return np.divide(summed, values.dtype.type(values.size)) if reduction == "mean" else summed


def reduce_tensor(values: Tensor, reduction: str) -> Tensor:
    """The last step of a loss written in operations."""
    if reduction == "none":
        return values
    return values.mean() if reduction == "mean" else values.sum()


def spread_grad(grad: Tensor, reduction: str, count: int) -> Tensor:
    """The gradient of each element's loss from that of the reduced loss."""
    return grad / count if reduction == "mean" else grad


def only_float(kernel: str, of: Spec) -> None:
    if of.dtype.category != dt.FLOAT:
        raise DTypeError(
            f"\"{kernel}\" not implemented for '{of.dtype.title}'",
            raises=NotImplementedError,
            code="not-implemented",
            help="convert it: x.float()" if of.dtype.category < dt.FLOAT else None,
        )


def sizes(t: Tensor | Spec) -> str:
    return f"torch.Size({list(t.shape)})"


def no_cast(have: dt.DType, want: dt.DType) -> Exception:
    return DTypeError(
        f"result type {have.title} can't be cast to the desired output type {want.title}",
        code="target-dtype",
        help=f"convert the input first: x.to({have.name})",
    )


def into_input(x: Spec, y: Spec) -> None:
    """The result of both is written into what is like `x`."""
    joined = promoted([x, y], context.current().dtype)
    if joined.category > x.dtype.category:
        raise no_cast(joined, x.dtype)
