"""Eigenvalues and eigenvectors, of symmetric (Hermitian) and of any square matrices."""

from __future__ import annotations

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.numerics.eigenvector_signs import signed
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...errors import BadValue, DTypeError, LinalgError
from .linalg_rules import (
    Array,
    adjoint,
    column_major,
    diag_embed,
    diagonal,
    gauge_free,
    lapack,
    matrices,
    need_kernel,
    need_square_shape,
    real_spec,
    skew,
)

#: matrices of so few columns are multiplied by MKL without fused steps here
FEW = 4


def _eigh_infer(a: Spec, uplo: str) -> tuple[Spec, Spec]:
    need_square_shape("linalg.eigh", a)
    if uplo.upper() not in ("L", "U"):
        raise BadValue(f"Expected UPLO argument to be 'L' or 'U', but got {uplo}")
    need_kernel("linalg_eigh_cpu", a)
    return real_spec(a, a.shape[:-1]), a


@op("linalg.eigh(Tensor A, str UPLO)", batching="aligned", infer=_eigh_infer, names=(), steep=True)
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
    return values, column_major(signed(a, vectors, uplo.upper()))


@eigh_primitive.derivative("A")
def _(grads, outputs):
    """V (λ̅ + (Vᴴ V̅ / E)) Vᴴ with E_ij = λ_j - λ_i."""
    gl, gv = grads
    L, V = outputs
    if gv is None:
        weighted = V * gl.unsqueeze(-2)
        if L.spec.shape[-1] <= FEW:  # each product is rounded, so that what cancels leaves nothing
            return (weighted.unsqueeze(-2) * V.conj().unsqueeze(-3)).sum(-1)
        return weighted @ adjoint(V)
    inner = adjoint(V) @ gv
    if V.dtype.is_complex:
        gauge_free("linalg_eigh_backward", "eigenvectors", skew(inner))
    E = L.unsqueeze(-2) - L.unsqueeze(-1)
    off = skew(inner) * 0.5 / (E + registry["eye"](L.spec.shape[-1], dtype=E.dtype, device=E.device))
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


@op(
    "linalg.eig(Tensor A, str name)",
    batching="aligned",
    infer=_eig_infer,
    names=(),
    formula=lambda A, name: "linalg.eig({0})",
    steep=True,
)
def eig_primitive(a, name):
    """(eigenvalues, eigenvectors), complex."""
    if not np.isfinite(a).all():
        raise LinalgError(
            "torch.linalg.eig: input tensor should not contain infs or NaNs.",
            raises=RuntimeError,
            code="non-finite",
        )
    values = np.empty(a.shape[:-1], np.result_type(a, np.complex64))
    vectors = np.empty(a.shape, values.dtype)
    for index in matrices(a):
        values[index], vectors[index] = _eig(a[index])
    return values, column_major(vectors)


def _eig(a: Array) -> tuple[Array, Array]:
    """(eigenvalues, eigenvectors) of one matrix, in its precision and with LAPACK's signs; NumPy computes in
    double, which chooses other signs and rounds what PyTorch leaves unrounded."""
    *values, _, vectors, info = lapack("geev", a)(a, compute_vl=False)
    if info:
        raise LinalgError(
            f"linalg.eig: The algorithm failed to converge because the input matrix is ill-conditioned or has "
            f"too many repeated eigenvalues (error code: {info})."
        )
    if len(values) == 1:
        return values[0], vectors
    real, imag = values
    pairs = np.flatnonzero(imag > 0)  # columns k and k+1 are the real and imaginary parts of a pair's vector
    out = vectors.astype(np.result_type(vectors, np.complex64))
    out[:, pairs] += 1j * vectors[:, pairs + 1]
    out[:, pairs + 1] = out[:, pairs].conj()
    found = real + 1j * imag
    return (_nearest(a, found) if found.dtype == np.complex64 else found), out


def _nearest(a: Array, found: Array) -> Array:
    """Eigenvalues of a single precision matrix, rounded from those of double precision, which another LAPACK's are
    nearer to; but for integers, whose errors show as in `5.0000`."""
    exact = np.linalg.eigvals(a.astype(np.float64)).astype(np.complex128)
    near = exact[np.abs(exact - found[:, None]).argmin(axis=1)] if len(found) else exact
    parts = [
        np.where(np.abs(part - np.rint(part)) < 1e-9, own, part).astype(np.float32)
        for part, own in ((near.real, found.real), (near.imag, found.imag))
    ]
    return parts[0] + 1j * parts[1]


@eig_primitive.derivative("A")
def _(grads, outputs):
    """V⁻ᴴ (λ̅ + (Vᴴ V̅ - Vᴴ V diag(Re Vᴴ V̅)) / E̅) Vᴴ, E_ij = λ_j - λ_i; columns of V have length 1."""
    gl, gv = grads
    L, V = outputs
    h = adjoint(V)
    if gv is None:
        return registry["linalg.solve"](h, gl.unsqueeze(-1) * h)
    inner = h @ gv
    gauge_free("linalg_eig_backward", "eigenvectors", inner * 2)
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
