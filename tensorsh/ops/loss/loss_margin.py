"""Losses that ask for a margin: between pairs, triplets, and classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.calls.arguments import real
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadIndex, BadValue, DTypeError, ShapeError
from ..activation.piecewise import where
from .loss_rules import LEGACY, only_float, reduce_array, reduce_tensor, reduction_of, sizes, spread_grad

# ------------------------------------------------------------------ pairs and triplets


@composite(
    f"nn.functional.hinge_embedding_loss(Tensor input, Tensor target, float margin=1.0, {LEGACY})",
    names=("nn.functional.hinge_embedding_loss",),
)
def hinge_embedding_loss(input, target, margin, size_average, reduce, reduction):
    """The input where the target is 1, `max(0, margin - input)` where it is -1.

    >>> nn.functional.hinge_embedding_loss([0.5, 0.2], [1., -1.])
    tensor(0.6500)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    zeros = registry["zeros_like"](input)
    left = registry["full"]((), margin, dtype=input.dtype, device=input.device) - input
    apart = where(target != 1, left.clamp_min(0), zeros)
    return reduce_tensor(apart + where(target != -1, input, zeros), reduction)


@composite(
    "nn.functional.cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, "
    f"{LEGACY})",
    names=("nn.functional.cosine_embedding_loss",),
)
def cosine_embedding_loss(input1, input2, target, margin, size_average, reduce, reduction):
    """`1 - cos(input1, input2)` where the target is 1, `max(0, cos - margin)` where it is -1.

    >>> nn.functional.cosine_embedding_loss([[1., 0.]], [[1., 1.]], tensor([1]))
    tensor(0.2929)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    if target.ndim > 1:
        raise ShapeError(
            "0D or 1D target tensor expected, multi-target not supported",
            code="target-rank",
            operands=(target,),
        )
    if input1.ndim != target.ndim + 1:
        raise ShapeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with "
            f"sizes {list(input1.shape)} and {list(input2.shape)}.",
            code="target-rank",
            operands=(input1, input2, target),
        )
    tiny = 1e-12
    dim = target.ndim
    along = (input1 * input2).sum(dim)  # first: gradients are added up in the reverse order
    squares = ((input1 * input1).sum(dim) + tiny) * ((input2 * input2).sum(dim) + tiny)
    cosine = along / squares.sqrt()
    near = where(target == 1, 1 - cosine, 0.0)
    return reduce_tensor(near + where(target == -1, (cosine - margin).clamp_min(0), 0.0), reduction)


@composite(
    "nn.functional.margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, "
    f"{LEGACY})",
    names=("nn.functional.margin_ranking_loss",),
)
def margin_ranking_loss(input1, input2, target, margin, size_average, reduce, reduction):
    """`max(0, -target * (input1 - input2) + margin)`: target 1 wants `input1` larger, -1 smaller.

    >>> nn.functional.margin_ranking_loss([1., 2.], [2., 1.], [1., 1.])
    tensor(0.5000)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {sizes(input1)}, input2: {sizes(input2)}, target: {sizes(target)} ",
            code="target-rank",
            operands=(input1, input2, target),
        )
    return reduce_tensor((-target * (input1 - input2) + margin).clamp_min(0), reduction)


def _check_triplet(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> None:
    if margin <= 0:
        raise BadValue(f"margin must be greater than 0, got {margin}", raises=ValueError, code="loss-margin")
    a, p, n = anchor.ndim, positive.ndim, negative.ndim
    if not a == p == n:
        raise ShapeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, "
            f"but got: anchor {a}D, positive {p}D, and negative {n}D inputs",
            code="triplet-rank",
            operands=(anchor, positive, negative),
        )


