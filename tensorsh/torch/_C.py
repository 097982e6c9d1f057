"""The few names of `torch._C` that programs with classes of their own use."""

from __future__ import annotations

from ..engine.overrides import Disabled as DisableTorchFunction
from ..engine.overrides import Disabled as DisableTorchFunctionSubclass
from ..engine.tensor import disabled as _disabled_torch_function_impl

__all__ = ["DisableTorchFunction", "DisableTorchFunctionSubclass", "_disabled_torch_function_impl"]
