"""LU decomposition with partial pivoting: A = P L U, and equations solved with it."""

from __future__ import annotations

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, LinalgError, ShapeError
from .linalg_rules import (
    adjoint,
    batch_label,
    batched,
    equal_dtypes,
    equation_shapes,
    failure,
    info_spec,
    narrow,
    need_kernel,
    need_matrix,
    square,
)
from .linalg_triangular import solve_triangular
from .lu_kernels import getrf, getrs, halves, permutation_matrix

# ------------------------------------------------------------------ decompositions


def pivoted(pivot: bool) -> None:
    if not pivot:
        raise BadValue(
            "linalg.lu_factor: LU without pivoting is not implemented on the CPU", help="leave pivot=True"
        )


def _lu_infer(a: Spec, pivot: bool) -> tuple[Spec, Spec, Spec]:
    pivoted(pivot)
    if a.ndim < 2:
        raise ShapeError(
            f"linalg.lu: Expected tensor with 2 or more dimensions. Got size: {list(a.shape)} instead"
        )
    need_kernel("lu_cpu", a)
    *batch, m, n = a.shape
    k = min(m, n)
    return a.with_shape((*batch, m, m)), a.with_shape((*batch, m, k)), a.with_shape((*batch, k, n))


@op(
    "linalg.lu(Tensor A, bool pivot)",
    batching="aligned",
    infer=_lu_infer,
    names=(),
    constants=(0,),
    sample=([[2.0, 1.0], [1.0, 3.0]], True),
    steep=True,
)
def lu_primitive(a, pivot):
    """(P, L, U)."""
    factors, pivots, _ = getrf(a)
    return permutation_matrix(pivots, a.shape[-2], a.dtype), *halves(factors)


@lu_primitive.derivative("A")
def _(grads, outputs):
    _, gl, gu = grads
    return lu_gradient(gl, gu, *outputs)


def lu_gradient(gl: Tensor | None, gu: Tensor | None, P: Tensor, L: Tensor, U: Tensor) -> Tensor:
    """The gradient of A = P L U. With X = Lᴴ tril(L̅, -1) and Y = triu(U̅) Uᴴ:

    square   P L⁻ᴴ (tril(X, -1) + triu(Y)) U⁻ᴴ
    wide     P L⁻ᴴ ([tril(X - Y, -1) U₁⁻ᴴ, 0] + U̅)      where U = [U₁ U₂], U₁ square
    tall     P ([L₁⁻ᴴ triu(Y - X); 0] + L̅) U⁻ᴴ          where L = [L₁; L₂], L₁ square
    """
    tril, triu, zeros_like = registry["tril"], registry["triu"], registry["zeros_like"]
    gl = zeros_like(L) if gl is None else tril(gl, -1)
    gu = zeros_like(U) if gu is None else triu(gu)
    X, Y = adjoint(L) @ gl, gu @ adjoint(U)
    m, n = L.spec.shape[-2], U.spec.shape[-1]
    k = min(m, n)
    if m == n:
        inner = solve_triangular(adjoint(U), tril(X, -1) + triu(Y), upper=False, left=False)
        return P @ solve_triangular(adjoint(L), inner, upper=True, unitriangular=True)
    if m < n:
        first = solve_triangular(adjoint(narrow(U, -1, 0, k)), tril(X - Y, -1), upper=False, left=False)
        inner = registry["cat"]((first + narrow(gu, -1, 0, k), narrow(gu, -1, k, n - k)), -1)
        return P @ solve_triangular(adjoint(L), inner, upper=True, unitriangular=True)
    first = solve_triangular(adjoint(narrow(L, -2, 0, k)), triu(Y - X), upper=True, unitriangular=True)
    inner = registry["cat"]((first + narrow(gl, -2, 0, k), narrow(gl, -2, k, m - k)), -2)
    return P @ solve_triangular(adjoint(U), inner, upper=False, left=False)


@composite("linalg.lu(Tensor A, *, bool pivot=True)")
def linalg_lu(A, pivot):
    """P, L, U with A = P @ L @ U: a permutation, lower triangular with ones, upper triangular.

    >>> linalg.lu([[1., 2.], [4., 4.]]).U
    tensor([[4., 4.],
            [0., 1.]])
    """
    return named_result("linalg_lu", ("P", "L", "U"))(apply(lu_primitive, (A, pivot)))


def _factor_infer(a: Spec, pivot: bool) -> tuple[Spec, Spec, Spec]:
    if a.ndim < 2:
        raise ShapeError(
            f"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: {list(a.shape)} instead"
        )
    pivoted(pivot)
    need_kernel("lu_cpu", a)
    return a, info_spec(a, (*a.shape[:-2], min(a.shape[-2:]))), info_spec(a, a.shape[:-2])


