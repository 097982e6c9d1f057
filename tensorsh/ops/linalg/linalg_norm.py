"""Norms of vectors and of matrices. Where a norm is 0, its gradient is 0."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.dtype import DType, promote_types
from ...engine.core.spec import Spec
from ...engine.numerics.norm_sums import as_rows, in_turn, kept, root_of_squares
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import ArgumentError, BadValue, DTypeError, ShapeError
from ..elementwise.powers import exact_power
from ..rules.infer import reduced, wrap_dim, wrap_dims
from ..rules.memory_order import memory_order, row_by_row
from .linalg_rules import need_float, need_matrix

Array = np.ndarray[Any, Any]


def check_dtype(name: str, x: Spec, dtype: DType | None) -> None:
    """What `dtype=` may be: as wide as the input's, and complex where that is."""
    need_float(name, x)
    if dtype is None:
        return
    if dtype.category < dt.FLOAT:
        raise DTypeError(f"{name}: dtype should be floating point or complex, but got {dtype.title}")
    if dtype.is_complex != x.dtype.is_complex:
        kind = "complex" if x.dtype.is_complex else "real"
        raise DTypeError(f"{name}: dtype should be {kind} for {kind} inputs, but got {dtype.title}")
    if promote_types(x.dtype, dtype) is not dtype:
        raise DTypeError(
            f"{name}: the dtype of the input ({x.dtype.title}) should be convertible without narrowing to the "
            f"specified dtype ({dtype.title})",
            help="convert it first: x.to(dtype)",
        )


def _vector_infer(x: Spec, ord: float, dim: Any, keepdim: bool, dtype: DType | None) -> Spec:
    check_dtype("linalg.vector_norm", x, dtype)
    empty = [d for d in wrap_dims(dim, x.ndim) if x.shape and x.shape[d] == 0]
    if (ord < 0 or ord == inf) and empty:
        where = (
            "an empty tensor because the"
            if not dim
            else f"the dimension {empty[0]}because this dimension is empty and the"
        )
        raise BadValue(
            f"linalg.vector_norm cannot compute the {ord:g} norm on {where} operation does not have an identity"
        )
    return reduced(x, dim, keepdim, (dtype or x.dtype).to_real())


@op(
    "linalg.vector_norm(Tensor x, float ord, int[]? dim, bool keepdim, dtype? dtype)",
    batching="along all",
    infer=_vector_infer,
    names=(),
    sample=([3.0, -4.0], 2.0, None, False, None),
    steep=True,
)
def vector_norm_primitive(x, ord, dim, keepdim, dtype):
    """The kernel: `ord` is a float, `dim` a tuple or None."""
    if dtype is not None:
        x = x.astype(dtype.np)
    axis = tuple(d % x.ndim for d in dim) if dim and x.ndim else None
    if ord == inf:
        return row_by_row(np.abs(x).max(axis, keepdims=keepdim))
    if ord == -inf:
        return row_by_row(np.abs(x).min(axis, keepdims=keepdim))
    if ord == 0:
        return row_by_row((x != 0).sum(axis, keepdims=keepdim))
    found = as_rows(x, axis, memory_order)
    if found is None:
        return row_by_row(_norm(np.abs(x), ord, lambda powers: powers.sum(axis, keepdims=keepdim)))
    rows, dense = found
    norms = root_of_squares(rows, dense) if ord == 2 else _norm(np.abs(rows), ord, in_turn)
    return norms.reshape(kept(x.shape, axis, keepdim))


def _norm(size: Array, ord: float, total: Callable[[Array], Array]) -> Array:
    """The norm of absolute values, which `total` adds up."""
    if ord == 1:
        return total(size)
    if ord == 2:
        return np.sqrt(total(size * size))
    kind = size.dtype.type
    return exact_power(total(exact_power(size, kind(ord))), kind(1 / ord))


@vector_norm_primitive.derivative("x")
def _(grad, x, output, ord, dim, keepdim):
    if not keepdim and x.ndim:
        grad, output = spread(grad, dim, x.ndim), spread(output, dim, x.ndim)
    if x.dtype.to_real() is not output.dtype:
        x = x.to(output.dtype.to_complex() if x.dtype.is_complex else output.dtype)
    if ord == 0:
        return None
    sgn, size = registry["sgn"](x), registry["abs"](x)
    if ord in (inf, -inf):  # the largest share the gradient
        hit = (size == output).logical_or(size.isnan())
        return sgn * (grad / hit.sum(dim=dim or None, keepdim=True) * hit)
    if ord == 1:
        return sgn * grad
    if ord == 2:
        return (x / output).masked_fill(output == 0, 0) * grad
    if ord < 1:
        return sgn * (size ** (ord - 1)).masked_fill(x == 0, 0) * grad * output ** (1 - ord)
    scale = (grad / output ** (ord - 1)).masked_fill(output == 0, 0)
    if ord < 2:
        return sgn * size ** (ord - 1) * scale
    return x * size ** (ord - 2) * scale


def spread(t: Tensor, dim: Any, ndim: int) -> Tensor:
    """Put the reduced dimensions back with size 1."""
    for d in sorted(wrap_dims(dim, ndim)):
        t = t.unsqueeze(d)
    return t


