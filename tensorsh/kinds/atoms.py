"""Numbers, texts and what else never changes: it leads to nothing, so nothing of it is undone."""

from __future__ import annotations

from math import isfinite, isnan
from typing import Any

from .aspects import Json
from .kind import Kind, describe, equal


def written(value: Any, _: Any) -> str:
    """How it prints, and how a text makes it again."""
    return repr(value)


def held(value: Any, leaving: Any) -> str:
    """A float, which its repr does not always say."""
    return str(leaving.named(value))


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


INT = words("real imag numerator denominator conjugate bit_length bit_count is_integer")


def number(value: float, item: Any = None) -> float | str:
    """A float in JSON, which has no other than finite ones."""
    if isfinite(value):
        return value
    return "nan" if isnan(value) else "inf" if value > 0 else "-inf"


THEMSELVES = frozenset((int, bool, str, type(None)))  # in JSON
BARE = Json(bare=True)
describe(bytes, Kind(parts=(), text=written))
describe(type(...), Kind(parts=(), text=written))
describe(type(None), Kind(parts=(), text=written, json=BARE, follow=equal, leave=written))
describe(int, Kind(names=INT, parts=(), text=written, json=BARE, follow=equal, leave=written))
describe(bool, Kind(names=INT, parts=(), text=written, json=BARE, follow=equal, leave=written))
describe(
    float,
    Kind(
        names=words("real imag conjugate is_integer hex as_integer_ratio"),
        parts=(),
        text=written,
        json=Json(number, "float", bare=True),
        follow=equal,
        leave=held,
    ),
)
describe(
    complex,
    Kind(
        names=words("real imag conjugate"),
        parts=(),
        text=written,
        json=Json(lambda value, item: [number(value.real), number(value.imag)], "complex"),
        follow=equal,
    ),
)
describe(
    str,
    Kind(
        names=words(
            "join split rsplit splitlines strip lstrip rstrip upper lower title capitalize swapcase casefold "
            "startswith endswith removeprefix removesuffix replace count find rfind index rindex zfill ljust rjust "
            "center partition rpartition expandtabs isdigit isalpha isalnum isspace isupper islower isdecimal "
            "isnumeric istitle isidentifier"
        ),
        parts=(),
        text=written,
        json=BARE,
        follow=equal,
        leave=written,
    ),
)
describe(
    range,
    Kind(
        names=words("start stop step index count"),
        parts=(),
        entries=enumerate,
        text=written,
        json=Json(lambda value, item: [value.start, value.stop, value.step], "range"),
    ),
)


def follow_slice(value: slice, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A slice of numbers, which a program holds for."""
    if not {type(value.start), type(value.stop), type(value.step)} <= {int, type(None)}:
        reach.refuse("a slice of what is no number")
    equal(value, reach, path, varies, depth, name)


describe(slice, Kind(names=words("start stop step"), parts=(), text=written, follow=follow_slice))
