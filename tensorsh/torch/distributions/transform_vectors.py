"""Transforms of vectors and matrices, and of the parts of a tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...engine.values.tensor import Tensor
from ..namespace import F, torch
from . import constraints
from .transform_base import TOO_FEW, Transform
from .transform_scalars import Plain, clipped_sigmoid
from .utils import lazy_property, sum_rightmost, tril_matrix_to_vec, vec_to_tril_matrix


class OnVectors(Plain):
    """A plain transform that has no direction."""

    sign = Transform.sign
    domain: Any = constraints.real_vector

    def forward_shape(self, shape: Any) -> Any:
        if len(shape) < 1:
            raise ValueError(TOO_FEW)
        return shape

    inverse_shape = forward_shape


class SoftmaxTransform(OnVectors):
    """y = softmax(x): not one to one."""

    bijective = False
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        probs = (x - x.max(-1, True)[0]).exp()
        return probs / probs.sum(-1, True)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()


class StickBreakingTransform(OnVectors):
    """n numbers to n + 1 shares: each breaks its part off what is left."""

    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        z = clipped_sigmoid(x - self._offset(x).log())
        left = (1 - z).cumprod(-1)
        return F.pad(z, [0, 1], value=1) * F.pad(left, [1, 0], value=1)

    @staticmethod
    def _offset(x: Tensor) -> Tensor:
        return x.shape[-1] + 1 - x.new_ones(x.shape[-1]).cumsum(-1)

    def _inverse(self, y: Tensor) -> Tensor:
        parts = y[..., :-1]
        left = torch.clamp(1 - parts.cumsum(-1), min=torch.finfo(y.dtype).tiny)
        return parts.log() - left.log() + self._offset(parts).log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        x = x - self._offset(x).log()
        return (-x + F.logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        shape = super().forward_shape(shape)
        return type(shape)((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Any:
        shape = super().forward_shape(shape)
        return type(shape)((*shape[:-1], shape[-1] - 1))


class CorrCholeskyTransform(Transform):
    """n (n − 1) / 2 numbers to the Cholesky factor of a correlation matrix of size n."""

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        x = torch.tanh(x)
        eps = torch.finfo(x.dtype).eps
        r = vec_to_tril_matrix(x.clamp(min=-1 + eps, max=1 - eps), diag=-1)
        left = (1 - r**2).sqrt().cumprod(-1)
        r = r + torch.eye(r.shape[-1], dtype=r.dtype, device=r.device)
        return r * F.pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        left = 1 - torch.cumsum(y * y, dim=-1)
        before = tril_matrix_to_vec(F.pad(left[..., :-1], [1, 0], value=1), diag=-1)
        t = tril_matrix_to_vec(y, diag=-1) / before.sqrt()
        return (t.log1p() - t.neg().log1p()) / 2

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """That from `x` to the part of `y` below the diagonal."""
        left = tril_matrix_to_vec(1 - (y * y).cumsum(dim=-1), diag=-2)
        breaking = 0.5 * left.log().sum(-1)
        return breaking - 2 * (x + F.softplus(-2 * x) - math.log(2.0)).sum(dim=-1)

    def forward_shape(self, shape: Any) -> Any:
        if len(shape) < 1:
            raise ValueError(TOO_FEW)
        size = shape[-1]
        n = round((0.25 + 2 * size) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != size:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return type(shape)((*shape[:-1], n, n))

    def inverse_shape(self, shape: Any) -> Any:
        if len(shape) < 2:
            raise ValueError(TOO_FEW)
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        n = shape[-1]
        return type(shape)((*shape[:-2], n * (n - 1) // 2))


class LowerCholeskyTransform(Plain):
    """Square matrices to lower triangular ones with a positive diagonal."""

    bijective = False
    sign = Transform.sign
    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Plain):
    """Square matrices to positive definite ones."""

    bijective = False
    sign = Transform.sign
    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        x = LowerCholeskyTransform()(x)
        return x @ x.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(torch.linalg.cholesky(y))


# ------------------------------------------------------------------ parts


class Parts(Transform):
    """Several transforms along a dimension."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0):
        if not all(isinstance(t, Transform) for t in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        if cache_size:
            tseq = [t.with_cache(cache_size) for t in tseq]
        super().__init__(cache_size=cache_size)
        self.transforms = list(tseq)
        self.dim = dim

    @property
    def bijective(self) -> bool:
        return all(t.bijective for t in self.transforms)

    def _checked(self, z: Tensor, what: str, name: str, length: int, of: str) -> Tensor:
        if not -z.dim() <= self.dim < z.dim():
            raise AssertionError(f"dim {self.dim} out of range for {what} with {z.dim()} dimensions")
        if z.size(self.dim) != length:
            raise AssertionError(f"{name}.size({self.dim}) = {z.size(self.dim)} must equal {of} {length}")
        return z


class CatTransform(Parts):
    """Each transform for a stretch of a dimension."""

    def __init__(
        self,
        tseq: Sequence[Transform],
        dim: int = 0,
        lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ):
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(
                f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})"
            )

    @lazy_property
    def event_dim(self) -> int:
        return max(t.event_dim for t in self.transforms)

    @lazy_property
    def length(self) -> int:
        return sum(self.lengths)

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    def _pieces(self, z: Tensor, what: str, name: str) -> Sequence[Tensor]:
        return self._checked(z, what, name, self.length, "length").split(self.lengths, self.dim)

    def _call(self, x: Tensor) -> Tensor:
        pieces = self._pieces(x, "tensor", "x")
        return torch.cat([t(p) for t, p in zip(self.transforms, pieces, strict=True)], dim=self.dim)

    def _inverse(self, y: Tensor) -> Tensor:
        pieces = self._pieces(y, "tensor", "y")
        return torch.cat([t.inv(p) for t, p in zip(self.transforms, pieces, strict=True)], dim=self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        found = []
        pairs = zip(self.transforms, self._pieces(x, "x", "x"), self._pieces(y, "y", "y"), strict=True)
        for t, a, b in pairs:
            found.append(sum_rightmost(t.log_abs_det_jacobian(a, b), self.event_dim - t.event_dim))
        dim = (self.dim - x.dim() if self.dim >= 0 else self.dim) + self.event_dim
        return torch.cat(found, dim=dim) if dim < 0 else sum(found)  # type: ignore[return-value]

    @constraints.dependent_property
    def domain(self) -> Any:
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self) -> Any:
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)


class StackTransform(Parts):
    """Each transform for one place of a dimension."""

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return StackTransform(self.transforms, self.dim, cache_size)

    def _pieces(self, z: Tensor, what: str, name: str) -> Sequence[Tensor]:
        return self._checked(z, what, name, len(self.transforms), "len(transforms)").unbind(self.dim)

    def _call(self, x: Tensor) -> Tensor:
        pieces = self._pieces(x, "tensor", "x")
        return torch.stack([t(p) for t, p in zip(self.transforms, pieces, strict=True)], dim=self.dim)

    def _inverse(self, y: Tensor) -> Tensor:
        pieces = self._pieces(y, "tensor", "y")
        return torch.stack([t.inv(p) for t, p in zip(self.transforms, pieces, strict=True)], dim=self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        pairs = zip(self.transforms, self._pieces(x, "x", "x"), self._pieces(y, "y", "y"), strict=True)
        return torch.stack([t.log_abs_det_jacobian(a, b) for t, a, b in pairs], dim=self.dim)

    @constraints.dependent_property
    def domain(self) -> Any:
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self) -> Any:
        return constraints.stack([t.codomain for t in self.transforms], self.dim)
