"""`MetricsLambda`: a function of other metrics, which is what arithmetic with metrics gives."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from .metric import Metric, reinit__is_reduced
from .usage import EpochWise, MetricUsage, usage_of

__name__ = "ignite.metrics.metrics_lambda"


class MetricsLambda(Metric):
    """`f` of the results of metrics and of other values."""

    _state_dict_all_req_keys = ("_updated", "args", "kwargs")

    def __init__(
        self,
        f: Callable[..., Any],
        *args: Any,
        skip_unrolling: bool = False,
        metrics_result_mode: str = "both",
        **kwargs: Any,
    ):
        self.function = f
        self.args = list(args)
        self.kwargs = kwargs
        self.engine: Any = None
        self._updated = False
        super().__init__(skip_unrolling=skip_unrolling, metrics_result_mode=metrics_result_mode)

    @reinit__is_reduced
    def reset(self) -> None:
        for each in self._metrics():
            each.reset()
        self._updated = False

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        if self.engine:
            raise ValueError(
                "MetricsLambda is already attached to an engine, and MetricsLambda can't use update API while it's "
                "attached."
            )
        for each in self._metrics():
            each.update(output)
        self._updated = True

    def compute(self) -> Any:
        return self.function(
            *map(_value, self.args), **{key: _value(each) for key, each in self.kwargs.items()}
        )

    def attach(self, engine: Any, name: str, usage: str | MetricUsage = EpochWise()) -> None:
        if self._updated:
            raise ValueError(
                "The underlying metrics are already updated, can't attach while using reset/update/compute API."
            )
        usage = usage_of(usage)
        self._attach_parts(engine, usage)
        engine.add_event_handler(usage.COMPLETED, self.completed, name)

    def detach(self, engine: Any, usage: str | MetricUsage = EpochWise()) -> None:
        super().detach(engine, usage)
        self.engine = None

    def is_attached(self, engine: Any, usage: str | MetricUsage = EpochWise()) -> bool:
        usage = usage_of(usage)
        return super().is_attached(engine, usage) and self._parts_attached(engine, usage)

    def _attach_parts(self, engine: Any, usage: MetricUsage) -> None:
        self.engine = engine
        for each in self._metrics():
            if isinstance(each, MetricsLambda):
                each._attach_parts(engine, usage)
                continue
            if not engine.has_event_handler(each.started, usage.STARTED):
                engine.add_event_handler(usage.STARTED, each.started)
            if not engine.has_event_handler(each.iteration_completed, usage.ITERATION_COMPLETED):
                engine.add_event_handler(usage.ITERATION_COMPLETED, each.iteration_completed)

    def _parts_attached(self, engine: Any, usage: MetricUsage) -> bool:
        return all(
            each._parts_attached(engine, usage)
            if isinstance(each, MetricsLambda)
            else engine.has_event_handler(each.started, usage.STARTED)
            and engine.has_event_handler(each.iteration_completed, usage.ITERATION_COMPLETED)
            for each in self._metrics()
        )

    def _metrics(self) -> Iterator[Metric]:
        return (each for each in itertools.chain(self.args, self.kwargs.values()) if isinstance(each, Metric))


def _value(x: Any) -> Any:
    return x.compute() if isinstance(x, Metric) else x
