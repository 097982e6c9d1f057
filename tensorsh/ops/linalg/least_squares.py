"""Equations without a solution: the pseudo-inverse and least squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.results import named_result
from ...engine.core.spec import Spec, broadcast_shapes, spec
from ...engine.records.op import composite, op
from ...engine.records.schema import ABSENT
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, ShapeError
from .linalg_rules import (
    Array,
    adjoint,
    column_major,
    lapack,
    real_spec,
    square,
    turned,
)
from .matrix_rank import cutoff, given_tolerances, need_finfo, tolerance_pair

# ------------------------------------------------------------------ pseudo-inverse


def _pinv_infer(a: Spec, atol: Spec, rtol: Spec, hermitian: bool) -> Spec:
    if hermitian:
        square("linalg.eigh", a)
    *batch, m, n = a.shape
    for tolerance in (atol, rtol):
        broadcast_shapes((*tolerance.shape, 1), (*batch, min(m, n)))
    return a.with_shape((*batch, n, m))


@op(
    "linalg.pinv(Tensor A, Tensor atol, Tensor rtol, bool hermitian)",
    infer=_pinv_infer,
    names=(),
    sample=([[1.0, 2.0], [3.0, 5.0], [0.5, -1.0]], 0.0, 1e-12, False),
    steep=True,
)
def pinv_primitive(a, atol, rtol, hermitian):
    """The pseudo-inverse, from the singular values above max(atol, rtol * the largest)."""
    if not a.size:
        return np.zeros((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype)
    if hermitian:
        s, v = np.linalg.eigh(a)
        u, vh = v, turned(v)
    else:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
    size = np.abs(s)
    keep = size > cutoff(size.max(-1), atol, rtol)
    inverse = np.divide(1, s, where=keep, out=np.zeros_like(s)).astype(a.dtype)
    return (turned(vh) * inverse[..., None, :]) @ turned(u)


@pinv_primitive.derivative("A")
def _(grad, A, output):
    return pinv_gradient(grad, output, A)


def pinv_gradient(grad: Tensor, P: Tensor, A: Tensor) -> Tensor:
    """Golub and Pereyra (1973), multiplied in the order that keeps the products small."""
    Ph, Gh = adjoint(P), adjoint(grad)
    m, n = A.spec.shape[-2:]
    if m <= n:
        K = Gh @ P
        KPh = K @ Ph
        return KPh - adjoint(P @ K) - (A @ P) @ KPh + (Ph @ P) @ (Gh - K @ A)
    K = P @ Gh
    PhK = Ph @ K
    return PhK - adjoint(K @ P) - (PhK @ P) @ A + (Gh - A @ K) @ (P @ Ph)


@composite(
    "linalg.pinv(Tensor A, any rcond=..., bool hermitian=False, *, any atol=..., any rtol=...)",
    names=("linalg.pinv",),
)
def pinv(A, rcond, hermitian, atol, rtol):
    """The Moore-Penrose pseudo-inverse: the inverse where there is one, least squares where not.

    Singular values up to max(atol, rtol * largest) count as zero.

    >>> linalg.pinv([[2., 0.], [0., 0.]])
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    a = A.spec
    if a.ndim < 2 or a.dtype.category < dt.FLOAT or a.dtype.is_half:
        raise ShapeError(
            f"linalg.pinv({a.dtype.title}{{{list(a.shape)}}}): expected a tensor with 2 or more dimensions of "
            "float, double, cfloat or cdouble types",
            help="convert integers: A.float()",
        )
    atol, rtol = given_tolerances("linalg.pinv", A, rcond, atol, rtol)
    if rcond is not ABSENT:
        pair = tolerance_pair("linalg.pinv", A, None, rcond, ("atol", "rcond"))
    else:
        pair = tolerance_pair("linalg.pinv", A, atol, rtol)
    return apply(pinv_primitive, (A, *pair, hermitian))