@op(
    "linalg.lu_factor_ex(Tensor A, bool pivot)",
    batching="aligned",
    infer=_factor_infer,
    names=(),
    sample=([[2.0, 1.0], [1.0, 3.0]], True),
    steep=True,
)
def factor_primitive(a, pivot):
    """(L and U in one matrix, pivots, info)."""
    return getrf(a)


@factor_primitive.derivative("A")
def _(grad, outputs):
    P, L, U = apply(unpack_primitive, (outputs[0], outputs[1], True, True))
    k = L.spec.shape[-1]
    return lu_gradient(narrow(grad, -1, 0, k), narrow(grad, -2, 0, k), P, L, U)


@composite("linalg.lu_factor(Tensor A, *, bool pivot=True)")
def lu_factor(A, pivot):
    """L and U in one matrix (the ones of L left out), and the pivots: what linalg.lu_solve takes.

    >>> linalg.lu_factor([[1., 2.], [4., 4.]]).pivots
    tensor([2, 2], dtype=torch.int32)
    """
    lu, pivots, info = apply(factor_primitive, (A, pivot))
    _check_factors("torch.linalg.lu_factor", info)
    return named_result("linalg_lu_factor", ("LU", "pivots"))((lu, pivots))


@composite("linalg.lu_factor_ex(Tensor A, *, bool pivot=True, bool check_errors=False)")
def lu_factor_ex(A, pivot, check_errors):
    """As linalg.lu_factor, for singular matrices too: `info` is the position of a zero pivot, or 0.

    >>> linalg.lu_factor_ex([[1., 1.], [1., 1.]]).info
    tensor(2, dtype=torch.int32)
    """
    result = apply(factor_primitive, (A, pivot))
    if check_errors:
        _check_factors("torch.linalg.lu_factor_ex", result[2])
    return named_result("linalg_lu_factor_ex", ("LU", "pivots", "info"))(result)


def _check_factors(name: str, info: Tensor) -> None:
    at = failure(info)
    if at is not None:
        i = info.array.flat[at]
        raise LinalgError(
            f"{name}: {batch_label(at, info.spec.shape)}U[{i},{i}] is zero and using it on lu_solve would result "
            "in a division by zero. If you still want to perform the factorization, consider calling "
            "linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)",
            raises=RuntimeError,
            code="singular",
        )


@composite("lu(Tensor A, bool pivot=True, bool get_infos=False)", names=("torch.lu", "Tensor.lu"))
def lu(A, pivot, get_infos):
    """The older form of linalg.lu_factor: (LU, pivots), with get_infos=True also infos.

    >>> lu([[1., 2.], [4., 4.]])[1]
    tensor([2, 2], dtype=torch.int32)
    """
    warn(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be "
        "removed in a future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\nshould be replaced "
        "with\nLU, pivots = torch.linalg.lu_factor(A, compute_pivots)\nand\nLU, pivots, info = torch.lu(A, "
        "compute_pivots, get_infos=True)\nshould be replaced with\nLU, pivots, info = "
        "torch.linalg.lu_factor_ex(A, compute_pivots)",
        once=True,
        internal="aten/src/ATen/native/BatchLinearAlgebra.cpp:2073",
    )
    factors, pivots, infos = apply(factor_primitive, (A, pivot))
    return (factors, pivots, infos) if get_infos else (factors, pivots)


# ------------------------------------------------------------------ using them


def _unpack_infer(lu: Spec, pivots: Spec, data: bool, pivot: bool) -> tuple[Spec, Spec, Spec]:
    if pivots.dtype is not dt.int32 and pivot:
        raise DTypeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\n"
            "Note: this function is intended to be used with the output produced by torch.linalg.lu_factor",
            help="pass the result of linalg.lu_factor, or convert it: pivots.int()",
        )
    need_matrix("torch.lu_unpack", lu)
    *batch, m, n = lu.shape
    k, empty = min(m, n), lu.with_shape((0,))
    p = lu.with_shape((*batch, m, m)) if pivot else empty
    return (p, lu.with_shape((*batch, m, k)), lu.with_shape((*batch, k, n))) if data else (p, empty, empty)


@op(
    "lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data, bool unpack_pivots)",
    batching="together",
    infer=_unpack_infer,
    names=(),
    constants=(0,),
    steep=True,
)
def unpack_primitive(lu, pivots, unpack_data, unpack_pivots):
    """(P, L, U); what is not wanted is empty."""
    empty = np.zeros(0, lu.dtype)
    m = lu.shape[-2]
    p = empty
    if unpack_pivots:
        if pivots.shape[-1] != min(lu.shape[-2:]) or (
            pivots.size and not 1 <= pivots.min() <= pivots.max() <= m
        ):
            raise BadValue(
                "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive."
                "Did you properly pass the result of lu_factor?"
            )
        p = permutation_matrix(pivots, m, lu.dtype)
    low, up = halves(lu) if unpack_data else (empty, empty)
    return p, low, up


