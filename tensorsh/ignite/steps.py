"""The count of another engine, for names and logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__name__ = "ignite.handlers"


def global_step_from_engine(engine: Any, custom_event_name: Any = None) -> Callable[[Any, Any], int]:
    """A function of (engine, event) that says how often `engine` has fired the event."""

    def count(_: Any, event_name: Any) -> int:
        return engine.state.get_event_attrib_value(
            event_name if custom_event_name is None else custom_event_name
        )

    return count
