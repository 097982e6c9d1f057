"""Numbers, texts and what else never changes: it leads to nothing, so nothing of it is undone."""

from __future__ import annotations

from typing import Any

from .kind import Kind, describe
from .undo import ATOMS


def follow(value: Any, reach: Any, path: str, varies: bool, depth: int, name: str) -> None:
    """A program holds for the value that it was made for."""
    kind = type(value)
    reach.guards.append(f"type({path}) is {reach.constant(kind)} and {path} == {reach.constant(value)}")
    if kind is float and value == 0:
        reach.guards.append(f"str({path}) == {str(value)!r}")
    if value != value:
        reach.refuse("a number that equals nothing")


def written(value: Any, leaving: Any) -> str:
    return repr(value)


def held(value: Any, leaving: Any) -> str:
    """A float, which its repr does not always say."""
    return str(leaving.named(value))


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


INT = words("real imag numerator denominator conjugate bit_length bit_count is_integer")

for _kind in ATOMS:
    describe(_kind, Kind(parts=()))
describe(type(None), Kind(parts=(), follow=follow, leave=written))
describe(bool, Kind(parts=(), names=INT, follow=follow, leave=written))
describe(int, Kind(parts=(), names=INT, follow=follow, leave=written))
describe(
    float,
    Kind(
        parts=(),
        names=words("real imag conjugate is_integer hex as_integer_ratio"),
        follow=follow,
        leave=held,
    ),
)
describe(complex, Kind(parts=(), names=words("real imag conjugate"), follow=follow))
describe(
    str,
    Kind(
        parts=(),
        names=words(
            "join split rsplit splitlines strip lstrip rstrip upper lower title capitalize swapcase casefold "
            "startswith endswith removeprefix removesuffix replace count find rfind index rindex zfill ljust rjust "
            "center partition rpartition expandtabs isdigit isalpha isalnum isspace isupper islower isdecimal "
            "isnumeric istitle isidentifier"
        ),
        follow=follow,
        leave=written,
    ),
)
describe(range, Kind(parts=(), names=words("start stop step index count")))
describe(slice, Kind(parts=(), names=words("start stop step")))
