"""make_tensor: a tensor of random numbers in a range, to try things with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...engine.core.warn import warn
from ..namespace import torch

__name__ = "torch.testing._creation"  # as PyTorch's function says where it is


def make_tensor(
    *shape: Any,
    dtype: Any,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Any:
    """Uniform numbers in [low, high): by default [-9, 9) for floats, -9 … 9 for integers, 0 … 9 without sign.

    ValueError for an empty range, or gradients of integers.
    """
    sizes = tuple(shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape)
    whole = not (dtype.is_floating_point or dtype.is_complex)
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"{noncontiguous=} and {memory_format=}"
        )
    if requires_grad and whole:
        raise ValueError(
            f"`requires_grad=True` is not supported for boolean and integral dtypes, but got {dtype=}"
        )
    noncontiguous = noncontiguous and math.prod(sizes) > 1
    if noncontiguous:
        sizes = (*sizes[:-1], 2 * sizes[-1])
    low, high = _range(dtype, low, high, whole)
    if whole:
        result = torch.randint(low, high, sizes, device=device, dtype=dtype)
    else:
        result = torch.empty(sizes, device=device, dtype=dtype)
        reals = torch.view_as_real(result) if dtype.is_complex else result
        if high - low >= torch.finfo(dtype).max:
            reals.uniform_(low / 2, high / 2).mul_(2)
        else:
            reals.uniform_(low, high)
    if noncontiguous:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        result[result == 0] = 1 if whole else torch.finfo(dtype).tiny
    if not whole:
        result.requires_grad = requires_grad
    return result


def _range(dtype: Any, low: float | None, high: float | None, whole: bool) -> tuple[Any, Any]:
    """The range that the dtype can have of the one that is wanted."""
    if dtype is torch.bool:
        first, last, usual = 0, 2, (0, 2)
    elif whole:
        limits = torch.iinfo(dtype)
        first, last, usual = limits.min, limits.max + (dtype is not torch.int64), (-9, 10)
    else:
        limits = torch.finfo(dtype)
        first, last, usual = limits.min, limits.max, (-9, 9)
    low = usual[0] if low is None else low
    high = usual[1] if high is None else high
    if any(isinstance(value, float) and math.isnan(value) for value in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low == high and not whole:
        warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1 "
            "and will be removed in 2.3. Use `torch.full(...)` instead.",
            FutureWarning,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < first or low >= last:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} only supports "
            f"[{first}, {last})"
        )
    low, high = min(max(low, first), last), min(max(high, first), last)
    return (math.ceil(low), math.ceil(high)) if whole else (low, high)
