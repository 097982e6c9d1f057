"""What an engine fires: events, their filters and combinations, and the state that handlers see."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from types import DynamicClassAttribute
from typing import Any, ClassVar

from ..engine.core import context
from .signatures import check_signature

__name__ = "ignite.engine.events"

Filter = Callable[[Any, int], bool]


class CallableEventWithFilter:
    """An event with a filter: handlers run where `filter(engine, number of the event)` is true."""

    def __init__(self, value: str, event_filter: Filter | None = None, name: str | None = None):
        self.filter = event_filter
        if not hasattr(self, "_value_"):
            self._value_ = value
        if not hasattr(self, "_name_") and name is not None:
            self._name_ = name

    @DynamicClassAttribute
    def name(self) -> str:
        """The name of the event."""
        return self._name_

    @DynamicClassAttribute
    def value(self) -> str:
        """The value of the event."""
        return self._value_

    def __call__(
        self,
        event_filter: Filter | None = None,
        every: int | None = None,
        once: Any = None,
        before: int | None = None,
        after: int | None = None,
    ) -> CallableEventWithFilter:
        counted = every is not None or before is not None or after is not None
        if sum((event_filter is not None, once is not None, counted)) != 1:
            raise ValueError(
                "Only one of the input arguments should be specified, except before, after and every"
            )
        if event_filter is not None and not callable(event_filter):
            raise TypeError("Argument event_filter should be a callable")
        if every is not None and not (isinstance(every, numbers.Integral) and every > 0):
            raise ValueError("Argument every should be integer and greater than zero")
        if once is not None and not _is_count(once):
            raise ValueError(
                f"Argument once should either be a positive integer or a list of positive integers, got {once}"
            )
        for title, given in (("before", before), ("after", after)):
            if given is not None and not (isinstance(given, numbers.Integral) and given >= 0):
                raise ValueError(f"Argument {title} should be integer and greater or equal to zero")
        if once is not None:
            event_filter = _once([once] if isinstance(once, int) else once)
        elif before is not None or after is not None:
            event_filter = _between(every or 1, before, after)
        elif every is not None and every != 1:
            event_filter = _between(every, None, None)
        if event_filter is not None:
            check_signature(event_filter, "event_filter", "engine", "event")
        return CallableEventWithFilter(self.value, event_filter, self.name)

    def __repr__(self) -> str:
        filtered = "" if self.filter is None else f"(filter={self.filter})"
        return f"Events.{self.name}{filtered}"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CallableEventWithFilter):
            return self.name == other.name
        if isinstance(other, str):
            return self.name == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._name_)

    def __or__(self, other: Any) -> EventsList:
        return EventsList() | self | other


def _is_count(once: Any) -> bool:
    if isinstance(once, int):
        return once > 0
    return isinstance(once, Sequence) and len(once) > 0 and all(isinstance(e, int) and e > 0 for e in once)


def _once(when: Sequence[int]) -> Filter:
    return lambda engine, event: event in when


def _between(every: int, before: int | None, after: int | None) -> Filter:
    """Each `every`th event after `after` and before `before`."""
    if before is None and after is None:
        return lambda engine, event: event % every == 0
    first, end = after or 0, float("inf") if before is None else before
    return lambda engine, event: first < event < end and (event - first - 1) % every == 0


class EventEnum(CallableEventWithFilter, Enum):
    """Base class of enumerations of events."""

    def __new__(cls, value: str) -> EventEnum:
        made = CallableEventWithFilter.__new__(cls)
        made._value_ = value
        return made


class Events(EventEnum):
    """The events of an engine's run."""

    EPOCH_STARTED = "epoch_started"
    EPOCH_COMPLETED = "epoch_completed"
    STARTED = "started"
    COMPLETED = "completed"
    ITERATION_STARTED = "iteration_started"
    ITERATION_COMPLETED = "iteration_completed"
    EXCEPTION_RAISED = "exception_raised"
    GET_BATCH_STARTED = "get_batch_started"
    GET_BATCH_COMPLETED = "get_batch_completed"
    DATALOADER_STOP_ITERATION = "dataloader_stop_iteration"
    TERMINATE = "terminate"
    TERMINATE_SINGLE_EPOCH = "terminate_single_epoch"
    INTERRUPT = "interrupt"

    def __or__(self, other: Any) -> EventsList:
        return EventsList() | self | other


