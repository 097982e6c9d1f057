"""`torch._foreach_add` and its like: an operation on each tensor of a list, as optimisers and averages use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.values.tensor import Tensor
from . import FOREACH
from .namespace import torch

__all__ = [f"_foreach_{name}" for name in FOREACH.split()]


def _listed(tensors: Any, name: str) -> list[Tensor]:
    if not isinstance(tensors, list | tuple):
        raise TypeError(
            f"{name}(): argument 'self' (position 1) must be tuple of Tensors, not {type(tensors).__name__}"
        )
    if not tensors:
        raise RuntimeError("Tensor list must have at least one tensor.")
    return list(tensors)


def _columns(tensors: list[Tensor], given: tuple[Any, ...]) -> list[list[Any]]:
    """Each of the arguments for each of the tensors; RuntimeError for a list of another length."""
    n = len(tensors)
    for each in given:
        if isinstance(each, list | tuple) and len(each) != n:
            if all(isinstance(t, Tensor) for t in each):
                raise RuntimeError(
                    f"Tensor lists must have the same number of tensors, got {n} and {len(each)}"
                )
            raise RuntimeError("Tensor list must have same number of elements as scalar list.")
    return [list(each) if isinstance(each, list | tuple) else [each] * n for each in given]


def _of_one(name: str) -> Callable[..., Any]:
    """What is done to one tensor: `value` of addcmul and addcdiv may come by its place."""

    def scaled(t: Tensor, first: Tensor, second: Tensor, value: Any = 1) -> Tensor:
        return getattr(t, name)(first, second, value=value)

    def norm(t: Tensor, ord: Any = 2, dtype: Any = None) -> Any:
        return torch.linalg.vector_norm(t, ord, dtype=dtype)

    if name.startswith("addc"):
        return scaled
    if name == "norm":
        return norm
    return lambda t, *given, **named: getattr(torch, name)(t, *given, **named)


def _made(name: str) -> Callable[..., Any]:
    one = _of_one(name)

    def call(self: Any, *given: Any, **named: Any) -> tuple[Any, ...]:
        if name == "pow" and not isinstance(self, list | tuple):  # a number to the power of each
            return tuple([torch.pow(self, t) for t in _listed(given[0], call.__name__)])
        tensors = _listed(self, call.__name__)
        columns = _columns(tensors, given)
        return tuple([one(t, *each, **named) for t, *each in zip(tensors, *columns, strict=True)])

    return call


def _written(name: str) -> Callable[..., Any]:
    def call(self: Any, *given: Any, **named: Any) -> list[Tensor]:
        tensors = _listed(self, call.__name__)
        for t, *each in zip(tensors, *_columns(tensors, given), strict=True):
            if name.startswith("addc") and len(each) == 3:
                getattr(t, f"{name}_")(*each[:2], value=each[2])
            else:
                getattr(t, f"{name}_")(*each, **named)
        return tensors

    return call


def _enter() -> None:
    for full in __all__:
        name = full.removeprefix("_foreach_")
        made = _written(name[:-1]) if name[-1] == "_" else _made(name)
        made.__name__ = made.__qualname__ = full
        made.__doc__ = f"`{name}` of each tensor of a list."
        globals()[full] = made


_enter()
