"""PyTorch's own forms of the norms, which also return the statistics: (output, mean, rstd)."""

from __future__ import annotations

from ...engine.records.op import composite, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from .norm import layer_norm
from .norm_batch import _batch_norm
from .norm_channels import group_norm_primitive


def statistics(rows: Tensor, dims: tuple[int, ...], eps: float, keepdim: bool) -> tuple[Tensor, Tensor]:
    """The mean, and one over the standard deviation."""
    mean = rows.mean(dims, keepdim=True)
    rstd = (((rows - mean) ** 2).mean(dims, keepdim=keepdim) + eps).rsqrt()
    return (mean if keepdim else mean.squeeze(dims)), rstd


@composite(
    "native_layer_norm(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, float eps)",
    names=("torch.native_layer_norm",),
)
def native_layer_norm(input, normalized_shape, weight, bias, eps):
    """`nn.functional.layer_norm`, the means and the reciprocal standard deviations.

    >>> native_layer_norm([[1., 2., 3.]], (3,), None, None, 0.)[1]
    tensor([[2.]])
    """
    out = apply(layer_norm, (input, normalized_shape, weight, bias, eps))
    return out, *statistics(input, tuple(range(-len(normalized_shape), 0)), eps, True)


@composite(
    "native_group_norm(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW, int group, float eps)",
    names=("torch.native_group_norm",),
)
def native_group_norm(input, weight, bias, N, C, HxW, group, eps):
    """`nn.functional.group_norm`, the means and the reciprocal standard deviations of the groups.

    >>> native_group_norm([[[1., 3.]]], None, None, 1, 1, 2, 1, 0.)[1]
    tensor([[2.]])
    """
    out = apply(group_norm_primitive, (input, group, weight, bias, eps))
    return out, *statistics(input.reshape(N, group, C * HxW // group), (2,), eps, False)


@composite(
    "native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "bool training, float momentum, float eps)",
    names=("torch.native_batch_norm",),
)
def native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps):
    """`nn.functional.batch_norm`, the means and the reciprocal standard deviations it used in training.

    >>> native_batch_norm([[1.], [3.]], None, None, None, None, True, 0.1, 0.)[1]
    tensor([2.])
    """
    out = _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)
    if not training:
        empty = registry["zeros"](0, dtype=input.dtype, device=input.device)
        return out, empty, empty.clone()
    dims = tuple(d for d in range(input.ndim) if d != 1)
    return out, *statistics(input, dims, eps, False)
