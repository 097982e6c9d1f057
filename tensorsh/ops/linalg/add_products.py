"""A product added to a tensor in one step: `beta * input + alpha * (a @ b)` and its relatives.

With `beta=0` the input is left out altogether, so that its nans do not come through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.spec import Spec
from ...engine.numerics.small_products import matrix_product, matrix_vector, product_onto
from ...engine.records.op import Op, op
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import DTypeError, ShapeError
from ..rules.families import conj
from ..rules.infer import real_dim
from ..rules.numbers import check_factor, number_array
from ..shape.broadcast import expanded_size
from .matmul import adjoint, batches, bmm, columns, mm, multiply, mv
from .product_rules import check_batch_sizes, check_mm, check_mv, mv_dtype, no_bool, same_dtype, transposes


def _onto(input: Spec, shape: tuple[int, ...]) -> Spec:
    """The product's shape, which the input must expand to."""
    expanded_size(input, shape)
    return input.with_shape(shape)


def _check_factors(of: Spec, *factors: Any) -> None:
    for factor in factors:
        check_factor(factor, of.dtype)


def combined(input: Any, product: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * product, in the product's dtype."""
    kind = dt.of(product)
    if alpha != 1:
        product = product * number_array(alpha, kind)
    if beta == 0:
        return product
    return np.add(input if beta == 1 else input * number_array(beta, kind), product)


def _batched(record: Op, product: Callable[[Tensor, Tensor], Tensor]) -> None:
    """The same of all slices of a vmap, from operations: integers, whose factors are integers, slice by slice."""

    @record.batched
    def _(slices, x, a, b, beta, alpha):
        if not x.spec.dtype.is_floating_point and not x.spec.dtype.is_complex:
            return NotImplemented
        found = product(slices.full(a), slices.full(b))
        if alpha != 1:
            found = found * alpha
        if beta == 0:
            return found
        x = slices.front(x, found.ndim - 1)
        return found + (x if beta == 1 else x * beta)


def _scaled(x: Any, factor: Any) -> Any:
    return x if factor == 1 else x * conj(factor)


# ------------------------------------------------------------------ addmm


def _addmm_infer(input: Spec, a: Spec, b: Spec, beta: Any, alpha: Any) -> Spec:
    same_dtype(input, b, "self and mat2 must have the same dtype, but got {} and {}", "title")
    same_dtype(a, b, "mat1 and mat2 must have the same dtype, but got {} and {}", "title")
    for name, s in (("mat1", a), ("mat2", b)):
        if s.ndim != 2:
            raise ShapeError(f"{name} must be a matrix, got {s.ndim}-D tensor", code="matmul-rank")
    check_mm(a.shape, b.shape, a.shape, b.shape)
    no_bool("addmm_impl_cpu_", a)
    _check_factors(a, beta, alpha)
    return _onto(input, (a.shape[0], b.shape[1]))


@op(
    "addmm(Tensor input, Tensor mat1, Tensor mat2, *, Number beta=1, Number alpha=1)",
    infer=_addmm_infer,
    inplace=True,
    formula="{1} @ {2} + {0}",
    sample=([1.0, -1.0], [[1.0, 2.0]], [[0.5, 1.0], [2.0, -1.0]]),
)
def addmm(input, a, b, beta, alpha):
    """`beta * input + alpha * (mat1 @ mat2)`.

    >>> addmm([10., 20.], [[1., 2.]], [[1., 0.], [0., 1.]])
    tensor([[11., 22.]])
    """
    return _added(input, a, b, beta, alpha)


def _added(input: Any, a: Any, b: Any, beta: Any, alpha: Any) -> Any:
    kind = dt.of(a)
    if beta == 0 or kind is not dt.float32:
        return combined(input, matrix_product(a, b), beta, alpha)
    if beta != 1:
        input = input * number_array(beta, kind)
    return product_onto(input, a, b, None if alpha == 1 else number_array(alpha, kind))


def _addmm_derivatives(record: Op, left: bool, right: bool) -> None:
    """The gradients of `addmm`, the first or the second matrix stored by columns or not."""

    @record.derivative("input")
    def _(grad, beta):
        return _scaled(grad, beta)

    @record.derivative("mat1")
    def _(grad, mat2, alpha):
        if left:
            return _scaled(apply(mm, (conj(mat2), grad.t())).t(), alpha)
        return _scaled(apply(mm, (grad, adjoint(mat2))), alpha)

    @record.derivative("mat2")
    def _(grad, mat1, alpha):
        if right:
            return _scaled(apply(mm, (grad.t(), conj(mat1))).t(), alpha)
        return _scaled(apply(mm, (adjoint(mat1), grad)), alpha)


def _addmm_record(left: bool, right: bool) -> Op:
    record = op(
        "addmm(Tensor input, Tensor mat1, Tensor mat2, *, Number beta=1, Number alpha=1)",
        infer=_addmm_infer,
        grad_fn="AddmmBackward0",
        names=(),
        formula="{1} @ {2} + {0}",
    )(_added)
    _addmm_derivatives(record, left, right)
    return record


_addmm_derivatives(addmm, False, False)
#: `addmm` by whether the first and the second matrix are stored by columns
addmm_stored = {(a, b): _addmm_record(a, b) for a, b in ((False, True), (True, False), (True, True))}
addmm_stored[False, False] = addmm
for _record in addmm_stored.values():
    _batched(_record, multiply)


# ------------------------------------------------------------------ addmv


def _addmv_infer(input: Spec, mat: Spec, vec: Spec, beta: Any, alpha: Any) -> Spec:
    if mat.ndim != 2 or vec.ndim != 1 or input.ndim > 1:
        raise ShapeError(
            f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}", code="matmul-rank"
        )
    check_mv(mat.shape, vec.shape[0], input.numel, mat.shape, vec.shape)
    mv_dtype(mat, vec, input)
    _check_factors(mat, beta, alpha)
    return input.with_shape(mat.shape[:1])


