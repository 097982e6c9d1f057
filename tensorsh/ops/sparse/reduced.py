"""Sparse tensors along dimensions: sums, norms, softmax over what is stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.graph.node import titled
from ...engine.records.op import registry
from ...engine.values.sparse import Sparse, on_sparse
from ...engine.values.tensor import Tensor
from ..rules.infer import real_dim
from .parts import coalesce, flat_places, placed, sparse


@on_sparse("sum")
def total(x: Sparse, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    return summed(x, dim, dtype, "SumBackward1")


@on_sparse("sparse.sum")
def sparse_sum(x: Sparse, dim: Any = None, dtype: Any = None) -> Any:
    return summed(x, dim, dtype, "SparseSumBackward0")


def summed(x: Sparse, dim: Any, dtype: Any, title: str) -> Any:
    """The sum over all elements, or over dimensions: sparse as long as one of its dimensions is."""
    elements = x.elements if dtype is None else x.elements.to(dtype)
    if dim is None or dim == ():
        return elements.sum()
    dims = {real_dim(d, x.spec) for d in (dim if isinstance(dim, tuple | list) else (dim,))}
    inner = [d - x.sparse_dims + 1 for d in dims if d >= x.sparse_dims]
    if inner:
        elements = elements.sum(inner)
    kept = [d for d in range(x.sparse_dims) if d not in dims]
    shape = tuple(n for d, n in enumerate(x.spec.shape) if d not in dims)
    if not kept:
        found = elements.sum(0)
        return titled(title, found) if found.requires_grad else found
    places = placed(x.places.array[kept])
    result = coalesce(sparse(places, elements, shape))
    if result.elements.requires_grad:
        titled(title, result.elements)
    return result


@on_sparse("norm", "native_norm")
def norm(x: Sparse, p: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    found: Tensor = registry["norm"](coalesce(x).elements, 2 if p in (None, "fro") else p)
    return found


@on_sparse("any")
def any_of(x: Sparse) -> Tensor:
    found: Tensor = registry["any"](x.elements)
    return found


@on_sparse("sparse.softmax")
def softmax(x: Sparse, dim: int, *, dtype: Any = None) -> Sparse:
    return normalised(x, dim, dtype, False)


@on_sparse("sparse.log_softmax")
def log_softmax(x: Sparse, dim: int, *, dtype: Any = None) -> Sparse:
    return normalised(x, dim, dtype, True)


def normalised(x: Sparse, dim: int, dtype: Any, logarithm: bool) -> Sparse:
    """Softmax over the elements that are stored along a dimension; the others count as minus infinity."""
    x = coalesce(x)
    elements = x.elements if dtype is None else x.elements.to(dtype)
    d = real_dim(dim, x.spec)
    if d >= x.sparse_dims:
        inner = d - x.sparse_dims + 1
        return x.like((elements.log_softmax if logarithm else elements.softmax)(inner))
    others = [i for i in range(x.sparse_dims) if i != d]
    flat = flat_places(x.places.array[others], tuple(x.spec.shape[i] for i in others))
    numbers, groups = np.unique(flat, return_inverse=True)
    group = placed(groups.reshape(-1))
    tops = np.full((numbers.size, *elements.shape[1:]), -np.inf, elements.spec.np)
    np.maximum.at(tops, group.array, elements.detach().array)
    shifted = elements - registry["index_select"](registry["from_numpy"](tops), 0, group)
    powers = shifted.exp()
    zero = registry["zeros"](tops.shape, dtype=elements.dtype)
    sums = registry["index_select"](registry["index_add"](zero, 0, group, powers), 0, group)
    found = shifted - sums.log() if logarithm else powers / sums
    title = "SparseLogSoftmaxBackward0" if logarithm else "SparseSoftmaxBackward0"
    return x.like(titled(title, found) if found.requires_grad else found)
