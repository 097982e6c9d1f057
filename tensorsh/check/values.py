"""What expressions of a rewritten program give where some of their values are unknown."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterator
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

from ..kinds.ownership import own_class, own_function
from .joined import blurred, opened
from .unknown import UNKNOWN, holds_unknown, needs_values
from .unknown import vague as vagueness

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "is": operator.is_, "is not": operator.is_not,
    "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
}  # fmt: skip
CONTAINERS = (list, dict, set, deque)


class Choice:
    """A condition: which ways it opens."""

    def __init__(self, value: Any):
        self.value = value
        self.both = False
        self.then = self.otherwise = True
        try:
            self.then = bool(value)
            self.otherwise = not self.then
        except Exception as error:
            if not needs_values(error):
                raise
            self.both = True


def is_unknown(value: Any) -> bool:
    """Whether a value is unknown, or a container of which nobody knows how much is in it."""
    return value is UNKNOWN or opened.has(value) or blurred.has(value)


def own(function: Any) -> bool:
    """Whether a call runs the program's text."""
    if isinstance(function, MethodType):
        function = function.__func__
    if isinstance(function, type):
        return own_class(function)
    return own_function(function) or (not isinstance(function, FunctionType) and own_class(type(function)))


def keeps(function: Any) -> bool:
    """Whether a function only puts away what it is given: methods of containers."""
    return isinstance(function, BuiltinMethodType) and isinstance(function.__self__, CONTAINERS)


def unpacked(value: Any, shape: Any) -> Any:
    """A value of which a target takes the parts."""
    if not isinstance(shape, tuple):
        return value
    if is_unknown(value):
        return tuple([] if part == "*" else unpacked(UNKNOWN, part) for part in shape)
    if type(value) in (tuple, list) and len(value) == len(shape) and "*" not in shape:
        return tuple(unpacked(v, part) for v, part in zip(value, shape, strict=True))
    return value


def negated(value: Any) -> Any:
    choice = Choice(value)
    return UNKNOWN if choice.both else choice.otherwise


def compared(words: tuple[str, ...], left: Any, *rest: Any) -> Any:
    result: Any = True
    for word, right in zip(words, rest, strict=True):
        if (
            left is UNKNOWN
            or right is UNKNOWN
            or (word[:2] != "is" and (is_unknown(left) or is_unknown(right)))
        ):
            return UNKNOWN
        try:
            result = COMPARE[word](left, right)
            if len(words) > 1 and not result:
                return result
        except Exception as error:
            if not needs_values(error):
                raise
            return UNKNOWN
        left = right
    return result


def item(value: Any, index: Any) -> Any:
    if holds_unknown(index) or blurred.has(value):
        return UNKNOWN
    try:
        return value[index]
    except Exception as error:
        if needs_values(error) or (
            isinstance(error, LookupError) and (opened.has(value) or holds_unknown(value))
        ):
            return UNKNOWN
        raise


def grad(value: Any) -> Any:
    """A gradient that was read."""
    return UNKNOWN if value is None and vagueness.gradients else value


def mark() -> int:
    return vagueness.count


def gathered(before: int, value: Any) -> Any:
    """A text or container; unknown if something unknown decided what is in it."""
    if vagueness.count != before:
        vagueness.count = before
        return UNKNOWN
    return value


def items(iterable: Any, shape: Any) -> Iterator[Any]:
    """What a comprehension goes over."""
    if iterable is UNKNOWN:
        vagueness.count += 1
        return iter([unpacked(UNKNOWN, shape)])
    if opened.has(iterable):
        vagueness.count += 1
    made = iter([UNKNOWN] * len(iterable) if blurred.has(iterable) else iterable)
    return (unpacked(value, shape) for value in made) if isinstance(shape, tuple) else made


def holds(value: Any) -> bool:
    """A condition in a comprehension."""
    choice = Choice(value)
    if choice.both:
        vagueness.count += 1
    return choice.then
