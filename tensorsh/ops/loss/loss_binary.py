"""Binary cross entropy, of probabilities and of logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.readers import all_true
from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError
from ..activation.smooth import logsigmoid
from ..rules.families import LOG, LOG1P
from .loss_rules import (
    LEGACY,
    into_input,
    only_float,
    reduce_array,
    reduced_spec,
    reduction_of,
    same_size,
    sizes,
)

#: logarithms of probabilities are held above this, so that a certain mistake costs 100
LOWEST_LOG = -100.0
#: what keeps the derivative at probabilities 0 and 1 finite
EPSILON = 1e-12


def _bce_infer(x: Spec, y: Spec, weight: Spec | None, reduction: str) -> Spec:
    for s in (y, weight):
        if s is not None and s.dtype is not x.dtype:
            raise DTypeError(
                f"Found dtype {s.dtype.title} but expected {x.dtype.title}",
                code="dtype-mismatch",
                help=f"convert the target: target.to({x.dtype.name})",
            )
    only_float("binary_cross_entropy", x)
    _check_weight(x, weight)
    return reduced_spec(x, reduction)


def _check_weight(x: Spec, weight: Spec | None, first: bool = False) -> None:
    """The losses are multiplied in place: a weight fits their shape and does not widen it.

    `first` says which of the two a message names first.
    """
    if weight is None or weight.shape == x.shape:
        return
    shape = broadcast_shapes(*((weight.shape, x.shape) if first else (x.shape, weight.shape)))
    if shape != x.shape:
        raise ShapeError(
            f"output with shape {list(x.shape)} doesn't match the broadcast shape {list(shape)}",
            code="weight-size",
        )


@op(
    "binary_cross_entropy(Tensor input, Tensor target, Tensor? weight, str reduction)",
    batching="loss",
    infer=_bce_infer,
    half="native",
    names=(),
)
def bce_primitive(x, y, weight, reduction):
    """-(y log x + (1 - y) log(1 - x)), times the weight."""
    for name, a in (("input", x), ("target", y)):
        if not all_true((a >= 0) & (a <= 1)):
            raise BadValue(
                f"all elements of {name} should be between 0 and 1",
                code="probability-range",
                help="they are probabilities: sigmoid(x), or binary_cross_entropy_with_logits",
            )
    least = x.dtype.type(LOWEST_LOG)
    loss = (y - 1) * np.maximum(LOG1P(-x), least) - y * np.maximum(LOG(x), least)
    return reduce_array(loss if weight is None else loss * weight, reduction)


def averaged(
    slopes: tuple[Tensor | None, ...], weight: Tensor | None, reduction: str, count: int
) -> tuple[Tensor | None, ...]:
    """Gradients of each element, weighted and, where the loss is a mean, divided by the count at last."""
    if weight is not None:
        slopes = tuple([None if s is None else s * weight for s in slopes])
    if reduction == "mean":
        slopes = tuple([None if s is None else s / count for s in slopes])
    return slopes


@bce_primitive.derivative("input", "target")
def _(grad, input, target, weight, reduction, needs):
    slope = toward = None
    if needs[0]:
        slope = grad * (input - target) / ((1 - input) * input).clamp_min(EPSILON)
    if needs[1]:
        toward = grad * -registry["logit"](input)
    return averaged((slope, toward), weight, reduction, input.spec.numel)


@composite(
    f"nn.functional.binary_cross_entropy(Tensor input, Tensor target, Tensor? weight=None, {LEGACY})",
    names=("nn.functional.binary_cross_entropy",),
    sample=([0.2, 0.7], [1.0, 0.5]),
)
def binary_cross_entropy(input, target, weight, size_average, reduce, reduction):
    """The mean (or sum) of `-(target log(input) + (1 - target) log(1 - input))`.

    >>> nn.functional.binary_cross_entropy([0.5, 0.9], [1., 0.])
    tensor(1.4979)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ShapeError(
            f"Using a target size ({sizes(target)}) that is different to the input size ({sizes(input)}) is "
            "deprecated. Please ensure they have the same size.",
            raises=ValueError,
            code="target-size",
            help=same_size(input.spec.shape, target.spec.shape),
            operands=(input, target),
        )
    if weight is not None:
        _check_expands(weight.shape, target.shape, (input, target, weight))
        if weight.ndim < target.ndim:
            weight = weight.expand(target.shape)
    return apply(bce_primitive, (input, target, weight, reduction))


