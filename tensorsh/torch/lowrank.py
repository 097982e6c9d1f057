"""Singular values and principal components of large matrices that are almost of low rank, by random projections.

Halko, Martinsson and Tropp, "Finding structure with randomness" (2009): algorithms 4.4 and 5.1.
"""

from __future__ import annotations

from typing import Any

from .namespace import torch


def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> tuple[Any, Any, Any]:
    """(U, S, V) of a matrix, or of each in a batch, with `q` columns: A ≈ U diag(S) Vᴴ.

    niter   how often the random subspace is multiplied by the matrix
    M       is subtracted from A
    """
    q = 6 if q is None else q
    if M is not None:
        A = A - M.broadcast_to(A.shape)
    wide = A.shape[-2] < A.shape[-1]
    if wide:
        A = A.mH
    basis = _basis(A, q, 2 if niter is None else niter)
    U, S, Vh = torch.linalg.svd(basis.mH @ A, full_matrices=False)
    U, V = basis @ U, Vh.mH
    return (V, S, U) if wide else (U, S, V)


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Any, Any, Any]:
    """(U, S, V) of the centred matrix: the columns of V are principal directions."""
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not (q >= 0 and q <= min(m, n)):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if not (niter >= 0):
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(dim=-2, keepdim=True) if center else A, q, niter)


def _basis(A: Any, q: int, niter: int) -> Any:
    """Orthonormal columns that span almost what A does."""
    dtype = A.dtype if A.is_floating_point() or A.is_complex() else torch.float32
    A = A.to(dtype)
    found = torch.linalg.qr(A @ torch.randn(A.shape[-1], q, dtype=dtype, device=A.device)).Q
    for _ in range(niter):
        found = torch.linalg.qr(A @ torch.linalg.qr(A.mH @ found).Q).Q
    return found
