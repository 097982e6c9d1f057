"""Losses that compare two tensors element by element.

A loss that PyTorch computes as one node is a primitive with `reduction` built in; `difference_loss`
makes those that depend on `input - target` alone. The rest are written in operations.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.calls.arguments import real
from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.spec import Spec, broadcast_shapes
from ...engine.core.warn import warn
from ...engine.records.op import Op, composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError
from ..activation.piecewise import where
from ..rules.families import EXP, LOG1P
from .loss_rules import (
    LEGACY,
    into_input,
    no_cast,
    one_of_three,
    only_float,
    reduce_array,
    reduce_tensor,
    reduced_spec,
    reduction_of,
    spread_grad,
    warn_sizes,
)

PAIR = ([[0.5, -1.0], [2.0, 0.3]], [[0.2, 0.4], [-1.5, 0.1]])


def of_one_rank(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """PyTorch lets both broadcast first, after which a single number's dtype counts like any other."""
    if input.dtype is target.dtype or bool(input.spec.shape) == bool(target.spec.shape):
        return input, target
    return registry["broadcast_tensors"](input, target)


def difference_loss(
    name: str, kernel_name: str, value: Any, slope: Any, once: str = "", wide_gradient: bool = True
) -> Op:
    """A primitive of `d = input - target` and one parameter: value(d, parameter) of arrays, and
    slope(d, parameter, weight, grad), the gradient of d in operations, in the order in which PyTorch
    rounds. The 16-bit dtypes round each step of the value, only the one called `once` rounds at the end.
    """

    def infer(input: Spec, target: Spec, parameter: float, reduction: str) -> Spec:
        out = input.with_shape(broadcast_shapes(input.shape, target.shape))
        only_float(kernel_name, out)
        return reduced_spec(out, reduction)

    def kernel(x: Any, y: Any, parameter: float, reduction: str) -> Any:
        kind = x.dtype
        if kind.name == once:
            x, y = x.astype(np.float32), y.astype(np.float32)
        return reduce_array(value(x - y, parameter).astype(kind, copy=False), reduction)

    parameter_name = {"smooth_l1_loss": "beta", "huber_loss": "delta"}.get(name)

    def formula(input: Any, target: Any, parameter: float, reduction: str) -> str:
        more = "" if parameter_name is None or parameter == 1 else f", {parameter_name}={parameter}"
        more += "" if reduction == "mean" else f", reduction='{reduction}'"
        return f"nn.functional.{name}({{0}}, {{1}}{more})"

    record = op(
        f"{name}(Tensor input, Tensor target, float parameter, str reduction)",
        batching="loss",
        formula=formula,
        infer=infer,
        promote="types",
        half="native",
        wide_gradient=wide_gradient,
        names=(),
    )(kernel)

    @record.derivative("input", "target", one="")
    def _(grad, input, target, parameter, reduction, needs):
        d = input - target
        weight = 1 / max(d.spec.numel, 1) if reduction == "mean" else 1.0
        along = slope(d, parameter, float(np.asarray(weight, d.spec.np)), grad)
        return along, -along if needs[1] else None

    return record


def _huber(d: Any, delta: float) -> Any:
    size = np.abs(d)
    half, delta = d.dtype.type(0.5), d.dtype.type(delta)
    return np.where(size <= delta, half * d * d, delta * (size - half * delta))


def _smooth_l1(d: Any, beta: float) -> Any:
    size = np.abs(d)
    half, beta = d.dtype.type(0.5), d.dtype.type(beta)
    return np.where(size < beta, half * d * d / beta, size - half * beta)


def _beyond(d: Tensor, limit: float, far: Tensor, near: Any) -> Tensor:
    """`far` where |d| reaches the limit, else `near()`, also where it is nan."""
    return where(d.abs() >= limit, far, near()) if limit else far


@fused(
    "mse_loss_backward(Tensor grad_output, Tensor difference, int count)",
    lambda grad, d, count: d * _twice_share(d.spec.np, count) * grad,
    infer=lambda grad, d, count: d,
    elementwise=True,
    batching="together",
)
def _mse_slope(grad, d, count):
    return d * d.dtype.type(_twice_share(d.dtype, count)) * grad


