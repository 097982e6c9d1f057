"""Normalisation: each slice of a tensor shifted to mean 0 and scaled to variance 1.

layer_norm takes the slices over the last dimensions, group_norm over groups of channels, batch_norm over
all but the channel, instance_norm over each channel of each sample. With x̂ the standardised input and
`rstd` one over its standard deviation, all of them have the gradient

    rstd * (g - mean(g) - x̂ * mean(g * x̂)),   g = grad * weight
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine import context
from ..engine import dtype as dt
from ..engine.apply import apply
from ..engine.op import composite, op, registry
from ..engine.spec import Spec
from ..engine.tensor import Tensor
from ..errors import DTypeError, ShapeError, ValueError
from .loss_rules import only_float, sizes

Dims = tuple[int, ...]


def statistics(x: Any, dims: Dims, eps: float) -> tuple[Any, Any]:
    """The kernels' mean and rstd over `dims` of an array, dimensions kept."""
    mean = x.mean(dims, keepdims=True, dtype=x.dtype)
    variance = np.square(x - mean).mean(dims, keepdims=True, dtype=x.dtype)
    return mean, 1 / np.sqrt(variance + x.dtype.type(eps))


def fused(a: Any, b: Any, c: Any) -> Any:
    """`a * b + c` rounded once, as the processor's fused instruction does in PyTorch's kernels."""
    if a.dtype != np.float32:
        return a * b + c
    return (a.astype(np.float64) * b + c).astype(np.float32)


def standardised(x: Tensor, dims: Dims, eps: float) -> tuple[Tensor, Tensor]:
    """x̂ and rstd, in operations."""
    centred = x - x.mean(dims, keepdim=True)
    rstd = ((centred * centred).mean(dims, keepdim=True) + eps).rsqrt()
    return centred * rstd, rstd


def input_gradient(g: Tensor, normal: Tensor, rstd: Tensor, dims: Dims) -> Tensor:
    return rstd * (g - g.mean(dims, keepdim=True) - normal * (g * normal).mean(dims, keepdim=True))


def _check_dtypes(x: Spec, *parameters: Spec | None) -> None:
    """Parameters have the input's dtype, or float32 where that is a 16-bit float."""
    given = [p.dtype for p in parameters if p is not None and p.dtype is not x.dtype]
    if not given:
        return
    if any(d is not dt.float32 for d in given):
        message = "mixed dtype (CPU): expect parameter to have scalar type of Float"
    elif not x.dtype.is_half:
        message = "mixed dtype (CPU): all inputs must share same datatype."
    else:
        return
    raise DTypeError(message, code="dtype-mismatch", help=f"convert the parameters to {x.dtype.name}")


# ------------------------------------------------------------------ layer_norm


def _check_normalized(x: Spec, shape: Dims, weight: Spec | None, bias: Spec | None, star: str) -> None:
    if not shape:
        raise ShapeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, "
            "but got normalized_shape = []",
            code="norm-shape",
        )
    for name, p in (("weight", weight), ("bias", bias)):
        if p is not None and p.shape != shape:
            raise ShapeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(p.shape)} and normalized_shape = {list(shape)}",
                code="norm-shape",
            )
    if x.shape[max(x.ndim - len(shape), 0) :] != shape:
        raise ShapeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [{star}"
            f"{', '.join(map(str, shape))}], but got input of size{list(x.shape)}",
            code="norm-shape",
            help="normalized_shape lists the sizes of the last dimensions: x.shape[-1:] for one",
        )


def _layer_infer(x: Spec, shape: Dims, weight: Spec | None, bias: Spec | None, eps: float) -> Spec:
    _check_normalized(x, shape, weight, bias, "*, ")
    only_float("LayerNormKernelImpl", x)
    _check_dtypes(x, weight, bias)
    return x


def _last(shape: Dims) -> Dims:
    return tuple(range(-len(shape), 0))


@op(
    "layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, "
    "float eps=1e-05)",
    infer=_layer_infer,
    names=("nn.functional.layer_norm",),
    grad_fn="NativeLayerNormBackward0",
    sample=([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]], (3,), [1.0, 0.5, -1.0], [0.1, 0.2, 0.3]),
)
def layer_norm(x, shape, weight, bias, eps):
    """Standardises over the last dimensions, then scales by `weight` and shifts by `bias`.

    >>> nn.functional.layer_norm([[1., 2., 3.]], (3,))
    tensor([[-1.2247,  0.0000,  1.2247]])
    """
    mean, rstd = statistics(x, _last(shape), eps)
    out = (x - mean) * rstd
    if weight is not None and bias is not None:
        return fused(out, weight, bias)
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out


@layer_norm.derivative("input", "weight", "bias")
def _(grad, input, normalized_shape, weight, eps, needs):
    dims = _last(normalized_shape)
    normal, rstd = standardised(input, dims, eps)
    g = grad if weight is None else grad * weight
    return (
        input_gradient(g, normal, rstd, dims) if needs[0] else None,
        grad * normal if needs[1] else None,
        grad if needs[2] else None,
    )


@composite(
    "layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, "
    "float eps=1e-05, bool cudnn_enable=True)",
    names=("torch.layer_norm",),
)
def layer_norm_function(input, normalized_shape, weight, bias, eps, cudnn_enable):
    """`nn.functional.layer_norm`.

    >>> torch.layer_norm([[1., 2., 3.]], (3,))
    tensor([[-1.2247,  0.0000,  1.2247]])
    """
    return apply(layer_norm, (input, normalized_shape, weight, bias, eps))


# ------------------------------------------------------------------ rms_norm


