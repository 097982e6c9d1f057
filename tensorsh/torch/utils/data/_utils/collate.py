"""Making one batch of several samples: tensors are stacked, containers keep their form."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ....namespace import torch

__name__ = "torch.utils.data._utils.collate"  # where the functions are for `print(f.__module__)`

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

#: NumPy's kinds of elements that no tensor has: texts, bytes, objects
TEXTS_AND_OBJECTS = "SUO"


def default_collate(batch: Any) -> Any:
    """A batch of samples of one form as one value of that form, whose numbers and tensors are stacked.

    Texts stay a list, tuples become lists. TypeError for what cannot be stacked, RuntimeError where the samples
    have different lengths.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Any, *, collate_fn_map: dict[Any, Callable[..., Any]] | None = None) -> Any:
    """`default_collate` with functions of one's own for types of elements."""
    first = batch[0]
    kind = type(first)
    if collate_fn_map is not None:
        found = collate_fn_map.get(kind)
        if found is None:
            found = next((f for types, f in collate_fn_map.items() if isinstance(first, types)), None)
        if found is not None:
            return found(batch, collate_fn_map=collate_fn_map)

    def together(samples: Any) -> Any:
        return collate(samples, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _mapping_like(first, lambda key: together([sample[key] for sample in batch]))
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return kind(*[together(column) for column in zip(*batch, strict=False)])
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = list(zip(*batch, strict=False))
        if isinstance(first, tuple):
            return [together(column) for column in columns]
        return _sequence_like(first, columns, together)
    raise _unknown(kind)


def default_convert(data: Any) -> Any:
    """A sample whose arrays and NumPy numbers are tensors; what loaders do that make no batches."""
    kind = type(data)
    if isinstance(data, torch.Tensor):
        return data
    if kind.__module__ == "numpy" and kind.__name__ != "str_":
        if kind.__name__ == "ndarray" and data.dtype.kind in TEXTS_AND_OBJECTS:
            return data
        return torch.as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, lambda key: default_convert(data[key]))
    if isinstance(data, tuple):
        items = [default_convert(item) for item in data]
        return kind(*items) if hasattr(data, "_fields") else items
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _sequence_like(data, data, default_convert)
    return data


def _mapping_like(first: Any, value: Callable[[Any], Any]) -> Any:
    """A mapping like `first` with other values; a plain dictionary where its class makes none."""
    try:
        if isinstance(first, MutableMapping):
            like = copy.copy(first)  # which keeps what else the class holds
            like.update({key: value(key) for key in first})
            return like
        return type(first)({key: value(key) for key in first})
    except TypeError:
        return {key: value(key) for key in first}


def _sequence_like(first: Any, items: Any, value: Callable[[Any], Any]) -> Any:
    """A sequence like `first` with other items; a plain list where its class makes none."""
    try:
        if isinstance(first, MutableSequence):
            like = copy.copy(first)  # which keeps what else the class holds
            for i, item in enumerate(items):
                like[i] = value(item)
            return like
        return type(first)([value(item) for item in items])
    except TypeError:
        return [value(item) for item in items]


def _unknown(kind: Any) -> TypeError:
    return TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {kind}"
    )


def _arrays(batch: Any, *, collate_fn_map: Any = None) -> Any:
    if batch[0].dtype.kind in TEXTS_AND_OBJECTS:
        raise _unknown(batch[0].dtype)
    return collate([torch.as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


default_collate_fn_map: dict[Any, Callable[..., Any]] = {
    torch.Tensor: lambda batch, *, collate_fn_map=None: torch.stack(batch, 0),
    np.ndarray: _arrays,
    (np.bool_, np.number, np.object_): lambda batch, *, collate_fn_map=None: torch.as_tensor(batch),
    float: lambda batch, *, collate_fn_map=None: torch.tensor(batch, dtype=torch.float64),
    int: lambda batch, *, collate_fn_map=None: torch.tensor(batch),
    str: lambda batch, *, collate_fn_map=None: batch,
    bytes: lambda batch, *, collate_fn_map=None: batch,
}