@op(
    "addmv(Tensor input, Tensor mat, Tensor vec, *, Number beta=1, Number alpha=1)",
    infer=_addmv_infer,
    inplace="function",
    formula="{1} @ {2} + {0}",
    sample=([1.0, -1.0], [[1.0, 2.0], [0.5, 3.0]], [0.5, 2.0]),
)
def addmv(input, mat, vec, beta, alpha):
    """`beta * input + alpha * (mat @ vec)`.

    >>> addmv([10., 20.], [[1., 2.], [3., 4.]], [1., 1.])
    tensor([13., 27.])
    """
    return combined(input, matrix_vector(mat, vec), beta, alpha)


@addmv.derivative("input")
def _(grad, beta):
    return _scaled(grad, beta)


@addmv.derivative("mat")
def _(grad, vec, alpha):
    return _scaled(grad.unsqueeze(1) * conj(vec), alpha)


@addmv.derivative("vec")
def _(grad, mat, alpha):
    return _scaled(apply(mv, (adjoint(mat), grad)), alpha)


_batched(addmv, columns)


# ------------------------------------------------------------------ batches


def _batches_onto(input: Spec, a: Spec, dims: tuple[int, ...], b: Spec) -> Spec:
    """The result's shape: the sizes of `a` along `dims` and of the columns of `b`, which the input must expand to."""
    out = _onto(input, (*[a.shape[real_dim(d, a)] for d in dims], b.shape[real_dim(2, b)]))
    if a.ndim != 3:
        raise ShapeError("batch1 must be a 3D tensor", code="matmul-rank")
    if b.ndim != 3:
        raise ShapeError("batch2 must be a 3D tensor", code="matmul-rank")
    return out


def _addbmm_infer(input: Spec, a: Spec, b: Spec, beta: Any, alpha: Any) -> Spec:
    out = _batches_onto(input, a, (1,), b)
    if a.shape[0] != b.shape[0]:
        raise ShapeError(
            f"batch1 and batch2 must have same number of batches, got {a.shape[0]} and {b.shape[0]}",
            code="matmul-shape",
        )
    if a.shape[2] != b.shape[1]:
        raise ShapeError(
            f"Incompatible matrix sizes for bmm ({a.shape[1]}x{a.shape[2]} and {b.shape[1]}x{b.shape[2]})",
            code="matmul-shape",
            help=transposes(a.shape, b.shape),
        )
    same_dtype(input, b, "self and mat2 must have the same dtype, but got {} and {}", "title")
    same_dtype(a, b, "mat1 and mat2 must have the same dtype, but got {} and {}", "title")
    no_bool("addmm_impl_cpu_", a)
    _check_factors(a, beta, alpha)
    return out


@op(
    "addbmm(Tensor input, Tensor batch1, Tensor batch2, *, Number beta=1, Number alpha=1)",
    infer=_addbmm_infer,
    inplace=True,
    sample=([[1.0]], [[[1.0, 2.0]], [[0.5, -1.0]]], [[[1.0], [2.0]], [[0.5], [3.0]]]),
)
def addbmm(input, a, b, beta, alpha):
    """`beta * input + alpha * Σ (batch1[i] @ batch2[i])`.

    >>> addbmm([[10.]], ones(3, 1, 2), ones(3, 2, 1))
    tensor([[16.]])
    """
    return combined(input, np.matmul(a, b).sum(0, dtype=a.dtype), beta, alpha)