def _check_expands(shape: Any, to: Any, operands: tuple[Any, ...]) -> None:
    padded = [1] * (len(shape) - len(to)) + list(to)
    for i in range(1, min(len(shape), len(to)) + 1):
        if to[-i] != 1 and shape[-i] not in (1, to[-i]):
            raise ShapeError(
                f"Attempting to broadcast a dimension of length {shape[-i]} at -{i}! Mismatching argument at "
                f"index 1 had {sizes_of(shape)}; but expected shape should be broadcastable to {padded}",
                code="broadcast",
                operands=operands,
            )


def sizes_of(shape: Any) -> str:
    return f"torch.Size({list(shape)})"


# ------------------------------------------------------------------ logits


def _check_target(x: Spec, y: Spec) -> None:
    if y.dtype is dt.bool_:
        raise DTypeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead.",
            code="target-dtype",
            help="the target holds probabilities: target.float()",
        )
    into_input(y, x)


def _logits_infer(x: Spec, y: Spec, weight: Spec | None, pos_weight: Spec | None, reduction: str) -> Spec:
    _check_weight(x, pos_weight, first=True)
    _check_weight(x, weight)
    return reduced_spec(x, reduction)


@op(
    "binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight, Tensor? pos_weight, "
    "str reduction)",
    batching="loss",
    infer=_logits_infer,
    check=lambda x, *rest: only_float("log_sigmoid_cpu", x),
    promote="types",
    half="native",
    names=(),
)
def logits_primitive(x, y, weight, pos_weight, reduction):
    """(1 - y) x - (1 + (pos_weight - 1) y) log(sigmoid(x)), times the weight."""
    log_sigmoid = logsigmoid.kernel(x.astype(np.float32) if x.dtype.itemsize == 2 else x)
    log_sigmoid = log_sigmoid.astype(x.dtype, copy=False)
    if pos_weight is not None:
        log_sigmoid = ((pos_weight - 1) * y + 1) * log_sigmoid
    loss = (1 - y) * x - log_sigmoid
    return reduce_array(loss if weight is None else loss * weight, reduction)


@logits_primitive.derivative("input", "target")
def _(grad, input, target, weight, pos_weight, reduction, needs):
    count = 1
    if reduction == "mean":
        shapes = [t.spec.shape for t in (input, weight, pos_weight) if t is not None]
        for n in broadcast_shapes(*shapes):
            count *= n
    sigmoid = registry["sigmoid"]
    slope = toward = None
    if needs[0]:
        if pos_weight is None:
            slope = (sigmoid(input) - target) * grad
        else:
            t = pos_weight * target
            slope = ((t + 1 - target) * sigmoid(input) - t) * grad
    if needs[1]:
        if pos_weight is None:
            toward = -input * grad
        else:
            toward = (logsigmoid(-input) - pos_weight * logsigmoid(input)) * grad
    return averaged((slope, toward), weight, reduction, count)


@composite(
    "nn.functional.binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight=None, "
    f"{LEGACY}, Tensor? pos_weight=None)",
    names=("nn.functional.binary_cross_entropy_with_logits",),
    sample=([0.2, -0.7], [1.0, 0.5]),
)
def binary_cross_entropy_with_logits(input, target, weight, size_average, reduce, reduction, pos_weight):
    """`binary_cross_entropy(sigmoid(input), target)` without rounding; `pos_weight` weighs class 1.

    >>> nn.functional.binary_cross_entropy_with_logits([0., 2.], [1., 0.])
    tensor(1.4100)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    _check_same_size(input, target)
    if input.dtype.is_floating_point:
        _check_target(input.spec, target.spec)
    loss = apply(logits_primitive, (input, target, weight, pos_weight, reduction))
    return loss.to(target.dtype) if weight is None and pos_weight is None else loss


def _check_same_size(input: Tensor, target: Tensor) -> None:
    if target.shape != input.shape:
        raise ShapeError(
            f"Target size ({sizes(target)}) must be the same as input size ({sizes(input)})",
            raises=ValueError,
            code="target-size",
            operands=(input, target),
        )
