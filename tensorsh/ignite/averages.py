"""Losses and averages of what an engine gives."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Callable
from typing import Any

from ..torch.namespace import torch
from .events import Events
from .metric import Metric, NotComputableError, _same, reinit__is_reduced
from .usage import MetricUsage, RunningBatchWise, SingleEpochRunningBatchWise, usage_of

__name__ = "ignite.metrics"


class Loss(Metric):
    """The mean of a loss over all examples."""

    required_output_keys = ("y_pred", "y", "criterion_kwargs")
    _state_dict_all_req_keys = ("_sum", "_num_examples")

    def __init__(
        self,
        loss_fn: Callable[..., Any],
        output_transform: Callable[[Any], Any] = _same,
        batch_size: Callable[[Any], int] = len,
        device: Any = "cpu",
        skip_unrolling: bool = False,
    ):
        super().__init__(output_transform, device, skip_unrolling)
        self._loss_fn = loss_fn
        self._batch_size = batch_size

    @reinit__is_reduced
    def reset(self) -> None:
        self._sum = torch.tensor(0.0)
        self._num_examples = 0

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        y_pred, y, kwargs = (*output, {}) if len(output) == 2 else output
        average = self._loss_fn(y_pred, y, **kwargs).detach()
        if average.shape:
            raise ValueError("loss_fn did not return the average loss.")
        n = self._batch_size(y)
        self._sum += average * n
        self._num_examples += n

    def compute(self) -> float:
        if self._num_examples == 0:
            raise NotComputableError("Loss must have at least one example before it can be computed.")
        return self._sum.item() / self._num_examples


class VariableAccumulation(Metric):
    """`op` of what has come so far and the next output."""

    required_output_keys = None
    _state_dict_all_req_keys = ("accumulator", "num_examples")

    def __init__(
        self,
        op: Callable[..., Any],
        output_transform: Callable[[Any], Any] = _same,
        device: Any = "cpu",
        skip_unrolling: bool = False,
    ):
        if not callable(op):
            raise TypeError(f"Argument op should be a callable, but given {type(op)}")
        self._op = op
        super().__init__(output_transform, device, skip_unrolling)

    @reinit__is_reduced
    def reset(self) -> None:
        self.accumulator = torch.tensor(0.0, dtype=torch.float64)
        self.num_examples = 0

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        if not isinstance(output, numbers.Number | torch.Tensor):
            raise TypeError(f"Output should be a number or torch.Tensor, but given {type(output)}")
        rows = 1
        if isinstance(output, torch.Tensor):
            output = output.detach().to(self.accumulator)
            rows = output.shape[0] if output.ndim > 1 else 1
        self.accumulator = self._op(self.accumulator, output)
        self.num_examples += rows

    def compute(self) -> Any:
        return self.accumulator, self.num_examples

    def _check(self) -> None:
        if self.num_examples < 1:
            raise NotComputableError(
                f"{type(self).__name__} must have at least one example before it can be computed."
            )


def _sum(total: Any, x: Any) -> Any:
    return total + (x.sum(dim=0) if isinstance(x, torch.Tensor) and x.ndim > 1 else x)


class Average(VariableAccumulation):
    """The mean of numbers or vectors; of matrices, the mean of their rows."""

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = _same,
        device: Any = "cpu",
        skip_unrolling: bool = False,
    ):
        super().__init__(_sum, output_transform, device, skip_unrolling)

    def compute(self) -> Any:
        self._check()
        return self.accumulator / self.num_examples


class GeometricAverage(VariableAccumulation):
    """The geometric mean."""

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = _same,
        device: Any = "cpu",
        skip_unrolling: bool = False,
    ):
        def op(total: Any, x: Any) -> Any:
            return _sum(total, torch.log(x if isinstance(x, torch.Tensor) else torch.tensor(x)))

        super().__init__(op, output_transform, device, skip_unrolling)

    def compute(self) -> Any:
        self._check()
        mean = torch.exp(self.accumulator / self.num_examples)
        return mean.item() if mean.numel() == 1 else mean


class RunningAverage(Metric):
    """`value * alpha + (1 - alpha) * new`, of a metric or of the output."""

    required_output_keys = None
    _state_dict_all_req_keys = ("_value", "src")

    def __init__(
        self,
        src: Metric | None = None,
        alpha: float = 0.98,
        output_transform: Callable[[Any], Any] | None = None,
        epoch_bound: bool | None = None,
        device: Any = None,
        skip_unrolling: bool = False,
    ):
        if not (isinstance(src, Metric) or src is None):
            raise TypeError("Argument src should be a Metric or None.")
        if not 0.0 < alpha <= 1.0:
            raise ValueError("Argument alpha should be a float between 0.0 and 1.0.")
        if src is None and output_transform is None:
            raise ValueError(
                "Argument output_transform should not be None if src corresponds to the output of process function."
            )
        for name, value in (("output_transform", output_transform), ("device", device)):
            if src is not None and value is not None:
                raise ValueError(f"Argument {name} should be None if src is a Metric.")
        if epoch_bound is not None:
            warnings.warn(
                "`epoch_bound` is deprecated and will be removed in the future. Consider using `usage` argument of"
                "`attach` method instead. `epoch_bound=True` is equivalent with `usage=SingleEpochRunningBatchWise()`"
                " and `epoch_bound=False` is equivalent with `usage=RunningBatchWise()`.",
                stacklevel=2,
            )
        self.src = src
        self.epoch_bound = epoch_bound
        self.alpha = alpha
        super().__init__(output_transform or _same, device or "cpu", skip_unrolling)

    @reinit__is_reduced
    def reset(self) -> None:
        self._value: Any = None
        if self.src is not None:
            self.src.reset()

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        if self.src is None:
            value = output.detach().clone() if isinstance(output, torch.Tensor) else output
        else:
            value = self.src.compute()
            self.src.reset()
        self._value = value if self._value is None else self._value * self.alpha + (1.0 - self.alpha) * value

    def compute(self) -> Any:
        return self._value

    def attach(self, engine: Any, name: str, usage: str | MetricUsage = RunningBatchWise()) -> None:
        if self.src is not None and not engine.has_event_handler(
            self.src.iteration_completed, Events.ITERATION_COMPLETED
        ):
            engine.add_event_handler(Events.ITERATION_COMPLETED, self.src.iteration_completed)
        super().attach(engine, name, self._usage(usage))

    def detach(self, engine: Any, usage: str | MetricUsage = RunningBatchWise()) -> None:
        if self.src is not None and engine.has_event_handler(
            self.src.iteration_completed, Events.ITERATION_COMPLETED
        ):
            engine.remove_event_handler(self.src.iteration_completed, Events.ITERATION_COMPLETED)
        super().detach(engine, self._usage(usage))

    def _usage(self, usage: Any) -> Any:
        if self.epoch_bound is None:
            return usage_of(usage)
        return SingleEpochRunningBatchWise() if self.epoch_bound else RunningBatchWise()


Loss.__module__, RunningAverage.__module__ = "ignite.metrics.loss", "ignite.metrics.running_average"
for each in (VariableAccumulation, Average, GeometricAverage):
    each.__module__ = "ignite.metrics.accumulation"
