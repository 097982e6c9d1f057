"""torch.autograd.profiler: contexts that run their bodies; nothing is measured (`torch.profiler`)."""

from __future__ import annotations

from typing import Any

from .grad_mode import Decorating

__all__ = ["EventList", "emit_itt", "emit_nvtx", "profile", "record_function"]


class EventList(list[Any]):
    """What took time: nothing was measured."""

    def table(self, *args: Any, **kwargs: Any) -> str:
        """The table of a profiler that has seen nothing."""
        return ""

    def total_average(self) -> EventList:
        """The same."""
        return self

    def export_chrome_trace(self, path: str) -> None:
        """Write nothing."""


class record_function(Decorating):
    """`with record_function("name"):` runs its body."""

    def __init__(self, name: str, args: str | None = None):
        self.name = name
        self.args = args

    def clone(self) -> record_function:
        return type(self)(self.name, self.args)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class profile:
    """`with profile() as p:` runs its body."""

    def __init__(self, enabled: bool = True, **options: Any) -> None:
        self.enabled = enabled

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def key_averages(self, *args: Any, **kwargs: Any) -> EventList:
        """What took time: nothing was measured."""
        return EventList()

    def table(self, *args: Any, **kwargs: Any) -> str:
        """The same, as a table."""
        return EventList().table()

    def total_average(self) -> EventList:
        """The same."""
        return EventList()

    @property
    def function_events(self) -> EventList:
        return EventList()

    def export_chrome_trace(self, path: str) -> None:
        """Write nothing."""


class emit_nvtx(profile):
    """The same, for another company's tools."""


emit_itt = emit_nvtx
