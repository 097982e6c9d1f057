"""Triangular matrices: solving with them, and the Cholesky decomposition A = L Lᴴ."""

from __future__ import annotations

from functools import reduce

import numpy as np

from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import DTypeError, LinalgError, ShapeError
from .linalg_rules import (
    Array,
    adjoint,
    batch_label,
    batched,
    column_major,
    equal_dtypes,
    equation_shapes,
    failure,
    info_spec,
    lapack,
    matrices,
    need_float,
    need_kernel,
    need_matrix,
    need_square_shape,
    square,
    transposed,
    turned,
)

# ------------------------------------------------------------------ triangular equations


def trsm(a: Array, b: Array, upper: bool, left: bool, unitriangular: bool, trans: int = 0) -> Array:
    """BLAS on a batch; a zero on the diagonal divides by zero. trans: 1 for Aᵀ, 2 for Aᴴ in place of A."""
    if not trans and solves_here(a, b, left):
        return _tiny(a, b, upper, left, unitriangular)
    from scipy.linalg import blas

    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = column_major(np.array(np.broadcast_to(b, batch + b.shape[-2:])))
    if not out.size:
        return out
    a = np.broadcast_to(a, batch + a.shape[-2:])
    routine = getattr(blas, "sdcz"["fdFD".index(a.dtype.char)] + "trsm")
    for index in np.ndindex(batch):
        out[index] = routine(
            1, a[index], out[index], side=not left, lower=not upper, trans_a=trans, diag=unitriangular
        )
    return out


#: triangular matrices up to this size are solved here, from the left, with more than one right side, up to `SIDES`
TINY, SIDES = 8, 3


def solves_here(a: Array, b: Array, left: bool) -> bool:
    """Whether the equations are solved with the roundings of PyTorch's BLAS (MKL)."""
    n, several = a.shape[-1], b.shape[-1 if left else -2] > 1
    return a.dtype.kind == "f" and b.dtype == a.dtype and 0 < n <= (SIDES if left and several else TINY)


@np.errstate(all="ignore")
def _tiny(a: Array, b: Array, upper: bool, left: bool, unitriangular: bool) -> Array:
    """Row after row: what is known is subtracted product by product, from the left of several sides as one sum; rows
    are multiplied by one over the diagonal, those of a single side divided."""
    if not left:
        a, b = a.swapaxes(-1, -2), b.swapaxes(-1, -2)
        return _rows(a, b, not upper, unitriangular, together=False, last_first=not upper).swapaxes(-1, -2)
    return _rows(a, b, upper, unitriangular, together=b.shape[-1] > 1, last_first=False)


def _rows(a: Array, b: Array, upper: bool, unitriangular: bool, together: bool, last_first: bool) -> Array:
    n = a.shape[-1]
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = column_major(np.array(np.broadcast_to(b, batch + b.shape[-2:])))
    for i in range(n - 1, -1, -1) if upper else range(n):
        known = [a[..., i, j, None] * x[..., j, :] for j in (range(i + 1, n) if upper else range(i))]
        if together and known:
            known = [reduce(np.add, known)]
        for product in known[::-1] if last_first else known:
            x[..., i, :] -= product
        if not unitriangular:
            pivot = a[..., i, i, None]
            x[..., i, :] = x[..., i, :] / pivot if x.shape[-1] == 1 else x[..., i, :] * (1 / pivot)
    return x


def _triangular_infer(a: Spec, b: Spec, upper: bool, left: bool, unitriangular: bool) -> Spec:
    name = "linalg.solve_triangular"
    need_square_shape(name, a)
    need_matrix(name, b, "B")
    equation_shapes(name, a, b, left)
    equal_dtypes(name, a, b)
    need_kernel("triangular_solve_cpu", a)
    return b.with_shape(batched(a, b) + b.shape[-2:])


