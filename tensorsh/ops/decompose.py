"""Decompositions into orthogonal factors: QR, singular values, eigenvalues."""

from __future__ import annotations

import numpy as np

from ..engine import context
from ..engine import dtype as dt
from ..engine.apply import apply
from ..engine.op import composite, op, registry
from ..engine.results import named_result
from ..engine.spec import Spec
from ..engine.tensor import Tensor
from ..errors import DTypeError, GradientError, LinalgError, ShapeError, ValueError
from .linalg_rules import (
    Array,
    adjoint,
    batch_label,
    column_major,
    diag_embed,
    diagonal,
    narrow,
    need_float,
    need_kernel,
    need_matrix,
    need_square_shape,
    real_spec,
)
from .linalg_triangular import solve_triangular

# ------------------------------------------------------------------ QR


def _qr_infer(a: Spec, mode: str) -> tuple[Spec, Spec]:
    need_matrix("linalg.qr", a)
    need_float("linalg.qr", a)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    need_kernel("geqrf_cpu", a)
    *batch, m, n = a.shape
    rows = m if mode == "complete" else min(m, n)
    q = a.with_shape((0,)) if mode == "r" else a.with_shape((*batch, m, rows))
    return q, a.with_shape((*batch, rows, n))


@op("linalg.qr(Tensor A, str mode)", infer=_qr_infer, names=(), sample=([[1.0, 2.0], [3.0, 5.0]], "reduced"))
def qr_primitive(a, mode):
    """(Q, R); Q is empty for mode="r"."""
    if mode == "r":
        return np.zeros(0, a.dtype), column_major(np.linalg.qr(a, "r"))
    return tuple(map(column_major, np.linalg.qr(a, mode)))


@qr_primitive.derivative("A")
def _(grads, outputs, mode):
    """tall: (Q̅ + Q M) R⁻ᴴ with M = triu(R̅ Rᴴ - Qᴴ Q̅) mirrored to the lower half (its diagonal is real).

    A wide matrix is [X Y] = Q [U V]: Y = Q V gives Q the gradient V̅ Vᴴ more, then X = Q U is tall.
    """
    gq, gr = grads
    if mode == "r":
        raise GradientError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
            "linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr.",
            help="leave out mode='r'",
        )
    Q, R = outputs
    m, n = Q.spec.shape[-2], R.spec.shape[-1]
    if mode == "complete" and m > n:
        raise GradientError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols.",
            help="use mode='reduced'",
        )
    zeros_like = registry["zeros_like"]
    if m >= n:
        return _tall_qr(Q, R, zeros_like(Q) if gq is None else gq, zeros_like(R) if gr is None else gr)
    gq, gr = zeros_like(Q) if gq is None else gq, zeros_like(R) if gr is None else gr
    U, V = narrow(R, -1, 0, m), narrow(R, -1, m, n - m)
    gu, gv = narrow(gr, -1, 0, m), narrow(gr, -1, m, n - m)
    gx = _tall_qr(Q, U, gq + Q @ (V @ adjoint(gv)), gu)
    return registry["cat"]((gx, Q @ gv), -1)


def _tall_qr(Q: Tensor, R: Tensor, gq: Tensor, gr: Tensor) -> Tensor:
    M = registry["triu"](gr @ adjoint(R) - adjoint(Q) @ gq)
    mirrored = M + adjoint(registry["triu"](M, 1))
    if M.dtype.is_complex:
        mirrored = mirrored - diag_embed(registry["imag"](diagonal(M)) * 1j)
    return solve_triangular(adjoint(R), gq + Q @ mirrored, upper=False, left=False)


@composite("linalg.qr(Tensor A, str mode='reduced')")
def linalg_qr(A, mode):
    """Q with orthonormal columns and the upper triangular R, A = Q @ R; mode "reduced", "complete", "r".

    >>> linalg.qr([[3., 0.], [0., 4.]]).R.abs()
    tensor([[-3.,  0.],
            [ 0., -4.]])
    """
    return named_result("linalg_qr", ("Q", "R"))(apply(qr_primitive, (A, mode)))


