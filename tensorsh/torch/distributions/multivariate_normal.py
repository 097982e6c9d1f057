"""The multivariate normal distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ...engine.values.tensor import Tensor
from ..namespace import torch
from . import constraints
from .distribution import Distribution
from .utils import lazy_property, standard_normal

__all__ = ["MultivariateNormal"]


def batch_mv(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Each matrix times its vector."""
    return torch.matmul(matrices, vectors.unsqueeze(-1)).squeeze(-1)


def batch_mahalanobis(tril: Tensor, x: Tensor) -> Tensor:
    """The squared length of L⁻¹ x; the factors' batch dimensions repeat over those of x."""
    n = x.size(-1)
    shape = x.shape[:-1]
    batch = tril.dim() - 2
    outer = len(shape) - batch
    # each batch dimension of x as (repetitions, size in L), the repetitions in front
    split = [d for a, b in zip(tril.shape[:-2], shape[outer:], strict=True) for d in (b // a, a)]
    x = x.reshape((*shape[:outer], *split, n))
    end = outer + 2 * batch
    order = [*range(outer), *range(outer, end, 2), *range(outer + 1, end, 2), end]
    x = x.permute(order)
    flat_tril = tril.reshape(-1, n, n)
    columns = x.reshape(-1, flat_tril.size(0), n).permute(1, 2, 0)
    found = torch.linalg.solve_triangular(flat_tril, columns, upper=False).pow(2).sum(-2).t()
    back = [*range(outer)]
    for i in range(batch):
        back += [outer + i, outer + batch + i]
    return found.reshape(x.shape[:-1]).permute(back).reshape(shape)


def precision_to_scale_tril(precision: Tensor) -> Tensor:
    """The Cholesky factor of the inverse."""
    flipped = torch.linalg.cholesky(torch.flip(precision, (-2, -1)))
    inverse = torch.transpose(torch.flip(flipped, (-2, -1)), -2, -1)
    eye = torch.eye(precision.shape[-1], dtype=precision.dtype, device=precision.device)
    return torch.linalg.solve_triangular(inverse, eye, upper=False)


MATRICES = ("covariance_matrix", "precision_matrix", "scale_tril")


class MultivariateNormal(Distribution):
    """Normal vectors, of mean `loc` and a covariance that is given as itself, its inverse or its Cholesky factor."""

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True
    parameters: ClassVar[Any] = {"loc": 1, "covariance_matrix": 2, "precision_matrix": 2, "scale_tril": 2}

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ):
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        named = zip(MATRICES, (covariance_matrix, precision_matrix, scale_tril), strict=True)
        given = [(name, m) for name, m in named if m is not None]
        if len(given) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified."
            )
        name, matrix = given[0]
        if matrix.dim() < 2:
            raise ValueError(
                f"{name}{' matrix' if name == 'scale_tril' else ''} must be at least two-dimensional, with optional "
                "leading batch dimensions"
            )
        batch_shape = torch.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, name, matrix.expand((*batch_shape, -1, -1)))
        self.loc = loc.expand((*batch_shape, -1))
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = (
            matrix
            if name == "scale_tril"
            else torch.linalg.cholesky(matrix)
            if name == "covariance_matrix"
            else precision_to_scale_tril(matrix)
        )

    def _expand_rest(self, new: Any, batch_shape: Any) -> None:
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril

    def _full(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Tensor:
        return self._full(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        tril = self._unbroadcasted_scale_tril
        return self._full(torch.matmul(tril, tril.mT))

    @lazy_property
    def precision_matrix(self) -> Tensor:
        return self._full(torch.cholesky_inverse(self._unbroadcasted_scale_tril))

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        variance = self._unbroadcasted_scale_tril.pow(2).sum(-1)
        return variance.expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        eps = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + batch_mv(self._unbroadcasted_scale_tril, eps)

    def _half_log_det(self) -> Tensor:
        return self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        distance = batch_mahalanobis(self._unbroadcasted_scale_tril, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - self._half_log_det()

    def entropy(self) -> Tensor:
        found = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._half_log_det()
        return found.expand(self._batch_shape) if len(self._batch_shape) else found
