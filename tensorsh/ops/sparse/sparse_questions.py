"""What sparse tensors answer: their parts, their sizes, copies and conversions of them."""

from __future__ import annotations

import copy as copies
from typing import Any

from ...engine.graph.node import titled
from ...engine.records.op import registry
from ...engine.values.sparse import Sparse, on_sparse
from ...engine.values.tensor import Tensor, formatters
from ...errors import ArgumentError, BadValue, ShapeError, Unsupported
from ..rules.infer import real_dim
from .parts import coalesce, none_of, taken, to_dense

on_sparse("coalesce")(coalesce)


@on_sparse("is_coalesced")
def is_coalesced(x: Sparse) -> bool:
    return x.coalesced


@on_sparse("indices")
def indices(x: Sparse) -> Tensor:
    return part(x, "indices", x.places)


@on_sparse("values")
def values(x: Sparse) -> Tensor:
    return part(x, "values", x.elements)


def part(x: Sparse, what: str, found: Tensor) -> Tensor:
    """A part of a tensor that is coalesced."""
    if not x.coalesced:
        raise BadValue(
            f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first",
            help=f"x.coalesce().{what}(), or x._{what}() as they are stored",
        )
    if found.requires_grad:
        return titled("ValuesBackward0", registry["alias"](found))
    return found.alias()


@on_sparse("_indices")
def stored_indices(x: Sparse) -> Tensor:
    return x.places.alias()


@on_sparse("_values")
def stored_values(x: Sparse) -> Tensor:
    return x.elements.alias()


@on_sparse("_nnz")
def nnz(x: Sparse) -> int:
    return x.elements.spec.shape[0]


@on_sparse("sparse_dim")
def sparse_dim(x: Sparse) -> int:
    return x.sparse_dims


@on_sparse("dense_dim")
def dense_dim(x: Sparse) -> int:
    return x.spec.ndim - x.sparse_dims


@on_sparse("dim", "ndimension")
def dim(x: Sparse) -> int:
    return x.spec.ndim


@on_sparse("numel", "nelement")
def numel(x: Sparse) -> int:
    return x.spec.numel


@on_sparse("size")
def size(x: Sparse, dim: int | None = None) -> Any:
    return x.shape if dim is None else x.spec.shape[real_dim(dim, x.spec)]


@on_sparse("__len__")
def length(x: Sparse) -> int:
    if not x.spec.shape:
        raise ArgumentError("len() of a 0-d tensor")
    return x.spec.shape[0]


@on_sparse("element_size")
def element_size(x: Sparse) -> int:
    return x.spec.dtype.itemsize


@on_sparse("is_floating_point")
def is_floating_point(x: Sparse) -> bool:
    return x.spec.dtype.is_floating_point


@on_sparse("is_complex")
def is_complex(x: Sparse) -> bool:
    return x.spec.dtype.is_complex


@on_sparse("is_contiguous")
def is_contiguous(x: Sparse, memory_format: Any = None) -> bool:
    return False


@on_sparse("stride")
def stride(x: Sparse, dim: int | None = None) -> Any:
    return (0,) * x.spec.ndim if dim is None else 0


@on_sparse("is_pinned", "is_shared", "is_inference", "is_conj", "is_neg")
def never(x: Sparse) -> bool:
    return False


@on_sparse("type")
def kind(x: Sparse, dtype: Any = None) -> Any:
    return f"torch.sparse.{x.spec.dtype.title}Tensor" if dtype is None else to(x, dtype)


@on_sparse("to_dense")
def dense(x: Sparse, dtype: Any = None, *, masked_grad: Any = None) -> Tensor:
    found = to_dense(x)
    return found if dtype is None else found.to(dtype)


@on_sparse("to_sparse", "to_sparse_coo")
def same(x: Sparse, *options: Any, **named: Any) -> Sparse:
    return x


# ------------------------------------------------------------------ copies


@on_sparse("clone")
def clone(x: Sparse, *, memory_format: Any = None) -> Sparse:
    made = x.like(x.elements.clone())
    made.places = x.places.clone()
    return made


@on_sparse("detach")
def detach(x: Sparse) -> Sparse:
    return x.like(x.elements.detach())


@on_sparse("detach_")
def detach_(x: Sparse) -> Sparse:
    return x.become(detach(x))


@on_sparse("requires_grad_")
def requires_grad_(x: Sparse, requires_grad: bool = True) -> Sparse:
    if requires_grad and not x.elements.requires_grad:
        x.become(x.like(x.elements.alias()))
    x.elements.requires_grad_(requires_grad)
    return x


