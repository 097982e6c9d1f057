"""A weight as a direction and a length: `v * g / |v|`, with the norm over all dimensions but one."""

from __future__ import annotations

import numpy as np

from ....engine.records.op import op
from ....engine.run.apply import apply
from ....engine.values.tensor import Tensor
from ...namespace import torch


def norm_except_dim(v: Tensor, dim: int, p: float = 2) -> Tensor:
    """The p-norm of v along all dimensions but `dim`, which are kept; of all of v for -1."""
    if dim == -1:
        return v.norm(p)
    return torch.linalg.vector_norm(v, p, _others(v.ndim, dim), keepdim=True)


def weight_of(v: Tensor, g: Tensor, dim: int) -> Tensor:
    """v * g / |v|."""
    if dim in (0, v.ndim - 1):
        return apply(weight_norm_interface, (v, g, dim))
    return v * (g / norm_except_dim(v, dim))


def _others(ndim: int, dim: int) -> tuple[int, ...]:
    return tuple(d for d in range(ndim) if d != dim % ndim)


@op("_weight_norm_interface(Tensor v, Tensor g, int dim)", infer=lambda v, g, dim: v, names=(),
    grad_fn="WeightNormInterfaceBackward0")  # fmt: skip
def weight_norm_interface(v, g, dim):
    norm = np.sqrt(np.square(v).sum(_others(v.ndim, dim), keepdims=True))
    return v * (g / norm)


@weight_norm_interface.derivative("v", "g")
def _(grad, v, g, dim):
    others = _others(v.ndim, dim)
    norm = torch.linalg.vector_norm(v, 2, others, keepdim=True)
    along = (grad * v).sum(others, keepdim=True) / norm
    return g / norm * (grad - v * (along / norm)), along