@op(
    "linalg.solve_triangular(Tensor A, Tensor B, *, bool upper, bool left=True, bool unitriangular=False)",
    batching="aligned",
    infer=_triangular_infer,
    steep=True,
)
def solve_triangular(a, b, upper, left, unitriangular):
    """The X with A X = B (X A = B for left=False) where A is triangular; its other half is not read.

    >>> linalg.solve_triangular([[2., 1.], [0., 4.]], [[4.], [4.]], upper=True)
    tensor([[1.5000],
            [1.0000]])
    """
    return trsm(a, b, upper, left, unitriangular)


@solve_triangular.derivative("A", "B")
def _(grad, A, output, upper, left, unitriangular, needs):
    gb = solve_triangular(adjoint(A), grad, upper=not upper, left=left, unitriangular=unitriangular)
    if not needs[0]:
        return None, gb
    ga = -(gb @ adjoint(output)) if left else -(adjoint(output) @ gb)
    k = int(unitriangular)
    return (registry["triu"](ga, k) if upper else registry["tril"](ga, -k)), gb


def _old_triangular_infer(
    b: Spec, a: Spec, upper: bool, transpose: bool, unitriangular: bool
) -> tuple[Spec, Spec]:
    _old_checks("triangular_solve", b, a, "torch.triangular_solve: ")
    need_kernel("triangular_solve_cpu", a)
    batch = batched(a, b)
    return b.with_shape(batch + b.shape[-2:]), a.with_shape(batch + a.shape[-2:])


def _old_checks(name: str, b: Spec, a: Spec, prefix: str = "") -> None:
    """The checks of the functions that take (b, A)."""
    for what, x in (("b", b), ("A", a) if prefix else ("u", a)):
        if x.ndim < 2:
            expected = f"{prefix}Expected {what} to" if prefix else f"{what} should"
            it = "it " if prefix else ""
            raise ShapeError(
                f"{expected} have at least 2 dimensions, but {it}has {x.ndim} dimensions instead"
            )
    if a.dtype is not b.dtype:
        raise DTypeError(
            "Expected b and A to have the same dtype, but found b of type "
            f"{b.dtype.title} and A of type {a.dtype.title} instead.",
            code="dtype-mismatch",
            help=f"convert one: b.to({a.dtype.name})",
        )
    square("", a)
    if a.shape[-2] != b.shape[-2]:
        raise ShapeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {a.shape[-1]} by {a.shape[-1]} "
            f"but each b matrix is {b.shape[-2]} by {b.shape[-1]}"
        )


@op(
    "triangular_solve(Tensor b, Tensor A, bool upper, bool transpose, bool unitriangular)",
    batching="aligned",
    infer=_old_triangular_infer,
    names=(),
    steep=True,
)
def old_triangular_primitive(b, a, upper, transpose, unitriangular):
    """(solution, copy of the coefficients)."""
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = trsm(a, b, upper, True, unitriangular, trans=int(transpose))
    return x, column_major(np.array(np.broadcast_to(a, batch + a.shape[-2:])))


@old_triangular_primitive.derivative("b", "A")
def _(grads, A, outputs, upper, transpose, unitriangular, needs):
    g, g_copy = grads
    x = outputs[0]
    if g is None:
        return None, g_copy
    gb = apply(old_triangular_primitive, (g, A.conj(), upper, not transpose, unitriangular))[0]
    if not needs[1]:
        return gb, None
    ga = -(x.conj() @ transposed(gb)) if transpose else -(gb @ adjoint(x))
    k = int(unitriangular)
    ga = registry["triu"](ga, k) if upper else registry["tril"](ga, -k)
    return gb, (ga if g_copy is None else ga + g_copy)


@composite(
    "triangular_solve(Tensor b, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False)"
)
def triangular_solve(b, A, upper, transpose, unitriangular):
    """The older form of linalg.solve_triangular: (solution, cloned_coefficient).

    >>> triangular_solve([[4.], [4.]], [[2., 1.], [0., 4.]]).solution
    tensor([[1.5000],
            [1.0000]])
    """
    warn(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangularand will be removed in a "
        "future PyTorch release.\ntorch.linalg.solve_triangular has its arguments reversed and does not return "
        "a copy of one of the inputs.\nX = torch.triangular_solve(B, A).solution\nshould be replaced with\n"
        "X = torch.linalg.solve_triangular(A, B).",
        once=True,
        internal="aten/src/ATen/native/BatchLinearAlgebra.cpp:2273",
    )
    result = apply(old_triangular_primitive, (b, A, upper, transpose, unitriangular))
    return named_result("triangular_solve", ("solution", "cloned_coefficient"))(result)


