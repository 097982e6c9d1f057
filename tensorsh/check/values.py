"""What expressions of a rewritten program give where some of their values are unknown."""

from __future__ import annotations

import operator
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from types import BuiltinMethodType, FunctionType, GeneratorType, MethodType
from typing import Any

from ..engine.core.dtype import INT
from ..engine.core.results import Size
from ..engine.values.tensor import Tensor
from ..kinds.ownership import attributes_of, own_class, own_function
from ..modules.bars import tqdm
from ..torch.nn.modules.module import Module
from .joined import agree
from .numbers import SHAPE, Count, Shape, Some, count, indexed, named, one_of, plain, some, stands_in, tensor
from .sizes import depends, program_place, sizes
from .unknown import UNKNOWN, blurred, certain, holds_unknown, needs_values, not_known, opened
from .unknown import vague as vagueness

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "is": operator.is_, "is not": operator.is_not,
    "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
}  # fmt: skip
ORDERED = frozenset(("==", "!=", "<", "<=", ">", ">="))
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
    return not_known(value) or opened.has(value) or blurred.has(value)


def own(function: Any) -> bool:
    """Whether a call runs the program's text."""
    if isinstance(function, MethodType):
        function = function.__func__
    if isinstance(function, type):
        return own_class(function) and not issubclass(function, tqdm)
    return own_function(function) or (not isinstance(function, FunctionType) and own_class(type(function)))


def keeps(function: Any) -> bool:
    """Whether a function only puts away what it is given: methods of containers."""
    return isinstance(function, BuiltinMethodType) and isinstance(function.__self__, CONTAINERS)


def unpacked(value: Any, shape: Any) -> Any:
    """A value of which a target takes the parts."""
    if not isinstance(shape, tuple):
        return value
    if type(value) is GeneratorType:
        value = drawn(value, shape)
    if is_unknown(value):
        frame = sys._getframe(1)
        site = (frame.f_code.co_filename, frame.f_lineno)
        parts = [part_of(value, site, i) for i in range(len(shape))]
        return tuple(
            [] if part == "*" else unpacked(each, part) for each, part in zip(parts, shape, strict=True)
        )
    if issubclass(type(value), Size) and sizes.made:
        value = tuple(map(named, value))
    if type(value) in (tuple, list) and len(value) == len(shape) and "*" not in shape:
        return tuple(unpacked(v, part) for v, part in zip(value, shape, strict=True))
    return value


def lost(of: Any, name: str) -> None:
    """An attribute could not be set, which is reported already: nobody knows what it is."""
    inside = getattr(of, "__dict__", {})
    if isinstance(of, Module) and "_modules" not in inside:
        opened.add(of)
    else:
        with suppress(Exception):
            setattr(of, name, UNKNOWN)


def half(names: tuple[str, ...], space: dict[str, Any]) -> None:
    """An expression was left before its end: what the rest of it does to what it names is not known."""
    for value in [space[name] for name in names if name in space]:
        if isinstance(value, CONTAINERS):
            opened.add(value)
        elif own_class(type(value)) and not issubclass(type(value), type):
            inside = attributes_of(value) or {}
            for name in [name for name, each in inside.items() if isinstance(each, Tensor)]:
                lost(value, name)


def negated(value: Any) -> Any:
    choice = Choice(value)
    return UNKNOWN if choice.both else choice.otherwise


def generated(before: int, generator: Any) -> Any:
    """A generator expression; nobody knows how much it gives if it goes over something unknown."""
    if vagueness.count != before:
        vagueness.count = before
        opened.add(generator)
    return generator


def drawn(generator: Any, shape: Any) -> Any:
    """What a generator gives to a target, which takes all of it."""
    before = vagueness.count - opened.has(generator)
    found = list(islice(generator, len(shape) + 1)) if "*" not in shape else list(generator)
    return gathered(before, found)


def part_of(value: Any, site: Any, position: int) -> Any:
    """One of the parts of something unknown that a target takes apart."""
    part = one_of(value)
    return count(sizes.at((*site, position))) if value is SHAPE or issubclass(type(part), Count) else part


