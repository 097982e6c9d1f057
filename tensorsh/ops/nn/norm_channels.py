"""group_norm: groups of channels of each sample of (N, C, …), standardised."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.numerics.fma import multiply_add
from ...engine.numerics.moments import moments
from ...engine.records.op import composite, op
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...errors import BadValue, ShapeError
from ..loss.loss_rules import only_float
from . import batch_norm_steps as steps
from . import group_norm_steps as group_steps
from .norm import Dims, check_dtypes, input_gradient, standardised, statistics_dtype

# ------------------------------------------------------------------ group_norm


def check_batch(size: Sequence[int], shown: str) -> None:
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


def per_channel(ndim: int) -> Dims:
    """The shape that makes a vector of channels broadcast over (N, C, …)."""
    return tuple(-1 if i == 1 else 1 for i in range(ndim))


def rest_of(ndim: int) -> Dims:
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
    if x.dtype == np.float32 and group_steps.takes(x.size) and (weight is not None or bias is not None):
        scale = np.ones(x.shape[1], x.dtype) if weight is None else weight
        shift = np.zeros(x.shape[1], x.dtype) if bias is None else bias
        planes = x.reshape(n, x.shape[1], -1)
        return group_steps.forward(planes, groups, scale, shift, eps).reshape(x.shape)
    size = x.size // (n * groups) if x.size else 0
    mean, variance = moments(x.reshape(n * groups, size))
    rstd = steps.rstd(variance, eps) if x.dtype == np.float32 else 1 / np.sqrt(variance + x.dtype.type(eps))
    if weight is None and bias is None:
        return ((x.reshape(n * groups, size) - mean) * rstd).reshape(x.shape)
    each = x.shape[1] // groups
    scale, mean = (a.reshape(n, groups).repeat(each, 1) for a in (rstd, mean))
    if weight is not None:
        scale = scale * weight
    shift = multiply_add(-scale, mean, 0 if bias is None else bias)
    per_channel = (n, x.shape[1], *[1] * (x.ndim - 2))
    return multiply_add(x, scale.reshape(per_channel), shift.reshape(per_channel))


def _group_gradients(grad, input, num_groups, weight, eps, kept, needs):
    shape = input.spec.shape
    grouped = (shape[0], num_groups, math.prod(shape[1:]) // num_groups)
    normal, rstd = standardised(input.reshape(grouped), (2,), eps, kept)
    g = grad if weight is None else grad * weight.view(per_channel(len(shape)))
    rest = rest_of(len(shape))
    return (
        input_gradient(g.reshape(grouped), normal, rstd, (2,)).reshape(shape) if needs[0] else None,
        (grad * normal.reshape(shape)).sum(rest) if needs[1] else None,
        grad.sum(rest) if needs[2] else None,
    )


def _gradient_specs(grad, input, num_groups, weight, eps, kept, needs):
    parameter = grad.with_shape((input.shape[1],))
    return input, parameter, parameter


@fused(
    "group_norm_backward(Tensor grad, Tensor input, int num_groups, Tensor? weight, float eps, dtype kept, "
    "any needs)",
    _group_gradients,
    infer=_gradient_specs,
    exact=lambda grad, x, groups, weight, eps, kept, needs: (
        x.spec.dtype is grad.spec.dtype is kept is dt.float32 and group_steps.takes(x.spec.numel)
    ),
)
def group_norm_backward(grad, x, groups, weight, eps, kept, needs):
    planes = (*x.shape[:2], -1)
    found = group_steps.backward(grad.reshape(planes), x.reshape(planes), groups, weight, eps)
    return found[0].reshape(x.shape), *found[1:]


@group_norm_primitive.derivative("input", "weight", "bias", one="")
def _(grad, input, input_spec, num_groups, weight, weight_spec, eps, needs):
    kept = statistics_dtype(input_spec, weight_spec)
    return group_norm_backward(grad, input, num_groups, weight, eps, kept, needs)


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
    check_batch(
        [shape[0] * shape[1] // num_groups, num_groups, *shape[2:]],
        str([shape[0] * shape[1] // num_groups, num_groups, *shape[2:]]),
    )
    return apply(group_norm_primitive, (input, num_groups, weight, bias, eps))
