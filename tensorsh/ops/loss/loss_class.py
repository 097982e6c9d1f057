"""Cross entropy and the negative log-likelihood of classes.

The input holds one number for each class, along dimension 1 (0 if there is no batch); the target one
class index where the input has a row of classes, or a probability for each class.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.numerics.class_places import one_hot, pick, places
from ...engine.numerics.class_sum import class_sum, sum_of_kept
from ...engine.records.op import Op, composite, op, registry
from ...engine.records.recorded import not_differentiable
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..activation.softmax import log_softmax_kernel
from ..rules.steady import steady
from .loss_rules import only_float, reduced_spec, reduction_of

# ------------------------------------------------------------------ negative log-likelihood


def _nll_infer(x: Spec, target: Spec, weight: Spec | None, reduction: str, ignore: int) -> Spec:
    _check_nll(x, target, weight)
    if target.dtype not in (dt.int64, dt.uint8):
        raise DTypeError(
            f"expected target dtype to be Long or Byte, but got {target.dtype.title}",
            code="target-dtype",
            help="class indices are integers: target.long()",
        )
    if x.ndim == 1 and target.ndim == 1:  # `nll` takes the dimension away where it is 1
        raise ShapeError(
            f"For 1D input, 1D target must have size 1, but got target size: {target.shape[0]}",
            raises=ValueError,
            code="target-size",
            help="a row of classes without a batch has one target: target[0]",
        )
    only_float("nll_loss_out_frame", x)
    if weight is not None and weight.dtype is not x.dtype:
        raise DTypeError(
            f"expected scalar type {x.dtype.title} but found {weight.dtype.title}", code="dtype-mismatch"
        )
    return reduced_spec(x.with_shape(target.shape), reduction)


def _check_nll(x: Spec, target: Spec, weight: Spec | None) -> None:
    if x.ndim < 1:
        raise ShapeError(f"Expected 1 or more dimensions (got {x.ndim})", raises=ValueError, code="nll-rank")
    if x.ndim != 1 and (target.ndim == 0 or x.shape[0] != target.shape[0]):
        if target.ndim == x.shape[0] == 0:
            raise BadIndex("Dimension specified as 0 but tensor has no dimensions", code="target-rank")
        raise ShapeError(
            f"Expected input batch_size ({x.shape[0]}) to match target batch_size "
            f"({target.shape[0] if target.ndim else 0}).",
            raises=ValueError,
            code="target-size",
            help="one class index for each row of the input",
        )
    if x.ndim <= 2:
        if target.ndim > 1:
            raise ShapeError(
                "0D or 1D target tensor expected, multi-target not supported",
                code="target-rank",
                help="the target holds class indices; one-hot rows become such by target.argmax(1)",
            )
    elif x.ndim == 4:
        if target.ndim != 3:
            raise ShapeError(
                "only batches of spatial targets supported (3D tensors) but got targets of dimension: "
                f"{target.ndim}",
                code="target-rank",
            )
        if target.shape != (x.shape[0], *x.shape[2:]):
            raise ShapeError(
                f"size mismatch (got input: {list(x.shape)} , target: {list(target.shape)}",
                code="target-size",
            )
    elif target.shape != (x.shape[0], *x.shape[2:]):
        raise ShapeError(
            f"Expected target size {[x.shape[0], *x.shape[2:]]}, got {list(target.shape)}",
            code="target-size",
            help="classes are dimension 1 of the input: (batch, classes, …)",
        )
    classes = x.shape[min(x.ndim - 1, 1)]
    if weight is not None and weight.shape != (classes,):
        raise ShapeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight "
            f"tensor of shape: {list(weight.shape)}",
            code="weight-size",
        )


def _class_weights(target: Any, weight: Any, classes: int, ignore: int, dtype: Any) -> tuple[Any, Any, Any]:
    """For each target its class and its weight (both 0 where ignored), and whether it counts."""
    kept = target != ignore
    chosen = np.where(kept, target, 0)
    if chosen.size:
        low, high = chosen.min(), chosen.max()
        if low < 0 or high >= classes:
            bad = chosen.flat[int(np.argmax((chosen < 0) | (chosen >= classes)))]
            raise BadIndex(
                f"Target {bad} is out of bounds.",
                code="target-range",
                help=f"there are {classes} classes: 0 to {classes - 1}",
            )
    if weight is None:
        return chosen, kept.astype(dtype), kept
    return chosen, np.where(kept, weight[chosen], weight.dtype.type(0)), kept


def _pick(x: Any, chosen: Any) -> Any:
    """x[n, chosen[n, …], …] for each position of `chosen`."""
    if x.ndim == 1:
        return x[chosen]
    if x.ndim == 2:
        return x[np.arange(x.shape[0]), chosen]
    return np.take_along_axis(x, chosen[:, None], 1)[:, 0]


def _places(shape: tuple[int, ...], target: Any, weight: Any, ignore: int) -> Any:
    """Where each row's class is, if all rows of a matrix count, and alike."""
    if weight is not None or (len(shape) == 2 and 0 <= ignore < shape[1]):
        return None
    return places(tuple(shape), target)


