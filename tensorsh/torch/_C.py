"""The few names of `torch._C` that programs with classes of their own use."""

from __future__ import annotations

from ..engine.modes.overrides import Disabled
from ..engine.values.tensor import disabled as _disabled_torch_function_impl
from ..errors import LinAlgError as _LinAlgError

__all__ = [
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "_LinAlgError",
    "_disabled_torch_function_impl",
]


class DisableTorchFunction(Disabled):
    """`with DisableTorchFunction():` no tensor has a say in operations."""


class DisableTorchFunctionSubclass(Disabled):
    """`with DisableTorchFunctionSubclass():` tensors of subclasses are tensors like any other."""


for _each in (DisableTorchFunction, DisableTorchFunctionSubclass):
    _each.__module__ = "torch._C"
