"""Errors of predicted numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..torch.namespace import F, torch
from .metric import Metric, NotComputableError, _same, reinit__is_reduced

__name__ = "ignite.metrics"


class MeanError(Metric):
    """Base: the sum of errors by the number of examples. `_title` and the name of the sum are ignite's."""

    _title = ""

    def _errors(self, y_pred: Any, y: Any) -> Any:
        raise NotImplementedError

    @reinit__is_reduced
    def reset(self) -> None:
        setattr(self, self._state_dict_all_req_keys[0], torch.tensor(0.0))
        self._num_examples = 0

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        y_pred, y = output[0].detach(), output[1].detach()
        total = getattr(self, self._state_dict_all_req_keys[0])
        total += torch.sum(self._errors(y_pred, y))
        self._num_examples += y.shape[0]

    def compute(self) -> float:
        if self._num_examples == 0:
            raise NotComputableError(
                f"{self._title} must have at least one example before it can be computed."
            )
        return getattr(self, self._state_dict_all_req_keys[0]).item() / self._num_examples


class MeanSquaredError(MeanError):
    """The mean over examples of squared errors, added up within an example."""

    _title = "MeanSquaredError"
    _state_dict_all_req_keys = ("_sum_of_squared_errors", "_num_examples")

    def _errors(self, y_pred: Any, y: Any) -> Any:
        return torch.pow(y_pred - y.view_as(y_pred), 2)


class RootMeanSquaredError(MeanSquaredError):
    """The square root of `MeanSquaredError`."""

    def compute(self) -> float:
        return math.sqrt(super().compute())


class MeanAbsoluteError(MeanError):
    """The mean over examples of absolute errors."""

    _title = "MeanAbsoluteError"
    _state_dict_all_req_keys = ("_sum_of_absolute_errors", "_num_examples")

    def _errors(self, y_pred: Any, y: Any) -> Any:
        return torch.abs(y_pred - y.view_as(y_pred))


class MeanPairwiseDistance(MeanError):
    """The mean distance of rows."""

    _title = "MeanPairwiseDistance"
    _state_dict_all_req_keys = ("_sum_of_distances", "_num_examples")

    def __init__(
        self,
        p: int = 2,
        eps: float = 1e-6,
        output_transform: Callable[[Any], Any] = _same,
        device: Any = "cpu",
        skip_unrolling: bool = False,
    ):
        super().__init__(output_transform, device, skip_unrolling)
        self._p, self._eps = p, eps

    def _errors(self, y_pred: Any, y: Any) -> Any:
        return F.pairwise_distance(y_pred, y, p=self._p, eps=self._eps)


MeanSquaredError.__module__ = "ignite.metrics.mean_squared_error"
RootMeanSquaredError.__module__ = "ignite.metrics.root_mean_squared_error"
MeanAbsoluteError.__module__ = "ignite.metrics.mean_absolute_error"
MeanPairwiseDistance.__module__ = "ignite.metrics.mean_pairwise_distance"
