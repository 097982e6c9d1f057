"""`Metric`: what is computed from an engine's outputs, batch by batch."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from numbers import Number
from typing import Any

from ..torch.namespace import torch
from .trees import Serializable, apply_pairs, map_objects
from .usage import EpochWise, MetricUsage, usage_of

__name__ = "ignite.metrics.metric"

RANKS = "__metric_state_per_rank"


class NotComputableError(RuntimeError):
    """A metric has seen nothing yet."""


NotComputableError.__module__ = "ignite.exceptions"


def _same(x: Any) -> Any:
    return x


class Metric(Serializable, metaclass=ABCMeta):
    """Base of metrics: `reset()`, `update(output)`, `compute()`; `attach(engine, name)` puts it to work."""

    required_output_keys: tuple[str, ...] | None = ("y_pred", "y")
    _required_output_keys = required_output_keys

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = _same,
        device: Any = "cpu",
        skip_unrolling: bool = False,
        metrics_result_mode: str = "both",
    ):
        if not callable(output_transform):
            raise TypeError(f"Argument output_transform should be callable, got {type(output_transform)}")
        modes = ("flatten", "named", "both")
        if metrics_result_mode not in modes:
            raise ValueError(
                f"Argument metrics_result_mode should be one of {modes}, got {metrics_result_mode}"
            )
        self._output_transform = output_transform
        self._device = torch.device(device)
        self._skip_unrolling = skip_unrolling
        self._metrics_result_mode = metrics_result_mode
        self._double_dtype = torch.float64
        self.reset()

    @abstractmethod
    def reset(self) -> None:
        """Forget everything."""

    @abstractmethod
    def update(self, output: Any) -> None:
        """Take in the output for one batch."""

    @abstractmethod
    def compute(self) -> Any:
        """The metric of what has been taken in; NotComputableError where that is nothing."""

    # ---------------------------------------------------------------- in an engine

    def started(self, engine: Any) -> None:
        """Handler where the metric begins anew."""
        self.reset()

    def iteration_completed(self, engine: Any) -> None:
        """Handler for each output."""
        with torch.no_grad():
            self._take(self._output_transform(engine.state.output))

    def _take(self, output: Any) -> None:
        if isinstance(output, Mapping):
            keys = self.required_output_keys
            if keys is None:
                raise TypeError(
                    f"Transformed engine output for {type(self).__name__} metric should be a tuple/list, but given "
                    f"{type(output)}"
                )
            if not all(key in output for key in keys):
                raise ValueError(
                    f"When transformed engine's output is a mapping, it should contain {keys} keys, but given "
                    f"{list(output.keys())}"
                )
            output = tuple(output[key] for key in keys)
        lists = not self._skip_unrolling and isinstance(output, Sequence) and all(map(_is_list, output))
        if not lists:
            self.update(output)
            return
        if not (len(output) == 2 and len(output[0]) == len(output[1])):
            raise ValueError(
                f"Output should have 2 items of the same length, got {len(output)} and {len(output[0])}, "
                f"{len(output[1])}"
            )
        for one, other in zip(*output, strict=True):
            self.update((_batched(one), _batched(other)))

    def completed(self, engine: Any, name: str) -> None:
        """Handler where the result goes into `engine.state.metrics`."""
        result = self.compute()
        found = engine.state.metrics
        if isinstance(result, Mapping):
            if self._metrics_result_mode in ("named", "both") and name in result:
                raise ValueError(
                    f"Argument name '{name}' is conflicting with mapping keys: {list(result.keys())}"
                )
            if self._metrics_result_mode in ("flatten", "both"):
                found.update(result)
            if self._metrics_result_mode in ("named", "both"):
                found[name] = result
            return
        found[name] = result.item() if isinstance(result, torch.Tensor) and not result.size() else result

    def attach(self, engine: Any, name: str, usage: str | MetricUsage = EpochWise()) -> None:
        """Compute the metric in an engine and keep it as `engine.state.metrics[name]`."""
        usage = usage_of(usage)
        if not engine.has_event_handler(self.started, usage.STARTED):
            engine.add_event_handler(usage.STARTED, self.started)
        if not engine.has_event_handler(self.iteration_completed, usage.ITERATION_COMPLETED):
            engine.add_event_handler(usage.ITERATION_COMPLETED, self.iteration_completed)
        engine.add_event_handler(usage.COMPLETED, self.completed, name)

    def detach(self, engine: Any, usage: str | MetricUsage = EpochWise()) -> None:
        """Take the metric out of an engine."""
        usage = usage_of(usage)
        handlers = (
            (self.completed, usage.COMPLETED),
            (self.started, usage.STARTED),
            (self.iteration_completed, usage.ITERATION_COMPLETED),
        )
        for handler, event in handlers:
            if engine.has_event_handler(handler, event):
                engine.remove_event_handler(handler, event)

    def is_attached(self, engine: Any, usage: str | MetricUsage = EpochWise()) -> bool:
        """Whether the metric is in an engine."""
        return engine.has_event_handler(self.completed, usage_of(usage).COMPLETED)

    # ---------------------------------------------------------------- state

    def _own_state(self) -> OrderedDict[str, Any]:
        def value(x: Any) -> Any:
            if isinstance(x, Metric):
                return x._own_state()
            if x is None or isinstance(x, int | float | torch.Tensor):
                return x
            raise TypeError(
                "Found attribute of unsupported type. Currently, supported types include numeric types, tensor, "
                "Metric or sequence/mapping of metrics."
            )

        return OrderedDict(
            (name, map_objects(value, getattr(self, name))) for name in self._state_dict_all_req_keys
        )

    def state_dict(self) -> OrderedDict[str, Any]:
        """What the metric has taken in."""
        return OrderedDict([(RANKS, [self._own_state()])])

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict()` gave."""
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Argument state_dict should be a dictionary, but given {type(state_dict)}")
        if list(state_dict) != [RANKS]:
            raise ValueError(
                "Incorrect state_dict object. Argument state_dict should be a dictionary provided by "
                f"Metric.state_dict(). Expected single key: {RANKS}, but given {state_dict.keys()}"
            )
        self._load_own(state_dict[RANKS][0])

    def _load_own(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        for name in self._state_dict_all_req_keys:
            value = getattr(self, name)
            if value is None or isinstance(value, int | float | torch.Tensor):
                setattr(self, name, state[name])
            else:
                apply_pairs(
                    lambda x, y: x._load_own(y) if isinstance(x, Metric) else None, value, state[name]
                )

    # ---------------------------------------------------------------- arithmetic

    def __add__(self, other: Any) -> Any:
        return _combined(lambda x, y: x + y, self, other)

    def __radd__(self, other: Any) -> Any:
        return _combined(lambda x, y: x + y, other, self)

    def __sub__(self, other: Any) -> Any:
        return _combined(lambda x, y: x - y, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _combined(lambda x, y: x - y, other, self)

    def __mul__(self, other: Any) -> Any:
        return _combined(lambda x, y: x * y, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _combined(lambda x, y: x * y, other, self)

    def __pow__(self, other: Any) -> Any:
        return _combined(lambda x, y: x**y, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _combined(lambda x, y: x**y, other, self)

    def __mod__(self, other: Any) -> Any:
        return _combined(lambda x, y: x % y, self, other)

    def __truediv__(self, other: Any) -> Any:
        return _combined(lambda x, y: x / y, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _combined(lambda x, y: x / y, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _combined(lambda x, y: x // y, self, other)

    def __getitem__(self, index: Any) -> Any:
        return _combined(lambda x: x[index], self)

    def __getattr__(self, attr: str) -> Callable[..., Any]:
        if attr.startswith("__") and attr.endswith("__"):
            return object.__getattribute__(self, attr)

        def of_result(x: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return getattr(x, attr)(*args, **kwargs)
            except AttributeError:
                raise AttributeError(
                    f"Metric result of type '{type(x)}' has no attribute '{attr}'."
                ) from None

        return lambda *args, **kwargs: _combined(of_result, self, *args, **kwargs)


def _combined(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    from .arithmetic import MetricsLambda

    return MetricsLambda(f, *args, **kwargs)


def sync_all_reduce(*attrs: str) -> Callable[..., Any]:
    """The decorator that adds up what processes have seen: there is one."""

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(func)
        def method(self: Metric, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(self, Metric):
                raise RuntimeError(
                    "Decorator sync_all_reduce should be used on ignite.metric.Metric class methods only"
                )
            return func(self, *args, **kwargs)

        return method

    return decorate


def reinit__is_reduced(func: Callable[..., Any]) -> Callable[..., Any]:
    """The decorator of `reset` and `update`, after which a kept result counts no more."""

    @wraps(func)
    def method(self: Metric, *args: Any, **kwargs: Any) -> None:
        func(self, *args, **kwargs)
        if "_result" in vars(self):
            vars(self)["_result"] = None

    return method


def _is_list(x: Any) -> bool:
    return isinstance(x, Sequence) and all(isinstance(each, torch.Tensor | Number) for each in x)


def _batched(x: Any) -> Any:
    return x.unsqueeze(dim=0) if isinstance(x, torch.Tensor) else torch.tensor([x])