@composite("qr(Tensor input, bool some=True)")
def qr(input, some):
    """The older form of linalg.qr.

    >>> qr([[3., 0.], [0., 4.]]).R.abs()
    tensor([[-3.,  0.],
            [ 0., -4.]])
    """
    return named_result("qr", ("Q", "R"))(apply(qr_primitive, (input, "reduced" if some else "complete")))


# ------------------------------------------------------------------ singular values


def _svd_infer(a: Spec, full_matrices: bool) -> tuple[Spec, Spec, Spec]:
    need_matrix("linalg.svd", a)
    need_float("linalg.svd", a)
    need_kernel("linalg_svd_cpu", a)
    *batch, m, n = a.shape
    k = min(m, n)
    u, v = (m, n) if full_matrices else (k, k)
    return a.with_shape((*batch, m, u)), real_spec(a, (*batch, k)), a.with_shape((*batch, v, n))


@op("linalg.svd(Tensor A, bool full_matrices)", infer=_svd_infer, names=())
def svd_primitive(a, full_matrices):
    """(U, S, Vᴴ)."""
    _finite("linalg.svd", a)
    u, s, vh = np.linalg.svd(a, full_matrices)
    return column_major(u), s, column_major(vh)


def _values_infer(a: Spec) -> Spec:
    return _svd_infer(a, False)[1]


@op("linalg.svdvals(Tensor A)", infer=_values_infer, names=(), nondifferentiable=True)
def singular_values(a):
    """S alone, where no gradient is wanted."""
    _finite("linalg.svd", a)
    return np.linalg.svd(a, compute_uv=False)


def _finite(name: str, a: Array) -> None:
    if np.isfinite(a).all():
        return
    bad = np.flatnonzero(~np.isfinite(a).all((-1, -2)))
    raise LinalgError(
        f"{name}: {batch_label(int(bad[0]), a.shape[:-2])}The algorithm failed to converge because the input "
        "matrix contained non-finite values.",
        code="non-finite",
        help="isfinite(A).all() finds them",
    )


@svd_primitive.derivative("A")
def _(grads, outputs):
    """U ((skew(Uᴴ U̅)/E) S + S (skew(Vᴴ V̅)/E) + S̅) Vᴴ, E_ij = s_j² - s_i², and what leaves the spans.

    The columns of full matrices beyond the k-th are not determined: they get no gradient.
    """
    gu, gs, gvh = grads
    U, S, Vh = outputs
    k = S.spec.shape[-1]
    U, Vh = narrow(U, -1, 0, k), narrow(Vh, -2, 0, k)
    gu = None if gu is None else narrow(gu, -1, 0, k)
    gvh = None if gvh is None else narrow(gvh, -2, 0, k)
    row, column = S.unsqueeze(-2), S.unsqueeze(-1)
    if gu is None and gvh is None:
        return U @ (gs.unsqueeze(-1) * Vh)
    m, n = U.spec.shape[-2], Vh.spec.shape[-1]
    left = None if gu is None else _skew(adjoint(U) @ gu)
    right = None if gvh is None else _skew(Vh @ adjoint(gvh))
    complex_ = U.dtype.is_complex
    if complex_:
        _gauge_free("svd_backward", "singular vectors", left, right)
    E = row * row - column * column
    E = E + registry["eye"](k, dtype=E.dtype, device=E.device)
    inner = registry["zeros_like"](E)
    if left is not None:
        inner = inner + left / E * row
    if right is not None:
        inner = inner + column * (right / E)
    middle = inner if gs is None else inner + diag_embed(gs)
    if complex_ and left is not None and right is not None:
        middle = middle + diag_embed(diagonal(left) / (S * 2))
    out = U @ middle @ Vh
    if m > k and gu is not None:
        outside = gu / row
        out = out + (outside - U @ (adjoint(U) @ outside)) @ Vh
    if n > k and gvh is not None:
        outside = gvh / column
        out = out + U @ (outside - (outside @ adjoint(Vh)) @ Vh)
    return out


def _skew(x: Tensor) -> Tensor:
    return x - adjoint(x)