@addbmm.derivative("input")
def _(grad, beta):
    return _scaled(grad, beta)


@addbmm.derivative("batch1")
def _(grad, batch1_spec, batch2, alpha):
    n, m, _ = batch1_spec.shape
    return _scaled(apply(bmm, (grad.expand(n, m, grad.spec.shape[1]), adjoint(batch2))), alpha)


@addbmm.derivative("batch2")
def _(grad, batch1, alpha):
    n, m, _ = batch1.spec.shape
    return _scaled(apply(bmm, (adjoint(batch1), grad.expand(n, m, grad.spec.shape[1]))), alpha)


_batched(addbmm, lambda a, b: multiply(a, b).sum(1))


def _baddbmm_infer(input: Spec, a: Spec, b: Spec, beta: Any, alpha: Any) -> Spec:
    out = _batches_onto(input, a, (0, 1), b)
    check_batch_sizes(a, b)
    if not (input.dtype is a.dtype is b.dtype):
        x, y, z = (dt.c_names[s.dtype] for s in (input, a, b))
        raise DTypeError(
            f"Input dtypes must be the same, got: input {x}, batch1: {y}, batch2: {z}", code="dtype-mismatch"
        )
    no_bool("baddbmm", a)
    _check_factors(a, beta, alpha)
    return out


@op(
    "baddbmm(Tensor input, Tensor batch1, Tensor batch2, *, Number beta=1, Number alpha=1)",
    infer=_baddbmm_infer,
    inplace=True,
    formula="{1} @ {2} + {0}",
    sample=([[1.0]], [[[1.0, 2.0]], [[0.5, -1.0]]], [[[1.0], [2.0]], [[0.5], [3.0]]]),
)
def baddbmm(input, a, b, beta, alpha):
    """`beta * input + alpha * (batch1 @ batch2)`, matrix by matrix.

    >>> baddbmm([[10.]], ones(1, 1, 2), ones(1, 2, 1))
    tensor([[[12.]]])
    """
    return combined(input, batches(a, b), beta, alpha)


@baddbmm.derivative("input")
def _(grad, beta):
    return _scaled(grad, beta)


@baddbmm.derivative("batch1")
def _(grad, batch2, alpha):
    return _scaled(apply(bmm, (grad, adjoint(batch2))), alpha)


@baddbmm.derivative("batch2")
def _(grad, batch1, alpha):
    return _scaled(apply(bmm, (adjoint(batch1), grad)), alpha)


_batched(baddbmm, multiply)


# ------------------------------------------------------------------ addr


def _addr_infer(input: Spec, vec1: Spec, vec2: Spec, beta: Any, alpha: Any) -> Spec:
    for name, s in (("vec1", vec1), ("vec2", vec2)):
        if s.ndim != 1:
            raise ShapeError(
                f"addr: Expected 1-D argument {name}, but got {s.ndim}-D",
                code="outer-rank",
                help="flatten it: x.flatten()",
            )
    for name, value in (("beta", beta), ("alpha", alpha)):
        if type(value) is bool and input.dtype is not dt.bool_:
            raise DTypeError(f"Boolean {name} only supported for Boolean results.", code="argument-type")
        if type(value) is float and input.dtype.category < dt.FLOAT:
            raise DTypeError(
                f"For integral input tensors, argument {name} must not be a floating point number.",
                code="argument-type",
            )
    _check_factors(input, beta, alpha)
    return _onto(input, (vec1.shape[0], vec2.shape[0]))


@op(
    "addr(Tensor input, Tensor vec1, Tensor vec2, *, Number beta=1, Number alpha=1)",
    infer=_addr_infer,
    promote="types",
    inplace=True,
    sample=([[1.0, -1.0]], [2.0, 0.5], [3.0, 4.0]),
)
def addr(input, a, b, beta, alpha):
    """`beta * input + alpha * outer(vec1, vec2)`.

    >>> addr([100, 200], [1, 2], [3, 4])
    tensor([[103, 204],
            [106, 208]])
    """
    return combined(input, np.multiply.outer(a, b), beta, alpha)


@addr.derivative("input")
def _(grad, beta):
    return _scaled(grad, beta)


@addr.derivative("vec1")
def _(grad, vec2, alpha):
    return _scaled(apply(mv, (grad, conj(vec2))), alpha)


@addr.derivative("vec2")
def _(grad, vec1, alpha):
    return _scaled(apply(mv, (grad.t(), conj(vec1))), alpha)


_batched(addr, lambda a, b: a.unsqueeze(2) * b.unsqueeze(1))
