"""What may be assigned to a tensor's `grad`."""

from __future__ import annotations

from ...errors import GradientError
from ..core import dtype as dt
from ..core.spec import Spec


def check_gradient(new: Spec, of: Spec) -> None:
    """`x.grad = …` takes a tensor like x; GradientError for another."""
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
