"""The side of Module that changes all its tensors: dtype, device, or by a function."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ....engine.calls.to_arguments import to_arguments
from ....engine.values.parameters import Parameter
from ....engine.values.tensor import Tensor
from ...namespace import torch
from . import traversal

Convert = Callable[[Tensor], Tensor]


class Module(traversal.Module):
    """See `module.Module`."""

    def _apply(self, fn: Convert, recurse: bool = True) -> Any:
        """Replace each tensor by `fn(tensor)`; parameters stay the same objects."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for name, param in self._parameters.items():
            if param is None:
                continue
            with torch.no_grad():
                value = fn(param)
            grad = param.grad
            if value.device.type == param.device.type:
                param.grad = None  # of the old dtype
                param.data = value
            else:
                param = self._parameters[name] = Parameter(value, param.requires_grad)
            if grad is not None:
                with torch.no_grad():
                    param.grad = fn(grad).requires_grad_(grad.requires_grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def apply(self, fn: Callable[[Any], Any]) -> Any:
        """Call `fn` with every module inside, then with this one: how weights are initialised."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """`to(device)`, `to(dtype)`, `to(device, dtype)`, `to(tensor)`: in place; integers keep their dtype."""
        device, dtype, copy, memory_format = to_arguments(args, kwargs)
        if copy:
            raise RuntimeError(".to() does not accept copy argument")
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )
        if dtype is not None and dtype.is_complex:
            warnings.warn(
                "Complex modules are a new feature under active development whose design may change, and some "
                "modules might not work as expected when using complex tensors as parameters or buffers. Please "
                "file an issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml if a "
                "complex module does not work as expected.",
                stacklevel=2,
            )

        def convert(t: Tensor) -> Tensor:
            if t.device.is_meta and device is not None and device.type != "meta":
                raise NotImplementedError(
                    "Cannot copy out of meta tensor; no data! Please use torch.nn.Module.to_empty() instead of "
                    "torch.nn.Module.to() when moving module from meta to a different device."
                )
            wanted: dict[str, Any] = {}
            if device is not None:
                wanted["device"] = device
            if dtype is not None and (t.is_floating_point() or t.is_complex()):
                wanted["dtype"] = dtype
            if memory_format is not None and t.dim() in (4, 5):
                wanted["memory_format"] = memory_format
            return t.to(**wanted) if wanted else t

        return self._apply(convert)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """To a device without the values: parameters of a `meta` module get memory."""
        return self._apply(lambda t: torch.empty_like(t, device=device), recurse=recurse)

    def type(self, dst_type: Any) -> Any:
        """All parameters and buffers to a dtype."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Any:
        """Floating point parameters and buffers to float32."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Any:
        """Floating point parameters and buffers to float64."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Any:
        """Floating point parameters and buffers to float16."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Any:
        """Floating point parameters and buffers to bfloat16."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def cpu(self) -> Any:
        """To the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Any:
        """To a GPU."""
        return self._apply(lambda t: t.cuda(device))

    def xpu(self, device: Any = None) -> Any:
        """To an Intel GPU."""
        return self._apply(lambda t: t.xpu(device))

    def mtia(self, device: Any = None) -> Any:
        """To an MTIA accelerator."""
        return self._apply(lambda t: t.mtia(device))

    def ipu(self, device: Any = None) -> Any:
        """To an IPU."""
        return self._apply(lambda t: t.ipu(device))

    def share_memory(self) -> Any:
        """Nothing changes: there is one process."""
        return self._apply(lambda t: t.share_memory_())
