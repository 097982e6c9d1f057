"""Anomaly detection: an error of a backward walk names the forward operation, and NaN is one."""

from __future__ import annotations

import warnings
from typing import Any

from ...engine.core import context
from ...engine.graph.saved import set_noting
from .grad_mode import check_bool

__all__ = ["detect_anomaly", "set_detect_anomaly"]


class set_detect_anomaly:
    """`set_detect_anomaly(flag)`: in force at once, and taken back at the end of a `with` around it."""

    displayed = False

    def __init__(self, mode: bool, check_nan: bool = True):
        check_bool("set_anomaly_enabled", "enabled", 1, mode)
        self.prev = context.current().anomaly
        change(bool(check_nan) if mode else None)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        change(self.prev)


class detect_anomaly:
    """`with detect_anomaly():` watches the walks, and where their operations were made."""

    def __init__(self, check_nan: bool = True):
        self.prev = context.current().anomaly
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        change(bool(self.check_nan))

    def __exit__(self, *_: object) -> None:
        change(self.prev)


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Watch walks from here on, or no longer."""
    change(bool(check_nan) if mode else None)


def is_anomaly_enabled() -> bool:
    """Whether walks are watched."""
    return context.current().anomaly is not None


def is_anomaly_check_nan_enabled() -> bool:
    """Whether a gradient of NaN is an error."""
    return context.current().anomaly is not False


def change(value: bool | None) -> None:
    state: Any = context.current()

    def put(value: bool | None) -> None:
        state.anomaly = value
        set_noting()

    state.journal.record(lambda: state.anomaly, put)
    put(value)