def _nll(x: Any, target: Any, weight: Any, reduction: str, ignore: int) -> Any:
    at = _places(x.shape, target, weight, ignore) if x.flags.c_contiguous else None
    if at is not None:
        losses = -pick(x, at)
        total = added(losses) if reduction != "none" else losses
        return total / x.dtype.type(len(x)) if reduction == "mean" else total
    classes = x.shape[min(x.ndim - 1, 1)]
    target = target.astype(np.int64, copy=False)
    chosen, weights, kept = _class_weights(target, weight, classes, ignore, x.dtype)
    losses = np.where(kept, -_pick(x, chosen) * weights, x.dtype.type(0))
    if reduction == "none":
        return losses
    total = added(losses, kept)
    return total if reduction == "sum" else total / added(weights, kept)


def added(values: Any, kept: Any = None) -> Any:
    """The sum of those that count; of 16-bit floats one after the other in runs of 16, each step rounded."""
    values = values.ravel()
    if values.dtype.itemsize != 2:
        return class_sum(values) if kept is None else sum_of_kept(values, kept.ravel())
    while values.size > 1:
        values = np.append(values, np.zeros(-values.size % 16, values.dtype)).reshape(-1, 16)
        values = np.add.accumulate(values, axis=1)[:, -1]
    return values.reshape(())


@op(
    "nll_loss_backward(Tensor grad, Tensor target, Tensor? weight, str reduction, int ignore_index, "
    "int[] shape)",
    infer=lambda grad, target, weight, reduction, ignore, shape: grad.with_shape(shape),
    names=(),
)
def nll_backward(grad, target, weight, reduction, ignore, shape):
    """The gradient of `nll_loss` by its input of this shape: minus the weight at each target's class."""
    at = _places(shape, target, weight, ignore) if reduction != "none" else None
    if at is not None:
        return one_hot(-(grad / grad.dtype.type(shape[0]) if reduction == "mean" else grad), at, shape)
    out = np.zeros(shape, grad.dtype)
    target = target.astype(np.int64, copy=False)
    chosen, weights, kept = _class_weights(target, weight, shape[min(len(shape) - 1, 1)], ignore, grad.dtype)
    scale = grad / added(weights) if reduction == "mean" else grad
    values = np.where(kept, -weights * scale, grad.dtype.type(0))
    if out.ndim == 1:
        out[chosen] = values
    elif out.ndim == 2:
        out[np.arange(shape[0]), chosen] = values
    else:
        np.put_along_axis(out, chosen[:, None], values[:, None], 1)
    return out


@nll_backward.in_public
def _(grad, target, weight, reduction, ignore_index, shape):
    spread = counted(target, weight, reduction, ignore_index, shape)
    return -spread * (grad if reduction != "none" else grad.unsqueeze(min(len(shape) - 1, 1)))


def counted(
    target: Tensor, weight: Tensor | None, reduction: str, ignore_index: int, shape: tuple[int, ...]
) -> Tensor:
    """One where a class is the target, weighted as the loss weighs it; written as a learner would."""
    dim = min(len(shape) - 1, 1)
    counts = None
    if not target.is_meta and bool((target.array == ignore_index).any()):
        counts = target != ignore_index
        target = target.clamp(min=0)
    hot = registry["nn.functional.one_hot"](target, shape[dim])
    if len(shape) > 2:
        hot = hot.movedim(-1, 1)
    if weight is not None:
        hot = hot * weight.view(-1, *[1] * (len(shape) - 2)) if len(shape) > 2 else hot * weight
    if counts is not None:
        hot = hot * counts.unsqueeze(dim)
    if reduction != "mean":
        return hot
    return hot / (hot.sum() if weight is not None or counts is not None else target.spec.numel)


@nll_backward.derivative("grad")
def _(grad, target, weight, reduction, ignore_index):
    return apply(nll_primitive, (grad, target, weight, reduction, ignore_index))


def _cross_entropy_call(
    input: Tensor, dim: int, target: Tensor, weight: Tensor | None, reduction: str, ignore_index: int
) -> tuple[Op, tuple[Any, ...]]:
    call = registry["nn.functional.cross_entropy"]
    return call, (input, target, weight, None, ignore_index, None, reduction, 0.0)