@composite(
    "nn.functional.triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, any margin=1.0, "
    f"float p=2.0, float eps=1e-6, bool swap=False, {LEGACY})",
    names=("nn.functional.triplet_margin_loss",),
)
def triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, size_average, reduce, reduction):
    """`max(0, margin + |anchor - positive| - |anchor - negative|)`, distances as `pairwise_distance`.

    `swap` takes `|positive - negative|` where that is smaller.

    >>> nn.functional.triplet_margin_loss([[0., 0.]], [[1., 0.]], [[0., 1.5]])
    tensor(0.5000)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    _check_triplet(anchor, positive, negative, margin)
    margin = real(margin, "triplet_margin_loss", "margin", 4)
    distance = registry["nn.functional.pairwise_distance"]
    far = distance(anchor, negative, p, eps)
    if swap:
        far = registry["minimum"](far, distance(positive, negative, p, eps))
    return reduce_tensor((margin + distance(anchor, positive, p, eps) - far).clamp_min(0), reduction)


@composite(
    "nn.functional.triplet_margin_with_distance_loss(Tensor anchor, Tensor positive, Tensor negative, *, "
    "any distance_function=None, any margin=1.0, bool swap=False, any reduction='mean')",
    names=("nn.functional.triplet_margin_with_distance_loss",),
)
def triplet_margin_with_distance_loss(anchor, positive, negative, distance_function, margin, swap, reduction):
    """`triplet_margin_loss` with a distance function of one's own.

    >>> nn.functional.triplet_margin_with_distance_loss([[0., 0.]], [[1., 0.]], [[0., 1.5]])
    tensor(0.5000)
    """
    reduction = reduction_of(reduction)
    _check_triplet(anchor, positive, negative, margin)
    distance = distance_function or registry["nn.functional.pairwise_distance"]
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = registry["minimum"](far, distance(positive, negative))
    return reduce_tensor((margin + near - far).clamp_min(0), reduction)


# ------------------------------------------------------------------ classes


def _check_class(target: Any, classes: int) -> None:
    if target.size and (target.min() < 0 or target.max() >= classes):
        raise BadIndex(
            "target out of range",
            raises=RuntimeError,
            code="target-range",
            help=f"there are {classes} classes",
        )


def _batch(x: Spec) -> tuple[int, int]:
    """(rows, classes) of an input with or without a batch dimension."""
    if x.ndim > 2 or (x.ndim == 2 and x.shape[1] == 0) or (x.ndim == 1 and x.shape[0] == 0):
        raise ShapeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(x.shape)}",
            code="loss-shape",
        )
    return (x.shape[0], x.shape[1]) if x.ndim == 2 else (1, x.shape[0] if x.ndim else 1)


def _multi_margin_infer(
    x: Spec, target: Spec, p: int, margin: float, weight: Spec | None, reduction: str
) -> Spec:
    rows, classes = _batch(x)
    if p not in (1, 2):
        raise BadValue("only p == 1 and p == 2 supported", raises=ValueError, code="loss-p")
    if target.ndim > 1 or target.numel != rows:
        raise ShapeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples "
            f"(batch size). Expected target size [{rows}], but got {list(target.shape)}. "
            f"Input has shape {list(x.shape)}.",
            code="target-size",
        )
    if weight is not None and weight.ndim != 1:
        raise BadValue("weight must be one-dimensional", raises=ValueError, code="weight-size")
    if weight is not None and weight.numel != classes:
        raise ShapeError(
            f"inconsistent weight size, expected {classes} but got {list(weight.shape)}", code="weight-size"
        )
    only_float("multi_margin_loss_cpu_kernel", x)
    if target.dtype is not dt.int64:
        raise DTypeError(
            f"expected scalar type Long but found {target.dtype.title}",
            code="target-dtype",
            help="target.long()",
        )
    return x.with_shape(target.shape if reduction == "none" and target.ndim else ())


@op(
    "multi_margin_loss(Tensor input, Tensor target, int p, float margin, Tensor? weight, str reduction)",
    infer=_multi_margin_infer,
    names=(),
)
def multi_margin_primitive(x, target, p, margin, weight, reduction):
    """The mean over the classes of max(0, margin - x[target] + x[i])^p, without the target's own."""
    rows = x.reshape(-1, x.shape[-1] if x.ndim else 1)
    _check_class(target, rows.shape[1])
    target = target.reshape(-1)
    at = np.arange(len(rows)), target
    z = np.fmax(x.dtype.type(margin) - rows[at][:, None] + rows, 0) ** p
    z[at] = 0
    if weight is not None:
        z = z * weight.reshape(-1)[target][:, None]
    losses = np.add.accumulate(z, axis=1)[:, -1] / x.dtype.type(rows.shape[1])
    if reduction != "none":
        return _reduced(losses.astype(np.float64), reduction, x.dtype)
    return losses if x.ndim > 1 else losses.reshape(())


def _reduced(losses: Any, reduction: str, dtype: Any) -> Any:
    """The sum or the mean of losses, for which PyTorch has a double."""
    return np.asarray(reduce_array(losses, reduction), dtype)


@multi_margin_primitive.derivative("input")
def _(grad, input, target, p, margin, weight, reduction):
    rows = input.reshape(-1, input.shape[-1] if input.ndim else 1)
    n, classes = rows.spec.shape
    index = target.reshape(-1, 1)
    z = margin - rows.gather(1, index) + rows
    own = registry["nn.functional.one_hot"](index.flatten(), classes) == 1
    factor = 1 / (n * classes) if reduction == "mean" else 1 / classes
    slope = where((z > 0) & ~own, factor if p == 1 else 2 * factor * z, 0.0)
    if weight is not None:
        slope = slope * weight.flatten()[index]
    slope = slope - where(own, slope.sum(1, keepdim=True), 0.0)
    return ((grad.reshape(-1, 1) if reduction == "none" else grad) * slope).reshape(input.shape)


