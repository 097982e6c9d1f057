"""Schedules of an optimiser's parameters: called at events, they set the value for what comes."""

from __future__ import annotations

import math
import numbers
from abc import ABCMeta, abstractmethod
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from ..torch.namespace import torch
from .events import Events

__name__ = "ignite.handlers.param_scheduler"


class BaseParamScheduler(metaclass=ABCMeta):
    """What schedules of any kind have: a count of events, and state."""

    def __init__(self, param_name: str, save_history: bool = False):
        self.param_name = param_name
        self.event_index = 0
        self.save_history = save_history
        self._state_attrs = ["event_index", "param_name", "save_history"]

    @abstractmethod
    def get_param(self) -> Any:
        """The value now."""

    def state_dict(self) -> OrderedDict[str, Any]:
        """Where the schedule is."""
        found: OrderedDict[str, Any] = OrderedDict()
        for name in self._state_attrs:
            if hasattr(self, name):
                value = getattr(self, name)
                found[name] = copy(value.state_dict() if hasattr(value, "state_dict") else value)
        return found

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was."""
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Argument state_dict should be a dictionary, but given {type(state_dict)}")
        for name in self._state_attrs:
            if name not in state_dict:
                raise ValueError(
                    f"Required state attribute '{name}' is absent in provided state_dict '{state_dict.keys()}'"
                )
            value, own = state_dict[name], getattr(self, name)
            if isinstance(value, Mapping) and hasattr(own, "load_state_dict"):
                own.load_state_dict(value)
            else:
                setattr(self, name, value)


class ParamScheduler(BaseParamScheduler):
    """Sets `param_name` of an optimiser's groups."""

    def __init__(
        self,
        optimizer: Any,
        param_name: str,
        save_history: bool = False,
        param_group_index: int | None = None,
    ):
        super().__init__(param_name, save_history)
        if not isinstance(getattr(optimizer, "param_groups", None), Sequence):
            raise TypeError(
                "Argument optimizer should be torch.optim.Optimizer or has attribute 'param_groups' as list/tuple, "
                f"but given {type(optimizer)}"
            )
        self.optimizer = optimizer
        self.param_group_index = param_group_index
        self._state_attrs += ["param_group_index"]

    def attach(self, engine: Any, event: Any = Events.ITERATION_STARTED) -> None:
        """Set the value at an event."""
        engine.add_event_handler(event, self)

    def __call__(self, engine: Any, name: str | None = None) -> None:
        value, groups = self._get_param(), self.optimizer_param_groups
        if isinstance(value, list) and len(value) != len(groups):
            raise ValueError(
                f"size of value is different than optimizer_param_groups {len(value)} != {len(groups)}"
            )
        for i, group in enumerate(groups):
            group[self.param_name] = value[i] if isinstance(value, list) else value
        if self.save_history and engine:
            if getattr(engine.state, "param_history", None) is None:
                engine.state.param_history = {}
            history = engine.state.param_history.setdefault(self.param_name if name is None else name, [])
            history.append([group[self.param_name] for group in groups])
        self.event_index += 1

    @property
    def optimizer_param_groups(self) -> list[dict[str, Any]]:
        """The groups that are set."""
        groups = self.optimizer.param_groups
        return groups if self.param_group_index is None else [groups[self.param_group_index]]

    def _get_param(self) -> Any:
        return self.get_param()

    @classmethod
    def simulate_values(cls, num_events: int, **options: Any) -> list[list[Any]]:
        """[event, value] for some events."""
        options = {key: value for key, value in options.items() if key not in ("optimizer", "save_history")}
        scheduler = cls(optimizer=_stand_in(), save_history=False, **options)
        return simulated(scheduler, num_events)


