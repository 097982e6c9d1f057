"""When an attached metric begins, takes in outputs, and is computed."""

from __future__ import annotations

from typing import Any

from .events import Events

__name__ = "ignite.metrics.metric"


class MetricUsage:
    """The three events of a way to use metrics."""

    usage_name: str

    def __init__(self, started: Any, completed: Any, iteration_completed: Any):
        self._started, self._completed, self._iteration_completed = started, completed, iteration_completed

    @property
    def STARTED(self) -> Any:
        """Where the metric begins anew."""
        return self._started

    @property
    def COMPLETED(self) -> Any:
        """Where it is computed."""
        return self._completed

    @property
    def ITERATION_COMPLETED(self) -> Any:
        """Where it takes in an output."""
        return self._iteration_completed


class EpochWise(MetricUsage):
    """Over each epoch."""

    usage_name = "epoch_wise"
    _events = (Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, Events.ITERATION_COMPLETED)

    def __init__(self) -> None:
        super().__init__(*self._events)


class RunningEpochWise(EpochWise):
    """Over the epochs of a run."""

    usage_name = "running_epoch_wise"
    _events = (Events.STARTED, Events.EPOCH_COMPLETED, Events.EPOCH_COMPLETED)


class BatchWise(MetricUsage):
    """Of each batch."""

    usage_name = "batch_wise"
    _events = (Events.ITERATION_STARTED, Events.ITERATION_COMPLETED, Events.ITERATION_COMPLETED)

    def __init__(self) -> None:
        super().__init__(*self._events)


class RunningBatchWise(BatchWise):
    """Over the batches of a run, after each."""

    usage_name = "running_batch_wise"
    _events = (Events.STARTED, Events.ITERATION_COMPLETED, Events.ITERATION_COMPLETED)


class SingleEpochRunningBatchWise(BatchWise):
    """Over the batches of an epoch, after each."""

    usage_name = "single_epoch_running_batch_wise"
    _events = (Events.EPOCH_STARTED, Events.ITERATION_COMPLETED, Events.ITERATION_COMPLETED)


class BatchFiltered(MetricUsage):
    """Over the batches of an epoch that a filter lets pass."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        passed = Events.ITERATION_COMPLETED(*args, **kwargs)
        super().__init__(Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, passed)


NAMED = (EpochWise, RunningEpochWise, BatchWise, RunningBatchWise, SingleEpochRunningBatchWise)


def usage_of(usage: Any) -> MetricUsage:
    """The usage of a name."""
    if isinstance(usage, str):
        for each in NAMED:
            if usage == each.usage_name:
                return each()
        raise ValueError(
            "Argument usage should be '(Running)EpochWise.usage_name' or "
            f"'((SingleEpoch)Running)BatchWise.usage_name', got {usage}"
        )
    if not isinstance(usage, MetricUsage):
        raise TypeError(f"Unhandled usage type {type(usage)}")
    return usage