@composite(
    "linalg.vector_norm(Tensor x, Number ord=2, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)"
)
def vector_norm(x, ord, dim, keepdim, dtype):
    """(sum |x|^ord)^(1/ord) over `dim` (all dimensions by default), whatever the number of dimensions.

    ord=inf and -inf are the largest and smallest absolute value, 0 the number of non-zero elements.

    >>> linalg.vector_norm([3., 4.])
    tensor(5.)
    """
    if isinstance(ord, complex):
        raise ArgumentError(
            "linalg.vector_norm: Expected a non-complex scalar as the order of norm.", code="argument-type"
        )
    return apply(vector_norm_primitive, (x, float(ord), dim, keepdim, dtype))


@composite(
    "linalg.matrix_norm(Tensor A, any ord='fro', any dim=(-2, -1), bool keepdim=False, *, dtype? dtype=None)"
)
def matrix_norm(A, ord, dim, keepdim, dtype):
    """A norm of the matrices in two dimensions: "fro", "nuc", 1, -1, 2, -2, inf or -inf.

    >>> linalg.matrix_norm([[1., 2.], [3., 4.]], 1)
    tensor(6.)
    """
    name = "linalg.matrix_norm"
    ord, dim = _number(ord), tuple(dim) if isinstance(dim, list | tuple) else (dim,)
    if isinstance(ord, str) and ord not in ("fro", "nuc"):
        raise unsupported(name, ord)
    need_matrix(name, A.spec)
    if len(dim) != 2:
        raise ShapeError(
            f"{name}: dim must be a 2-tuple. Got {' '.join(map(str, dim))}",
            help="linalg.vector_norm takes any number of dimensions",
        )
    check_dtype(name, A.spec, dtype)
    row, column = wrap_dim(dim[0], A.ndim), wrap_dim(dim[1], A.ndim)
    if row == column:
        raise ShapeError(f"{name}: dims must be different. Got ({dim[0]}, {dim[1]})")
    if not isinstance(ord, str) and abs(ord) not in (1, 2, inf):
        raise unsupported(name, f"{ord:g}")
    if ord == "fro":
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if ord == "nuc" or abs(ord) == 2:
        return _spectral(A if dtype is None else A.to(dtype), ord, row, column, keepdim)
    if abs(ord) == inf:
        row, column = column, row
    if row < column and not keepdim:
        column -= 1
    return _extreme(vector_norm(A, 1, (row,), keepdim, dtype=dtype), ord, column, keepdim)


def unsupported(name: str, ord: str) -> Exception:
    return ArgumentError(
        f"{name}: Order {ord} not supported.",
        raises=RuntimeError,
        help='orders are "fro", "nuc", 1, -1, 2, -2, inf and -inf',
    )


def _spectral(A: Tensor, ord: Any, row: int, column: int, keepdim: bool) -> Tensor:
    """The sum, the largest or the smallest of the singular values."""
    order = [d for d in range(A.ndim) if d not in (row, column)] + [row, column]
    s = registry["linalg.svdvals"](A.permute(order))
    out = s.sum(-1, keepdim=keepdim) if ord == "nuc" else _extreme(s, ord, -1, keepdim)
    return out.unsqueeze(-1).permute([order.index(d) for d in range(A.ndim)]) if keepdim else out


def _extreme(t: Tensor, ord: float, dim: int, keepdim: bool) -> Tensor:
    """The largest along `dim`, for a negative order the smallest; 0 of none."""
    if t.spec.shape[dim] == 0:
        return t.sum(dim, keepdim=keepdim)
    return t.amax(dim, keepdim) if ord > 0 else t.amin(dim, keepdim)


def _number(ord: Any) -> Any:
    return ord.item() if isinstance(ord, Tensor) else ord


@composite("linalg.norm(Tensor A, any ord=None, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)")
def norm(A, ord, dim, keepdim, dtype):
    """The norm of a vector or matrix: a vector's for one dim, a matrix's for two.

    >>> linalg.norm([[3., 0.], [0., 4.]])
    tensor(5.)
    """
    ord = _number(ord)
    if dim is not None and len(dim) not in (1, 2) and not isinstance(ord, str):
        raise ShapeError(
            f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got [{', '.join(map(str, dim))}]",
            help="linalg.vector_norm takes any number of dimensions",
        )
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None and A.ndim not in (1, 2):
        raise ShapeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D.",
            help="say which dimensions: linalg.norm(A, ord, dim=(-2, -1))",
        )
    if isinstance(ord, str) or (A.ndim if dim is None else len(dim)) == 2:
        return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(A, ord, dim, keepdim, dtype=dtype)


@composite("norm(Tensor input, any p='fro', int[]? dim=None, bool keepdim=False, dtype? dtype=None)")
def torch_norm(input, p, dim, keepdim, dtype):
    """The p-norm over all elements, or over `dim`; p="nuc" is the nuclear norm of a matrix.

    >>> tensor([3., 4.]).norm()
    tensor(5.)
    """
    p = _number(p)
    if not isinstance(p, str):
        return vector_norm(input, 2 if p is None else p, dim, keepdim, dtype=dtype)
    if p == "fro" and (dim is None or len(dim) <= 2):
        return vector_norm(input, 2, dim, keepdim, dtype=dtype)
    return matrix_norm(input, p, tuple(range(input.ndim)) if dim is None else dim, keepdim, dtype=dtype)