@composite("pinverse(Tensor input, Number rcond=1e-15)")
def pinverse(input, rcond):
    """The pseudo-inverse, ignoring singular values up to rcond times the largest.

    >>> pinverse([[2., 0.], [0., 4.]])
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return pinv(input, rcond)


# ------------------------------------------------------------------ least squares


DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def _lstsq_infer(a: Spec, b: Spec, rcond: float, driver: str) -> tuple[Spec, Spec, Spec, Spec]:
    name = "torch.linalg.lstsq"
    if a.ndim - b.ndim not in (0, 1):
        raise ShapeError(
            f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
        )
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and a.shape[:-1] == b.shape)
    *batch, m, n = a.shape
    columns = 1 if vector else b.shape[-1]
    rows = b.shape[-1 if vector else -2]
    if m != rows:
        raise ShapeError(f"{name}: input.size(-2) should match other.size({-1 if vector else -2})")
    if not vector:
        batch = list(broadcast_shapes(a.shape[:-2], b.shape[: a.ndim - 2]))
    x = b.with_shape((*batch, n) if vector else (*batch, n, columns))
    empty = spec((0,), dt.int64, a.device)
    matrices = a.shape[:-2]  # where one of A serves for many of B, it has one rank
    rank = empty if driver == "gels" else spec(matrices, dt.int64, a.device)
    values = real_spec(a, (*matrices, min(m, n)) if driver in ("gelsd", "gelss") else (0,))
    residuals = real_spec(a, (*batch, columns) if m > n and driver != "gelsy" else (0,))
    return x, residuals, rank, values


@op(
    "linalg.lstsq(Tensor A, Tensor B, float rcond, str driver)",
    infer=None,
    names=(),
    constants=(3,),
    formula="linalg.lstsq({0}, {1}, {2}, driver={3})",
    steep=True,
)
def lstsq_primitive(a, b, rcond, driver):
    """(solution, residuals, rank, singular values); those that the driver does not compute are empty."""
    vector = a.ndim - 1 == b.ndim and a.shape[:-1] == b.shape
    b = b[..., None] if vector else b
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    m, n = a.shape[-2:]
    columns = b.shape[-1]
    matrices = tuple([slice(size) for size in a.shape[:-2]])
    a, b = (np.broadcast_to(x, batch + x.shape[-2:]) for x in (a, b))
    real = np.abs(a[..., :0, :0]).dtype
    x = np.zeros((*batch, n, columns), a.dtype)
    rank = np.zeros(batch, np.int64)
    values = np.zeros((*batch, min(m, n)), real)
    if m and n and columns:
        for index in np.ndindex(batch):
            x[index], rank[index], values[index] = _lapack_lstsq(a[index], b[index], rcond, driver)
    residuals = np.zeros(0, real)
    if m > n and driver != "gelsy" and (driver == "gels" or (rank == n).all()):
        residuals = np.square(np.abs(a @ x - b)).sum(-2)
    none = np.zeros(0, np.int64)
    return (
        x[..., 0] if vector else column_major(x),
        residuals,
        none if driver == "gels" else rank[matrices],
        values[matrices] if driver in ("gelsd", "gelss") else np.zeros(0, real),
    )


def _lapack_lstsq(a: Array, b: Array, rcond: float, driver: str) -> tuple[Array, int, Any]:
    """(solution, rank, singular values or 0) of one matrix."""
    m, n = a.shape
    right = np.zeros((max(m, n), b.shape[1]), a.dtype)  # LAPACK puts the solution in its place
    right[:m] = b
    if driver == "gels":
        return lapack("gels", a)(a, right)[1][:n], min(m, n), 0
    if driver == "gelss":
        _, x, s, rank, _, _ = lapack("gelss", a)(a, right, cond=rcond)
        return x[:n], rank, s
    if driver == "gelsd":
        work = lapack("gelsd_lwork", a)(m, n, b.shape[1], rcond)
        sizes = [int(np.real(w)) for w in work[:-1]]
        x, s, rank, _ = lapack("gelsd", a)(a, right, *sizes, rcond, False, False)
        return x[:n], rank, s
    work = lapack("gelsy_lwork", a)(m, n, b.shape[1], rcond)[0]
    pivots = np.zeros((n, 1), np.int32)
    _, x, _, rank, _ = lapack("gelsy", a)(a, right, pivots, rcond, int(np.real(work)))
    return x[:n], rank, 0


@lstsq_primitive.derivative("A", "B")
def _(grads, A, B, outputs, needs):
    gx, gr = grads[:2]
    X = outputs[0]
    vector = A.ndim - 1 == B.ndim and A.spec.shape[:-1] == B.spec.shape
    right = B.unsqueeze(-1) if vector else B
    ga = gb = None
    if gx is not None:
        g = gx.unsqueeze(-1) if vector else gx
        P = pinv(A)
        ga = pinv_gradient(g @ adjoint(right), P, A) if needs[0] else None
        gb = adjoint(P) @ g if needs[1] else None
    if gr is not None and gr.spec.numel:
        x = X.unsqueeze(-1) if vector else X
        pull = (A @ x - right) * gr.unsqueeze(-2) * 2
        ga = _plus(ga, pull @ adjoint(x)) if needs[0] else None
        gb = _plus(gb, -pull) if needs[1] else None
    return ga, (gb.squeeze(-1) if vector and gb is not None else gb)


def _plus(a: Tensor | None, b: Tensor) -> Tensor:
    return b if a is None else a + b


@composite("linalg.lstsq(Tensor input, Tensor b, Number rcond=None, *, str? driver=None)")
def lstsq(input, b, rcond, driver):
    """The X that makes A X - B smallest: solution, residuals, rank and singular values.

    The drivers "gels", "gelsy" (default), "gelsd" and "gelss" are LAPACK's; what one does not compute is
    empty.

    >>> linalg.lstsq([[1., 0.], [0., 2.], [0., 0.]], [[1.], [4.], [5.]]).solution
    tensor([[1.],
            [2.]])
    """
    name, a = "torch.linalg.lstsq", input.spec
    if a.ndim < 2:
        raise ShapeError(f"{name}: input must have at least 2 dimensions.")
    if b.ndim < 1:
        raise ShapeError(f"{name}: other must have at least 1 dimension.")
    if a.dtype is not b.dtype:
        raise DTypeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype {a.dtype.title} "
            f"and other's dtype {b.dtype.title}",
            help=f"convert one: b.to({a.dtype.name})",
        )
    driver = driver or "gelsy"
    if driver not in DRIVERS:
        raise BadValue(f"{name}: parameter `driver` should be one of ({', '.join(DRIVERS)})")
    need_finfo(a)
    if rcond is None:
        rcond = float(np.finfo(a.np).eps) * max(a.shape[-2:])
    _lstsq_infer(a, b.spec, rcond, driver)
    result = apply(lstsq_primitive, (input, b, float(rcond), driver))
    return named_result("linalg_lstsq", ("solution", "residuals", "rank", "singular_values"))(result)
