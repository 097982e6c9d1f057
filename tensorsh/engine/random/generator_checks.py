"""What each dtype can hold, and what PyTorch refuses to draw: checks made before any word is drawn."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from ... import errors
from ..core.dtype import c_names, of
from .generator_stream import Array


@cache
def is_float(dtype: np.dtype[Any]) -> bool:
    return dtype.kind == "f" or dtype.name == "bfloat16"


def real_part(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(np.float32 if dtype == np.complex64 else np.float64)


@cache
def digits(dtype: np.dtype[Any]) -> int:
    """Bits of the significand: every integer up to 2**digits is a value."""
    return {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}[dtype.name]


@cache
def largest(dtype: np.dtype[Any]) -> int:
    return 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)


def cast(x: Array, dtype: np.dtype[Any]) -> Array:
    """To the dtype; the 16-bit types by way of float32, as PyTorch converts."""
    if x.dtype is dtype:
        return x
    if dtype.kind in "iu" and x.dtype.kind in "iu":
        return x.astype(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        if dtype.itemsize == 2 and is_float(dtype):
            x = x.astype(np.float32)
        return x.astype(dtype, copy=False)


def _round_trip(value: int, dtype: np.dtype[Any]) -> int:
    """An integer after a visit to the dtype; int64's ends where it does not fit."""
    seen = float(cast(np.array(min(value, 2**63 - 1), np.int64), dtype))
    return int(max(min(seen, 2.0**63 - 1024), -(2.0**63))) if math.isfinite(seen) else value


def lowest_drawn(low: int, dtype: np.dtype[Any]) -> int:
    """ATen's `update_from`: the first value of the dtype that is not below `low` after rounding."""
    after = _round_trip(low + 1, dtype)
    if after >= low:
        return low
    return after + (1 << max(abs(low + 1).bit_length() - digits(dtype), 0))


def highest_drawn(high: int, dtype: np.dtype[Any]) -> int:
    """ATen's `update_to`: the bound under which nothing rounds up to `high`."""
    before = _round_trip(high - 1, dtype)
    if before < high:
        return high
    return before - (1 << max(abs(high - 1).bit_length() - digits(dtype), 0))


def not_implemented(kernel: str, dtype: np.dtype[Any]) -> Exception:
    return errors.DTypeError(
        f"\"{kernel}\" not implemented for '{_dtype(dtype).title}'",
        raises=NotImplementedError,
        help="random numbers like these need a floating-point dtype such as float32",
    )


def _dtype(dtype: np.dtype[Any]) -> Any:
    return of(np.empty(0, dtype))


def check_float(dtype: np.dtype[Any], kernel: str) -> None:
    if not is_float(dtype):
        raise not_implemented(kernel, dtype)


def check_continuous(dtype: np.dtype[Any], name: str, style: str) -> None:
    if not is_float(dtype):
        found = _dtype(dtype).title if style == "title" else c_names[_dtype(dtype)]
        raise errors.DTypeError(
            f"{name} distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {found}",
            help="convert first: x.float()",
        )


def check_std(std: float) -> None:
    if not std >= 0.0:
        raise errors.BadValue(
            f"normal expects std >= 0.0, but found std {std:g}", help="a standard deviation is never negative"
        )


@cache
def _bounds(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.name == "bfloat16":
        most = (2.0 - 2.0**-7) * 2.0**127
        return -most, most
    if dtype.kind == "f":
        return float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    return (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))


def check_bounds(low: int, last: int, dtype: np.dtype[Any]) -> None:
    least, most = _bounds(dtype)
    for name, value in (("from", low), ("to - 1", last)):
        if not least <= value <= most:
            raise errors.BadValue(
                f"{name} is out of bounds for {c_names[_dtype(dtype)]}",
                help=f"{_dtype(dtype).name} holds {least:g} to {most:g}",
            )


def check_uniform(dtype: np.dtype[Any], low: float, high: float) -> None:
    least, most = _bounds(dtype)
    for name, value in (("from", low), ("to", high)):
        if not least <= value <= most:
            raise errors.BadValue(f"{name} is out of bounds for {c_names[_dtype(dtype)]}")
    if low > high:
        raise errors.BadValue(
            f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}",
            help="the lower bound comes first",
        )
    if high - low > most:
        raise errors.BadValue(
            f"uniform_ expects to-from <= std::numeric_limits<{_dtype(dtype).title}>::max(), "
            f"but found to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )


def check_randperm(n: int, dtype: np.dtype[Any]) -> None:
    if n < 0:
        raise errors.BadValue(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if dtype.kind in "bc":
        raise not_implemented("randperm", dtype)
    if dtype.kind in "iu" and n - 1 > largest(dtype):
        raise errors.BadValue(
            f"value cannot be converted to type {dtype.name}_t without overflow",
            help=f"{dtype.name} counts up to {largest(dtype)}: randperm({n}) fits int64",
        )
    if dtype.kind == "f" and n > 2 ** digits(dtype) + 1:
        raise errors.BadValue(
            f"n cannot be greater than {2 ** digits(dtype) + 1} for {_dtype(dtype).title} type."
        )


def check_multinomial(p: Array, num_samples: int, replacement: bool) -> None:
    if not 1 <= p.ndim <= 2:
        raise errors.ShapeError(
            "prob_dist must be 1 or 2 dim", help="weights are one row or a matrix of rows"
        )
    if not is_float(p.dtype):
        raise errors.DTypeError(
            f"multinomial only supports floating-point dtypes for input, got: {_dtype(p.dtype).title}",
            help="convert the weights first: p.float()",
        )
    if num_samples <= 0:
        raise errors.BadValue("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > p.shape[-1]:
        raise errors.BadValue(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
            help="multinomial(p, n, replacement=True) may draw an index again",
        )
    if p.shape[-1] > 2**24:
        raise errors.BadValue("number of categories cannot exceed 2^24")
    if p.ndim == 2 and p.shape[0] == 0:
        return
    if p.size and not (p.min() >= 0 and p.max() < np.inf):  # where one is no number, neither is the least
        raise errors.BadValue("probability tensor contains either `inf`, `nan` or element < 0")
    if not (p.max(-1, initial=0) > 0).all():
        raise errors.BadValue("invalid multinomial distribution (sum of probabilities <= 0)")