@on_sparse("__deepcopy__")
def deepcopy(x: Sparse, memo: dict[int, Any]) -> Any:
    if id(x) not in memo:
        made = x.like(copies.deepcopy(x.elements, memo))
        made.places = copies.deepcopy(x.places, memo)
        memo[id(x)] = made
    return memo[id(x)]


@on_sparse("to")
def to(x: Sparse, *args: Any, **named: Any) -> Sparse:
    found = x.elements.to(*args, **named)
    return x if found is x.elements else x.like(found)


@on_sparse("cpu")
def here(x: Sparse, memory_format: Any = None) -> Sparse:
    return x


@on_sparse("contiguous")
def contiguous(x: Sparse, memory_format: Any = None) -> Sparse:
    raise BadValue("unsupported memory format option Contiguous")


for _name in (
    "float",
    "double",
    "half",
    "bfloat16",
    "int",
    "long",
    "short",
    "bool",
    "cfloat",
    "cdouble",
    "cuda",
):

    @on_sparse(_name)
    def converted(x: Sparse, *args: Any, name: str = _name, **named: Any) -> Sparse:
        found = getattr(x.elements, name)(*args, **named)
        return x if found is x.elements else x.like(found)


@on_sparse("zeros_like", "empty_like")
def zeros_like(x: Sparse, *, dtype: Any = None, requires_grad: bool = False, **options: Any) -> Any:
    made = none_of(x.spec.shape, x.sparse_dims, x.spec if dtype is None else x.spec.with_dtype(dtype))
    if requires_grad:
        made.elements.requires_grad_()
    return made


@on_sparse("sparse_mask")
def masked(x: Sparse, mask: Any) -> Sparse:
    """The elements at the places of another sparse tensor; what is not stored is 0."""
    mask = coalesce(mask)
    return mask.like(taken(to_dense(x), mask.places))


@on_sparse("zero_")
def zero_(x: Sparse) -> Sparse:
    return x.become(none_of(x.spec.shape, x.sparse_dims, x.spec))


@on_sparse("copy_")
def copy_(x: Sparse, src: Any, non_blocking: bool = False) -> Sparse:
    if not isinstance(src, Sparse):
        raise BadValue("copy_() between dense and sparse Tensors is not implemented")
    if src.spec.shape != x.spec.shape:
        raise ShapeError(f"copy_: expected size {list(x.spec.shape)}, got {list(src.spec.shape)}")
    return x.become(src.like(src.elements.to(x.dtype).clone()))


# ------------------------------------------------------------------ as values of Python


@on_sparse("__repr__")
def text(x: Sparse) -> str:
    return str(formatters["repr"](x))


@on_sparse("__format__")
def formatted(x: Sparse, spec: str) -> str:
    if spec:
        raise ArgumentError("unsupported format string passed to Tensor.__format__")
    return text(x)


@on_sparse("numpy")
def numpy(x: Sparse, *, force: bool = False) -> Any:
    raise ArgumentError(
        "can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first.",
        help="x.to_dense().numpy()",
    )


@on_sparse("__array__")
def array(x: Sparse, dtype: Any = None) -> Any:
    return numpy(x)


@on_sparse("tolist", "data_ptr")
def no_memory(x: Sparse) -> Any:
    raise BadValue("Cannot access data pointer of Tensor that doesn't have storage")


@on_sparse("storage", "untyped_storage", "storage_offset")
def no_storage(x: Sparse) -> Any:
    raise Unsupported("Cannot access storage of SparseTensorImpl")


@on_sparse("item")
def item(x: Sparse) -> Any:
    if x.spec.numel != 1:
        raise BadValue(f"a Tensor with {x.spec.numel} elements cannot be converted to Scalar")
    return to_dense(x).item()


@on_sparse("__bool__")
def truth(x: Sparse) -> bool:
    if x.spec.numel != 1:
        raise BadValue("Boolean value of Tensor with more than one value is ambiguous", code="ambiguous")
    return bool(to_dense(x))


@on_sparse("expand", "repeat", "expand_as")
def no_view(x: Sparse, *size: Any) -> Any:
    raise BadValue("expand is unsupported for Sparse tensors")


@on_sparse("reshape", "flatten")
def no_reshape(x: Sparse, *size: Any, **named: Any) -> Any:
    raise BadValue("reshape is not implemented for sparse tensors", help="x.to_dense().reshape(…)")