class CyclicalScheduler(ParamScheduler):
    """Base of schedules that go from a start value to an end value, and again."""

    def __init__(
        self,
        optimizer: Any,
        param_name: str,
        start_value: float,
        end_value: float,
        cycle_size: int,
        cycle_mult: float = 1.0,
        start_value_mult: float = 1.0,
        end_value_mult: float = 1.0,
        warmup_duration: int = 0,
        save_history: bool = False,
        param_group_index: int | None = None,
    ):
        super().__init__(optimizer, param_name, save_history, param_group_index)
        if cycle_size < 2:
            raise ValueError(
                f"Argument cycle_size should be positive and larger than 1, but given {cycle_size}"
            )
        self.start_value = start_value
        self.end_value = end_value
        self.cycle_size = cycle_size
        self.cycle_mult = cycle_mult
        self.cycle = 0
        self.start_value_mult = start_value_mult
        self.end_value_mult = end_value_mult
        self.warmup_duration = warmup_duration
        self.total_cycle_size = warmup_duration + cycle_size
        self._state_attrs += [
            "start_value", "end_value", "cycle_size", "cycle_mult", "cycle", "start_value_mult", "end_value_mult",
            "warmup_duration", "total_cycle_size",
        ]  # fmt: skip

    def __call__(self, engine: Any, name: str | None = None) -> None:
        if self.event_index != 0 and self.event_index == self.cycle_size:
            self.start_value *= self.start_value_mult
        if self.event_index != 0 and self.event_index == self.total_cycle_size:
            self.event_index = 0
            self.cycle_size = int(self.cycle_size * self.cycle_mult)
            self.warmup_duration = int(self.warmup_duration * self.cycle_mult)
            self.total_cycle_size = self.warmup_duration + self.cycle_size
            self.cycle += 1
            self.end_value *= self.end_value_mult
        super().__call__(engine, name)

    def _get_param(self) -> Any:
        if self.event_index > self.cycle_size:
            part = (self.event_index - self.cycle_size) / self.warmup_duration
            return self.end_value + (self.start_value - self.end_value) * part
        return self.get_param()


class LinearCyclicalScheduler(CyclicalScheduler):
    """In straight lines, to the end value and back; `monotonic` only there."""

    def __init__(self, *args: Any, monotonic: bool = False, **options: Any):
        super().__init__(*args, **options)
        self.monotonic = monotonic
        if self.warmup_duration > 0 and not monotonic:
            raise ValueError(
                "Invalid combination when warmup_duration > 0 and monotonic=False, please use either set "
                "warmup_duration=0 or monotonic=True"
            )

    def get_param(self) -> float:
        part = self.event_index / self.cycle_size
        if self.monotonic:
            return self.start_value + (self.end_value - self.start_value) * part
        return self.end_value + (self.start_value - self.end_value) * abs(part - 0.5) * 2


class CosineAnnealingScheduler(CyclicalScheduler):
    """Along half a cosine."""

    def get_param(self) -> float:
        part = self.event_index / self.cycle_size
        return self.start_value + (self.end_value - self.start_value) / 2 * (1 - math.cos(math.pi * part))


class PiecewiseLinear(ParamScheduler):
    """In straight lines through (event, value) points."""

    def __init__(
        self,
        optimizer: Any,
        param_name: str,
        milestones_values: Sequence[tuple[int, float]],
        save_history: bool = False,
        param_group_index: int | None = None,
    ):
        super().__init__(optimizer, param_name, save_history, param_group_index)
        if not isinstance(milestones_values, Sequence):
            raise TypeError(
                f"Argument milestones_values should be a list or tuple, but given {type(milestones_values)}"
            )
        if len(milestones_values) < 1:
            raise ValueError(
                f"Argument milestones_values should be with at least one value, but given {milestones_values}"
            )
        self.values: list[float] = []
        self.milestones: list[int] = []
        for pair in milestones_values:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise ValueError(
                    "Argument milestones_values should be a list of pairs (milestone, param_value)"
                )
            if not isinstance(pair[0], numbers.Integral):
                raise TypeError(f"Value of a milestone should be integer, but given {type(pair[0])}")
            if self.milestones and pair[0] < self.milestones[-1]:
                raise ValueError(
                    f"Milestones should be increasing integers, but given {pair[0]} is smaller than the previous "
                    f"milestone {self.milestones[-1]}"
                )
            self.milestones.append(pair[0])
            self.values.append(pair[1])
        self._index = 0
        self._state_attrs += ["values", "milestones", "_index"]

    def get_param(self) -> float:
        now, at, values = self.event_index, self.milestones, self.values
        if now < at[0]:
            return values[0]
        if now >= at[-1]:
            return values[-1]
        while not at[self._index] <= now < at[self._index + 1]:
            self._index += 1
        i = self._index
        return values[i] + (values[i + 1] - values[i]) * (now - at[i]) / (at[i + 1] - at[i])


def _stand_in() -> Any:
    return torch.optim.SGD([torch.zeros([1], requires_grad=True)], lr=0.01)


def simulated(scheduler: Any, num_events: int, names: Sequence[str] | None = None) -> list[list[Any]]:
    values = []
    for i in range(num_events):
        scheduler(engine=None)
        groups = scheduler.optimizer_param_groups
        values.append([i, *(group[name] for name in names or [scheduler.param_name] for group in groups)])
    return values
