"""Arrays as the text of a listing: numbers of the same shape and dtype that lie in memory the same way."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.addresses import address


def index_of(owner: np.ndarray[Any, Any], view: np.ndarray[Any, Any]) -> tuple[int, ...] | None:
    """The element of `owner` at which `view` begins; None where it does not lie within `owner`."""
    if not owner.size or not view.size or owner.dtype != view.dtype:
        return None
    (low, high), (first, last) = (np.lib.array_utils.byte_bounds(a) for a in (owner, view))
    if first < low or last > high:
        return None
    rest, index = address(view) - address(owner), [0] * owner.ndim
    for axis in sorted(range(owner.ndim), key=lambda axis: -abs(owner.strides[axis])):
        stride = owner.strides[axis]
        if stride and rest // stride > 0:
            index[axis] = min(rest // stride, owner.shape[axis] - 1)
            rest -= index[axis] * stride
    return None if rest else tuple(index)


def laid_out(array: np.ndarray[Any, Any], text: str) -> str:
    """Numbers that lie in memory as an array does."""
    if array.flags.c_contiguous or not array.size:
        return text
    low, high = np.lib.array_utils.byte_bounds(array)
    start = (address(array) - low) // array.itemsize
    flat = numbers(((high - low) // array.itemsize,), str(array.dtype))
    return f"np.lib.stride_tricks.as_strided({flat}[{start}:], {array.shape}, {array.strides})"


def numbers(shape: tuple[int, ...], kind: str) -> str:
    dtype = np.dtype(kind)
    if dtype.kind in "iub":
        return f"np.zeros({shape}, {dtype_text(dtype)})"
    return f"np.random.default_rng(0).random({shape}).astype({dtype_text(dtype)})"


def first(array: np.ndarray[Any, Any]) -> str:
    return repr(array.flat[0].tolist())


def dtype_text(dtype: np.dtype[Any]) -> str:
    return f"np.{dtype}" if hasattr(np, str(dtype)) else f"np.dtype({str(dtype)!r})"


def plain(thing: Any) -> str:
    """What an optimiser remembers, and its settings, which may be tensors; without its parameters."""
    if isinstance(thing, dict):
        return "{" + ", ".join(f"{k!r}: {plain(v)}" for k, v in thing.items() if k != "params") + "}"
    if isinstance(thing, tuple | list):
        items = "".join(f"{plain(item)}, " for item in thing)
        return f"({items})" if isinstance(thing, tuple) else f"[{items}]"
    array = getattr(thing, "array", thing)
    if isinstance(array, np.ndarray):
        return (
            f"np.full({array.shape}, {first(array)}, {dtype_text(array.dtype)})"
            if array.size
            else numbers(array.shape, str(array.dtype))
        )
    return repr(thing)