def _cross_entropy_gradient(
    grad: Tensor,
    input: Tensor,
    dim: int,
    target: Tensor,
    weight: Tensor | None,
    reduction: str,
    ignore_index: int,
) -> Tensor:
    """(softmax - one_hot) / N, with the weights of the classes and without the targets that do not count."""
    shape = input.spec.shape
    at = min(len(shape) - 1, 1)
    hot = counted(target, weight, "sum", ignore_index, shape)
    each = registry["softmax"](input, dim)
    if weight is None and bool((target.array != ignore_index).all()):
        total: Any = target.spec.numel
        found = each - hot
    else:
        total = hot.sum()
        found = each * hot.sum(at, keepdim=True) - hot
    if reduction == "mean":
        found = found / total
    return found * (grad.unsqueeze(at) if reduction == "none" and shape[1:] else grad)


def _nll_node(specs: tuple[Any, ...]) -> str:
    """PyTorch names it by how many dimensions there are."""
    (shape, reduction) = specs[0].shape, specs[3]
    if len(shape) <= 2:
        return "NllLossBackward0"
    return "ViewBackward0" if reduction == "none" and len(shape) != 4 else "NllLoss2DBackward0"


nll_primitive = op(
    "nll_loss(Tensor input, Tensor target, Tensor? weight, str reduction, int ignore_index)",
    infer=_nll_infer,
    half="native",
    names=(),
    grad_fn=_nll_node,
)(_nll)
nll_primitive.after[log_softmax_kernel] = (_cross_entropy_call, _cross_entropy_gradient)


@nll_primitive.derivative("input", one="")
def _(grad, input, target, weight, reduction, ignore_index):
    found = apply(nll_backward, (grad, target, weight, reduction, ignore_index, input.spec.shape))
    return steady(found, input)


def nll(input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, ignore: int) -> Tensor:
    if input.spec.ndim == 1 and target.spec.shape == (1,):
        target = target[0]
    if weight is not None and weight.requires_grad and context.current().grad_enabled:
        raise not_differentiable(f"nll_loss{'2d' * (input.spec.ndim > 2)}_forward", "weight")
    return apply(nll_primitive, (input, target, weight, reduction, ignore))


_CLASS_LEGACY = (
    "Tensor? weight=None, any size_average=None, int ignore_index=-100, any reduce=None, any reduction='mean'"
)


@composite(
    f"nn.functional.nll_loss(Tensor input, Tensor target, {_CLASS_LEGACY})", names=("nn.functional.nll_loss",)
)
def nll_loss(input, target, weight, size_average, ignore_index, reduce, reduction):
    """Minus the input at each target's class: the loss of log-probabilities, (N, C, …) and (N, …).

    The mean is over the classes' weights; targets of `ignore_index` do not count.

    >>> nn.functional.nll_loss([[-0.1, -2.0], [-3.0, -0.5]], tensor([0, 0]))
    tensor(1.5500)
    """
    return nll(input, target, weight, reduction_of(reduction, size_average, reduce), ignore_index)


# ------------------------------------------------------------------ cross entropy


@composite(
    f"nn.functional.cross_entropy(Tensor input, Tensor target, {_CLASS_LEGACY}, float label_smoothing=0.0)",
    names=("nn.functional.cross_entropy",),
)
def cross_entropy(input, target, weight, size_average, ignore_index, reduce, reduction, label_smoothing):
    """The negative log-likelihood of `log_softmax(input)`, for classes (N, …) or probabilities (N, C, …).

    `label_smoothing` mixes that much of the uniform distribution into the target.

    >>> nn.functional.cross_entropy([[0., 0.], [1., 3.]], tensor([0, 1]))
    tensor(0.4100)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    same_shape = input.spec.shape == target.spec.shape
    if same_shape:
        _check_probabilities(input, target, weight, ignore_index)
    if label_smoothing > 1.0:
        raise BadValue(
            f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}", code="label-smoothing"
        )
    logs = registry["log_softmax"](input, 0 if len(input.spec.shape) == 1 else 1)
    if same_shape:
        return _of_probabilities(logs, target, weight, reduction, label_smoothing)
    loss = nll(logs, target, weight, reduction, ignore_index)
    if label_smoothing <= 0.0:
        return loss
    smooth = _uniform(logs, target, weight, reduction, ignore_index)
    classes = logs.shape[min(logs.ndim - 1, 1)]
    return loss * (1 - label_smoothing) + smooth * (label_smoothing / classes)


def _check_probabilities(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int) -> None:
    if not target.dtype.is_floating_point:
        raise DTypeError(
            f"Expected floating point type for target with class probabilities, got {target.dtype.title}",
            code="target-dtype",
            help="a target of the input's shape holds probabilities; class indices have one dimension less",
            operands=(input, target),
        )
    if ignore_index >= 0:
        raise BadValue("ignore_index is not supported for floating point target", code="ignore-index")
    classes = input.shape[min(input.ndim - 1, 1)] if input.ndim else 1
    if weight is not None and weight.spec.shape != (classes,):
        raise ShapeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}",
            code="weight-size",
            operands=(input, target, weight),
        )


def _over_classes(weight: Tensor, ndim: int) -> Tensor:
    """The classes' weights, ready to be multiplied with (N, C, …)."""
    return weight.view([-1 if i == min(ndim - 1, 1) else 1 for i in range(ndim)])