def _twice_share(kind: Any, count: int) -> float:
    return 2 * float(np.asarray(1 / count, kind))


@_mse_slope.derivative("grad_output")
def _(grad, difference, count):
    return _mse_slope(grad, difference, count)


@_mse_slope.derivative("difference")
def _(grad, grad_output, count):
    found = 2 * (grad * grad_output)
    return found if count == 1 else found / count


mse_primitive = difference_loss(
    "mse_loss",
    "mse_cpu",
    lambda d, _: d * d,
    lambda d, _, w, grad: _mse_slope(grad, d, 1 if w == 1 else d.spec.numel),
    wide_gradient=False,
)
smooth_l1_primitive = difference_loss(
    "smooth_l1_loss",
    "smooth_l1_cpu",
    _smooth_l1,
    lambda d, beta, w, grad: _beyond(d, beta, d.sign() * w * grad, lambda: d * w * grad / beta),
    once="bfloat16",
)
huber_primitive = difference_loss(
    "huber_loss",
    "huber_cpu",
    _huber,
    lambda d, delta, w, grad: _beyond(d, delta, d.sign() * w * grad * delta, lambda: d * w * grad),
    once="float16",
    wide_gradient=False,
)


def _weighted(each: Tensor, input: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """A weighted loss: its mean is taken over the weights."""
    if weight.spec.shape != input.spec.shape:
        raise BadValue(
            "Weights and input must have the same size.",
            raises=ValueError,
            code="weight-size",
            operands=(input, weight),
        )
    each = each * weight
    if reduction == "mean":
        return each.sum() / weight.sum()
    return reduce_tensor(each, reduction)


@composite(
    f"nn.functional.mse_loss(Tensor input, Tensor target, {LEGACY}, Tensor? weight=None)",
    names=("nn.functional.mse_loss",),
    sample=PAIR,
)
def mse_loss(input, target, size_average, reduce, reduction, weight):
    """The mean (or sum) of `(input - target)²`; `reduction="none"` keeps the elements.

    >>> nn.functional.mse_loss([1., 2.], [0., 4.])
    tensor(2.5000)
    """
    reduction = reduction_of(reduction, size_average, reduce, input, target)
    warn_sizes(input, target)
    input, target = of_one_rank(input, target)
    if weight is not None:
        return _weighted((input - target) ** 2, input, weight, reduction)
    return apply(mse_primitive, (input, target, 0.0, reduction))


@composite(
    f"nn.functional.l1_loss(Tensor input, Tensor target, {LEGACY}, Tensor? weight=None)",
    names=("nn.functional.l1_loss",),
    sample=PAIR,
)
def l1_loss(input, target, size_average, reduce, reduction, weight):
    """The mean (or sum) of `|input - target|`.

    >>> nn.functional.l1_loss([1., 2.], [0., 4.])
    tensor(1.5000)
    """
    reduction = reduction_of(reduction, size_average, reduce, input, target)
    warn_sizes(input, target)
    input, target = of_one_rank(input, target)
    each = (input - target).abs()
    if weight is not None:
        return _weighted(each, input, weight, reduction)
    return reduce_tensor(each, reduction)


@composite(
    f"nn.functional.smooth_l1_loss(Tensor input, Tensor target, {LEGACY}, any beta=1.0)",
    names=("nn.functional.smooth_l1_loss",),
    sample=PAIR,
)
def smooth_l1_loss(input, target, size_average, reduce, reduction, beta):
    """`d²/(2 beta)` where `d = |input - target|` is below `beta`, `d - beta/2` elsewhere.

    >>> nn.functional.smooth_l1_loss([1., 2.], [0.5, 4.])
    tensor(0.8125)
    """
    reduction = reduction_of(reduction, size_average, reduce, input, target)
    warn_sizes(input, target)
    input, target = of_one_rank(input, target)
    beta = real(beta, "smooth_l1_loss", "beta", 4)
    if beta == 0:
        return reduce_tensor((input - target).abs(), reduction)
    if beta < 0:
        raise BadValue("smooth_l1_loss does not support negative values for beta.", code="loss-beta")
    return apply(smooth_l1_primitive, (input, target, beta, reduction))


@composite(
    "nn.functional.huber_loss(Tensor input, Tensor target, any reduction='mean', float delta=1.0, "
    "Tensor? weight=None)",
    names=("nn.functional.huber_loss",),
    sample=PAIR,
)
def huber_loss(input, target, reduction, delta, weight):
    """`d²/2` where `d = |input - target|` is at most `delta`, `delta (d - delta/2)` elsewhere.

    >>> nn.functional.huber_loss([1., 2.], [0.5, 4.])
    tensor(0.8125)
    """
    reduction = reduction_of(reduction, None, None, input, target)
    warn_sizes(input, target)
    input, target = of_one_rank(input, target)
    into_input(input.spec, target.spec)
    if delta <= 0:
        raise BadValue("huber_loss does not support non-positive values for delta.", code="loss-delta")
    if weight is None:
        return apply(huber_primitive, (input, target, delta, reduction)).to(input.dtype)
    if weight.spec.shape != input.spec.shape:
        raise BadValue(
            "Weights and input must have the same size.",
            raises=ValueError,
            code="weight-size",
            operands=(input, weight),
        )
    return reduce_tensor(apply(huber_primitive, (input, target, delta, "none")) * weight, reduction)


def _soft_margin_infer(x: Spec, y: Spec, reduction: str) -> Spec:
    shape = broadcast_shapes(x.shape, y.shape)
    if shape != x.shape:
        raise ShapeError(f"output with shape {list(x.shape)} doesn't match the broadcast shape {list(shape)}")
    if x.dtype.category < dt.FLOAT:
        raise no_cast(dt.float32, x.dtype)
    only_float("soft_margin_loss", x)
    return reduced_spec(x, reduction)


@op(
    "soft_margin_loss(Tensor input, Tensor target, str reduction)",
    batching="loss",
    infer=_soft_margin_infer,
    check=lambda x, y, reduction: into_input(x, y),
    promote="types",
    names=(),
)
def soft_margin_primitive(x, y, reduction):
    """log(1 + exp(-y x))."""
    return reduce_array(LOG1P(EXP(-y * x)), reduction)


@soft_margin_primitive.derivative("input", one="")
def _(grad, input, target, reduction):
    z = registry["sigmoid"](-target * input)
    return spread_grad(grad, reduction, z.spec.numel) * (-target * z)


@composite(
    f"nn.functional.soft_margin_loss(Tensor input, Tensor target, {LEGACY})",
    names=("nn.functional.soft_margin_loss",),
)
def soft_margin_loss(input, target, size_average, reduce, reduction):
    """The mean (or sum) of `log(1 + exp(-target * input))`, for targets of 1 and -1.

    >>> nn.functional.soft_margin_loss([0., 0.], [1., -1.])
    tensor(0.6931)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    return apply(soft_margin_primitive, (input, target, reduction)).to(input.dtype)


# ------------------------------------------------------------------ written in operations


@composite(
    f"nn.functional.kl_div(Tensor input, Tensor target, {LEGACY}, bool log_target=False)",
    names=("nn.functional.kl_div",),
    sample=([[-0.7, -1.2]], [[0.5, 0.5]]),
)
def kl_div(input, target, size_average, reduce, reduction, log_target):
    """The Kullback-Leibler divergence `target * (log(target) - input)` of log-probabilities `input`.

    `reduction="batchmean"` divides the sum by the batch size, which is the divergence's definition.

    >>> nn.functional.kl_div(log([0.5, 0.5]), [0.5, 0.5], reduction="sum")
    tensor(0.)
    """
    by_batch = reduction == "batchmean" and size_average is None and reduce is None
    if reduction == "mean" and size_average is None and reduce is None:
        warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
            "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
            help="reduction='batchmean'",
        )
    reduction = "sum" if by_batch else reduction_of(reduction, size_average, reduce)
    loss = reduce_tensor(_divergence(input, target, log_target), reduction)
    return loss / input.shape[0] if by_batch and input.ndim else loss


def _divergence(input: Tensor, target: Tensor, log_target: bool) -> Tensor:
    if min(input.dtype.category, target.dtype.category) < dt.FLOAT:
        raise DTypeError(
            "kl_div: Integral inputs not supported.",
            code="dtype",
            help="both hold (log-)probabilities: x.float()",
            operands=(input, target),
        )
    if log_target:
        return registry["exp"](target) * (target - input)
    return registry["xlogy"](target, target) - target * input


@composite(
    "kl_div(Tensor input, Tensor target, int reduction=0, *, bool log_target=False)", names=("torch.kl_div",)
)
def kl_div_by_number(input, target, reduction, log_target):
    """`nn.functional.kl_div` with the reduction as a number: 0 none, 1 mean, 2 sum.

    >>> torch.kl_div(log([0.5, 0.5]), [0.5, 0.5], 2)
    tensor(0.)
    """
    return reduce_tensor(_divergence(input, target, log_target), ("none", "mean", "sum")[reduction])


@composite(
    "nn.functional.poisson_nll_loss(Tensor input, Tensor target, bool log_input=True, bool full=False, "
    "any size_average=None, float eps=1e-8, any reduce=None, any reduction='mean')",
    names=("nn.functional.poisson_nll_loss",),
    sample=([0.5, -1.0, 2.0], [1.0, 2.0, 3.0]),
)
def poisson_nll_loss(input, target, log_input, full, size_average, eps, reduce, reduction):
    """Negative log-likelihood of counts: `exp(input) - target * input` (of rates: `log_input=False`).

    `full` adds Stirling's approximation of `log(target!)`.

    >>> nn.functional.poisson_nll_loss([0., 0.], [1., 2.])
    tensor(1.)
    """
    if size_average is not None or reduce is not None:
        reduction = reduction_of(reduction, size_average, reduce)
    reduction = one_of_three(reduction)
    if log_input:
        loss = registry["exp"](input) - target * input
    else:
        loss = input - target * registry["log"](input + eps)
    if full:
        stirling = target * registry["log"](target) - target + 0.5 * registry["log"](2 * math.pi * target)
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return reduce_tensor(loss, reduction)


@composite(
    "nn.functional.gaussian_nll_loss(Tensor input, Tensor target, Tensor|Number var, bool full=False, "
    "float eps=1e-6, any reduction='mean')",
    names=("nn.functional.gaussian_nll_loss",),
    sample=([0.5, -1.0], [1.0, 2.0], [0.5, 2.0]),
)
def gaussian_nll_loss(input, target, var, full, eps, reduction):
    """Negative log-likelihood of a normal distribution: `(log(var) + (input - target)² / var) / 2`.

    `full` adds `log(2π)/2`; `var` is held above `eps`.

    >>> nn.functional.gaussian_nll_loss([0., 0.], [1., 2.], [1., 1.])
    tensor(1.2500)
    """
    if not isinstance(var, Tensor):
        if var < 0:
            raise BadValue("var has negative entry/entries", raises=ValueError, code="negative-variance")
        var = var * registry["ones_like"](input)
    elif bool((var < 0).any()):
        raise BadValue(
            "var has negative entry/entries", raises=ValueError, code="negative-variance", operands=(var,)
        )
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        elif not (var.ndim and input.shape[:-1] == var.shape[:-1] and var.shape[-1] == 1):
            raise ShapeError(
                "var is of incorrect size",
                raises=ValueError,
                code="variance-size",
                operands=(input, target, var),
            )
    reduction = one_of_three(reduction, " is not valid")
    var = var.clone()
    with context.GradMode(False):
        var.clamp_(min=eps)
    loss = 0.5 * (registry["log"](var) + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduce_tensor(loss, reduction)