class EventsList:
    """Several events: `Events.STARTED | Events.COMPLETED(every=3)`."""

    def __init__(self) -> None:
        self._events: list[Any] = []

    def __getitem__(self, item: int) -> Any:
        return self._events[item]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def __or__(self, other: Any) -> EventsList:
        if not isinstance(other, CallableEventWithFilter):
            raise TypeError(f"Argument event should be Events or CallableEventWithFilter, got: {type(other)}")
        self._events.append(other)
        return self


class State:
    """What handlers see of a run: counts, the batch and output, metrics, and what they put there."""

    event_to_attr: ClassVar[dict[Any, str]] = {
        Events.GET_BATCH_STARTED: "iteration",
        Events.GET_BATCH_COMPLETED: "iteration",
        Events.ITERATION_STARTED: "iteration",
        Events.ITERATION_COMPLETED: "iteration",
        Events.EPOCH_STARTED: "epoch",
        Events.EPOCH_COMPLETED: "epoch",
        Events.STARTED: "epoch",
        Events.COMPLETED: "epoch",
    }

    def __init__(self, **kwargs: Any) -> None:
        self.iteration = 0
        self.epoch = 0
        self.epoch_length: int | None = None
        self.max_epochs: int | None = None
        self.max_iters: int | None = None
        self.output: Any = None
        self.batch: Any = None
        self.metrics: dict[str, Any] = {}
        self.dataloader: Any = None
        self.seed: int | None = None
        self.times: dict[str, float | None] = {"EPOCH_COMPLETED": None, "COMPLETED": None}
        for name, value in kwargs.items():
            setattr(self, name, value)
        self._update_attrs()

    def _update_attrs(self) -> None:
        for name in counted_by().values():
            if not hasattr(self, name):
                setattr(self, name, 0)

    def get_event_attrib_value(self, event_name: Any) -> int:
        """How often an event has been fired."""
        name = State.event_to_attr.get(event_name) or counted_by().get(event_name)
        if name is None:
            raise RuntimeError(f"Unknown event name '{event_name}'")
        return getattr(self, name)

    def __repr__(self) -> str:
        lines = ["State:\n"]
        for name, value in self.__dict__.items():
            shown = value if isinstance(value, numbers.Number | str) else type(value)
            lines.append(f"\t{name}: {shown}\n")
        return "".join(lines)


def counted_by() -> dict[Any, str]:
    """The attribute of the state that counts each event; those that programs register are their session's."""
    return {**State.event_to_attr, **context.current().switches.get(("ignite", "events"), {})}


def count_by(events: dict[Any, str]) -> None:
    """Say which attributes count a program's own events."""
    state, before = context.current(), context.current().switches
    state.journal.save_setting(state, "switches")
    own = {**before.get(("ignite", "events"), {}), **events}
    state.switches = {**before, ("ignite", "events"): own}


class RemovableEventHandle:
    """What `add_event_handler` gives: `remove()`, or the end of a `with`, takes the handler away."""

    def __init__(self, event_name: Any, handler: Callable[..., Any], engine: Any):
        self.event_name = event_name
        self.handler = handler
        self.engine = engine

    def remove(self) -> None:
        """Take the handler away."""
        handler = getattr(self.handler, "_parent", self.handler)
        for event in self.event_name if isinstance(self.event_name, EventsList) else (self.event_name,):
            if self.engine.has_event_handler(handler, event):
                self.engine.remove_event_handler(handler, event)

    def __enter__(self) -> RemovableEventHandle:
        return self

    def __exit__(self, *args: Any, **kwargs: Any) -> None:
        self.remove()