@op(
    "div(Tensor input, Number other)",
    batching="aligned",
    infer=lambda x, _: x,
    names=(),
    grad_fn="DivBackward1",
)
def _divided(x, number):
    """Divided by a number that the user did not write."""
    return x / x.dtype.type(number)


@_divided.derivative("input")
def _(grad, other):
    return grad / other


def _of_probabilities(
    logs: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Tensor:
    dim = min(logs.ndim - 1, 1)
    classes = logs.shape[dim]
    if smoothing > 0:
        target = target * (1 - smoothing) + smoothing / classes
    each = logs * target
    if weight is not None:
        each = each * _over_classes(weight, logs.ndim)
    if reduction == "none":
        return -each.sum(dim)
    loss = -each.sum()
    if reduction == "sum":
        return loss
    return apply(_divided, (loss, logs.spec.numel / classes)) if logs.spec.numel else loss * math.nan


def _uniform(logs: Tensor, target: Tensor, weight: Tensor | None, reduction: str, ignore: int) -> Tensor:
    """The loss against the uniform distribution, times the number of classes."""
    dim = min(logs.ndim - 1, 1)
    weighted = logs if weight is None else logs * _over_classes(weight, logs.ndim)
    ignored = target == ignore
    each = (-weighted.sum(dim)).masked_fill(ignored, 0.0)
    if reduction == "none":
        return each
    total = each.sum()
    if reduction == "sum":
        return total
    if weight is None:
        return total / (target.spec.numel - ignored.sum())
    return total / weight.gather(0, target.masked_select(~ignored).flatten()).sum()


# ------------------------------------------------------------------ cross entropy of a linear layer


@composite(
    "nn.functional.linear_cross_entropy(Tensor input, Tensor linear_weight, Tensor target, *, "
    "Tensor? linear_bias=None, Tensor? weight=None, any reduction='mean', int? ignore_index=None, "
    "float label_smoothing=0.0, any options=None)",
    names=("nn.functional.linear_cross_entropy",),
)
def linear_cross_entropy(
    input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, options
):
    """`cross_entropy(linear(input, linear_weight, linear_bias), target)`, (N, in) and (C, …, in).

    `options` say how PyTorch cuts a large one into pieces; here it is computed whole.

    >>> nn.functional.linear_cross_entropy([[1., 1.]], [[1., 0.], [0., 1.]], tensor([0]))
    tensor(0.6931)
    """
    _check_linear(input, linear_weight, linear_bias)
    classes, *extra = linear_weight.shape[:-1]
    logits_shape = (*input.shape[:-1], classes, *extra)
    if tuple(target.shape) == logits_shape and ignore_index is not None:
        raise BadValue(
            "ignore_index cannot be specified when target contains probabilities", code="ignore-index"
        )
    rows = linear_weight.reshape(math.prod((classes, *extra)), linear_weight.shape[-1])
    bias = None if linear_bias is None else linear_bias.flatten()
    logits = registry["nn.functional.linear"](input, rows, bias).view(logits_shape)
    ignore = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, weight, None, ignore, None, reduction, label_smoothing)


def _check_linear(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    problem = None
    if input.ndim not in (1, 2):
        problem = f"expected input with dimensionality 1 or 2, got {input.ndim}"
    elif weight.ndim < 2:
        problem = f"expected linear_weight with dimensionality at least 2, got {weight.ndim}"
    elif input.shape[-1] != weight.shape[-1]:
        problem = (
            "expected equal input and linear_weight last dimensions (in_features), "
            f"got {input.shape[-1]} and {weight.shape[-1]}, respectively"
        )
    elif bias is not None and bias.spec.shape != weight.spec.shape[:-1]:
        problem = f"expected linear_bias shape {weight.spec.shape[:-1]}, got {bias.spec.shape}"
    elif weight.ndim > 2 and input.ndim == 1:
        problem = (
            f"K-dimensional loss defined by linear_weight shape {weight.spec.shape} requires batched input, "
            f"(N, {input.shape[-1]}), got unbatched input with shape {input.spec.shape}"
        )
    if problem:
        raise ShapeError(problem, code="linear-shape", operands=(input, weight))
