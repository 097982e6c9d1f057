"""The generalised Pareto distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from ...engine.values.tensor import Tensor
from ..namespace import torch
from . import constraints
from .distribution import Distribution
from .utils import batch_of, broadcast_all

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """Generalised Pareto, of `loc`, `scale` and a shape `concentration`."""

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True
    parameters: ClassVar[Any] = {"loc": 0, "scale": 0, "concentration": 0}

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None):
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(batch_of(self.loc, loc, scale, concentration), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        upper = torch.where(self.concentration < 0, self.loc - self.scale / self.concentration, torch.inf)
        return constraints.interval(self.loc, upper)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        return self.icdf(torch.rand(shape, dtype=self.loc.dtype, device=self.loc.device))

    def _standard(self, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(the value moved and scaled, where the shape is 0, the shape with 1 there)."""
        flat = torch.isclose(self.concentration, torch.tensor(0.0, dtype=self.concentration.dtype))
        safe = torch.where(flat, torch.ones_like(self.concentration), self.concentration)
        return (value - self.loc) / self.scale, flat, safe

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        z, flat, safe = self._standard(value)
        y = 1 / safe + torch.ones_like(z)
        bent = torch.where(y == 0, y, y * torch.log1p(safe * z))
        return -self.scale.log() - torch.where(flat, z, bent)

    def log_survival_function(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of values above this."""
        if self._validate_args:
            self._validate_sample(value)
        z, flat, safe = self._standard(value)
        return torch.where(flat, -z, -torch.log1p(safe * z) / safe)

    def log_cdf(self, value: Tensor) -> Tensor:
        """The logarithm of `cdf`."""
        return torch.log1p(-torch.exp(self.log_survival_function(value)))

    def cdf(self, value: Tensor) -> Tensor:
        return torch.exp(self.log_cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        _, flat, safe = self._standard(value)
        log_above = torch.log1p(-value)
        bent = self.loc + self.scale / safe * torch.expm1(-safe * log_above)
        return torch.where(flat, self.loc - self.scale * log_above, bent)

    @property
    def mean(self) -> Tensor:
        valid = self.concentration < 1
        safe = torch.where(valid, self.concentration, 0.5)
        return torch.where(valid, self.loc + self.scale / (1 - safe), torch.nan)

    @property
    def variance(self) -> Tensor:
        valid = self.concentration < 0.5
        safe = torch.where(valid, self.concentration, 0.25)
        return torch.where(valid, self.scale**2 / ((1 - safe) ** 2 * (1 - 2 * safe)), torch.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    def entropy(self) -> Tensor:
        return torch.broadcast_to(torch.log(self.scale) + self.concentration + 1, self._batch_shape)
