"""Matrices with orthonormal columns (or rows) as functions of any matrix."""

from __future__ import annotations

from ....engine.values.tensor import Tensor
from ...namespace import torch
from ..modules.module import Module

MAPS = ("matrix_exp", "cayley", "householder")


class _Orthogonal(Module):
    """From a matrix's lower triangle: exp or Cayley map of the skew matrix, or a product of reflections.

    With `use_trivialization` the result is `base` times that, so that any orthogonal matrix can be assigned.
    """

    __module__ = "torch.nn.utils.parametrizations"

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        wide = X.size(-2) < X.size(-1)
        q = self._orthonormal(X.mT if wide else X)
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if wide else q

    def _orthonormal(self, x: Tensor) -> Tensor:
        """Of a tall matrix."""
        n, k = x.size(-2), x.size(-1)
        if self.orthogonal_map == "householder":
            a = x.tril(diagonal=-1)
            q = torch.linalg.householder_product(a, 2.0 / (1.0 + (a * a).sum(dim=-2)))
            return q * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        x = x.tril()
        if n != k:
            x = torch.cat([x, x.new_zeros(n, n - k).expand(*x.shape[:-2], -1, -1)], dim=-1)
        skew = x - x.mH
        if self.orthogonal_map == "matrix_exp":
            q = torch.matrix_exp(skew)
        else:
            one = torch.eye(n, dtype=skew.dtype, device=skew.device)
            q = torch.linalg.solve(torch.add(one, skew, alpha=-0.5), torch.add(one, skew, alpha=0.5))
        return q[..., :k] if n != k else q

    def right_inverse(self, Q: Tensor) -> Tensor:
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        with torch.no_grad():
            wide = Q.size(-2) < Q.size(-1)
            q = Q.mT if wide else Q
            if hasattr(self, "base"):
                self.base = _square(q)
                found = torch.zeros_like(Q)
                found.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
                return found
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            a, tau = torch.geqrf(q)
            diagonal = a.diagonal(dim1=-2, dim2=-1)
            diagonal.sign_()
            diagonal[tau == 0.0] *= -1
            return a.mT if wide else a


def _square(q: Tensor) -> Tensor:
    """An orthogonal matrix whose first columns span what those of q span."""
    n, k = q.size(-2), q.size(-1)
    if n != k:
        more = torch.randn(*q.size()[:-2], n, n - k, dtype=q.dtype, device=q.device)
        return _made_orthogonal(torch.cat([q, more], dim=-1))
    one = torch.eye(k, dtype=q.dtype, device=q.device)
    close = torch.allclose(q.mH @ q, one, atol=10.0 * n * torch.finfo(q.dtype).eps)
    return q.clone() if close else _made_orthogonal(q)


def _made_orthogonal(a: Tensor) -> Tensor:
    x, tau = torch.geqrf(a)
    q = torch.linalg.householder_product(x, tau)
    q *= x.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)
    return q