# ------------------------------------------------------------------ Cholesky


def _cholesky_infer(a: Spec, upper: bool) -> tuple[Spec, Spec]:
    need_square_shape("linalg.cholesky", a)
    need_float("linalg.cholesky", a)
    need_kernel("cholesky_cpu", a)
    return a, info_spec(a, a.shape[:-2])


def cholesky_kernel(a: Array, upper: bool) -> tuple[Array, Array]:
    """(the factor, and for each 0 or the order of the first leading minor that is not positive)."""
    info = np.zeros(a.shape[:-2], np.int32)
    try:
        low = np.linalg.cholesky(turned(a) if upper else a)
        return column_major(turned(low) if upper else low), info
    except np.linalg.LinAlgError:
        factor = column_major(np.array(a))
        for index in matrices(a):
            factor[index], info[index] = lapack("potrf", a)(a[index], lower=not upper, clean=1)
        return factor, info


def cholesky_gradient(grad: Tensor, factor: Tensor, upper: bool) -> Tensor:
    """Murray (2016): L⁻ᴴ Φ L⁻¹ with Φ the half of the symmetrised tril(Lᴴ L̅)."""
    low, g = (adjoint(factor), adjoint(grad)) if upper else (factor, grad)
    phi = registry["tril"](adjoint(low) @ g)
    phi = (phi + adjoint(registry["tril"](phi, -1))) * 0.5
    inner = solve_triangular(adjoint(low), phi, upper=True)
    return solve_triangular(low, inner, upper=False, left=False)


@op(
    "linalg.cholesky(Tensor A, bool upper)",
    batching="aligned",
    infer=_cholesky_infer,
    names=(),
    grad_fn="LinalgCholeskyExBackward0",
    formula="linalg.cholesky_ex({0}, upper={1})",
    steep=True,
)
def cholesky_primitive(a, upper):
    """(factor, info)."""
    return cholesky_kernel(a, upper)


@cholesky_primitive.derivative("A")
def _(grad, output, upper):
    return cholesky_gradient(grad, output, upper)


def _check_factor(name: str, info: Tensor) -> None:
    at = failure(info)
    if at is not None:
        raise LinalgError(
            f"{name}: {batch_label(at, info.spec.shape)}The factorization could not be completed because the input "
            f"is not positive-definite (the leading minor of order {info.array.flat[at]} is not positive-definite).",
            code="not-positive-definite",
            help="Cholesky wants a symmetric matrix with positive eigenvalues; linalg.eigvalsh(A) shows them",
        )


@composite("linalg.cholesky(Tensor A, *, bool upper=False)")
def linalg_cholesky(A, upper):
    """The lower triangular L with A = L Lᴴ (upper: A = Uᴴ U). Error: A is not positive-definite.

    >>> linalg.cholesky([[4., 2.], [2., 5.]])
    tensor([[2., 0.],
            [1., 2.]])
    """
    factor, info = apply(cholesky_primitive, (A, upper))
    _check_factor("linalg.cholesky", info)
    return factor


@composite("linalg.cholesky_ex(Tensor A, *, bool upper=False, bool check_errors=False)")
def linalg_cholesky_ex(A, upper, check_errors):
    """The Cholesky factor without an error where there is none: `info` is then not 0.

    >>> linalg.cholesky_ex([[4., 2.], [2., -5.]]).info
    tensor(2, dtype=torch.int32)
    """
    result = apply(cholesky_primitive, (A, upper))
    if check_errors:
        _check_factor("linalg.cholesky_ex", result[1])
    return named_result("linalg_cholesky_ex", ("L", "info"))(result)


