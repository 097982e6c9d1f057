"""torch._utils: the gradients of a model as one vector, as programs that sum them over workers have them."""

from __future__ import annotations

from collections.abc import Iterable

from ..engine.values.tensor import Tensor
from .namespace import torch

__all__ = ["_flatten_dense_tensors", "_unflatten_dense_tensors"]


def _flatten_dense_tensors(tensors: Iterable[Tensor]) -> Tensor:
    """All elements behind each other, (N,); of one tensor a view."""
    rows = [tensor.contiguous().view(-1) for tensor in tensors]
    return rows[0] if len(rows) == 1 else torch.cat(rows)


def _unflatten_dense_tensors(flat: Tensor, tensors: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """`flat` (N,) in views of the shapes of `tensors`, in their order."""
    found, start = [], 0
    for tensor in tensors:
        n = tensor.numel()
        found.append(flat.narrow(0, start, n).view(tensor.shape) if n else flat.new_empty(tensor.shape))
        start += n
    return tuple(found)
