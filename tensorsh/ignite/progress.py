"""A bar that shows an engine's run."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..torch.namespace import torch
from .events import CallableEventWithFilter, Events, State
from .session import python

__name__ = "ignite.handlers.tqdm_logger"

ORDER = (
    Events.STARTED,
    Events.EPOCH_STARTED,
    Events.ITERATION_STARTED,
    Events.ITERATION_COMPLETED,
    Events.EPOCH_COMPLETED,
    Events.COMPLETED,
)


class ProgressBar:
    """tqdm's bar over the iterations of an epoch, or what else is attached; metrics stand behind it."""

    def __init__(
        self,
        persist: bool = False,
        bar_format: str
        | None = "{desc}[{n_fmt}/{total_fmt}] {percentage:3.0f}%|{bar}{postfix} [{elapsed}<{remaining}]",
        **tqdm_kwargs: Any,
    ):
        self.pbar: Any = None
        self.persist = persist
        self.bar_format = bar_format
        self.tqdm_kwargs = tqdm_kwargs

    def log_message(self, message: str) -> None:
        """Print above the bar."""
        python("tqdm").tqdm.write(message, file=self.tqdm_kwargs.get("file"))

    def attach(
        self,
        engine: Any,
        metric_names: Any = None,
        output_transform: Callable[[Any], Any] | None = None,
        event_name: Any = Events.ITERATION_COMPLETED,
        closing_event_name: Any = Events.EPOCH_COMPLETED,
        state_attributes: list[str] | None = None,
    ) -> None:
        """Move the bar at `event_name`, end it at `closing_event_name`."""
        if event_name not in engine._allowed_events:
            raise ValueError(f"Logging event {event_name.name} is not in allowed events for this engine")
        if isinstance(closing_event_name, CallableEventWithFilter) and closing_event_name.filter is not None:
            raise ValueError("Closing Event should not be a filtered event")
        if not ORDER.index(event_name) < ORDER.index(closing_event_name):
            raise ValueError(
                f"Logging event {event_name} should be called before closing event {closing_event_name}"
            )
        if metric_names is not None and not (isinstance(metric_names, list) or metric_names == "all"):
            raise TypeError(
                f"metric_names should be either a list or equal 'all', got {type(metric_names)} instead."
            )
        if output_transform is not None and not callable(output_transform):
            raise TypeError(f"output_transform should be a function, got {type(output_transform)} instead.")
        if event_name not in State.event_to_attr:
            raise RuntimeError(f"Unknown event name '{event_name}'")
        shown = (metric_names or [], output_transform, state_attributes or [])
        engine.add_event_handler(event_name, self._move, event_name, closing_event_name, shown)
        engine.add_event_handler(closing_event_name, self._close)

    def _move(self, engine: Any, event_name: Any, closing: Any, shown: tuple[Any, ...]) -> None:
        total = _count(event_name, engine)
        if self.pbar is None:
            self.pbar = python("tqdm").tqdm(
                total=total, leave=self.persist, bar_format=self.bar_format, initial=1, **self.tqdm_kwargs
            )
        description = self.tqdm_kwargs.get("desc", "") or (
            "Iteration" if engine.state.max_epochs == 1 else "Epoch"
        )
        rounds = _count(closing, engine)
        if rounds and rounds > 1:
            description += f" [{engine.state.get_event_attrib_value(closing)}/{rounds}]"
        self.pbar.set_description(description)
        values = _values(engine, *shown)
        if values:
            self.pbar.set_postfix(values)
        step = engine.state.get_event_attrib_value(event_name)
        if total is not None:
            step = (step - 1) % total + 1
        self.pbar.update(step - self.pbar.n)

    def _close(self, engine: Any) -> None:
        if self.pbar is not None:
            self.pbar.close()
        self.pbar = None


def _count(event_name: Any, engine: Any) -> int | None:
    """How often an event is fired in a run of an epoch, or of the engine."""
    if event_name in (Events.ITERATION_STARTED, Events.ITERATION_COMPLETED):
        return engine.state.epoch_length
    if event_name in (Events.EPOCH_STARTED, Events.EPOCH_COMPLETED):
        return engine.state.max_epochs
    return 1


def _values(engine: Any, metric_names: Any, output_transform: Any, attributes: list[str]) -> dict[str, Any]:
    """What stands behind the bar."""
    metrics = engine.state.metrics
    found: dict[str, Any] = {}
    for name in metrics if metric_names == "all" else metric_names:
        if name in metrics:
            found[name] = metrics[name]
        else:
            warnings.warn(
                f"Provided metric name '{name}' is missing in engine's state metrics: {list(metrics.keys())}",
                stacklevel=2,
            )
    if output_transform is not None:
        output = output_transform(engine.state.output)
        found |= output if isinstance(output, dict) else {"output": output}
    found |= {name: getattr(engine.state, name, None) for name in attributes}
    flat: dict[str, Any] = {}
    _flatten(found, "", flat)
    return flat


def _flatten(values: Mapping[str, Any], before: str, into: dict[str, Any]) -> None:
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            _flatten(value, f"{name}_", into)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            _flatten({str(i): each for i, each in enumerate(value)}, f"{name}_", into)
        elif isinstance(value, torch.Tensor) and value.ndim == 1:
            _flatten({str(i): each for i, each in enumerate(value.tolist())}, f"{name}_", into)
        elif isinstance(value, numbers.Number | str):
            into[name] = value
        elif isinstance(value, torch.Tensor) and value.ndim == 0:
            into[name] = value.item()
        else:
            warnings.warn(f"Logger output_handler can not log metrics value type {type(value)}", stacklevel=2)