def _old_cholesky_infer(a: Spec, upper: bool) -> tuple[Spec, Spec]:
    need_square_shape("cholesky", a)
    need_kernel("cholesky_cpu", a)
    return a, info_spec(a, a.shape[:-2])


@op(
    "cholesky(Tensor input, bool upper)",
    batching="aligned",
    infer=_old_cholesky_infer,
    names=(),
    formula="linalg.cholesky_ex({0}, upper={1})",
    steep=True,
)
def old_cholesky_primitive(a, upper):
    """(factor, info)."""
    return cholesky_kernel(a, upper)


@old_cholesky_primitive.derivative("input")
def _(grad, output, upper):
    return cholesky_gradient(grad, output, upper)


@composite("cholesky(Tensor input, bool upper=False)")
def cholesky(input, upper):
    """The older form of linalg.cholesky.

    >>> cholesky([[4., 2.], [2., 5.]])
    tensor([[2., 0.],
            [1., 2.]])
    """
    warn(
        "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future PyTorch "
        "release.\nL = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\n"
        "U = torch.cholesky(A, upper=True)\nshould be replaced with\nU = torch.linalg.cholesky(A).mH\nThis "
        "transform will produce equivalent results for all valid (symmetric positive definite) inputs.",
        once=True,
        internal="aten/src/ATen/native/BatchLinearAlgebra.cpp:1765",
    )
    factor, info = apply(old_cholesky_primitive, (input, upper))
    _check_factor("cholesky", info)
    return factor


def potrs(factor: Array, b: Array, upper: bool) -> Array:
    """The solution of L Lᴴ X = B (Uᴴ U X = B)."""
    inner = trsm(factor, b, upper, True, False, trans=2 if upper else 0)
    return trsm(factor, inner, upper, True, False, trans=0 if upper else 2)


def _cholesky_inverse_infer(low: Spec, upper: bool) -> Spec:
    need_square_shape("cholesky_inverse", low)
    need_kernel("cholesky_inverse_out_cpu", low)
    return low


@op(
    "cholesky_inverse(Tensor L, bool upper=False)",
    batching="aligned",
    infer=_cholesky_inverse_infer,
    steep=True,
)
def cholesky_inverse(low, upper):
    """The inverse of A = L Lᴴ (Uᴴ U for upper=True) from its Cholesky factor.

    >>> cholesky_inverse([[2., 0.], [2., 4.]])
    tensor([[ 0.3125, -0.0625],
            [-0.0625,  0.0625]])
    """
    out = column_major(np.array(low))
    for index in matrices(low):
        half = lapack("potri", low)(low[index], lower=not upper)[0]
        known = np.tri(len(half), dtype=np.bool_)
        out[index] = np.where(known.T if upper else known, half, turned(half))  # no sum, which loses -0
    return out


@cholesky_inverse.derivative("L")
def _(grad, L, output, upper):
    common = output @ ((grad + adjoint(grad)) @ output)
    return -(L @ common) if upper else -(common @ L)


def _cholesky_solve_infer(b: Spec, low: Spec, upper: bool) -> Spec:
    _old_checks("cholesky_solve", b, low)
    need_kernel("cholesky_solve_cpu", low)
    return b.with_shape(batched(low, b) + b.shape[-2:])


@op(
    "cholesky_solve(Tensor B, Tensor L, bool upper=False)",
    batching="aligned",
    infer=_cholesky_solve_infer,
    steep=True,
)
def cholesky_solve(b, low, upper):
    """The X with A X = B from the Cholesky factor of A = L Lᴴ (Uᴴ U for upper=True).

    >>> cholesky_solve([[4.], [16.]], [[2., 0.], [0., 4.]])
    tensor([[1.],
            [1.]])
    """
    return potrs(low, b, upper)


@cholesky_solve.derivative("B", "L")
def _(grad, L, output, upper, needs):
    gb = cholesky_solve(grad, L, upper)
    if not needs[1]:
        return gb, None
    common = gb @ adjoint(output)
    common = common + adjoint(common)
    return gb, (-(L @ common) if upper else -(common @ L))
