"""What fires events: handlers are added to it, and run when an event is fired."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from .events import (
    CallableEventWithFilter,
    EventEnum,
    Events,
    EventsList,
    RemovableEventHandle,
    State,
    count_by,
)
from .session import logger_of
from .signatures import check_signature


class EventSource:
    """The half of an engine that knows events and handlers."""

    def __init__(self) -> None:
        self._event_handlers: dict[Any, list[Any]] = defaultdict(list)
        self._allowed_events: list[Any] = []
        self.logger = logger_of(self)
        self.last_event_name: Any = None
        self.state = State()

    def register_events(self, *event_names: Any, event_to_attr: dict[Any, str] | None = None) -> None:
        """Let events of the program's own be fired, and say which attribute of the state counts them."""
        if not (event_to_attr is None or isinstance(event_to_attr, dict)):
            raise ValueError(f"Expected event_to_attr to be dictionary. Got {type(event_to_attr)}.")
        for index, each in enumerate(event_names):
            if not isinstance(each, str | EventEnum):
                raise TypeError(
                    f"Value at {index} of event_names should be a str or EventEnum, but given {each}"
                )
            self._allowed_events.append(each)
        if event_to_attr:
            count_by({each: event_to_attr[each] for each in event_names if each in event_to_attr})
        self.state._update_attrs()

    def has_registered_events(self, event: Any) -> bool:
        """Whether an event may be fired."""
        return event in self._allowed_events

    def add_event_handler(
        self, event_name: Any, handler: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> RemovableEventHandle:
        """Call `handler([engine,] *args, **kwargs)` at each event; the engine is passed if it is taken."""
        if isinstance(event_name, EventsList):
            for each in event_name:
                self.add_event_handler(each, handler, *args, **kwargs)
            return RemovableEventHandle(event_name, handler, self)
        if isinstance(event_name, CallableEventWithFilter) and event_name.filter is not None:
            handler = self._filtered(handler, event_name)
        self._assert_allowed_event(event_name)
        of_event: tuple[Any, ...] = ()
        if event_name == Events.EXCEPTION_RAISED:
            of_event = (Exception(),)
        elif event_name == Events.TERMINATE_SINGLE_EPOCH:
            of_event = (0,)
        try:
            check_signature(handler, "handler", self, *of_event, *args, **kwargs)
            first: tuple[Any, ...] = (self,)
        except ValueError:
            check_signature(handler, "handler", *of_event, *args, **kwargs)
            first = ()
        self._event_handlers[event_name].append((handler, first, args, kwargs))
        self.logger.debug(f"Added handler for event {event_name}")
        return RemovableEventHandle(event_name, handler, self)

    def on(self, event_name: Any, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """The decorator that adds a handler."""

        def decorator(f: Callable[..., Any]) -> Callable[..., Any]:
            self.add_event_handler(event_name, f, *args, **kwargs)
            return f

        return decorator

    def has_event_handler(self, handler: Callable[..., Any], event_name: Any = None) -> bool:
        """Whether a handler has been added, to an event or to any."""
        events = list(self._event_handlers) if event_name is None else [event_name]
        return any(
            _same(handler, each[0]) for event in events for each in self._event_handlers.get(event, ())
        )

    def remove_event_handler(self, handler: Callable[..., Any], event_name: Any) -> None:
        """Take a handler away."""
        if event_name not in self._event_handlers:
            raise ValueError(f"Input event name '{event_name}' does not exist")
        handlers = self._event_handlers[event_name]
        kept = [each for each in handlers if not _same(handler, each[0])]
        if len(kept) == len(handlers):
            raise ValueError(f"Input handler '{handler}' is not found among registered event handlers")
        self._event_handlers[event_name] = kept

    def fire_event(self, event_name: Any) -> None:
        """Run the handlers of an event."""
        self._assert_allowed_event(event_name)
        self._fire_event(event_name)

    def _fire_event(self, event_name: Any, *event_args: Any, **event_kwargs: Any) -> None:
        self.logger.debug(
            f"{self.state.epoch} | {self.state.iteration}, Firing handlers for event {event_name}"
        )
        self.last_event_name = event_name
        for handler, first, args, kwargs in self._event_handlers[event_name]:
            kwargs.update(event_kwargs)
            handler(*first, *event_args, *args, **kwargs)

    def _filtered(self, handler: Callable[..., Any], event: CallableEventWithFilter) -> Callable[..., Any]:
        @functools.wraps(handler)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if event.filter(self, self.state.get_event_attrib_value(event)):  # type: ignore[misc]
                return handler(*args, **kwargs)
            return None

        wrapper._parent = handler  # type: ignore[attr-defined]
        return wrapper

    def _assert_allowed_event(self, event_name: Any) -> None:
        if event_name not in self._allowed_events:
            self.logger.error(f"attempt to add event handler to an invalid event {event_name}")
            raise ValueError(f"Event {event_name} is not a valid event for this {type(self).__name__}.")


def _same(handler: Callable[..., Any], registered: Callable[..., Any]) -> bool:
    return getattr(registered, "_parent", registered) == handler
