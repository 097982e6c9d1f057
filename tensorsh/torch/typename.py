"""torch.typename: how messages call the type of a value."""

from __future__ import annotations

from typing import Any

from ..engine.tensor import Tensor

__all__ = ["typename"]


def typename(obj: Any) -> str:
    """`torch.FloatTensor` for tensors, `str` for built-in types, the full name of a class."""
    if isinstance(obj, Tensor):
        return obj.type()
    named = obj if hasattr(obj, "__qualname__") or hasattr(obj, "__name__") else type(obj)
    module = getattr(named, "__module__", "") or ""
    name = getattr(named, "__qualname__", None) or named.__name__
    return name if module in ("", "builtins") else f"{module}.{name}"
