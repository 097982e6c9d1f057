"""Schedules made of others: PyTorch's, several together, one after the other."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from ..torch.namespace import torch
from .events import Events
from .schedules import ParamScheduler, PiecewiseLinear, simulated

__name__ = "ignite.handlers.param_scheduler"


class LRScheduler(ParamScheduler):
    """One of torch.optim.lr_scheduler's, stepped by events."""

    def __init__(self, lr_scheduler: Any, save_history: bool = False, use_legacy: bool = False):
        kind = torch.optim.lr_scheduler.LRScheduler
        if not isinstance(lr_scheduler, kind):
            raise TypeError(
                f"Argument lr_scheduler should be a subclass of torch.optim.lr_scheduler.{kind.__name__}, but given "
                f"{type(lr_scheduler)}"
            )
        super().__init__(lr_scheduler.optimizer, "lr", save_history)
        self.lr_scheduler = lr_scheduler
        if use_legacy:
            lr_scheduler.last_epoch += 1
        self._state_attrs += ["lr_scheduler"]

    def __call__(self, engine: Any, name: str | None = None) -> None:
        super().__call__(engine, name)
        self.lr_scheduler.last_epoch += 1

    def get_param(self) -> Any:
        self.lr_scheduler._get_lr_called_within_step = True
        rates = self.lr_scheduler.get_lr()
        self.lr_scheduler._get_lr_called_within_step = False
        return rates[0] if len(rates) == 1 else rates

    @classmethod
    def simulate_values(cls, num_events: int, lr_scheduler: Any, **options: Any) -> list[list[Any]]:  # type: ignore[override]
        optimizer = lr_scheduler.optimizer
        kept = deepcopy((lr_scheduler.state_dict(), optimizer.state_dict()))
        values = simulated(cls(lr_scheduler, save_history=False, **options), num_events)
        lr_scheduler.load_state_dict(kept[0])
        optimizer.load_state_dict(kept[1])
        return values


