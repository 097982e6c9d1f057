"""Products of sparse matrices: with dense ones, which are dense, and with each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.spec import Spec
from ...engine.graph.node import titled
from ...engine.numerics.fma import multiply_add
from ...engine.records.op import op, registry
from ...engine.values.sparse import Sparse, on_sparse
from ...engine.values.tensor import Tensor
from ...errors import ShapeError
from .parts import coalesce, placed, sparse, taken
from .rearranged import t
from .sparse_arithmetic import rounds


def _product_spec(elements: Spec, places: Spec, dense: Spec, rows: int) -> Spec:
    return dense.with_shape((rows, dense.shape[1]))


@op(
    "sparse_product(Tensor elements, Tensor places, Tensor dense, int rows)",
    infer=_product_spec,
    names=(),
    grad_fn="MmBackward0",
)
def product(elements, places, dense, rows):
    """Each stored element times a row of `dense`, added to a row of the result, in the order they are stored."""
    out = np.zeros((rows, dense.shape[1]), dense.dtype)
    for at in rounds((places[0],), (rows,)):
        to, of = places[0][at], places[1][at]
        out[to] = multiply_add(elements[at][:, None], dense[of], out[to])
    return out


@product.derivative("elements")
def _(grad, places, dense):
    return taken(grad.mm(dense.t()), places)


@product.derivative("dense")
def _(grad, elements, places, dense_spec):
    return product(elements, places.flip(0), grad, dense_spec.shape[0])


def multiplied(a: Sparse, b: Tensor) -> Tensor:
    """A sparse matrix by a dense one."""
    if a.spec.ndim != 2 or b.ndim != 2:
        raise ShapeError(
            f"addmm: matrices expected, got {a.spec.ndim}D tensor"
            if a.spec.ndim != 2
            else f"addmm: matrices expected, got {b.ndim}D tensor"
        )
    if a.spec.shape[1] != b.spec.shape[0]:
        raise ShapeError(
            f"addmm: Argument #3 (dense): Expected dim 0 size {a.spec.shape[1]}, got {b.spec.shape[0]}",
            code="matmul-shape",
            operands=(b,),
        )
    found: Tensor = product(a.elements, a.places, b, a.spec.shape[0])
    return found


@on_sparse("mm", "spmm", "smm")
def mm(a: Any, b: Any) -> Any:
    if isinstance(a, Sparse) and isinstance(b, Sparse):
        return both(a, b)
    if isinstance(a, Sparse):
        return multiplied(a, b)
    return multiplied(t(b), a.t()).t()


@on_sparse("sparse.mm")
def sparse_mm(a: Any, b: Any, reduce: Any = None) -> Any:
    found = mm(a, b)
    if (
        isinstance(found, Tensor)
        and not isinstance(found, Sparse)
        and found.requires_grad
        and isinstance(a, Sparse)
    ):
        titled("SparseAddmmBackward0", found)
    return found


@on_sparse("mv")
def mv(a: Any, b: Any) -> Any:
    found = multiplied(a, b.unsqueeze(1)).squeeze(1)
    return titled("MvBackward0", found) if found.requires_grad else found


@on_sparse("matmul", "__rmatmul__")
def matmul(a: Any, b: Any) -> Any:
    if isinstance(a, Sparse) and b.ndim == 1 and not isinstance(b, Sparse):
        return mv(a, b)
    if isinstance(b, Sparse) and a.ndim == 1:
        return mv(t(b), a)
    return mm(a, b)


@on_sparse("addmm", "sparse.addmm", "addmm_")
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    found = mm(mat1, mat2) * alpha
    return input * beta + found if beta != 1 else input + found


@on_sparse("linear")
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    found = matmul(input, t(weight) if isinstance(weight, Sparse) else weight.t())
    return found if bias is None else found + bias


@on_sparse("bmm")
def bmm(a: Any, b: Any) -> Any:
    if isinstance(b, Sparse):
        raise ShapeError("bmm_sparse: Tensor 'mat2' must be dense")
    from .sparse_questions import dense

    return registry["bmm"](dense(a), b)


def both(a: Sparse, b: Sparse) -> Sparse:
    """A sparse matrix by another: for each pair of elements that meet a product, those of one place added up."""
    if a.spec.shape[1] != b.spec.shape[0]:
        raise ShapeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a.spec.shape[0]}x{a.spec.shape[1]} and "
            f"{b.spec.shape[0]}x{b.spec.shape[1]})",
            code="matmul-shape",
        )
    a, b = coalesce(a), coalesce(b)
    starts = np.searchsorted(b.places.array[0], np.arange(b.spec.shape[0] + 1))
    middle = a.places.array[1]
    counts = starts[middle + 1] - starts[middle]
    left = np.repeat(np.arange(middle.size), counts)
    within = np.arange(left.size) - np.repeat(np.cumsum(counts) - counts, counts)
    right = np.repeat(starts[middle], counts) + within
    places = np.stack([a.places.array[0][left], b.places.array[1][right]])
    elements = registry["index_select"](a.elements, 0, placed(left)) * registry["index_select"](
        b.elements, 0, placed(right)
    )
    found = coalesce(sparse(placed(places), elements, (a.spec.shape[0], b.spec.shape[1])))
    if found.elements.requires_grad:
        titled("SparseSparseMatmulBackward0", found.elements)
    return found
