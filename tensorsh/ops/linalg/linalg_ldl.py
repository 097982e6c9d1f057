"""A = L D Lᵀ (A = L D Lᴴ for hermitian=True) of symmetric matrices that need not be positive definite.

D has blocks of one or two rows; a pair of equal negative pivots marks a block of two, as in LAPACK.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.records.op import composite, op
from ...errors import DTypeError, LinalgError, ShapeError
from .linalg_rules import (
    Array,
    batch_label,
    batched,
    column_major,
    equal_dtypes,
    first_failure,
    info_spec,
    lapack,
    matrices,
    need_float,
    need_kernel,
    need_square_shape,
)
from .lu_kernels import solve_each


def routine(name: str, a: Array, hermitian: bool) -> Any:
    """LAPACK's sytrf and its like; hetrf of a hermitian complex matrix."""
    return lapack(("he" if hermitian and a.dtype.kind == "c" else "sy") + name, a)


def _factor_infer(a: Spec, hermitian: bool, check_errors: bool) -> tuple[Spec, Spec, Spec]:
    name = "torch.linalg.ldl_factor_ex"
    need_square_shape(name, a)
    need_float(name, a)
    need_kernel("ldl_factor_cpu", a)
    return a, info_spec(a, a.shape[:-1]), info_spec(a, a.shape[:-2])


@op(
    "linalg.ldl_factor_ex(Tensor A, bool hermitian, bool check_errors)",
    infer=_factor_infer,
    names=(),
    steep=True,
)
def factor(a, hermitian, check_errors):
    """(LD, pivots, info)."""
    factors = column_major(np.tril(a))
    pivots = np.zeros(a.shape[:-1], np.int32)
    info = np.zeros(a.shape[:-2], np.int32)
    for index in matrices(a):
        found, pivots[index], info[index] = routine("trf", a, hermitian)(a[index], lower=1)
        factors[index] = np.tril(found)
    if check_errors and (bad := first_failure(info)) is not None:
        pivot = int(info.flat[bad])
        raise LinalgError(
            f"torch.linalg.ldl_factor_ex: {batch_label(bad, a.shape[:-2])}The diagonal element {pivot} of D "
            "is exactly zero, so the factors cannot solve an equation"
        )
    return factors, pivots, info


@composite("linalg.ldl_factor_ex(Tensor A, *, bool hermitian=False, bool check_errors=False)")
def ldl_factor_ex(A, hermitian, check_errors):
    """`linalg.ldl_factor`, with LAPACK's `info` for each matrix; only check_errors=True raises.

    >>> linalg.ldl_factor_ex([[2., 0.], [0., 3.]]).info
    tensor(0, dtype=torch.int32)
    """
    fields = ("LD", "pivots", "info")
    return named_result("linalg_ldl_factor_ex", fields)(factor(A, hermitian, check_errors))


@composite("linalg.ldl_factor(Tensor A, *, bool hermitian=False)")
def ldl_factor(A, hermitian):
    """L (below a diagonal of ones) and D in one matrix, and the pivots that `linalg.ldl_solve` needs.

    >>> linalg.ldl_factor([[2., 1.], [1., 3.]]).LD
    tensor([[2.0000, 0.0000],
            [0.5000, 2.5000]])
    """
    return named_result("linalg_ldl_factor", ("LD", "pivots"))(factor(A, hermitian, True)[:2])


def _solve_infer(a: Spec, pivots: Spec, b: Spec, hermitian: bool) -> Spec:
    name = "torch.linalg.ldl_solve"
    need_square_shape(name, a)
    need_float(name, a)
    if b.ndim < 2:
        raise ShapeError(
            f"{name}: Expected B to have at least 2 dimensions, but it has {b.ndim} dimensions instead"
        )
    if a.shape[-2] != b.shape[-2]:
        raise ShapeError(
            f"Incompatible matrix sizes for linalg.ldl_solve: each A matrix is {a.shape[-1]} by "
            f"{a.shape[-1]} but each b matrix is {b.shape[-2]} by {b.shape[-1]}"
        )
    if pivots.shape != a.shape[:-1]:
        raise ShapeError(
            f"{name}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
            f"{list(pivots.shape)} instead"
        )
    if pivots.dtype.is_floating_point or pivots.dtype.is_complex:
        raise DTypeError(
            f"{name}: Expected pivots to be integers. Got {pivots.dtype.title}",
            help="pass what linalg.ldl_factor gave",
        )
    equal_dtypes("ldl_solve", a, b, ("LD", "B"))
    need_kernel("ldl_solve_cpu", a)
    return b.with_shape(batched(a, b) + b.shape[-2:])


@op(
    "linalg.ldl_solve(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False)",
    infer=_solve_infer,
    steep=True,
)
def ldl_solve(a, pivots, b, hermitian):
    """The X with A X = B, from what `linalg.ldl_factor(A)` gave.

    >>> linalg.ldl_solve(*linalg.ldl_factor([[2., 1.], [1., 3.]]), [[3.], [4.]])
    tensor([[1.],
            [1.]])
    """
    return solve_each(lambda *of: routine("trs", a, hermitian)(*of, lower=1), a, pivots, b)