def _gauge_free(name: str, what: str, *parts: Tensor | None) -> None:
    """The phase of complex vectors is arbitrary: a loss that depends on it has no gradient."""
    total = None
    for part in parts:
        if part is not None and not part.spec.is_meta:
            phase = part.array.diagonal(0, -2, -1).imag / 2
            total = phase if total is None else total + phase
    if total is not None and total.size and np.abs(total).max() > 1e-2:
        raise GradientError(
            f"{name}: The {what} in the complex case are specified up to multiplication by e^{{i phi}}. "
            "The specified loss function depends on this quantity, so it is ill-defined.",
            help="use what no phase changes, such as U @ U.mH or abs(U)",
        )


def need_cpu_driver(name: str, driver: str | None) -> None:
    if driver is not None:
        raise ValueError(
            f"torch.{name}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend.",
            help="leave out driver=",
        )


@composite("linalg.svd(Tensor A, bool full_matrices=True, *, str? driver=None)")
def linalg_svd(A, full_matrices, driver):
    """U, S, Vh with A = U @ diag(S) @ Vh, the singular values S in descending order.

    >>> linalg.svd([[3., 0.], [0., 4.]]).S
    tensor([4., 3.])
    """
    need_cpu_driver("linalg.svd", driver)
    return named_result("linalg_svd", ("U", "S", "Vh"))(apply(svd_primitive, (A, full_matrices)))


@composite("linalg.svdvals(Tensor A, *, str? driver=None)")
def svdvals(A, driver):
    """The singular values in descending order.

    >>> linalg.svdvals([[3., 0.], [0., 4.]])
    tensor([4., 3.])
    """
    need_cpu_driver("linalg.svd", driver)
    if A.requires_grad_slot and context.current.grad_enabled:
        return apply(svd_primitive, (A, False))[1]
    return apply(singular_values, (A,))


@composite("svd(Tensor input, bool some=True, bool compute_uv=True)")
def svd(input, some, compute_uv):
    """The older form of linalg.svd: U, S, V with input = U @ diag(S) @ V.mH.

    >>> svd([[3., 0.], [0., 4.]]).S
    tensor([4., 3.])
    """
    if input.ndim < 2:
        raise ShapeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} dimensions instead"
        )
    result = named_result("svd", ("U", "S", "V"))
    if compute_uv:
        U, S, Vh = apply(svd_primitive, (input, not some))
        return result((U, S, adjoint(Vh)))
    *batch, m, n = input.spec.shape
    zeros = registry["zeros"]
    like = {"dtype": input.dtype, "device": input.device}
    return result((zeros(*batch, m, m, **like), svdvals(input), zeros(*batch, n, n, **like)))


# ------------------------------------------------------------------ eigenvalues


def _eigh_infer(a: Spec, uplo: str) -> tuple[Spec, Spec]:
    need_square_shape("linalg.eigh", a)
    if uplo.upper() not in ("L", "U"):
        raise ValueError(f"Expected UPLO argument to be 'L' or 'U', but got {uplo}")
    need_kernel("linalg_eigh_cpu", a)
    return real_spec(a, a.shape[:-1]), a


@op("linalg.eigh(Tensor A, str UPLO)", infer=_eigh_infer, names=())
def eigh_primitive(a, uplo):
    """(eigenvalues in ascending order, eigenvectors as columns)."""
    try:
        values, vectors = np.linalg.eigh(a, uplo.upper())
    except np.linalg.LinAlgError:
        raise LinalgError(
            "linalg.eigh: The algorithm failed to converge because the input matrix is ill-conditioned or has too "
            "many repeated eigenvalues (error code: 1).",
            code="not-converged",
        ) from None
    return values, column_major(vectors)


