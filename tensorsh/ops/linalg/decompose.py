"""Decompositions into orthogonal factors: QR and singular values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core.results import named_result
from ...engine.core.spec import Spec
from ...engine.core.warn import warn
from ...engine.numerics.singular_vectors import svd as svd_of_arrays
from ...engine.numerics.small_reflections import decomposes
from ...engine.numerics.small_reflections import qr as small_qr
from ...engine.records.op import composite, op, registry
from ...engine.run.apply import apply
from ...engine.values.tensor import Tensor
from ...errors import BadValue, GradientError, LinalgError, ShapeError
from .linalg_rules import (
    Array,
    adjoint,
    batch_label,
    column_major,
    diag_embed,
    diagonal,
    gauge_free,
    narrow,
    need_float,
    need_kernel,
    need_matrix,
    real_spec,
    skew,
)
from .linalg_triangular import solve_triangular

# ------------------------------------------------------------------ QR


def _qr_infer(a: Spec, mode: str) -> tuple[Spec, Spec]:
    need_matrix("linalg.qr", a)
    need_float("linalg.qr", a)
    if mode not in ("reduced", "complete", "r"):
        raise BadValue(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    need_kernel("geqrf_cpu", a)
    *batch, m, n = a.shape
    rows = m if mode == "complete" else min(m, n)
    q = a.with_shape((0,)) if mode == "r" else a.with_shape((*batch, m, rows))
    return q, a.with_shape((*batch, rows, n))


@op(
    "linalg.qr(Tensor A, str mode)",
    batching="aligned",
    infer=_qr_infer,
    names=(),
    sample=([[1.0, 2.0], [3.0, 5.0]], "reduced"),
    steep=True,
)
def qr_primitive(a, mode):
    """(Q, R); Q is empty for mode="r"."""
    if decomposes(a):
        q, r = small_qr(a, mode == "complete")
        return (np.zeros(0, a.dtype) if mode == "r" else column_major(q)), column_major(r)
    if mode == "r":
        upper: Any = np.linalg.qr(a, "r")  # an array, whatever its types say
        return np.zeros(0, a.dtype), column_major(upper)
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

    >>> linalg.qr([[3., 1.], [0., 4.]]).R
    tensor([[3., 1.],
            [0., 4.]])
    """
    return named_result("linalg_qr", ("Q", "R"))(apply(qr_primitive, (A, mode)))


@composite("qr(Tensor input, bool some=True)")
def qr(input, some):
    """The older form of linalg.qr.

    >>> qr([[3., 1.], [0., 4.]]).R
    tensor([[3., 1.],
            [0., 4.]])
    """
    warn(
        "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future PyTorch release.\n"
        "The boolean parameter 'some' has been replaced with a string parameter 'mode'.\n"
        "Q, R = torch.qr(A, some)\nshould be replaced with\n"
        "Q, R = torch.linalg.qr(A, 'reduced' if some else 'complete')",
        once=True,
        internal="aten/src/ATen/native/BatchLinearAlgebra.cpp:2505",
    )
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


@op("linalg.svd(Tensor A, bool full_matrices)", batching="aligned", infer=_svd_infer, names=(), steep=True)
def svd_primitive(a, full_matrices):
    """(U, S, Vᴴ)."""
    _finite("linalg.svd", a)
    u, s, vh = svd_of_arrays(a, full_matrices)
    return column_major(u), s, column_major(vh)


def _values_infer(a: Spec) -> Spec:
    return _svd_infer(a, False)[1]


@op(
    "linalg.svdvals(Tensor A)",
    batching="aligned",
    infer=_values_infer,
    names=(),
    nondifferentiable=True,
    steep=True,
)
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
    left = None if gu is None else skew(adjoint(U) @ gu)
    right = None if gvh is None else skew(Vh @ adjoint(gvh))
    complex_ = U.dtype.is_complex
    if complex_:
        gauge_free("svd_backward", "singular vectors", left, right)
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


def need_cpu_driver(name: str, driver: str | None) -> None:
    if driver is not None:
        raise BadValue(
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
    if A.requires_grad_slot and context.current().grad_enabled:
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
