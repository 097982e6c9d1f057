"""Questions about values, and what else stands directly in `torch.`."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.core.dtype import DType
from ..engine.core.warn import warn
from ..engine.records.op import Op, registry
from ..engine.run.failed_calls import python_function
from ..engine.values.tensor import Tensor
from ..ops.tensors.storages import TypedStorage, UntypedStorage
from .namespace import torch

#: what `sym_max` and its like take, as their messages write it
NUMBERS = (np.integer, np.floating, int, float)
FLOATS = (float, np.floating)


def typename(obj: Any, /) -> str:
    """The name of a value's type, or of a class, with the module that it is in."""
    if isinstance(obj, Tensor):
        return obj.type()
    if isinstance(obj, DType):
        return "torch.dtype"
    if isinstance(obj, Op):
        return function_name(obj)
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", "") or ""
    return named.__qualname__ if module in ("", "builtins") else f"{module}.{named.__qualname__}"


def function_name(of: Op) -> str:
    """Where PyTorch keeps an operation: a method, in Python, or in one of its C++ tables."""
    name = of.name
    space, _, short = name.rpartition(".")
    if of.is_method:
        return f"TensorBase.{short}"
    if python_function(of, name, False) is not None:
        return f"torch.{space or 'functional'}.{short}"
    if not space or f"torch.{short}" in of.names:
        return f"torch._VariableFunctionsClass.{short}"
    if space == "nn.functional":
        return f"torch._C._nn.{short}"
    return f"torch._C._{space}.{space}_{short}"


def is_vulkan_available() -> bool:
    """Whether there is a Vulkan device: there is none."""
    return False


def _assert(condition: Any, message: Any) -> None:
    """Python's `assert` as a function, which a tracer could see."""
    assert condition, message


def _sample_dirichlet(input: Tensor, generator: Any = None) -> Tensor:
    """Draws of Dirichlet(α), as torchvision's MixUp asks for them."""
    return registry["engine.sample_dirichlet"](input, generator)


def _standard_gamma(input: Tensor, generator: Any = None) -> Tensor:
    """Draws of Gamma(α, 1)."""
    return registry["engine.standard_gamma"](input, generator)


def is_storage(obj: Any, /) -> bool:
    """Whether a value is the memory of tensors."""
    return isinstance(obj, TypedStorage | UntypedStorage)


def range(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, **options: Any) -> Any:
    """`arange` with its end included; the older form of it."""
    if end is None:
        raise TypeError('range() missing 1 required positional arguments: "end"')
    warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
    )
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = int((end - start) / step) + 1
    wide = torch.int64 if dtype is not None and not dtype.is_floating_point else torch.float64
    values = torch.arange(count, dtype=wide) * step + start
    return values.to(dtype or torch.get_default_dtype())


def sym_int(a: Any) -> int:
    """The integer of a number."""
    return int(a)


def sym_float(a: Any) -> float:
    """The float of a number."""
    return float(a)


def sym_max(a: Any, b: Any) -> Any:
    """The larger of two numbers; a float where one of them is."""
    return _of_numbers(builtins.max, a, b)


def sym_min(a: Any, b: Any) -> Any:
    """The smaller of two numbers; a float where one of them is."""
    return _of_numbers(builtins.min, a, b)


def _of_numbers(choose: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    for given in (a, b):
        if not isinstance(given, NUMBERS):
            raise AssertionError(f"expected {NUMBERS}, got {type(given)}")
    chosen = choose(a, b)
    return float(chosen) if isinstance(a, FLOATS) or isinstance(b, FLOATS) else chosen


def sym_sum(*args: Any) -> Any:
    """The sum of numbers, given one by one or as a list."""
    return builtins.sum(args[0] if len(args) == 1 and isinstance(args[0], list | tuple) else args)


def sym_sqrt(a: Any) -> float:
    """The square root of a number."""
    return math.sqrt(a)


def sym_ite(b: Any, t: Any, f: Any) -> Any:
    """`t if b else f`; both are of one type."""
    if not isinstance(b, bool):
        raise AssertionError(f"expected SymBool or bool, got {type(b)}")
    if type(t) is not type(f):
        raise AssertionError(f"type mismatch: {type(t)} vs {type(f)}")
    return t if b else f


def sym_not(a: Any) -> bool:
    """Whether a number is zero."""
    return not a


def get_device_module(device: Any = None) -> Any:
    """The namespace of a kind of device: `torch.cpu` where there is no accelerator."""
    kind = "cpu" if device is None else torch.device(device).type
    found = torch.find(kind)
    if found is None:
        raise RuntimeError(f"Invalid device '{kind}', you must first register a device module for it")
    return found