@eigh_primitive.derivative("A")
def _(grads, outputs):
    """V (λ̅ + (Vᴴ V̅ / E)) Vᴴ with E_ij = λ_j - λ_i."""
    gl, gv = grads
    L, V = outputs
    if gv is None:
        return (V * gl.unsqueeze(-2)) @ adjoint(V)
    inner = adjoint(V) @ gv
    if V.dtype.is_complex:
        _gauge_free("linalg_eigh_backward", "eigenvectors", _skew(inner))
    E = L.unsqueeze(-2) - L.unsqueeze(-1)
    off = _skew(inner) * 0.5 / (E + registry["eye"](L.spec.shape[-1], dtype=E.dtype, device=E.device))
    off = off - diag_embed(diagonal(off))
    return V @ (off if gl is None else off + diag_embed(gl)) @ adjoint(V)


@composite("linalg.eigh(Tensor A, str UPLO='L')")
def eigh(A, UPLO):
    """Eigenvalues (ascending) and eigenvectors (columns) of a symmetric or Hermitian matrix.

    Reads only the half that UPLO names, "L" or "U".

    >>> linalg.eigh([[2., 0.], [0., 1.]]).eigenvalues
    tensor([1., 2.])
    """
    return named_result("linalg_eigh", ("eigenvalues", "eigenvectors"))(apply(eigh_primitive, (A, UPLO)))


@composite("linalg.eigvalsh(Tensor A, str UPLO='L')")
def eigvalsh(A, UPLO):
    """The eigenvalues of a symmetric or Hermitian matrix, ascending.

    >>> linalg.eigvalsh([[2., 0.], [0., 1.]])
    tensor([1., 2.])
    """
    return apply(eigh_primitive, (A, UPLO))[0]


def _eig_infer(a: Spec, name: str) -> tuple[Spec, Spec]:
    need_square_shape(name, a)
    if a.dtype.category < dt.FLOAT:
        raise DTypeError(f"Unknown Complex ScalarType for {a.dtype.title}", help="convert it: x.float()")
    need_kernel("linalg_eig_out_cpu", a)
    out = a.with_dtype(a.dtype.to_complex())
    return out.with_shape(a.shape[:-1]), out


@op("linalg.eig(Tensor A, str name)", infer=_eig_infer, names=())
def eig_primitive(a, name):
    """(eigenvalues, eigenvectors), complex."""
    if not np.isfinite(a).all():
        raise LinalgError(
            "torch.linalg.eig: input tensor should not contain infs or NaNs.", code="non-finite"
        )
    values, vectors = np.linalg.eig(a)
    return values, column_major(vectors)


@eig_primitive.derivative("A")
def _(grads, outputs):
    """V⁻ᴴ (λ̅ + (Vᴴ V̅ - Vᴴ V diag(Re Vᴴ V̅)) / E̅) Vᴴ, E_ij = λ_j - λ_i; columns of V have length 1."""
    gl, gv = grads
    L, V = outputs
    h = adjoint(V)
    if gv is None:
        return registry["linalg.solve"](h, gl.unsqueeze(-1) * h)
    inner = h @ gv
    _gauge_free("linalg_eig_backward", "eigenvectors", inner * 2)
    inner = inner - (h @ V) * registry["real"](diagonal(inner)).unsqueeze(-2)
    E = (L.unsqueeze(-2) - L.unsqueeze(-1)).conj()
    E = E + registry["eye"](L.spec.shape[-1], dtype=E.dtype, device=E.device)
    off = inner / E
    off = off - diag_embed(diagonal(off))
    return registry["linalg.solve"](h, (off if gl is None else off + diag_embed(gl)) @ h)


@composite("linalg.eig(Tensor A)")
def eig(A):
    """Eigenvalues and eigenvectors (columns, of length 1) of a square matrix; both are complex.

    >>> linalg.eig([[2., 0.], [0., 1.]]).eigenvalues
    tensor([2.+0.j, 1.+0.j])
    """
    return named_result("linalg_eig", ("eigenvalues", "eigenvectors"))(
        apply(eig_primitive, (A, "linalg.eig"))
    )


@composite("linalg.eigvals(Tensor A)")
def eigvals(A):
    """The eigenvalues of a square matrix, complex.

    >>> linalg.eigvals([[2., 0.], [0., 1.]])
    tensor([2.+0.j, 1.+0.j])
    """
    return apply(eig_primitive, (A, "linalg.eigvals"))[0]
