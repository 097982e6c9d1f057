"""What sparse operations are written with: elements at places, as operations that have gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.dtype import int64
from ...engine.core.spec import Spec, spec
from ...engine.graph.node import titled
from ...engine.records.op import op, registry
from ...engine.values.sparse import Sparse, filled, join
from ...engine.values.tensor import Tensor, make_tensor

Array = np.ndarray[Any, Any]


def placed(array: Array) -> Tensor:
    """Places, as a tensor."""
    return make_tensor(np.ascontiguousarray(array), spec(array.shape, int64))


def sparse(places: Tensor, elements: Tensor, shape: tuple[int, ...], coalesced: bool = False) -> Sparse:
    """Elements at places of a tensor of this shape."""
    join()
    return Sparse(places, elements, spec(tuple(shape), elements.spec.dtype, elements.spec.device), coalesced)


def none_of(shape: tuple[int, ...], sparse_dims: int, like: Tensor | Spec) -> Sparse:
    """A sparse tensor without elements."""
    dtype = (like.spec if isinstance(like, Tensor) else like).dtype
    elements = make_tensor(
        np.zeros((0, *shape[sparse_dims:]), dtype.np), spec((0, *shape[sparse_dims:]), dtype)
    )
    return sparse(placed(np.zeros((sparse_dims, 0), np.int64)), elements, shape, True)


def flat_places(places: Array, shape: tuple[int, ...]) -> Array:
    """Each place as one number, in the order of the elements of a dense tensor."""
    found = np.zeros(places.shape[1], np.int64)
    for row, size in zip(places, shape, strict=False):
        found = found * size + row
    return found


def unflattened(flat: Array, shape: tuple[int, ...]) -> Array:
    """The places that the numbers of `flat_places` stand for."""
    rows = np.zeros((len(shape), flat.size), np.int64)
    for i in range(len(shape) - 1, -1, -1):
        flat, rows[i] = np.divmod(flat, max(shape[i], 1))
    return rows


def coalesce(x: Sparse) -> Sparse:
    """Places in order, each once; the elements of one place are added up as they come."""
    if x.coalesced:
        return x
    shape = x.spec.shape[: x.sparse_dims]
    flat = flat_places(x.places.array, shape)
    order = registry["sort"](placed(flat))[1]  # elements of one place do not stay in their order
    numbers, counts = np.unique(flat, return_counts=True)
    group = placed(np.repeat(np.arange(numbers.size), counts))
    sorted_elements = registry["index_select"](x.elements, 0, order)
    elements = grouped(sorted_elements, group, numbers.size)
    if elements.requires_grad:
        titled("CoalesceBackward0", elements)
    return sparse(placed(unflattened(numbers, shape)), elements, x.spec.shape, True)


@op(
    "grouped_elements(Tensor elements, Tensor groups, int count)",
    infer=lambda elements, groups, count: elements.with_shape((count, *elements.shape[1:])),
    names=(),
)
def grouped(elements, groups, count):
    """The sum of the elements of each group, in their order."""
    return filled(groups[None], elements, (count, *elements.shape[1:]))


@grouped.derivative("elements")
def _(grad, groups):
    return grad.index_select(0, groups)


@op(
    "dense_elements(Tensor elements, Tensor places, int[] size)",
    infer=lambda elements, places, size: elements.with_shape(size),
    names=(),
    grad_fn="ToDenseBackward0",
)
def dense_of(elements, places, size):
    """All elements, those included that are not stored."""
    return filled(places, elements, size)


@dense_of.derivative("elements")
def _(grad, places):
    return taken(grad, places)


def taken(x: Tensor, places: Tensor) -> Tensor:
    """The elements of a dense tensor at places."""
    rows = tuple(registry["unbind"](places, 0))
    return x[rows] if rows else x.unsqueeze(0)


def to_dense(x: Sparse) -> Tensor:
    """The dense tensor of the same elements."""
    found: Tensor = dense_of(x.elements, x.places, list(x.spec.shape))
    return found
