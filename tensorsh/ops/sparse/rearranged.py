"""Sparse tensors rearranged: transposed, picked from, joined."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.graph.node import titled
from ...engine.records.op import registry
from ...engine.values.sparse import Sparse, on_sparse
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadIndex, BadValue, ShapeError, Unsupported
from ..rules.infer import real_dim
from .parts import placed, sparse, to_dense


def at(x: Sparse, name: str, elements: Tensor, places: Any, shape: tuple[int, ...]) -> Sparse:
    """Elements of `x` at other places."""
    if elements is x.elements and elements.requires_grad:
        elements = titled(name, registry["alias"](elements))
    return sparse(placed(places), elements, shape)


@on_sparse("t")
def t(x: Sparse) -> Sparse:
    if x.spec.ndim < 2:
        return x
    return at(x, "TBackward0", x.elements, x.places.array[::-1], x.spec.shape[::-1])


@on_sparse("transpose", "transpose_", "swapaxes", "swapdims")
def transpose(x: Sparse, dim0: int, dim1: int) -> Sparse:
    order = list(range(x.spec.ndim))
    a, b = real_dim(dim0, x.spec), real_dim(dim1, x.spec)
    order[a], order[b] = order[b], order[a]
    return reordered(x, order, "TransposeBackward0")


@on_sparse("permute")
def permute(x: Sparse, *dims: Any) -> Sparse:
    wanted = dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims
    return reordered(x, [real_dim(d, x.spec) for d in wanted], "PermuteBackward0")


def reordered(x: Sparse, order: list[int], name: str) -> Sparse:
    """Dimensions in another order, the sparse ones among themselves."""
    if sorted(order[: x.sparse_dims]) != list(range(x.sparse_dims)):
        raise BadValue("transpose(): can only transpose sparse or dense dimensions among themselves")
    rest = [d - x.sparse_dims + 1 for d in order[x.sparse_dims :]]
    elements = x.elements.permute([0, *rest]) if rest != sorted(rest) else x.elements
    return at(
        x,
        name,
        elements,
        x.places.array[order[: x.sparse_dims]],
        tuple(x.spec.shape[d] for d in order),
    )


@on_sparse("adjoint")
def matrix_transpose(x: Sparse) -> Sparse:
    """`x.T`, `x.mT`."""
    return transpose(x, -2, -1) if x.spec.ndim > 1 else x


@on_sparse("unsqueeze")
def unsqueeze(x: Sparse, dim: int) -> Sparse:
    d = dim if dim >= 0 else dim + x.spec.ndim + 1
    shape = (*x.spec.shape[:d], 1, *x.spec.shape[d:])
    if d > x.sparse_dims:
        return sparse(x.places, x.elements.unsqueeze(d - x.sparse_dims + 1), shape, x.coalesced)
    return at(x, "UnsqueezeBackward0", x.elements, np.insert(x.places.array, d, 0, axis=0), shape)


# ------------------------------------------------------------------ picking


@on_sparse("select")
def select(x: Sparse, dim: int, index: int) -> Any:
    d = real_dim(dim, x.spec)
    n = x.spec.shape[d]
    if not -n <= index < n:
        raise BadIndex(
            f"select(): index {index} out of range for tensor of size {list(x.spec.shape)} at dimension {d}"
        )
    index %= n
    shape = (*x.spec.shape[:d], *x.spec.shape[d + 1 :])
    if d >= x.sparse_dims:
        return sparse(x.places, x.elements.select(d - x.sparse_dims + 1, index), shape, x.coalesced)
    kept = placed(np.flatnonzero(x.places.array[d] == index))
    elements = registry["index_select"](x.elements, 0, kept)
    if x.sparse_dims == 1:
        return elements.sum(0)
    rows = np.delete(x.places.array[:, kept.array], d, axis=0)
    return sparse(placed(rows), elements, shape, x.coalesced)


@on_sparse("index_select")
def index_select(x: Sparse, dim: int, index: Tensor) -> Sparse:
    d = real_dim(dim, x.spec)
    shape = (*x.spec.shape[:d], index.numel(), *x.spec.shape[d + 1 :])
    if d >= x.sparse_dims:
        return sparse(
            x.places, registry["index_select"](x.elements, d - x.sparse_dims + 1, index), shape, x.coalesced
        )
    found = [np.flatnonzero(x.places.array[d] == i) for i in index.array.tolist()]
    chosen = np.concatenate(found) if found else np.zeros(0, np.int64)
    rows = x.places.array[:, chosen].copy()
    rows[d] = np.repeat(np.arange(len(found)), [f.size for f in found])
    return sparse(placed(rows), registry["index_select"](x.elements, 0, placed(chosen)), shape)


@on_sparse("narrow")
def narrow(x: Sparse, dim: int, start: int, length: int) -> Sparse:
    raise Unsupported("Could not run 'aten::as_strided' with arguments from the 'SparseCPU' backend.")


@on_sparse("__getitem__")
def item_at(x: Sparse, key: Any) -> Any:
    """Numbers pick along the first dimensions; `:` and `...` leave one as it is."""
    keys = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in [k for k in keys if not isinstance(k, Tensor)]:
        i = keys.index(Ellipsis)
        keys[i : i + 1] = [slice(None)] * (x.spec.ndim - len(keys) + 1)
    found: Any = x
    dim = 0
    for k in keys:
        if isinstance(k, slice) and k == slice(None):
            dim += 1
        elif isinstance(k, int) or (isinstance(k, Tensor) and k.ndim == 0):
            found = found.select(dim, int(k))
        elif isinstance(k, Tensor) and k.ndim == 1 and isinstance(found, Sparse):
            found = index_select(found, dim, k.nonzero().flatten() if k.dtype.name == "bool" else k)
            dim += 1
        elif not isinstance(found, Sparse):
            found = found[(slice(None),) * dim + (k,)]
            dim += 1
        else:
            raise Unsupported(
                "Could not run 'aten::as_strided' with arguments from the 'SparseCPU' backend.",
                help="x.index_select(0, rows), or x.to_dense()[…]",
            )
    return found


@on_sparse("__setitem__")
def no_setting(x: Any, key: Any, value: Any) -> None:
    if isinstance(x, Sparse):
        raise ArgumentError("Cannot assign items of sparse tensors")
    x[key] = to_dense(value)


@on_sparse("unbind", "__iter__")
def unbind(x: Sparse, dim: int = 0) -> tuple[Any, ...]:
    return tuple(select(x, dim, i) for i in range(x.spec.shape[real_dim(dim, x.spec)]))


# ------------------------------------------------------------------ joining


@on_sparse("cat", "concat", "concatenate")
def cat(tensors: Any, dim: int = 0) -> Sparse:
    first = tensors[0]
    if not all(isinstance(x, Sparse) for x in tensors):
        raise BadValue("Concatenating sparse tensors, but a dense tensor was found")
    d = real_dim(dim, first.spec)
    rows, offset = [], 0
    for x in tensors:
        if [*x.spec.shape[:d], *x.spec.shape[d + 1 :]] != [*first.spec.shape[:d], *first.spec.shape[d + 1 :]]:
            raise ShapeError(
                "All tensors must have the same shape: "
                f"{list(first.spec.shape)} in the concatenating dimension, but got {list(x.spec.shape)}"
            )
        moved = x.places.array.copy()
        if d < x.sparse_dims:
            moved[d] += offset
        rows.append(moved)
        offset += x.spec.shape[d]
    elements = registry["cat"]([x.elements for x in tensors])
    shape = (*first.spec.shape[:d], offset, *first.spec.shape[d + 1 :])
    return sparse(placed(np.concatenate(rows, axis=1)), elements, shape)


@on_sparse("stack")
def stack(tensors: Any, dim: int = 0) -> Sparse:
    return cat([unsqueeze(x, dim) for x in tensors], dim)
