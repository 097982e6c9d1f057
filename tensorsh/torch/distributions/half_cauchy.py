"""The half-Cauchy distribution: the absolute value of a Cauchy one."""

from __future__ import annotations

import math
from typing import Any

from ...engine.values.tensor import Tensor
from ..namespace import torch
from .cauchy import Cauchy
from .folded import Folded
from .transforms import AbsTransform

__all__ = ["HalfCauchy"]


class HalfCauchy(Folded):
    """The half-Cauchy distribution: the absolute value of a Cauchy one."""

    def __init__(self, scale: Any, validate_args: bool | None = None):
        super().__init__(Cauchy(0, scale, validate_args=False), AbsTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return super().expand(batch_shape, _instance=self._get_checked_instance(HalfCauchy, _instance))

    @property
    def mean(self) -> Tensor:
        return torch.full(self._extended_shape(), math.inf, dtype=self.scale.dtype, device=self.scale.device)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def _log_density(self, value: Any) -> Tensor:
        return super()._log_density(torch.as_tensor(value, dtype=self.scale.dtype, device=self.scale.device))

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)
