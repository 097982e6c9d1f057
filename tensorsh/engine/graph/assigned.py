"""What may be assigned to a tensor's `grad` and `requires_grad`."""

from __future__ import annotations

from typing import Any

from ...errors import ArgumentError, DTypeError, GradientError, Help
from ..core import dtype as dt
from ..values.as_argument import type_name
from ..values.tensor import Tensor
from .inference import refuse_grad


def check_flag(flag: Any, t: Tensor) -> None:
    """`x.requires_grad = …` takes a bool: false of a leaf, true of floating-point numbers."""
    if type(flag) is not bool:
        raise ArgumentError("requires_grad must be a bool", raises=RuntimeError)
    if not flag and t.grad_fn is not None:
        raise GradientError(
            "you can only change requires_grad flags of leaf variables. If you want to use a computed "
            "variable in a subgraph that doesn't require differentiation use "
            "var_no_grad = var.detach().",
            help="x.detach() gives the same values outside the graph",
        )
    if flag and t.dtype.category < dt.FLOAT:
        raise DTypeError(
            "only Tensors of floating point and complex dtype can require gradients",
            help=Help("convert it first: x.float() or `x as float32`", "convert it first: x.float()"),
        )
    if flag:
        refuse_grad(t)


def check_gradient(value: Any, t: Tensor) -> None:
    """`x.grad = …` takes a tensor like x; GradientError for another."""
    if not isinstance(value, Tensor):
        raise ArgumentError(
            f"assigned grad expected to be a Tensor or None but got grad of type {type_name(value)}"
        )
    if value is t:
        raise GradientError("can't assign Variable as its own grad", help="x.grad = x.detach().clone()")
    new, of = value.spec, t.spec
    if new.device != of.device:
        raise GradientError(
            f"attempting to assign a gradient with device type '{new.device.type}' to a tensor with device "
            f"type '{of.device.type}'. Please ensure that the gradient and the tensor are on the same device"
        )
    if new.dtype is not of.dtype:
        raise GradientError(
            f"attempting to assign a gradient with dtype '{dt.c_names[new.dtype]}' to a tensor with "
            f"grad_dtype '{of.dtype.title}'. The gradient must match the tensor's grad_dtype (defaults to the "
            "tensor's dtype). You can set the tensor's grad_dtype attribute with a specific dtype, or None to "
            "allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its gradient "
            "may break downstream systems that assume they match.",
            help=f"convert it: g.to({of.dtype.name})",
        )
    if new.shape != of.shape:
        raise GradientError(
            f"attempting to assign a gradient of size '{list(new.shape)}' to a tensor of size "
            f"'{list(of.shape)}'. Please ensure that the gradient and the tensor are the same size"
        )
