"""`str.format` and `str.format_map` whose fields read attributes as the program may.

Python's own formatter does the work wherever a text reads no attribute; otherwise the text is taken apart
by Python's parser and put together here, with Python's messages.
"""

from __future__ import annotations

import _string
import functools
from collections.abc import Mapping
from typing import Any

DEPTH = 2  # a format within a format, as Python allows


def checked_format(host: Any, text: str, args: tuple[Any, ...], names: Mapping[str, Any]) -> str:
    """`text.format(*args, **names)`."""
    text = str.__str__(text)
    if _reads_no_attribute(text):
        return text.format(*args, **names)
    return _Filling(host, args, names).fill(text, DEPTH)


def checked_format_map(host: Any, text: str, mapping: Mapping[str, Any]) -> str:
    """`text.format_map(mapping)`."""
    text = str.__str__(text)
    if _reads_no_attribute(text):
        return text.format_map(mapping)
    return _Filling(host, None, mapping).fill(text, DEPTH)


@functools.lru_cache(maxsize=512)
def _reads_no_attribute(text: str) -> bool:
    try:
        return all(
            not (field and "." in field) and not (spec and "{" in spec)
            for _, field, spec, _ in _string.formatter_parser(text)
        )
    except ValueError:
        return True  # Python's own call will say what is wrong


class _Filling:
    """One call: its arguments and how far automatic numbers have come."""

    def __init__(self, host: Any, args: tuple[Any, ...] | None, names: Mapping[str, Any]):
        self.host, self.args, self.names = host, args, names
        self.counted = 0
        self.numbered: bool | None = None  # whether fields say their numbers

    def fill(self, text: str, depth: int) -> str:
        if depth == 0:
            raise ValueError("Max string recursion exceeded")
        parts = []
        for literal, field, spec, conversion in _string.formatter_parser(text):
            parts.append(literal)
            if field is None:
                continue
            value = _converted(self.value(field), conversion)
            parts.append(format(value, self.fill(spec, depth - 1) if spec and "{" in spec else spec))
        return "".join(parts)

    def value(self, field: str) -> Any:
        first, rest = _string.formatter_field_name_split(field)
        if first == "":
            self._numbers(False)
            first = self.counted
            self.counted += 1
        elif isinstance(first, int):
            self._numbers(True)
        value = self._argument(first)
        for is_attribute, key in rest:
            value = self.host.attribute(value, key) if is_attribute else value[key]
        return value

    def _numbers(self, said: bool) -> None:
        if self.numbered is not None and self.numbered is not said and self.args is not None:
            before, now = ("manual", "automatic") if self.numbered else ("automatic", "manual")
            what = {"manual": "manual field specification", "automatic": "automatic field numbering"}
            raise ValueError(f"cannot switch from {what[before]} to {what[now]}")
        self.numbered = said

    def _argument(self, key: int | str) -> Any:
        if isinstance(key, str):
            return self.names[key]
        if self.args is None:
            raise ValueError("Format string contains positional fields")
        if key >= len(self.args):
            raise IndexError(f"Replacement index {key} out of range for positional args tuple")
        return self.args[key]


def _converted(value: Any, conversion: str | None) -> Any:
    match conversion:
        case None:
            return value
        case "s":
            return str(value)
        case "r":
            return repr(value)
        case "a":
            return ascii(value)
    if 32 < ord(conversion) < 127:
        raise ValueError(f"Unknown conversion specifier {conversion}")
    raise ValueError(f"Unknown conversion specifier \\x{ord(conversion):x}")
