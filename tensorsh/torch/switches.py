"""Switches that programs set and ask for: they belong to the session, and change nothing in how it computes."""

from __future__ import annotations

import os
from typing import Any

from ..engine.core import context
from ..engine.values.as_argument import type_name

MODES = ("default", "warn", "error")


def switch(name: str, default: Any) -> Any:
    """What the session's program has set, or the default."""
    return context.current().switches.get(name, default)


def set_switch(name: str, value: Any) -> None:
    """Set it, noted in the journal."""
    state = context.current()
    before = state.switches
    state.journal.save_setting(state, "switches")
    state.switches = {**before, name: value}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Whether only algorithms are used that always give the same result, which all here do."""
    for value, name, place in ((mode, "mode", " (position 1)"), (warn_only, "warn_only", "")):
        if not isinstance(value, bool):
            raise TypeError(
                f"_set_deterministic_algorithms(): argument '{name}'{place} must be bool, not {type_name(value)}"
            )
    set_switch("deterministic", 0 if not mode else 1 if warn_only else 2)


def are_deterministic_algorithms_enabled() -> bool:
    """Whether the program asked for algorithms that always give the same result."""
    return switch("deterministic", 0) > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether other algorithms would only be warned about."""
    return switch("deterministic", 0) == 1


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: nothing, a warning or an error for algorithms that may give other results."""
    return switch("deterministic", 0)


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Set it, by number or as "default", "warn", "error"."""
    if not isinstance(debug_mode, int | str):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in MODES:
            raise RuntimeError(
                "invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got "
                + debug_mode
            )
        debug_mode = MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    set_switch("deterministic", debug_mode)


def get_float32_matmul_precision() -> str:
    """How precisely float32 matrices may be multiplied."""
    return switch("matmul_precision", "highest")


def set_float32_matmul_precision(precision: str) -> None:
    """Set it; here they are always multiplied in float32."""
    if not isinstance(precision, str):
        raise RuntimeError(f"set_float32_matmul_precision expects a str, but got {type_name(precision)}")
    set_switch("matmul_precision", precision)


def set_flush_denormal(mode: bool) -> bool:
    """Whether the tiniest numbers are taken for zero: they never are, which changes no more than their digits."""
    if not isinstance(mode, bool):
        raise RuntimeError(f"flush_denormal expects a bool, but got {type_name(mode)}")
    return True


def get_num_interop_threads() -> int:
    """How many operations may run at a time."""
    return switch("interop_threads", len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)


def set_num_interop_threads(n: int) -> None:
    """Set it; here one operation runs at a time."""
    if isinstance(n, bool) or not isinstance(n, int):
        raise RuntimeError(f"set_num_interop_threads expects an int, but got {type_name(n)}")
    if n <= 0:
        raise RuntimeError("set_num_interop_threads expects a positive integer")
    set_switch("interop_threads", n)
