"""Vector and matrix norms. Formulas of the gradients as in PyTorch: 0 where a 2-norm is 0."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..engine import dtype as dt
from ..engine.op import composite, op, registry
from ..engine.spec import Spec
from ..engine.tensor import Tensor
from ..errors import ArgumentError, DTypeError, ShapeError, ValueError
from .rules import reduced, wrap_dim, wrap_dims


def _check(x: Spec, dtype: Any) -> None:
    if (dtype or x.dtype).category < dt.FLOAT:
        raise DTypeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {x.dtype.title}",
            help="convert it: x.float()",
        )


def _vector_infer(x: Spec, ord: float, dim: Any, keepdim: bool, dtype: Any) -> Spec:
    _check(x, dtype)
    out = reduced(x, dim, keepdim, (dtype or x.dtype).to_real())
    if ord < 0 or ord == inf:
        dims = wrap_dims(dim, x.ndim)
        if any(x.shape[d] == 0 for d in dims):
            if dim is None or dim == ():
                name = "inf" if ord == inf else f"{ord:g}"
                raise ValueError(
                    f"linalg.vector_norm cannot compute the {name} norm on an empty tensor because the operation "
                    "does not have an identity"
                )
            raise ValueError(
                f"linalg.vector_norm cannot compute the {ord:g} norm on the dimension "
                f"{next(d for d in dims if x.shape[d] == 0)} because this dimension is empty and the operation "
                "does not have an identity"
            )
    return out


@op(
    "vector_norm_primitive(Tensor x, float ord, int[]? dim, bool keepdim, dtype? dtype)",
    infer=_vector_infer,
    names=(),
    grad_fn="LinalgVectorNormBackward0",
)
def vector_norm_primitive(x, ord, dim, keepdim, dtype):
    """(sum |x|^p)^(1/p) over `dim`; the largest (smallest) |x| for ord=inf (-inf), the count for 0."""
    if dtype is not None:
        x = x.astype(dtype.np)
    axis = None if dim is None or dim == () else tuple(d % max(x.ndim, 1) for d in dim)
    if x.ndim == 0:
        axis = None
    size = np.abs(x)
    if ord == inf:
        return size.max(axis, keepdims=keepdim)
    if ord == -inf:
        return size.min(axis, keepdims=keepdim)
    if ord == 0:
        return (size != 0).sum(axis, keepdims=keepdim).astype(size.dtype)
    if ord == 1:
        return size.sum(axis, keepdims=keepdim)
    if ord == 2:
        return np.sqrt((size * size).sum(axis, keepdims=keepdim))
    return np.power(np.power(size, ord).sum(axis, keepdims=keepdim), 1 / ord)


@vector_norm_primitive.derivative("x")
def _(grad, x, output, ord, dim, keepdim):
    if not keepdim and x.ndim:
        grad, output = spread(grad, dim, x.ndim), spread(output, dim, x.ndim)
    if x.dtype is not output.dtype and not x.dtype.is_complex:
        x = x.to(output.dtype)
    if ord == 0:
        return x * 0
    sgn, size = registry["sgn"](x), registry["abs"](x)
    if ord in (inf, -inf):
        hit = (size == output).logical_or((output.isnan()).logical_and(size.isnan()))
        count = hit.sum(dim=dim, keepdim=True) if x.ndim else hit.sum()
        return sgn * (hit * (grad / count))
    if ord == 1:
        return sgn * grad
    if ord == 2:
        return (x * (grad / output)).masked_fill(output == 0, 0)
    if ord < 1:
        return (sgn * (size ** (ord - 1)).masked_fill(size == 0, 0)) * (output ** (1 - ord) * grad)
    if ord < 2:
        scale = output ** (1 - ord) * grad
        return (sgn * size ** (ord - 1) * scale).masked_fill(output == 0, 0)
    scale = (output ** (1 - ord) * grad).masked_fill(output == 0, 0)
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

    >>> linalg.vector_norm([3., 4.])
    tensor(5.)
    """
    return vector_norm_primitive(x, float(ord), dim, keepdim, dtype)


@composite(
    "linalg.matrix_norm(Tensor A, any ord='fro', any dim=(-2, -1), bool keepdim=False, *, dtype? dtype=None)"
)
def matrix_norm(A, ord, dim, keepdim, dtype):
    """A norm of the matrices in two dimensions: "fro", "nuc", 1, -1, 2, -2, inf or -inf.

    >>> linalg.matrix_norm([[1., 2.], [3., 4.]], 1)
    tensor(6.)
    """
    if A.ndim < 2:
        raise ShapeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    dim = tuple(dim) if isinstance(dim, list | tuple) else (dim,)
    if len(dim) != 2:
        raise ShapeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dim))}")
    if A.dtype.category < dt.FLOAT and dtype is None:
        raise DTypeError(
            f"linalg.matrix_norm: Expected a floating point or complex tensor as input. Got {A.dtype.title}",
            help="convert it: A.float()",
        )
    if dtype is not None:
        A = A.to(dtype)
    row, column = wrap_dim(dim[0], A.ndim), wrap_dim(dim[1], A.ndim)
    if row == column:
        raise ShapeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    if isinstance(ord, str):
        if ord == "fro":
            return vector_norm(A, 2, dim, keepdim)
        if ord != "nuc":
            raise ArgumentError(f"linalg.matrix_norm: Order {ord} not supported.")
    elif abs(ord) not in (1, 2, inf):
        raise ArgumentError(f"linalg.matrix_norm: Order {ord:g} not supported.")
    if ord == "nuc" or abs(ord) == 2:
        moved = registry["movedim"](A, (row, column), (-2, -1))
        s = registry["linalg.svdvals"](moved)
        out = s.sum(-1) if ord == "nuc" else s.amax(-1) if ord == 2 else s.amin(-1)
        return out if not keepdim else spread(out, (row, column), A.ndim)
    if abs(ord) == inf:
        row, column = column, row
    if row < column and not keepdim:
        column -= 1
    sums = vector_norm(A, 1, (row,), keepdim)
    return sums.amax(column, keepdim) if ord > 0 else sums.amin(column, keepdim)


@composite("linalg.norm(Tensor A, any ord=None, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)")
def norm(A, ord, dim, keepdim, dtype):
    """The norm of a vector or matrix: a vector's for one dim, a matrix's for two.

    >>> linalg.norm([[3., 0.], [0., 4.]])
    tensor(5.)
    """
    if dim is not None and len(dim) not in (1, 2):
        raise ShapeError(
            f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got [{', '.join(map(str, dim))}]"
        )
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if dim is None and A.ndim not in (1, 2):
        raise ShapeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D."
        )
    if isinstance(ord, Tensor):
        ord = ord.item()
    if isinstance(ord, str) or (2 if dim is None and A.ndim == 2 else len(dim or (0,))) == 2:
        return matrix_norm(A, ord, dim or (-2, -1), keepdim, dtype=dtype)
    return vector_norm(A, ord, dim, keepdim, dtype=dtype)


@composite("norm(Tensor input, any p='fro', int[]? dim=None, bool keepdim=False, dtype? dtype=None)")
def torch_norm(input, p, dim, keepdim, dtype):
    """The p-norm over all elements, or over `dim`.

    >>> tensor([3., 4.]).norm()
    tensor(5.)
    """
    if isinstance(p, Tensor):
        p = p.item()
    if isinstance(p, str) and p not in ("fro", "nuc"):
        return matrix_norm(input, p, dim or (-2, -1), keepdim, dtype=dtype)
    if p == "nuc":
        return matrix_norm(input, "nuc", dim or (-2, -1), keepdim, dtype=dtype)
    return vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)
