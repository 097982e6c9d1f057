"""Normalisation of channels, (N, C, …): group_norm, batch_norm, instance_norm.

group_norm standardises groups of channels of each sample, batch_norm each channel over the batch,
instance_norm each channel of each sample.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine import context
from ..engine.apply import apply
from ..engine.op import composite, op
from ..engine.spec import Spec
from ..engine.tensor import Tensor
from ..errors import BadValue, ShapeError
from .loss_rules import only_float, sizes
from .moments import fused, moments
from .norm import Dims, check_dtypes, input_gradient, standardised


def statistics(x: Any, dims: Dims, eps: float) -> tuple[Any, Any]:
    """The kernels' mean and rstd over `dims` of an array, dimensions kept."""
    mean = x.mean(dims, keepdims=True, dtype=x.dtype)
    variance = np.square(x - mean).mean(dims, keepdims=True, dtype=x.dtype)
    return mean, 1 / np.sqrt(variance + x.dtype.type(eps))


# ------------------------------------------------------------------ group_norm


def _check_batch(size: Sequence[int], shown: str) -> None:
    """There must be something to take a variance over."""
    if size[0] * math.prod(size[2:]) == 1:
        raise BadValue(
            f"Expected more than 1 value per channel when training, got input size {shown}",
            raises=ValueError,
            code="norm-single",
        )


def _group_infer(x: Spec, groups: int, weight: Spec | None, bias: Spec | None, eps: float) -> Spec:
    if groups <= 0 or x.shape[1] % groups:
        raise ShapeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(x.shape)} and num_groups={groups}",
            code="norm-groups",
        )
    for name, p in (("weight", weight), ("bias", bias)):
        if p is not None and p.shape != x.shape[1:2]:
            shown = weight if weight is not None else p
            raise ShapeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got "
                f"{name} of shape {list(shown.shape)} and input of shape {list(x.shape)}",
                code="norm-shape",
            )
    check_dtypes(x, weight, bias)
    only_float("GroupNormKernelImpl", x)
    return x


def _channels(ndim: int) -> Dims:
    """The shape that makes a vector of channels broadcast over (N, C, …)."""
    return tuple(-1 if i == 1 else 1 for i in range(ndim))


def _rest(ndim: int) -> Dims:
    """All dimensions but the channels'."""
    return tuple(i for i in range(ndim) if i != 1)


@op(
    "native_group_norm(Tensor input, int num_groups, Tensor? weight, Tensor? bias, float eps)",
    infer=_group_infer,
    wide_gradient=True,
    names=(),
    formula="nn.functional.group_norm({0}, {1}, {2}, {3}, {4})",
)
def group_norm_primitive(x, groups, weight, bias, eps):
    """Standardises each group of channels of each sample."""
    n = x.shape[0]
    size = x.size // (n * groups) if x.size else 0
    mean, variance = moments(x.reshape(n * groups, size))
    rstd = 1 / np.sqrt(variance + x.dtype.type(eps))
    each = x.shape[1] // groups
    scale, mean = (a.reshape(n, groups).repeat(each, 1) for a in (rstd, mean))
    if weight is not None:
        scale = scale * weight
    shift = -scale * mean
    if bias is not None:
        shift = shift + bias
    per_channel = (n, x.shape[1], *[1] * (x.ndim - 2))
    return fused(x, scale.reshape(per_channel), shift.reshape(per_channel))