@composite(
    "nn.functional.multi_margin_loss(Tensor input, Tensor target, int p=1, float margin=1.0, "
    f"Tensor? weight=None, {LEGACY})",
    names=("nn.functional.multi_margin_loss",),
)
def multi_margin_loss(input, target, p, margin, weight, size_average, reduce, reduction):
    """The mean over classes i of `max(0, margin - x[target] + x[i])^p`, (N, C) and (N).

    >>> nn.functional.multi_margin_loss([[0.1, 0.2, 0.4]], tensor([2]))
    tensor(0.5000)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    return apply(multi_margin_primitive, (input, target, p, margin, weight, reduction))


def _multilabel_infer(x: Spec, target: Spec, reduction: str) -> Spec:
    rows, _ = _batch(x)
    if target.shape != x.shape:
        raise ShapeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(x.shape)}",
            code="target-size",
        )
    only_float("multilabel_margin_loss_forward_out_frame", x)
    if target.dtype is not dt.int64:
        raise DTypeError(
            f"expected scalar type Long but found {target.dtype.title}",
            code="target-dtype",
            help="target.long()",
        )
    return x.with_shape((rows,) if reduction == "none" and x.ndim == 2 else ())


def _multilabel_slopes(x: Any, target: Any) -> tuple[Any, Any]:
    """Each row's loss and its derivative by each class."""
    classes = x.shape[-1] if x.ndim else 1
    rows, labels = x.reshape(-1, classes), target.reshape(-1, classes)
    if labels.size and (labels.min() < -1 or labels.max() >= classes):
        raise BadIndex(
            "argument #2 'target' is out of range",
            raises=RuntimeError,
            code="target-range",
            help=f"there are {classes} classes",
        )
    losses, slopes = np.zeros(len(rows)), np.zeros_like(rows)
    for n, (row, label) in enumerate(zip(rows, labels, strict=True)):
        stop = int(np.argmax(label < 0)) if (label < 0).any() else classes
        wanted = label[:stop]
        others = np.ones(classes, bool)
        others[wanted] = False
        z = 1 - row[wanted][:, None] + row[None, others]
        hit = z > 0
        losses[n] = np.where(hit, z, 0).sum(dtype=np.float64) / classes
        np.subtract.at(slopes[n], wanted, hit.sum(1) / classes)
        slopes[n, others] += hit.sum(0) / classes
    return losses, slopes.reshape(x.shape)


@op("multilabel_margin_loss(Tensor input, Tensor target, str reduction)", infer=_multilabel_infer, names=())
def multilabel_margin_primitive(x, target, reduction):
    """Σ max(0, 1 - (x[wanted] - x[other])) / C over all pairs of a wanted and another class."""
    losses, _ = _multilabel_slopes(x, target)
    if reduction != "none":
        return _reduced(losses, reduction, x.dtype)
    losses = losses.astype(x.dtype)
    return losses if x.ndim == 2 else losses.reshape(())


@op(
    "multilabel_slopes(Tensor input, Tensor target)",
    batching="together",
    infer=lambda x, target: x,
    names=(),
    nondifferentiable=True,
)
def multilabel_slopes(x, target):
    """The derivative of each row's loss: constant between kinks."""
    return _multilabel_slopes(x, target)[1]


@multilabel_margin_primitive.derivative("input")
def _(grad, input, target, reduction):
    slopes = multilabel_slopes(input, target)
    if input.ndim < 2:
        return grad * slopes
    each = spread_grad(grad, reduction, input.shape[0])
    return (each.unsqueeze(1) if reduction == "none" else each) * slopes


@composite(
    f"nn.functional.multilabel_margin_loss(Tensor input, Tensor target, {LEGACY})",
    names=("nn.functional.multilabel_margin_loss",),
)
def multilabel_margin_loss(input, target, size_average, reduce, reduction):
    """A margin between every wanted class and every other; the target lists the wanted, then -1.

    >>> nn.functional.multilabel_margin_loss([[0.1, 0.2, 0.4, 0.8]], tensor([[3, 0, -1, 1]]))
    tensor(0.8500)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    return apply(multilabel_margin_primitive, (input, target, reduction))


@composite(
    f"nn.functional.multilabel_soft_margin_loss(Tensor input, Tensor target, Tensor? weight=None, {LEGACY})",
    names=("nn.functional.multilabel_soft_margin_loss",),
)
def multilabel_soft_margin_loss(input, target, weight, size_average, reduce, reduction):
    """Binary cross entropy of logits, averaged over the classes (the last dimension) first.

    >>> nn.functional.multilabel_soft_margin_loss([[0., 2.]], [[1., 0.]])
    tensor(1.4100)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    logsigmoid = registry["nn.functional.logsigmoid"]
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    dim = input.ndim - 1
    return reduce_tensor(loss.sum(dim) / input.size(dim), reduction)