@unpack_primitive.derivative("LU_data")
def _(grads, LU_data_spec):
    _, gl, gu = grads
    m, n = LU_data_spec.shape[-2:]
    k = min(m, n)
    zeros = registry["zeros"]
    like = {"dtype": LU_data_spec.dtype, "device": LU_data_spec.device}
    batch = LU_data_spec.shape[:-2]
    low = zeros(*batch, m, k, **like) if gl is None else registry["tril"](gl, -1)
    up = zeros(*batch, k, n, **like) if gu is None else registry["triu"](gu)
    if m == n:
        return low + up
    cat = registry["cat"]
    if m < n:
        return cat((narrow(up, -1, 0, k) + low, narrow(up, -1, k, n - k)), -1)
    return cat((narrow(low, -2, 0, k) + up, narrow(low, -2, k, m - k)), -2)


@composite(
    "lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True)",
    names=("torch.lu_unpack",),
)
def lu_unpack(LU_data, LU_pivots, unpack_data, unpack_pivots):
    """P, L, U from the result of linalg.lu_factor.

    >>> lu_unpack(*linalg.lu_factor([[1., 2.], [4., 4.]])).U
    tensor([[4., 4.],
            [0., 1.]])
    """
    result = apply(unpack_primitive, (LU_data, LU_pivots, unpack_data, unpack_pivots))
    return named_result("lu_unpack", ("P", "L", "U"))(result)


def _lu_solve_infer(lu: Spec, pivots: Spec, b: Spec, left: bool, adjoint: bool) -> Spec:
    need_matrix("linalg.lu_solve", lu)
    equal_dtypes("linalg.lu_solve", lu, b, ("LU", "B"))
    if pivots.dtype is not dt.int32:
        raise DTypeError(
            "linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32",
            help="convert it: pivots.int()",
        )
    square("torch.linalg.lu_solve", lu)
    need_matrix("linalg.lu_solve", b, "B")
    equation_shapes("linalg.lu_solve", lu, b, left)
    if pivots.shape[-1] != lu.shape[-1]:
        raise ShapeError(
            "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix"
        )
    if pivots.shape[:-1] != lu.shape[:-2]:
        raise ShapeError(
            f"linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{list(pivots.shape)} instead"
        )
    need_kernel("linalg.lu_solve_cpu", lu)
    return b.with_shape(batched(lu, b) + b.shape[-2:])


@op(
    "linalg.lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False)",
    batching="together",
    infer=_lu_solve_infer,
    steep=True,
)
def lu_solve(lu, pivots, b, left, adjoint):
    """The X with A X = B (X A = B for left=False, Aᴴ in place of A for adjoint=True), given A's factors.

    >>> linalg.lu_solve(*linalg.lu_factor([[2., 0.], [0., 4.]]), [[2.], [4.]])
    tensor([[1.],
            [1.]])
    """
    if left:
        return getrs(lu, pivots, b, 2 if adjoint else 0)
    # X A = B is Aᵀ Xᵀ = Bᵀ, and X Aᴴ = B is A Xᴴ = Bᴴ
    if adjoint:
        return getrs(lu, pivots, b.swapaxes(-1, -2).conj()).swapaxes(-1, -2).conj()
    return getrs(lu, pivots, b.swapaxes(-1, -2), 1).swapaxes(-1, -2)


@lu_solve.derivative("LU", "B")
def _(grad, LU, pivots, output, left, adjoint, needs):
    gb = lu_solve(LU, pivots, grad, left=left, adjoint=not adjoint)
    if not needs[0]:
        return None, gb
    return _factors_gradient(LU, pivots, output, gb, left, adjoint), gb


def _factors_gradient(LU: Tensor, pivots: Tensor, X: Tensor, gb: Tensor, left: bool, adj: bool) -> Tensor:
    """From the gradient of A = P L U, in the equation A X = B and its three variants."""
    P, L, U = apply(unpack_primitive, (LU, pivots, True, True))
    if left:
        ga = -(X @ adjoint(gb)) if adj else -(gb @ adjoint(X))
    else:
        ga = -(adjoint(gb) @ X) if adj else -(adjoint(X) @ gb)
    inner = adjoint(P) @ ga
    return registry["tril"](inner @ adjoint(U), -1) + registry["triu"](adjoint(L) @ inner)


@composite("lu_solve(Tensor b, Tensor LU_data, Tensor LU_pivots)")
def older_lu_solve(b, LU_data, LU_pivots):
    """The older form of linalg.lu_solve.

    >>> lu_solve([[2.], [4.]], *linalg.lu_factor([[2., 0.], [0., 4.]]))
    tensor([[1.],
            [1.]])
    """
    return lu_solve(LU_data, LU_pivots, b)
