"""Sparse tensors made: of places and elements, and of dense tensors."""

from __future__ import annotations

import numpy as np

from ...engine.core import context
from ...engine.core.dtype import float32
from ...engine.core.spec import spec
from ...engine.core.warn import warn
from ...engine.graph.node import titled
from ...engine.records.op import composite, registry
from ...engine.values.sparse import Sparse
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, ShapeError
from ..rules.infer import wrap_dim
from . import rearranged, reduced, sparse_arithmetic, sparse_products, sparse_questions  # noqa: F401  what they say
from .parts import coalesce, none_of, placed, sparse, taken


def gathered(of, dim, index, grad):
    """The gradient of `gather` as a sparse tensor: an element for each that was picked."""
    context.current().mode.change("a gradient is sparse")
    places = np.indices(index.shape)
    places[wrap_dim(dim, of.ndim)] = index.array
    return sparse(placed(places.reshape(of.ndim, -1)), grad.reshape(-1), of.shape)


def rows_of(of, indices, rows):
    """A sparse tensor of this spec that stores `rows`, one for each of `indices`."""
    places = placed(indices.array.reshape(1, -1).astype(np.int64))
    return sparse(places, rows, of.shape)


UNCHECKED = (
    "Sparse invariant checks are implicitly disabled. Memory errors (e.g. SEGFAULT) will occur when operating on a "
    "sparse tensor which violates the invariants, but checks incur performance overhead. To silence this warning, "
    "explicitly opt in or out. See `torch.sparse.check_sparse_tensor_invariants.__doc__` for guidance. "
)


@composite(
    "sparse_coo_tensor(any indices=None, any values=None, any size=None, *, dtype? dtype=None, device? device=None, "
    "any pin_memory=False, bool requires_grad=False, any check_invariants=None, any is_coalesced=None)",
    names=("torch.sparse_coo_tensor",),
)
def sparse_coo_tensor(
    indices, values, size, dtype, device, pin_memory, requires_grad, check_invariants, is_coalesced
):
    """A tensor of which only elements at places are stored: `indices` (dimensions, elements) says where.

    >>> sparse_coo_tensor([[0, 1], [2, 0]], [3., 4.], (2, 3)).to_dense()
    tensor([[0., 0., 3.],
            [4., 0., 0.]])
    """
    if check_invariants is None:
        warn(UNCHECKED, once=True, internal="aten/src/ATen/Context.cpp:816")
    if values is None:
        shape = size if size is not None else indices
        if shape is None:
            raise ArgumentError("sparse_coo_tensor() received an invalid combination of arguments")
        shape = tuple(int(n) for n in shape)
        return none_of(shape, len(shape), spec(shape, dtype or float32))
    places = indices if isinstance(indices, Tensor) else registry["tensor"](indices)
    places = registry["Tensor.to"](places.detach(), registry["tensor"](0).dtype)
    elements = values if isinstance(values, Tensor) else registry["tensor"](values, dtype=dtype)
    if dtype is not None and elements.dtype is not dtype:
        elements = elements.to(dtype)
    if places.ndim != 2:
        raise ShapeError(
            f"indices must be sparse_dim x nnz, but got: {list(places.shape)}",
            help="one row for each dimension: [[rows], [columns]]",
        )
    dims, count = places.shape
    if elements.ndim == 0:
        elements = elements.expand(count)
    if elements.shape[0] != count:
        raise ShapeError(
            f"indices and values must have same nnz, but got nnz from indices: {count}, nnz from values: "
            f"{elements.shape[0]}"
        )
    shape = check_size(places, elements, size)
    if requires_grad:
        elements = elements.detach().requires_grad_()
    elif elements.requires_grad:
        elements = titled("SparseCooTensorWithDimsAndTensorsBackward0", registry["alias"](elements))
    return sparse(places, elements, shape, bool(is_coalesced) or (count < 2 and dims > 0))


def check_size(places, elements, size):
    """The shape; ShapeError and BadValue where places or elements do not fit it."""
    dims, count = places.shape
    rows = places.array
    if size is None:
        for d, low in enumerate(rows.min(axis=1) if count else ()):
            if low < 0:
                raise BadValue(f"found negative index {low} for dim {d}")
        largest = [int(n) + 1 for n in rows.max(axis=1)] if count else [0] * dims
        return (*largest, *elements.shape[1:])
    shape = tuple(int(n) for n in size)
    if len(shape) != dims + elements.ndim - 1:
        raise ShapeError(
            f"number of dimensions must be sparse_dim ({dims}) + dense_dim ({elements.ndim - 1}), but got "
            f"{len(shape)}"
        )
    if elements.shape[1:] != shape[dims:]:
        raise ShapeError(
            f"values has incorrect size, expected {[count, *shape[dims:]]}, got {list(elements.shape)}"
        )
    return shape


@composite(
    "Tensor.to_sparse(Tensor input, int? sparse_dim=None, *, any layout=None, any blocksize=None, "
    "int? dense_dim=None)",
    names=("Tensor.to_sparse",),
)
def to_sparse(input, sparse_dim, layout, blocksize, dense_dim):
    """The elements that are not zero, with their places in the first `sparse_dim` dimensions.

    >>> tensor([[0., 2.], [3., 0.]]).to_sparse().indices()
    tensor([[0, 1],
            [1, 0]])
    """
    dims = input.ndim if sparse_dim is None else sparse_dim
    if not 0 <= dims <= input.ndim or (dims == 0 and input.ndim):
        raise BadValue(
            f"dense_to_sparse: sparse_dim argument must be in [0,{input.ndim}] range, but {dims} is given"
        )
    array = input.values_or_error("to_sparse")
    stored = (array != 0).reshape(*array.shape[:dims], -1).any(axis=-1)
    places = placed(np.stack(np.nonzero(stored)) if dims else np.zeros((0, int(stored)), np.int64))
    elements = taken(input, places)
    if elements.requires_grad:
        titled("ToSparseBackward1" if sparse_dim is None else "ToSparseBackward0", elements)
    return sparse(places, elements, tuple(input.shape), True)


@composite("Tensor.to_sparse_coo(Tensor input)")
def to_sparse_coo(input):
    """The same as `to_sparse`.

    >>> tensor([0., 2.]).to_sparse_coo().values()
    tensor([2.])
    """
    return to_sparse(input)


@composite("Tensor.sparse_mask(Tensor input, any mask)")
def sparse_mask(input, mask):
    """The elements at the places of a sparse tensor.

    >>> ones(2, 2).sparse_mask(eye(2).to_sparse()).values()
    tensor([1., 1.])
    """
    if not isinstance(mask, Sparse):
        raise BadValue("sparse_mask(): expected mask to be a sparse tensor")
    mask = coalesce(mask)
    return mask.like(taken(input, mask.places))


@composite("Tensor._nnz(Tensor input)")
def _nnz(input):
    """How many elements a sparse tensor stores.

    >>> eye(2).to_sparse()._nnz()
    2
    """
    raise BadValue(
        "Could not run 'aten::_nnz' with arguments from the 'CPU' backend.", raises=NotImplementedError
    )


for _name in ("_indices", "_values"):

    @composite(
        f"Tensor.{_name}(Tensor input)",
        doc=f"A part of a sparse tensor as it is.\n\n>>> tensor([0., 2.]).to_sparse().{_name}().shape[-1]\n1\n",
    )
    def _part(input, name=_name):
        raise BadValue(
            f"Could not run 'aten::{name}' with arguments from the 'CPU' backend.", raises=NotImplementedError
        )
