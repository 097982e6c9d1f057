"""torch.nn.grad: the gradients of convolutions by their input and by their weight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...engine.values.tensor import Tensor
from ..namespace import F, torch

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]


def conv1d_input(
    input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv1d` by its input, whose size is given."""
    return _by_input(F.conv1d, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(
    input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv1d` by its weight, whose size is given."""
    return _by_weight(F.conv1d, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_input(
    input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv2d` by its input, whose size is given."""
    return _by_input(F.conv2d, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv2d_weight(
    input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv2d` by its weight, whose size is given."""
    return _by_weight(F.conv2d, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv3d_input(
    input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv3d` by its input, whose size is given."""
    return _by_input(F.conv3d, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_weight(
    input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv3d` by its weight, whose size is given."""
    return _by_weight(F.conv3d, input, weight_size, grad_output, stride, padding, dilation, groups)


def _by_input(conv: Any, size: Any, weight: Tensor, grad: Tensor, *settings: Any) -> Tensor:
    """A convolution is linear in its input, so its value there does not matter."""
    return _pulled_back(lambda x: conv(x, weight, None, *settings), size, weight, grad)


def _by_weight(conv: Any, input: Tensor, size: Any, grad: Tensor, *settings: Any) -> Tensor:
    return _pulled_back(lambda w: conv(input, w, None, *settings), size, input, grad)


def _pulled_back(conv: Callable[[Tensor], Tensor], size: Any, other: Tensor, grad: Tensor) -> Tensor:
    """The gradient by the argument of that size; in the graph if one is being made."""
    recorded = torch.is_grad_enabled() and (other.requires_grad or grad.requires_grad)
    with torch.enable_grad():
        of = torch.zeros(tuple(size), dtype=grad.dtype, device=grad.device, requires_grad=True)
        return torch.autograd.grad(conv(of), of, grad, create_graph=recorded)[0]
