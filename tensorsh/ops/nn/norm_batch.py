"""batch_norm standardises each channel of (N, C, …) over the batch, instance_norm each channel of each sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.memory_format import channels_last
from ...engine.core.spec import Spec
from ...engine.numerics import fma
from ...engine.numerics.element_functions import SCALE_AND_SHIFT
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.values.tensor import Tensor
from ...errors import BadValue, ShapeError
from ..loss.loss_rules import only_float, sizes
from . import batch_norm_steps as steps
from .norm import check_dtypes, input_gradient, standardised, statistics_dtype
from .norm_channels import check_batch, per_channel, rest_of


def statistics(x: Any, eps: float) -> tuple[Any, Any]:
    """Each channel's mean, and one over its standard deviation."""
    if steps.takes(x.dtype, x.size):
        mean, squares = steps.moments(x)
        return mean, steps.rstd(squares / np.float32(x.size // x.shape[1]), eps)
    mean = x.mean(rest_of(x.ndim), keepdims=True, dtype=x.dtype)
    variance = np.square(x - mean).mean(rest_of(x.ndim), dtype=x.dtype)
    return mean.reshape(-1), 1 / np.sqrt(variance + x.dtype.type(eps))


def _batch_infer(x: Spec, weight: Any, bias: Any, mean: Any, var: Any, training: bool, eps: float) -> Spec:
    channels = x.shape[1] if x.ndim > 1 else 0
    named = (("running_mean", mean), ("running_var", var), ("weight", weight), ("bias", bias))
    for name, p in named:
        if p is None:
            if not training and name.startswith("running"):
                raise BadValue(f"{name} must be defined in evaluation mode", code="norm-statistics")
        elif p.numel != channels:
            raise ShapeError(
                f"{name} should contain {channels} elements not {p.numel}",
                code="norm-shape",
                help=f"the input has {channels} channels (dimension 1), the layer is made for {p.numel}",
            )
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
    channels, kind = per_channel(x.ndim), x.dtype
    kept = kind if weight is None else weight.dtype
    if kind.itemsize == 2:
        x, weight, bias, mean, var = [
            None if a is None else a.astype(np.float32) for a in (x, weight, bias, mean, var)
        ]
    if training:
        if kind == np.float32 and steps.takes(kind, x.size):
            found = steps.forward(x, weight, bias, eps)
            if found is not None:
                return found
        mean, scale = statistics(x, eps)
        if kept.itemsize == 2:
            mean, scale = mean.astype(kind).astype(x.dtype), scale.astype(kind).astype(x.dtype)
        mean, scale = mean.reshape(channels), scale.reshape(channels)
    else:
        mean = mean.reshape(channels)
        scale = 1 / np.sqrt(var.reshape(channels) + x.dtype.type(eps))
    if weight is not None:
        scale = scale * weight.reshape(channels)
    shift = fma.multiply_add(-mean, scale, 0 if bias is None else bias.reshape(channels))
    found = scaled_and_shifted(x, scale, shift).astype(kind, copy=False)
    return found if x.flags.c_contiguous or channels_last(x) else np.ascontiguousarray(found)


def scaled_and_shifted(x: Any, scale: Any, shift: Any) -> Any:
    """x · scale + shift, of which each channel has one."""
    if type(x) is np.ndarray and x.ndim > 2 and x.dtype == np.float32 and x.flags.c_contiguous and x.size:
        out = np.empty_like(x)
        rows = (-1, math.prod(x.shape[2:]))
        numbers = [np.tile(a.reshape(-1), len(x)) for a in (scale, shift)]
        if SCALE_AND_SHIFT.fill(out.reshape(rows), x.reshape(rows), *numbers):
            return out
    return fma.multiply_add(x, scale, shift)


def _batch_gradients(grad, input, weight, running_mean, running_var, training, eps, kept, needs):
    ndim = input.ndim
    rest, channels = rest_of(ndim), per_channel(ndim)
    if training:
        normal, rstd = standardised(input, rest, eps, kept)
    else:
        rstd = (running_var + eps).rsqrt().view(channels)
        normal = (input - running_mean.view(channels)) * rstd
    along = None
    if needs[0]:
        g = grad if weight is None else grad * weight.view(channels)
        along = input_gradient(g, normal, rstd, rest) if training else g * rstd
    return along, (grad * normal).sum(rest) if needs[1] else None, grad.sum(rest) if needs[2] else None


def _gradient_specs(grad, input, weight, mean, var, training, eps, kept, needs):
    parameter = grad.with_shape((input.shape[1],))
    return input, parameter, parameter


@fused(
    "batch_norm_backward(Tensor grad, Tensor input, Tensor? weight, Tensor? mean, Tensor? var, bool training, "
    "float eps, dtype kept, any needs)",
    _batch_gradients,
    infer=_gradient_specs,
    exact=lambda grad, x, weight, mean, var, training, eps, kept, needs: (
        x.spec.dtype is grad.spec.dtype is kept is dt.float32 and steps.takes(np.float32, x.spec.numel)
    ),
)
def batch_norm_backward(grad, x, weight, mean, var, training, eps, kept, needs):
    if training and not kept.is_half and steps.takes(x.dtype, x.size):
        found = steps.backward(grad, x, weight, eps)
        if found is not None:
            return found
    channels, count = per_channel(x.ndim), x.size // x.shape[1]
    if training:
        mean, rstd = statistics(x, eps)
        if kept.is_half:
            mean, rstd = mean.astype(kept.np).astype(x.dtype), rstd.astype(kept.np).astype(x.dtype)
    elif x.dtype == np.float32:
        rstd = steps.rstd(var, eps)
    else:
        rstd = 1 / np.sqrt(var + x.dtype.type(eps))
    exact = steps.takes(x.dtype, x.size)
    if exact:
        total, along = steps.backward_sums(grad, x, mean)
    else:
        centred = x - mean.reshape(channels)
        total, along = grad.sum(rest_of(x.ndim)), (centred * grad).sum(rest_of(x.ndim))
    if not training:
        out = grad * rstd.reshape(channels)
        if weight is not None:
            out *= weight.reshape(channels)
    elif exact:
        out = steps.input_gradient(grad, x, mean, rstd, (total, along), weight)
    else:
        centred *= (along * rstd * rstd / count).reshape(channels)
        out = grad - (total / count).reshape(channels)
        out -= centred
        out *= (rstd if weight is None else rstd * weight).reshape(channels)
    return out, (along * rstd).astype(x.dtype, copy=False), total.astype(x.dtype, copy=False)


@batch_norm_primitive.derivative("input", "weight", "bias", one="")
def _(grad, input, input_spec, weight, weight_spec, running_mean, running_var, training, eps, needs):
    kept = statistics_dtype(input_spec, weight_spec)
    given = (weight, running_mean, running_var, training, eps, kept, needs)
    return batch_norm_backward(grad, input, *given)


def _moments(input):
    rest = rest_of(input.ndim)
    mean = input.mean(rest, keepdim=True)
    centred = input - mean
    return mean.squeeze(rest), (centred * centred).sum(rest)


@fused(
    "batch_moments(Tensor input)",
    _moments,
    infer=lambda x: (x.with_shape((x.shape[1],)),) * 2,
    exact=lambda x: x.spec.dtype is dt.float32 and steps.takes(np.float32, x.spec.numel),
)
def batch_moments(x):
    """The mean of each channel, and the sum of squares about it."""
    if steps.takes(x.dtype, x.size):
        return steps.moments(x)
    mean = x.mean(rest_of(x.ndim), keepdims=True, dtype=x.dtype)
    centred = x - mean
    centred *= centred
    return mean.reshape(-1), centred.sum(rest_of(x.ndim), dtype=x.dtype)


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
    single = input.dtype.is_half and any(t is not None and t.dtype is dt.float32 for t in (mean, var))
    if single and weight is None:  # then all of it is computed and kept in float32
        weight = registry["ones"](input.shape[1])
    out = apply(batch_norm_primitive, (input, weight, bias, *statistics, training, eps))
    if training:
        count = input.spec.numel // max(input.shape[1], 1)
        with context.GradMode(False):
            found, squares = batch_moments(input.detach().float() if single else input.detach())
            kind = np.float64 if input.dtype is dt.float64 else np.float32
            rest = 1 - kind(momentum)
            if mean is not None:
                mean.mul_(float(rest)).add_(found * momentum)
            if var is not None:
                var.mul_(float(rest)).add_(squares / (count - 1), alpha=momentum)
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
        check_batch(input.shape if input.ndim else (1,), sizes(input))
    check_pair(running_mean, running_var)
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


def check_pair(running_mean: Tensor | None, running_var: Tensor | None) -> None:
    """Running statistics are two or none."""
    if (running_mean is None) is not (running_var is None):
        raise BadValue(
            "running_mean and running_var must either both be None or neither be None",
            raises=ValueError,
            code="norm-statistics",
        )


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
    check_pair(running_mean, running_var)
    n, c = input.shape[:2]
    weight, bias, mean, var = (
        None if p is None else p.repeat(n) for p in (weight, bias, running_mean, running_var)
    )
    rows = input.contiguous().view((1, n * c, *input.shape[2:]))
    out = _batch_norm(rows, weight, bias, mean, var, use_input_stats, momentum, eps)
    with context.GradMode(False):
        for running, many in ((running_mean, mean), (running_var, var)):
            if running is not None and many is not None and use_input_stats:
                running.copy_(many.view(n, c).mean(0))
    return out.view(input.shape)
