"""A weight as a direction and a length: `v * g / |v|`, with the norm over all dimensions but one.

Where that is the first or the last one, norms are added up as PyTorch's kernels do: rows lane by lane, columns in a
chain of fused multiply-adds; so are their gradients, of which the last step is fused.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from ....engine.numerics.fma import combined
from ....engine.numerics.vector_exp import row_sums
from ....engine.records.op import op
from ....engine.run.apply import apply
from ....engine.values.tensor import Tensor
from ...namespace import torch

Array = np.ndarray[Any, Any]


def norm_except_dim(v: Tensor, dim: int, p: float = 2) -> Tensor:
    """The p-norm of v along all dimensions but `dim`, which are kept; of all of v for -1."""
    if dim == -1:
        return v.norm(p)
    rows = v.transpose(0, dim).contiguous()
    norms = rows.view(rows.shape[0], -1).norm(p, 1)
    return norms.view(-1, *[1] * (v.ndim - 1)).transpose(0, dim)


def weight_of(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """v * g / |v|."""
    if dim in (0, v.ndim - 1):
        return apply(weight_norm_interface, (v, g, dim))
    return v * (g / norm_except_dim(v, dim))


def _others(ndim: int, dim: int) -> tuple[int, ...]:
    return tuple(d for d in range(ndim) if d != dim % ndim)


def _sums(a: Array, b: Array, dim: int) -> Array:
    """The sums of products over all dimensions but the first or the last one, which are kept."""
    shape = [1] * a.ndim
    shape[dim] = a.shape[dim]
    if a.dtype != np.float32 or not a.size:
        return (a * b).sum(_others(a.ndim, dim), keepdims=True)
    if dim == 0:
        return row_sums((a * b).reshape(len(a), -1)).reshape(shape)
    pairs = zip(a.reshape(-1, a.shape[-1]), b.reshape(-1, a.shape[-1]), strict=True)
    zeros = np.zeros(a.shape[-1], a.dtype)
    total: Array = reduce(lambda sums, pair: combined(sums, *pair), pairs, zeros)
    return total.reshape(shape)


@op("_weight_norm_interface(Tensor v, Tensor g, int dim)", infer=lambda v, g, dim: v, names=(),
    grad_fn="WeightNormInterfaceBackward0")  # fmt: skip
def weight_norm_interface(v, g, dim):
    return v * (g / np.sqrt(_sums(v, v, dim)))


@weight_norm_interface.derivative("v", "g")
def _(grad, v, g, dim):
    if not torch.is_grad_enabled():
        return tuple(apply(weight_norm_backward, (grad, v, g, dim)))
    others = _others(v.ndim, dim)
    norm = torch.linalg.vector_norm(v, 2, others, keepdim=True)
    along = (grad * v).sum(others, keepdim=True) / norm
    return g / norm * (grad - v * (along / norm)), along


@op("_weight_norm_interface_backward(Tensor grad, Tensor v, Tensor g, int dim)", infer=lambda grad, v, g, dim: (v, g),
    names=(), nondifferentiable=True)  # fmt: skip
def weight_norm_backward(grad, v, g, dim):
    """The gradients of both: a · grad - a · along / |v| · v with a = g / |v|, and along = Σ grad · v / |v|."""
    norm = np.sqrt(_sums(v, v, dim))
    along = _sums(grad, v, dim) / norm
    factor = g / norm
    return combined(factor * grad, np.negative(factor * along / norm), v), along
