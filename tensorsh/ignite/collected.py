"""What is computed from everything that an epoch gave, and several metrics as one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from ..torch.namespace import torch
from .events import Events
from .metric import Metric, NotComputableError, _same, reinit__is_reduced

__name__ = "ignite.metrics"


class EpochMetricWarning(UserWarning):
    """The function of an `EpochMetric` fails on its first batch."""


class EpochMetric(Metric):
    """`compute_fn` of all predictions and targets of an epoch."""

    _state_dict_all_req_keys = ("_predictions", "_targets")

    def __init__(
        self,
        compute_fn: Callable[[Any, Any], Any],
        output_transform: Callable[[Any], Any] = _same,
        check_compute_fn: bool = True,
        device: Any = "cpu",
        skip_unrolling: bool = False,
    ):
        if not callable(compute_fn):
            raise TypeError("Argument compute_fn should be callable.")
        self.compute_fn = compute_fn
        self._check_compute_fn = check_compute_fn
        super().__init__(output_transform, device, skip_unrolling)

    @reinit__is_reduced
    def reset(self) -> None:
        self._predictions: list[Any] = []
        self._targets: list[Any] = []
        self._result: Any = None

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        for title, x in zip(("Predictions", "Targets"), output, strict=True):
            if x.ndim not in (1, 2):
                raise ValueError(f"{title} should be of shape (batch_size, n_targets) or (batch_size, ).")
        given = [_column(x.detach()).clone() for x in output]
        for title, kept, x in zip(("y_pred", "y"), (self._predictions, self._targets), given, strict=True):
            if kept and kept[-1].dtype != x.dtype:
                stored = "predictions" if title == "y_pred" else "targets"
                raise ValueError(
                    f"Incoherent types between input {title} and stored {stored}: {kept[-1].dtype} vs {x.dtype}"
                )
        self._predictions.append(given[0])
        self._targets.append(given[1])
        if len(self._predictions) == 1 and self._check_compute_fn:
            try:
                self.compute_fn(*given)
            except Exception as fault:
                warnings.warn(
                    f"Probably, there can be a problem with `compute_fn`:\n {fault}.",
                    EpochMetricWarning,
                    stacklevel=2,
                )

    def compute(self) -> Any:
        if not self._predictions:
            raise NotComputableError(
                f"{type(self).__name__} must have at least one example before it can be computed."
            )
        if self._result is None:
            self._result = self.compute_fn(torch.cat(self._predictions), torch.cat(self._targets))
        return self._result


def _column(x: Any) -> Any:
    return x.squeeze(-1) if x.ndim == 2 and x.shape[1] == 1 else x


class MetricGroup(Metric):
    """Metrics by their names, as one that gives a dictionary."""

    _state_dict_all_req_keys = ("metrics",)

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        output_transform: Callable[[Any], Any] = _same,
        skip_unrolling: bool = False,
    ):
        self.metrics = metrics
        super().__init__(output_transform, skip_unrolling=skip_unrolling)

    def reset(self) -> None:
        for each in self.metrics.values():
            each.reset()

    def update(self, output: Any) -> None:
        for each in self.metrics.values():
            each.update(each._output_transform(output))

    def compute(self) -> dict[str, Any]:
        return {name: each.compute() for name, each in self.metrics.items()}


class EpochOutputStore:
    """Keeps what an engine gives in an epoch."""

    def __init__(self, output_transform: Callable[[Any], Any] = _same):
        self.data: list[Any] = []
        self.output_transform = output_transform

    def reset(self) -> None:
        """Forget what was kept."""
        self.data = []

    def update(self, engine: Any) -> None:
        """Keep one output."""
        self.data.append(self.output_transform(engine.state.output))

    def store(self, engine: Any) -> None:
        """Put what was kept into the engine's state."""
        setattr(engine.state, self.name, self.data)

    def attach(self, engine: Any, name: str | None = None) -> None:
        """Keep the outputs of `engine`, as `engine.state.NAME` where a name is given."""
        engine.add_event_handler(Events.EPOCH_STARTED, self.reset)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self.update)
        if name:
            self.name = name
            engine.add_event_handler(Events.EPOCH_COMPLETED, self.store)


EpochMetric.__module__ = EpochMetricWarning.__module__ = "ignite.metrics.epoch_metric"
MetricGroup.__module__ = "ignite.metrics.metric_group"
EpochOutputStore.__module__ = "ignite.handlers.stores"