@composite(
    "rms_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, float? eps=None)",
    names=("nn.functional.rms_norm", "torch.rms_norm"),
    sample=([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]], (3,), [1.0, 0.5, -1.0]),
)
def rms_norm(input, normalized_shape, weight, eps):
    """`input / sqrt(mean(input²) + eps) * weight` over the last dimensions.

    >>> nn.functional.rms_norm([[3., 4.]], (2,))
    tensor([[0.8485, 1.1314]])
    """
    _check_normalized(input.spec, normalized_shape, None if weight is None else weight.spec, None, "*")
    if input.dtype.category < dt.FLOAT:
        only_float("rms_norm", input.spec)
    kind = dt.float32 if input.dtype.is_half else input.dtype
    if eps is None:
        eps = float(np.finfo(kind.to_real().np).eps)
    x = input.to(kind)
    dims = _last(normalized_shape)
    out = x * ((x**2).mean(dims, keepdim=True) + eps).rsqrt()
    if weight is not None:
        out = out * weight
    return out.to(input.dtype) if input.dtype.is_half else out


# ------------------------------------------------------------------ group_norm


def _check_batch(size: Sequence[int], shown: str) -> None:
    """There must be something to take a variance over."""
    if size[0] * math.prod(size[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {shown}",
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
    only_float("GroupNormKernelImpl", x)
    _check_dtypes(x, weight, bias)
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
    names=(),
)
def group_norm_primitive(x, groups, weight, bias, eps):
    """Standardises each group of channels of each sample."""
    n = x.shape[0]
    size = x.size // (n * groups) if x.size else 0
    mean, rstd = statistics(x.reshape(n, groups, size), (2,), eps)
    each = x.shape[1] // groups
    scale, mean = rstd[..., 0].repeat(each, 1), mean[..., 0].repeat(each, 1)
    if weight is not None:
        scale = scale * weight
    shift = -scale * mean
    if bias is not None:
        shift = shift + bias
    per_channel = (n, x.shape[1], *[1] * (x.ndim - 2))
    return fused(x, scale.reshape(per_channel), shift.reshape(per_channel))


@group_norm_primitive.derivative("input", "weight", "bias")
def _(grad, input, num_groups, weight, eps, needs):
    shape = input.spec.shape
    grouped = (shape[0], num_groups, math.prod(shape[1:]) // num_groups)
    normal, rstd = standardised(input.reshape(grouped), (2,), eps)
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
        raise ValueError("integer division or modulo by zero", code="norm-groups")
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
                raise ValueError(f"{name} must be defined in evaluation mode", code="norm-statistics")
        elif p.numel != channels:
            raise ShapeError(f"{name} should contain {channels} elements not {p.numel}", code="norm-shape")
    only_float("batch_norm", x)
    _check_dtypes(x, weight, bias, mean, var)
    return x


@op(
    "native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, "
    "Tensor? running_var, bool training, float eps)",
    infer=_batch_infer,
    names=(),
)
def batch_norm_primitive(x, weight, bias, mean, var, training, eps):
    """Standardises each channel, by its own statistics or the running ones."""
    channels = _channels(x.ndim)
    if training:
        mean, scale = statistics(x, _rest(x.ndim), eps)
    else:
        mean = mean.reshape(channels)
        scale = 1 / np.sqrt(var.reshape(channels) + x.dtype.type(eps))
    if weight is not None:
        scale = scale * weight.reshape(channels)
    shift = fused(-mean, scale, 0 if bias is None else bias.reshape(channels))
    return fused(x, scale, shift)


@batch_norm_primitive.derivative("input", "weight", "bias")
def _(grad, input, weight, running_mean, running_var, training, eps, needs):
    ndim = input.ndim
    rest, channels = _rest(ndim), _channels(ndim)
    if training:
        normal, rstd = standardised(input, rest, eps)
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
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {sizes(input)}",
            code="norm-single",
        )
    if not use_input_stats and (running_mean is None or running_var is None):
        raise ValueError(
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


# ------------------------------------------------------------------ others


@composite(
    "nn.functional.local_response_norm(Tensor input, int size, float alpha=0.0001, float beta=0.75, "
    "float k=1.0)",
    names=("nn.functional.local_response_norm",),
    sample=([[[0.5, -1.0], [2.0, 0.3], [1.5, 0.7]]], 2, 0.5),
)
def local_response_norm(input, size, alpha, beta, k):
    """`input / (k + alpha * mean of input² over size neighbouring channels)^beta`.

    >>> nn.functional.local_response_norm(ones(1, 2, 1), 2, alpha=1.)
    tensor([[[0.7378],
             [0.5946]]])
    """
    if input.ndim < 3:
        raise ShapeError(
            f"Expected 3D or higher dimensionality {' ' * 25}input (got {input.ndim} dimensions)",
            code="norm-rank",
            operands=(input,),
        )
    if input.spec.numel == 0:
        return input
    shape = input.shape
    squares = (input * input).view(shape[0], 1, shape[1], -1)
    padded = registry["nn.functional.pad"](squares, (0, 0, size // 2, (size - 1) // 2))
    means = registry["nn.functional.avg_pool2d"](padded, (size, 1), stride=1).squeeze(1).view(shape)
    return input / (means * alpha + k) ** beta


@composite(
    "nn.functional.normalize(Tensor input, float p=2.0, int[] dim=1, float eps=1e-12)",
    names=("nn.functional.normalize",),
    sample=([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]],),
)
def normalize(input, p, dim, eps):
    """`input / max(norm(input), eps)`, the p-norm along `dim`.

    >>> nn.functional.normalize([[3., 4.]])
    tensor([[0.6000, 0.8000]])
    """
    norm = registry["linalg.vector_norm"](input, p, dim, True)
    return input / norm.clamp_min(eps).expand_as(input)