class ParamGroupScheduler:
    """Several schedules called together."""

    def __init__(self, schedulers: Sequence[Any], names: list[str] | None = None, save_history: bool = False):
        if not isinstance(schedulers, Sequence):
            raise TypeError(f"Argument schedulers should be a list/tuple, but given {schedulers}")
        if not all(isinstance(each, ParamScheduler) for each in schedulers):
            raise ValueError(
                f"Argument schedulers should be a list/tuple of parameter schedulers, but given {schedulers}"
            )
        names = [each.param_name for each in schedulers] if names is None else names
        if len(names) != len(schedulers):
            raise ValueError(f"{len(schedulers)} should be equal {len(names)}")
        self.schedulers = schedulers
        self.names = names
        self.optimizer = [each.optimizer for each in schedulers]
        self.param_name = [each.param_name for each in schedulers]
        self.save_history = save_history

    @property
    def save_history(self) -> bool:
        """Whether values are kept in `engine.state.param_history`."""
        return self.schedulers[0].save_history

    @save_history.setter
    def save_history(self, value: bool) -> None:
        for each in self.schedulers:
            each.save_history = value

    def __call__(self, engine: Any, name: str | None = None) -> None:
        for each, title in zip(self.schedulers, self.names, strict=True):
            each(engine, title)

    @classmethod
    def simulate_values(cls, num_events: int, schedulers: Sequence[Any], **options: Any) -> list[list[Any]]:
        """What `num_events` events will set; the schedules are afterwards where they were."""
        with _put_back(schedulers):
            scheduler, values = cls(schedulers, **options), []
            for i in range(num_events):
                values.append([i, *scheduler.get_param()])
                scheduler(engine=None)
        return values

    def get_param(self) -> list[Any]:
        """The values now."""
        return [each.get_param() for each in self.schedulers]

    def attach(self, engine: Any, event: Any = Events.ITERATION_STARTED) -> None:
        """Set the values at an event."""
        engine.add_event_handler(event, self)

    @property
    def optimizer_param_groups(self) -> list[dict[str, Any]]:
        """The groups that are set."""
        return [group for each in self.schedulers for group in each.optimizer_param_groups]

    def state_dict(self) -> OrderedDict[str, Any]:
        """Where the schedules are."""
        states = [(name, each.state_dict()) for name, each in zip(self.names, self.schedulers, strict=True)]
        return OrderedDict([("schedulers", states)])

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where `state_dict` was."""
        for each, (_, state) in zip(self.schedulers, state_dict["schedulers"], strict=True):
            each.load_state_dict(state)


class ConcatScheduler(ParamScheduler):
    """Schedules one after the other: each for its number of events, the last for the rest."""

    def __init__(self, schedulers: Sequence[Any], durations: Sequence[int], save_history: bool = False):
        if not isinstance(schedulers, Sequence):
            raise TypeError(f"Argument schedulers should be a sequence, but given {schedulers}")
        if len(schedulers) < 2:
            raise ValueError(
                f"Argument schedulers should be of more than one parameter schedulers, but given {schedulers}"
            )
        if len(schedulers) != len(durations) + 1:
            raise ValueError(
                f"Incorrect number schedulers or duration values, given {len(schedulers)} and {len(durations)}"
            )
        for i, each in enumerate(schedulers):
            if not isinstance(each, ParamScheduler | ParamGroupScheduler):
                raise TypeError(
                    f"Value at index {i} of schedulers should be a parameter scheduler, but given {type(each)}"
                )
        first = schedulers[-1]
        self.schedulers = schedulers
        self.durations = list(durations)
        super().__init__(first.optimizer, first.param_name)
        self._scheduler_index = 0
        self._begin()
        for each in schedulers:
            each.save_history = save_history
        self._state_attrs += ["_current_duration", "durations", "_scheduler_index"]

    def _begin(self) -> None:
        i = self._scheduler_index
        self._current_scheduler = self.schedulers[i]
        self._current_duration = self.durations[i] if i < len(self.durations) else -1

    def __call__(self, engine: Any, name: str | None = None) -> None:
        if self._current_duration == 0:
            self._scheduler_index += 1
            self._begin()
        self._current_scheduler(engine, name)
        self._current_duration -= 1

    @property
    def optimizer_param_groups(self) -> list[dict[str, Any]]:
        """The groups that are set."""
        return self._current_scheduler.optimizer_param_groups

    @classmethod
    def simulate_values(  # type: ignore[override]
        cls,
        num_events: int,
        schedulers: Sequence[Any],
        durations: Sequence[int],
        param_names: Sequence[str] | None = None,
    ) -> list[list[Any]]:
        if param_names is not None:
            if not isinstance(param_names, list | tuple):
                raise TypeError(
                    f"Argument param_names should be list or tuple, but given {type(param_names)}"
                )
            if not all(isinstance(each, str) for each in param_names):
                raise ValueError(
                    f"Argument param_names should be list or tuple of strings, but given {param_names}"
                )
        if len(_optimizers(schedulers)) != 1:
            raise ValueError("schedulers should be related to same optimizer")
        with _put_back(schedulers):
            for each in schedulers:
                each.save_history = False
            scheduler = cls(schedulers, durations)
            return simulated(scheduler, num_events, param_names)

    def get_param(self) -> Any:
        return self._current_scheduler.get_param()

    def state_dict(self) -> OrderedDict[str, Any]:
        """Where the schedules are."""
        found = super().state_dict()
        found["schedulers"] = [each.state_dict() for each in self.schedulers]
        return found

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        super().load_state_dict(state_dict)
        for each, state in zip(self.schedulers, state_dict["schedulers"], strict=True):
            each.load_state_dict(state)
        self._current_scheduler = self.schedulers[self._scheduler_index]


def _optimizers(schedulers: Sequence[Any]) -> list[Any]:
    each_one = (each.optimizer for each in schedulers)
    listed = [one for each in each_one for one in (each if isinstance(each, list) else [each])]
    return list({id(each): each for each in listed}.values())


@contextmanager
def _put_back(schedulers: Sequence[Any]) -> Iterator[None]:
    """Schedules and their optimisers are afterwards what they were."""
    concerned = [*schedulers, *_optimizers(schedulers)]
    kept = [deepcopy(each.state_dict()) for each in concerned]
    yield
    for each, state in zip(concerned, kept, strict=True):
        each.load_state_dict(state)


def create_lr_scheduler_with_warmup(
    lr_scheduler: Any,
    warmup_start_value: float,
    warmup_duration: int,
    warmup_end_value: float | None = None,
    save_history: bool = False,
) -> ConcatScheduler:
    """A schedule that begins with a straight line up to the rate of another one."""
    if not isinstance(warmup_duration, int):
        raise TypeError(f"Argument warmup_duration should be integer, but given {warmup_duration}")
    if not warmup_duration > 1:
        raise ValueError(f"Argument warmup_duration should be at least 2 events, but given {warmup_duration}")
    of_torch = isinstance(lr_scheduler, torch.optim.lr_scheduler.LRScheduler)
    if not of_torch and not isinstance(lr_scheduler, ParamScheduler):
        raise TypeError(
            "Argument lr_scheduler should be a subclass of torch.optim.lr_scheduler.LRScheduler or ParamScheduler, "
            f"but given {type(lr_scheduler)}"
        )
    optimizer = lr_scheduler.optimizer
    if of_torch:
        lr_scheduler.last_epoch += 1
        lr_scheduler = LRScheduler(lr_scheduler, save_history)
    lines, milestones = [], [(0, warmup_start_value)]
    for i, group in enumerate(optimizer.param_groups):
        end = group["lr"] if warmup_end_value is None else warmup_end_value
        milestones = [(0, warmup_start_value), (warmup_duration - 1, end)]
        rate = group["lr"] if of_torch else lr_scheduler.get_param()
        if of_torch and rate != end:
            milestones.append((warmup_duration, rate))
        elif not of_torch and rate == end and warmup_duration > 2:
            step = (end - warmup_start_value) / (warmup_duration - 1)
            milestones[-1] = (warmup_duration - 2, end - step)
        elif not of_torch and rate == end:
            milestones.pop()
        lines.append(PiecewiseLinear(optimizer, "lr", milestones, save_history, i))
    warmup = ParamGroupScheduler(lines, save_history=save_history)
    return ConcatScheduler([warmup, lr_scheduler], [milestones[-1][0] + 1], save_history)
