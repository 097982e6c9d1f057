"""Normalisation over the last dimensions: layer_norm, rms_norm, normalize; local response norm.

With x̂ the standardised input and `rstd` one over its standard deviation, all norms that standardise have
the gradient

    rstd * (g - mean(g) - x̂ * mean(g * x̂)),   g = grad * weight
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.numerics import fma
from ...engine.numerics.moments import moments
from ...engine.numerics.rowwise import is_large
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.run.fused import fused
from ...engine.values.tensor import Tensor
from ...errors import DTypeError, ShapeError
from ..loss.loss_rules import only_float
from . import norm_steps
from .norm_rows import large_layer_norm, large_layer_norm_backward

Dims = tuple[int, ...]


def standardised(x: Tensor, dims: Dims, eps: float, kept: Any) -> tuple[Tensor, Tensor]:
    """x̂ and rstd, in operations; mean and rstd as they were kept, in the dtype `kept`."""
    mean = x.mean(dims, keepdim=True)
    centred = x - mean
    rstd = ((centred * centred).mean(dims, keepdim=True) + eps).rsqrt()
    if kept is not x.dtype:
        rstd = rstd.to(kept).to(x.dtype)
        centred = x - mean.to(kept).to(x.dtype)
    return centred * rstd, rstd


def input_gradient(g: Tensor, normal: Tensor, rstd: Tensor, dims: Dims) -> Tensor:
    return rstd * (g - g.mean(dims, keepdim=True) - normal * (g * normal).mean(dims, keepdim=True))


def check_dtypes(x: Spec, *parameters: Spec | None) -> None:
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


def statistics_dtype(x: Spec, weight: Any) -> dt.DType:
    """What mean and rstd are kept in for the backward: the dtype of the parameters."""
    return weight.dtype if isinstance(weight, Spec) else x.dtype


# ------------------------------------------------------------------ layer_norm


def _check_parameters(shape: Dims, weight: Spec | None, bias: Spec | None) -> None:
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


def _check_normalized(x: Spec, shape: Dims, star: str) -> None:
    if x.shape[max(x.ndim - len(shape), 0) :] != shape:
        raise ShapeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [{star}"
            f"{', '.join(map(str, shape))}], but got input of size{list(x.shape)}",
            code="norm-shape",
            help="normalized_shape lists the sizes of the last dimensions: x.shape[-1:] for one",
        )


def _layer_infer(x: Spec, shape: Dims, weight: Spec | None, bias: Spec | None, eps: float) -> Spec:
    check_dtypes(x, weight)
    _check_parameters(shape, weight, bias)
    check_dtypes(x, weight, bias)
    _check_normalized(x, shape, "*, ")
    only_float("LayerNormKernelImpl", x)
    return x


def _last(shape: Dims) -> Dims:
    return tuple(range(-len(shape), 0))


@op(
    "layer_norm(Tensor input, ints normalized_shape, Tensor? weight=None, Tensor? bias=None, "
    "float eps=1e-05)",
    infer=_layer_infer,
    names=("nn.functional.layer_norm",),
    grad_fn="NativeLayerNormBackward0",
    wide_gradient=True,
    sample=([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]], (3,), [1.0, 0.5, -1.0], [0.1, 0.2, 0.3]),
)
def layer_norm(x, shape, weight, bias, eps):
    """Standardises over the last dimensions, then scales by `weight` and shifts by `bias`.

    >>> nn.functional.layer_norm([[1., 2., 3.]], (3,))
    tensor([[-1.2247,  0.0000,  1.2247]])
    """
    rows = x.reshape(x.size // max(math.prod(shape), 1), math.prod(shape))
    if weight is not None and bias is not None and norm_steps.takes_rows(rows):
        return norm_steps.layer_norm(rows, weight.reshape(-1), bias.reshape(-1), eps).reshape(x.shape)
    if is_large(x):
        return large_layer_norm(rows, weight, bias, eps).reshape(x.shape)
    mean, variance = moments(rows)
    out = ((rows - mean) * (1 / np.sqrt(variance + x.dtype.type(eps)))).reshape(x.shape)
    if weight is not None and bias is not None:
        return fma.multiply_add(out, weight, bias)
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out


def _layer_gradients(grad, input, normalized_shape, weight, eps, kept, needs):
    dims = _last(normalized_shape)
    normal, rstd = standardised(input, dims, eps, kept)
    g = grad if weight is None else grad * weight
    return (
        input_gradient(g, normal, rstd, dims) if needs[0] else None,
        grad * normal if needs[1] else None,
        grad if needs[2] else None,
    )


def _gradient_specs(grad, input, shape, weight, eps, kept, needs):
    parameter = grad.with_shape(shape)
    return input, parameter, parameter


@fused(
    "layer_norm_backward(Tensor grad, Tensor input, int[] normalized_shape, Tensor? weight, float eps, "
    "dtype kept, any needs)",
    _layer_gradients,
    infer=_gradient_specs,
    exact=lambda grad, x, shape, weight, eps, kept, needs: (
        x.spec.dtype is grad.spec.dtype
        and math.prod(shape) > 0
        and x.spec.dtype is kept is dt.float32
        and norm_steps.takes(x.spec.numel, x.spec.numel // math.prod(shape))
    ),
)
def layer_norm_backward(grad, x, shape, weight, eps, kept, needs):
    n = math.prod(shape)
    if x.dtype == np.float32 and kept is dt.float32 and norm_steps.takes(x.size, x.size // n):
        scale = None if weight is None else weight.reshape(-1)
        found = norm_steps.layer_norm_backward(grad.reshape(-1, n), x.reshape(-1, n), scale, eps)
        return [array.reshape(as_) for array, as_ in zip(found, (x.shape, shape, shape), strict=True)]
    rows = large_layer_norm_backward(grad.reshape(-1, n), x.reshape(-1, n), weight, eps)
    return [array.reshape(as_) for array, as_ in zip(rows, (x.shape, shape, shape), strict=True)]


@layer_norm.derivative("input", "weight", "bias", one="")
def _(grad, input, input_spec, normalized_shape, weight, weight_spec, eps, needs):
    kept = statistics_dtype(input_spec, weight_spec)
    return layer_norm_backward(grad, input, normalized_shape, weight, eps, kept, needs)


@layer_norm.batched
def _(slices, x, shape, weight, bias, eps):
    if not slices.any_varies(weight, bias):
        return slices.run(x.value, shape, weight, bias, eps)
    rank = slices.rank(x, weight, bias)
    found = slices.run(slices.full(x), shape, None, None, eps)
    if weight is not None:
        found = found * slices.front(weight, rank)
    return found if bias is None else found + slices.front(bias, rank)


@composite(
    "layer_norm(Tensor input, ints normalized_shape, Tensor? weight=None, Tensor? bias=None, "
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
    "rms_norm(Tensor input, ints normalized_shape, Tensor? weight=None, float? eps=None)",
    names=("nn.functional.rms_norm", "torch.rms_norm"),
    sample=([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]], (3,), [1.0, 0.5, -1.0]),
)
def rms_norm(input, normalized_shape, weight, eps):
    """`input / sqrt(mean(input²) + eps) * weight` over the last dimensions.

    >>> nn.functional.rms_norm([[3., 4.]], (2,))
    tensor([[0.8485, 1.1314]])
    """
    _check_parameters(normalized_shape, None if weight is None else weight.spec, None)
    if not input.spec.shape:
        raise ShapeError("Input tensor must have at least 1 dimensions, but got 0", raises=ValueError)
    _check_normalized(input.spec, normalized_shape, "*")
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
    return out.to(input.dtype)


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
            raises=ValueError,
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
