"""What pickles and copies of tensors, dtypes, devices and sizes call to make them again."""

from __future__ import annotations

from typing import Any

import numpy as np

from .device import Device, parse
from .dtype import DType, dtypes
from .results import NamedResult, Size, named_result
from .spec import spec
from .tensor import TENSORS, Tensor, as_class

KINDS = {kind.__name__: kind for kind in TENSORS}


def tensor(kind: Any, array: Any, dtype: str, device: str, requires_grad: bool, state: Any) -> Tensor:
    """A leaf of that class, or of the engine's own of that name, on an array; on `meta`, of that shape."""
    of = spec(tuple(array if isinstance(array, tuple) else array.shape), dtypes[dtype], parse(device))
    made = as_class(
        KINDS.get(kind, kind),
        of.placeholder if isinstance(array, tuple) else np.asarray(array).view(of.np),
        of,
    )
    made.requires_grad_slot = requires_grad
    if state:
        made.__dict__.update(state)
    return made


def dtype(name: str) -> DType:
    """The dtype of that name."""
    return dtypes[name]


def device(text: str) -> Device:
    """The device that is written so."""
    return parse(text)


def size(lengths: tuple[int, ...]) -> Size:
    """The shape of these lengths."""
    return Size(lengths)


def result(name: str, fields: tuple[str, ...], parts: tuple[Any, ...]) -> NamedResult:
    """The tuple with named parts that the operation `name` returns; the names are letters, as a pickle may lie."""
    if not all(type(each) is str and each.replace("_", "x").isalpha() and each[0] != "_" for each in fields):
        raise ValueError(f"no parts of a result: {fields}")
    return named_result(name, fields)(parts)
