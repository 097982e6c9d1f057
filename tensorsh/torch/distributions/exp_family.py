"""Exponential families: densities exp(⟨t(x), θ⟩ − F(θ) + k(x)), whose entropy follows from F."""

from __future__ import annotations

from typing import Any

from ...engine.values.tensor import Tensor
from ..namespace import torch
from .distribution import Distribution

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """A family that says its natural parameters θ, its log normaliser F, and the mean of k."""

    @property
    def _natural_params(self) -> Any:
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> float:
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """By Bregman's divergence: F(θ) − ⟨θ, ∇F(θ)⟩ − E[k]."""
        result: Any = -self._mean_carrier_measure
        natural = [p.detach().requires_grad_() for p in self._natural_params]
        normalizer = self._log_normalizer(*natural)
        gradients = torch.autograd.grad(normalizer.sum(), natural, create_graph=True)
        result = result + normalizer
        for p, g in zip(natural, gradients, strict=True):
            result = result - (p * g).reshape((*self._batch_shape, -1)).sum(-1)
        return result
