"""`cond` and `while_loop`: a branch and a loop as functions, which run as Python's own do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["cond", "while_loop"]


def cond(
    pred: Any,
    true_fn: Callable[..., Any],
    false_fn: Callable[..., Any],
    operands: tuple[Any, ...] | list[Any] = (),
) -> Any:
    """`true_fn(*operands)` where `pred` holds, else `false_fn(*operands)`."""
    return (true_fn if bool(pred) else false_fn)(*operands)


def while_loop(
    cond_fn: Callable[..., Any], body_fn: Callable[..., Any], carried_inputs: tuple[Any, ...] | list[Any]
) -> Any:
    """What `body_fn` makes of the inputs, again and again while `cond_fn` of them holds."""
    values = tuple(carried_inputs)
    while bool(cond_fn(*values)):
        values = body_fn(*values)
        values = tuple(values) if isinstance(values, tuple | list) else (values,)
    return values