@group_norm_primitive.derivative("input", "weight", "bias")
def _(grad, input, input_spec, num_groups, weight, eps, needs):
    shape = input.spec.shape
    grouped = (shape[0], num_groups, math.prod(shape[1:]) // num_groups)
    normal, rstd = standardised(input.reshape(grouped), (2,), eps, input_spec.dtype)
    g = grad if weight is None else grad * weight.view(_channels(len(shape)))
    rest = _rest(len(shape))
    return (
        input_gradient(g.reshape(grouped), normal, rstd, (2,)).reshape(shape) if needs[0] else None,
        (grad * normal.reshape(shape)).sum(rest) if needs[1] else None,
        grad.sum(rest) if needs[2] else None,
    )


@composite(
    "group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)",
    names=("nn.functional.group_norm", "torch.group_norm"),
    sample=([[[0.5, -1.0], [2.0, 0.3]], [[1.5, 0.7], [0.1, -0.2]]], 2, [1.0, 0.5], [0.1, 0.2]),
)
def group_norm(input, num_groups, weight, bias, eps):
    """Standardises groups of channels of each sample, (N, C, …), then scales and shifts each channel.

    >>> nn.functional.group_norm([[[1., 3.], [0., 4.]]], 2)
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    if input.ndim < 2:
        raise ShapeError(
            f"Expected at least 2 dimensions for input tensor but received {input.ndim}",
            code="norm-rank",
            operands=(input,),
        )
    if num_groups == 0:
        raise BadValue("integer division or modulo by zero", raises=ZeroDivisionError, code="norm-groups")
    shape = list(input.shape)
    _check_batch(
        [shape[0] * shape[1] // num_groups, num_groups, *shape[2:]],
        str([shape[0] * shape[1] // num_groups, num_groups, *shape[2:]]),
    )
    return apply(group_norm_primitive, (input, num_groups, weight, bias, eps))


# ------------------------------------------------------------------ batch_norm


def _batch_infer(x: Spec, weight: Any, bias: Any, mean: Any, var: Any, training: bool, eps: float) -> Spec:
    channels = x.shape[1] if x.ndim > 1 else 0
    named = (("running_mean", mean), ("running_var", var), ("weight", weight), ("bias", bias))
    for name, p in named:
        if p is None:
            if not training and name.startswith("running"):
                raise BadValue(f"{name} must be defined in evaluation mode", code="norm-statistics")
        elif p.numel != channels:
            raise ShapeError(f"{name} should contain {channels} elements not {p.numel}", code="norm-shape")
    only_float("batch_norm", x)
    check_dtypes(x, weight, bias, mean, var)
    return x


@op(
    "native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, "
    "Tensor? running_var, bool training, float eps)",
    infer=_batch_infer,
    half="native",
    wide_gradient=True,
    names=(),
    formula=lambda x, w, b, mean, var, training, eps: (
        f"nn.functional.batch_norm({{0}}, None, None, {{1}}, {{2}}, True, eps={eps})"
        if training
        else f"nn.functional.batch_norm({{0}}, {{3}}, {{4}}, {{1}}, {{2}}, eps={eps})"
    ),
)
def batch_norm_primitive(x, weight, bias, mean, var, training, eps):
    """Standardises each channel, by its own statistics or the running ones."""
    channels, kind = _channels(x.ndim), x.dtype
    if kind.itemsize == 2:
        x, weight, bias, mean, var = [
            None if a is None else a.astype(np.float32) for a in (x, weight, bias, mean, var)
        ]
    if training:
        mean, scale = statistics(x, _rest(x.ndim), eps)
        mean, scale = mean.astype(kind).astype(x.dtype), scale.astype(kind).astype(x.dtype)
    else:
        mean = mean.reshape(channels)
        scale = 1 / np.sqrt(var.reshape(channels) + x.dtype.type(eps))
    if weight is not None:
        scale = scale * weight.reshape(channels)
    shift = fused(-mean, scale, 0 if bias is None else bias.reshape(channels))
    return fused(x, scale, shift).astype(kind, copy=False)


@batch_norm_primitive.derivative("input", "weight", "bias", one="")
def _(grad, input, input_spec, weight, running_mean, running_var, training, eps, needs):
    ndim = input.ndim
    rest, channels = _rest(ndim), _channels(ndim)
    if training:
        normal, rstd = standardised(input, rest, eps, input_spec.dtype)
    else:
        rstd = (running_var + eps).rsqrt().view(channels)
        normal = (input - running_mean.view(channels)) * rstd
    along = None
    if needs[0]:
        g = grad if weight is None else grad * weight.view(channels)
        along = input_gradient(g, normal, rstd, rest) if training else g * rstd
    return along, (grad * normal).sum(rest) if needs[1] else None, grad.sum(rest) if needs[2] else None


def _specs(*tensors: Tensor | None) -> list[Spec | None]:
    return [None if t is None else t.spec for t in tensors]


def _batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor | None,
    var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Tensor:
    """Normalise, and in training move the running statistics towards the batch's."""
    if input.spec.numel == 0:
        out = input.clone()
        if weight is not None:
            out = out * weight[0]
        return out if bias is None else out + bias[0]
    # training does not look at the running statistics, which are about to change
    statistics = (None, None) if training else (mean, var)
    if training:
        batch_norm_primitive.infer(*_specs(input, weight, bias, mean, var), training, eps)
    out = apply(batch_norm_primitive, (input, weight, bias, *statistics, training, eps))
    if training:
        rest = _rest(input.ndim)
        count = input.spec.numel // max(input.shape[1], 1)
        with context.GradMode(False):
            x = input.detach()
            if mean is not None:
                mean.mul_(1 - momentum).add_(x.mean(rest), alpha=momentum)
            if var is not None:
                centred = x - x.mean(rest, keepdim=True)
                unbiased = (centred * centred).sum(rest) / (count - 1)
                var.mul_(1 - momentum).add_(unbiased, alpha=momentum)
    return out


@composite(
    "nn.functional.batch_norm(Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight=None, "
    "Tensor? bias=None, bool training=False, float momentum=0.1, float eps=1e-05)",
    names=("nn.functional.batch_norm",),
)
def batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps):
    """Standardises each channel of (N, C, …): in training by the batch's mean and variance, towards which
    the running ones are moved; otherwise by the running ones.

    >>> nn.functional.batch_norm([[1., 2.], [3., 6.]], zeros(2), ones(2), training=True)
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """
    if training:
        _check_batch(input.shape if input.ndim else (1,), sizes(input))
    return _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