def compared(words: tuple[str, ...], left: Any, *rest: Any) -> Any:
    result: Any = True
    for word, right in zip(words, rest, strict=True):
        if (tensor(left) or tensor(right)) and word in ORDERED:  # element by element, with any number
            left, right = plain(left), plain(right)
        elif word[:2] != "is" and (is_unknown(left) or is_unknown(right) or sizes.made):
            known = same_size(word, left, right)
            if known is not None:
                if known is UNKNOWN or (len(words) > 1 and not known):
                    return known
                result, left = known, right
                continue
        if not_known(left) or not_known(right):
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


def same_size(word: str, left: Any, right: Any) -> Any:
    """A comparison with something unknown: known where both are the same size, or shapes of so many dimensions."""
    if stands_in(left) or stands_in(right):
        a, b = plain(left), plain(right)
        whole = isinstance(a, tuple | list) and isinstance(b, tuple | list)
        if a == b and (type(a) is int or whole) and not holds_unknown(a):
            return word in ("==", "<=", ">=") if word in ORDERED else UNKNOWN
        if whole and len(a) != len(b) and word in ("==", "!="):
            return word == "!="
        return UNKNOWN
    return UNKNOWN if is_unknown(left) or is_unknown(right) else None


def item(value: Any, index: Any) -> Any:
    if tensor(value):
        index = rows_of(index)
    if tensor(value) and (holds_unknown(index) or (sizes.made and stands_in(value.spec.shape))):
        unknown = [each for each in (index if type(index) is tuple else (index,)) if not_known(each)]
        if all(issubclass(type(each), Count) for each in unknown) and not holds_unknown(plain(index)):
            return part(value, index)
    if value is SHAPE and type(index) is int:
        frame = sys._getframe(1)
        return count(sizes.at((frame.f_code.co_filename, frame.f_lineno)))
    if issubclass(type(value), Some | Shape):
        return value if isinstance(index, slice) else one_of(value)
    if holds_unknown(index) or blurred.has(value) or (opened.has(value) and type(index) is slice):
        return UNKNOWN
    try:
        found = value[index]
    except Exception as error:
        if needs_values(error) or (
            isinstance(error, LookupError) and (opened.has(value) or holds_unknown(value))
        ):
            return UNKNOWN
        raise
    return named(found) if sizes.made else found


def rows_of(index: Any) -> Any:
    """An index with unknown numbers for the tensors of one integer in it."""
    if tensor(index) and index.spec.is_meta and not index.spec.shape:
        if index.spec.dtype.category == INT:
            return count(sizes.at(program_place()))
    elif type(index) is tuple:
        return tuple(map(rows_of, index))
    elif type(index) is slice:
        return slice(*map(rows_of, (index.start, index.stop, index.step)))
    return index


def part(value: Tensor, index: Any) -> Any:
    """A part of a tensor, some size of which, or of its index, nobody knows."""
    try:
        return indexed(value, index)
    except Exception as error:
        given = (value, plain(index))
        if needs_values(error) or depends(lambda both: both[0][both[1]], given):
            return UNKNOWN
        if not certain(error) and holds_unknown(index):
            return UNKNOWN
        raise


def plain_index(container: Any, index: Any) -> Any:
    """Where something is put: an unknown row is any."""
    if not tensor(container) or not holds_unknown(index):
        return index
    rows = [
        0 if issubclass(type(each), Count) else each for each in (index if type(index) is tuple else (index,))
    ]
    return tuple(rows) if type(index) is tuple else rows[0]


def grad(value: Any) -> Any:
    """A gradient that was read."""
    return UNKNOWN if value is None and vagueness.gradients else value


def mark() -> int:
    return vagueness.count


def gathered(before: int, value: Any) -> Any:
    """A text or container; unknown if something unknown decided what is in it."""
    if vagueness.count != before:
        vagueness.count = before
        if type(value) is list and value and all(agree(each, value[0]) for each in value):
            return some(value[0])
        return UNKNOWN
    return value


def items(iterable: Any, shape: Any) -> Iterator[Any]:
    """What a comprehension goes over."""
    if not_known(iterable):
        vagueness.count += 1
        return iter([unpacked(one_of(iterable), shape)])
    if sizes.made and issubclass(type(iterable), Size):
        iterable = tuple(map(named, iterable))
    if sizes.made and issubclass(type(iterable), Tensor | range) and stands_in(len(iterable)):
        vagueness.count += 1
        iterable = [iterable[0]]
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
