"""Python's `warnings` as a program has it: the same names, over the filters of its session."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

from ..engine.core.warn import Event, Filter, Warnings, explicit_place, running

ACTIONS = ("error", "ignore", "always", "default", "module", "once")


def fill(names: dict[str, Any], state: Warnings) -> None:
    """Put what the module has into `names`, where the program may put functions of its own instead."""
    state.module = names
    names |= {
        "WarningMessage": warnings.WarningMessage,
        "catch_warnings": catching(state),
        "defaultaction": "default",
        "filters": state.filters,
        "filterwarnings": filtering(state),
        "formatwarning": state.formats,
        "onceregistry": {},
        "resetwarnings": lambda: resetwarnings(state),
        "showwarning": state.shows,
        "simplefilter": simple(state),
        "warn": warning(state),
        "warn_explicit": explicit(state),
    }
    names["resetwarnings"].__name__ = names["resetwarnings"].__qualname__ = "resetwarnings"


def warning(state: Warnings) -> Callable[..., None]:
    def warn(message: Any, category: Any = None, stacklevel: int = 1, source: Any = None) -> None:
        """Issue a warning, or maybe ignore it or raise an exception."""
        state.emit(Event(as_warning(message, category), running(state, max(stacklevel, 1)), None, ()))

    return warn


def as_warning(message: Any, category: Any) -> Warning:
    """The warning that is meant by a message and a class."""
    if isinstance(message, Warning):
        return message
    if category is None:
        category = UserWarning
    if not (isinstance(category, type) and issubclass(category, Warning)):
        raise TypeError(f"category must be a Warning subclass, not '{type(category).__name__}'")
    return category(message)


def explicit(state: Warnings) -> Callable[..., None]:
    def warn_explicit(
        message: Any,
        category: Any,
        filename: str,
        lineno: int,
        module: str | None = None,
        registry: Any = None,
        module_globals: Any = None,
        source: Any = None,
    ) -> None:
        """Issue a warning of a place that the program names."""
        place = explicit_place(state, filename, int(lineno), module)
        state.emit(Event(as_warning(message, category), place, None, ()))

    return warn_explicit


def filtering(state: Warnings) -> Callable[..., None]:
    def filterwarnings(
        action: str,
        message: str = "",
        category: type[Warning] = Warning,
        module: str = "",
        lineno: int = 0,
        append: bool = False,
    ) -> None:
        """Insert an entry into the list of warnings filters."""
        assert action in ACTIONS, f"invalid action: {action!r}"
        assert isinstance(message, str), "message must be a string"
        assert isinstance(category, type), "category must be a class"
        assert issubclass(category, Warning), "category must be a Warning subclass"
        assert isinstance(module, str), "module must be a string"
        assert isinstance(lineno, int) and lineno >= 0, "lineno must be an int >= 0"
        rule: Filter = (
            action,
            re.compile(message, re.I) if message else None,
            category,
            re.compile(module) if module else None,
            lineno,
        )
        state.add(rule, append)

    return filterwarnings


def simple(state: Warnings) -> Callable[..., None]:
    def simplefilter(
        action: str, category: type[Warning] = Warning, lineno: int = 0, append: bool = False
    ) -> None:
        """Insert a simple entry into the list of warnings filters."""
        assert action in ACTIONS, f"invalid action: {action!r}"
        assert isinstance(lineno, int) and lineno >= 0, "lineno must be an int >= 0"
        state.add((action, None, category, None, lineno), append)

    return simplefilter


def resetwarnings(state: Warnings) -> None:
    """Clear the list of warning filters, so that no filters are active."""
    state.save()
    state.filters.clear()
    state.seen.clear()


def catching(state: Warnings) -> type:
    add = simple(state)

    class catch_warnings:
        """A context manager that puts the filters back, and with `record=True` lists the warnings instead."""

        def __init__(
            self,
            *,
            record: bool = False,
            module: Any = None,
            action: str | None = None,
            category: type[Warning] = Warning,
            lineno: int = 0,
            append: bool = False,
        ):
            self._record = record
            self._entered = False
            self._filter = None if action is None else (action, category, lineno, append)
            self._before: Any = None

        def __repr__(self) -> str:
            return f"catch_warnings({'record=True' if self._record else ''})"

        def __enter__(self) -> list[Any] | None:
            if self._entered:
                raise RuntimeError(f"Cannot enter {self!r} twice")
            self._entered = True
            state.save()
            names = state.module or {}
            functions = {"showwarning": names["showwarning"]} if "showwarning" in names else {}
            self._before = list(state.filters), state.log, functions
            state.seen.clear()
            if self._filter is not None:
                add(*self._filter)
            if not self._record:
                return None
            state.log = []
            if state.module is not None:
                state.module["showwarning"] = state.shows
            return state.log

        def __exit__(self, *exc_info: Any) -> None:
            if not self._entered:
                raise RuntimeError(f"Cannot exit {self!r} without entering first")
            state.save()
            state.filters[:], state.log, functions = self._before
            if state.module is not None:
                state.module.update(functions)
            state.seen.clear()

    catch_warnings.__qualname__ = "catch_warnings"
    catch_warnings.__module__ = "warnings"
    return catch_warnings