@composite(
    "batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "bool training, float momentum, float eps, bool cudnn_enabled)",
    names=("torch.batch_norm",),
)
def batch_norm_function(
    input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled
):
    """`nn.functional.batch_norm` with its arguments in another order.

    >>> torch.batch_norm([[1., 2.]], None, None, zeros(2), ones(2), False, 0.1, 0., False)
    tensor([[1., 2.]])
    """
    return _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


@composite(
    "nn.functional.instance_norm(Tensor input, Tensor? running_mean=None, Tensor? running_var=None, "
    "Tensor? weight=None, Tensor? bias=None, bool use_input_stats=True, float momentum=0.1, float eps=1e-05)",
    names=("nn.functional.instance_norm",),
    sample=([[[0.5, -1.0], [2.0, 0.3]], [[1.5, 0.7], [0.1, -0.2]]],),
)
def instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps):
    """Standardises each channel of each sample: `batch_norm` with the samples as further channels.

    >>> nn.functional.instance_norm([[[1., 3.], [0., 4.]]])
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000]]])
    """
    if use_input_stats and math.prod(input.shape[2:]) == 1:
        raise BadValue(
            f"Expected more than 1 spatial element when training, got input size {sizes(input)}",
            raises=ValueError,
            code="norm-single",
        )
    if not use_input_stats and (running_mean is None or running_var is None):
        raise BadValue(
            "Expected running_mean and running_var to be defined when use_input_stats is false",
            code="norm-statistics",
        )
    n, c = input.shape[:2]
    weight, bias, mean, var = (
        None if p is None else p.repeat(n) for p in (weight, bias, running_mean, running_var)
    )
    rows = input.contiguous().view((1, n * c, *input.shape[2:]))
    out = _batch_norm(rows, weight, bias, mean, var, use_input_stats, momentum, eps)
    with context.GradMode(False):
        for running, many in ((running_mean, mean), (running_var, var)):
            if running is not None and use_input_stats:
                running.copy_(many.view(n, c).mean(0))
    return out.view(input.shape)
