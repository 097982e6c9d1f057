"""Numbers that nobody knows: how many rows there are, what `item()` gives.

Operations take another number in their place (`stand_in`), as what they give has its shape and dtype from any: a size
of `sizes` for integers, a half for floats. Comparisons are unknown.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from ..engine.core.dtype import INT, dtypes
from ..engine.records.op import Op, registry
from ..engine.values.tensor import Tensor
from ..lang.code.hints import as_annotation
from ..lang.names.namespace import TypeName
from ..torch.nn.modules.module import Module
from .sizes import LEAST, resized, sizes
from .unknown import ARITHMETIC, NAME, UNKNOWN, Unknown, certain, holds_unknown, not_known, opened

HALF = 0.5
MOST = 1e12  # larger ones are not told apart
NUMBERS = (int, float, bool)


class Number(Unknown):
    """A number that nobody knows, of a known type."""

    __slots__ = ("stand_in",)

    stand_in: Any

    def __format__(self, how: str) -> str:
        format(self.stand_in, how)  # which refuses what no such number takes
        return str(self)

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        try:
            return function(*plain(args), **plain(kwargs or {}))
        except Exception as error:
            if certain(error):
                raise
            return UNKNOWN


class Count(Number):
    """An integer that nobody knows."""

    __slots__ = ()


class Shape(Unknown):
    """The shape of something unknown."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self


class Array(Unknown):
    """A NumPy array whose values nobody knows."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if not hasattr(np.ndarray, name):
            raise AttributeError(
                f"'numpy.ndarray' object has no attribute '{name}'", name=name, obj=np.ndarray
            )
        return Unknown.__getattr__(self, name)


class Some(Unknown):
    """Some number of values of one kind: `stand_in` is one of them, until somebody may have put in others."""

    __slots__ = ("stand_in",)

    def __getattr__(self, name: str) -> Any:
        self.blur()
        return Unknown.__getattr__(self, name)

    def blur(self) -> None:
        """Nobody knows any more what is in it."""
        Some.stand_in.__set__(self, UNKNOWN)  # type: ignore[attr-defined]


for _class in (Number, Count, Shape, Array, Some):
    _class.__name__ = _class.__qualname__ = NAME

SHAPE = Shape()
_counts: dict[int, Count] = {}


def _made(kind: type[Any], stand_in: Any) -> Any:
    made = object.__new__(kind)
    kind.__dict__.get("stand_in", Number.__dict__["stand_in"]).__set__(made, stand_in)
    return made


FLOAT = _made(Number, HALF)


def count(stand_in: int | None) -> Any:
    """The unknown integer that a size stands for."""
    if stand_in is None:
        return UNKNOWN
    if stand_in not in _counts:
        _counts[stand_in] = _made(Count, stand_in)
    return _counts[stand_in]


def reckoned(value: Any, key: Any) -> Any:
    """The number that arithmetic gives with stand-ins, whose own number nobody knows."""
    if type(value) is float:
        return FLOAT
    if type(value) is not int or value > MOST:
        return UNKNOWN
    if value < LEAST:
        return count(sizes.fresh(key)) if value >= 0 else UNKNOWN
    sizes.reckoned.add(value)
    return count(value)


def _arithmetic(name: str, reflected: bool) -> Callable[[Any, Any], Any]:
    work = getattr(operator, f"__{name}__")

    def combined(self: Any, other: Any) -> Any:
        if tensor(other):
            return NotImplemented
        if not issubclass(type(other), (Number, *NUMBERS)):
            return UNKNOWN
        first, second = (other, self) if reflected else (self, other)
        try:
            a, b = plain(first), plain(second)
            return reckoned(work(a, b), (name, a, b))
        except Exception:
            return UNKNOWN

    return combined


for _name in ARITHMETIC:
    for _prefix in ("", "r", "i"):
        setattr(Number, f"__{_prefix}{_name}__", _arithmetic(_name, _prefix == "r"))


def plain(value: Any, depth: int = 4, half: float = HALF) -> Any:
    """A value with stand-ins for the numbers in it; `half` is that of floats."""
    if value is FLOAT:
        return half
    if issubclass(type(value), Number):
        return value.stand_in
    if not depth or not holds_unknown(value, depth):
        return value
    if type(value) in (list, tuple):
        return type(value)([plain(each, depth - 1, half) for each in value])
    if type(value) is dict:
        return {name: plain(each, depth - 1, half) for name, each in value.items()}
    if isinstance(value, slice):
        return slice(*plain((value.start, value.stop, value.step)))
    return value


def has_float(values: Any) -> bool:
    """Whether there is a float that nobody knows among values, or in a list among them."""
    return any(each is FLOAT or (type(each) in (list, tuple) and has_float(each)) for each in values)


def with_other_floats(result: Any, function: Any, args: Any, kwargs: Any, site: Any) -> Any:
    """What a function gives whatever floats it is given: a size that they decide is not known (`arange`)."""
    if not tensor(result) or isinstance(function, type) or result is getattr(function, "__self__", None):
        return result
    given, named = plain(args, half=HALF / 5), plain(kwargs, half=HALF / 5)
    try:
        return merged(result, function(*given, **named), site)
    except Exception:
        return UNKNOWN


def named(value: Any) -> Any:
    """A size as the program sees it: as an unknown number if it stands for one."""
    return count(value) if type(value) is int and sizes.stands(value) else value


def stands_in(value: Any) -> bool:
    """Whether a number, or a shape, has to do with sizes that nobody knows."""
    if type(value) is int:
        return sizes.stands(value)
    if issubclass(type(value), list | tuple):
        return any(issubclass(type(n), Number) or (type(n) is int and sizes.stands(n)) for n in value)
    return issubclass(type(value), Number)


def tensor(value: Any) -> bool:
    """Whether a value is a tensor; nothing is asked of its class."""
    return issubclass(type(value), Tensor)


# ------------------------------------------------------------------ functions that are given some


def takes(function: Any, args: Any, kwargs: Any) -> bool:
    """Whether a function of the library can be called with stand-ins."""
    if isinstance(function, type):
        whole = all(each is FLOAT for each in (*args, *kwargs.values()) if issubclass(type(each), Number))
        mine = function.__module__.partition(".")[0] in ("torch", "tensorsh")
        return mine and (whole or (issubclass(function, Module) and not repeats(function, args, kwargs)))
    if isinstance(function, MethodType):
        return isinstance(function.__self__, Tensor)
    if isinstance(function, FunctionType):
        return function.__module__.partition(".")[0] in ("torch", "tensorsh")
    return isinstance(function, Op)


def repeats(kind: type, args: Any, kwargs: Any) -> bool:
    """Whether a class is told by an unknown number how many layers to make."""
    try:
        given = inspect.signature(kind).bind_partial(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return True
    return any("layers" in name and issubclass(type(each), Number) for name, each in given.items())


def asked(function: Any, args: Any, site: Any) -> Any:
    """What Python's own functions make of unknown numbers; None where that is not known."""
    if isinstance(function, TypeName):
        function = function.types[0]
    if function is int and len(args) == 1:
        return args[0] if issubclass(type(args[0]), Count) else count(sizes.at(site))
    if function is float and len(args) == 1:
        return _made(Number, float(args[0].stand_in)) if type(args[0]) is Count else FLOAT
    if function is len:
        return count(sizes.at(site))
    if function is range:
        n = sizes.fresh(site)
        return UNKNOWN if n is None else some(count(n))
    if function is map and len(args) == 2 and not_known(args[1]):
        found = asked(args[0], (one_of(args[1]),), site)
        return UNKNOWN if found is None else some(found)
    if function in (list, tuple) and issubclass(type(args[0]), Some):
        return args[0]
    if isinstance(function, BuiltinFunctionType) and all(
        issubclass(type(each), (Number, *NUMBERS)) for each in args
    ):
        given = plain(args)
        try:
            made = function(*given)
        except Exception:
            return UNKNOWN
        return count(sizes.fresh((function.__name__, given))) if type(made) is int else reckoned(made, None)
    return None


def asked_of(unknown: Unknown, args: Any, site: Any) -> Any:
    """What a call of something unknown gives: `x.size(0)`."""
    return count(sizes.at(site)) if unknown is SHAPE and args else unknown()


def told(result: Any, args: Any) -> Any:
    """What a function of the library gives, as the program sees it."""
    if result is False and any(tensor(each) and stands_in(each.spec.shape) for each in args):
        return UNKNOWN  # it may have looked at sizes, as `equal` does
    if type(result) is int:
        return named(result)
    if type(result) in (list, tuple) and len(result) >= LEAST and sizes.stands(len(result)):
        if type(result) is tuple:
            return UNKNOWN
        del result[2:]
        opened.add(result)
    return result


def some(value: Any) -> Some:
    made: Some = _made(Some, value)
    return made


def several(function: Any, args: Any, kwargs: Any, site: Any) -> Any:
    """What a function of the library gives for values of which nobody knows how many there are.

    It is asked with two and with three of them: where what it gives differs in a size, nobody knows that size either.
    """

    def many(value: Any, n: int) -> Any:
        return [value.stand_in] * n if issubclass(type(value), Some) else plain(value)

    def asked_with(n: int) -> Any:
        return function(*[many(each, n) for each in args], **{name: many(kwargs[name], n) for name in kwargs})

    try:
        two, three = asked_with(2), asked_with(3)
    except Exception:
        return UNKNOWN
    return merged(two, three, site)


def merged(a: Any, b: Any, key: Any, p: int | None = None) -> Any:
    """A tensor that is like one or the other: nobody knows the sizes in which they differ.

    With `p`, the one is what is given for two of something, the other for three, and `p` stands for how many there are.
    """
    if not (tensor(a) and tensor(b) and type(a) is type(b)):
        return UNKNOWN
    if a.spec.dtype is not b.spec.dtype or a.spec.device != b.spec.device or a.ndim != b.ndim:
        return UNKNOWN
    result: Any = b
    for dim, (m, n) in enumerate(zip(a.spec.shape, b.spec.shape, strict=True)):
        if m != n:
            each = n - m
            known = p is not None and 2 * each <= m
            result = resized(result, dim, (key, dim), each * p + m - 2 * each if p and known else None)
            if result is None:
                return UNKNOWN
    return result


def read(function: Any, args: Any, site: Any) -> Any:
    """What a function gives that asked a tensor for its values."""
    if function is int or function is float or isinstance(function, TypeName):
        return asked(function, args, site)
    of: Any = getattr(function, "__self__", None)
    if tensor(of) and function.__name__ == "numpy":
        return object.__new__(Array)
    if not tensor(of) or function.__name__ != "item":
        return UNKNOWN
    if of.dtype.category == INT:
        return count(sizes.at(site))
    return FLOAT if of.dtype.is_floating_point else UNKNOWN


def one_of(iterable: Unknown) -> Any:
    """What is in something unknown that is gone over."""
    return iterable.stand_in if issubclass(type(iterable), Some) else UNKNOWN


def shape_of(value: Any) -> Any:
    """A `shape` that was read."""
    return SHAPE if value is UNKNOWN else value


def as_annotated(value: Any, hint: Any, named: Any, site: Any) -> Any:
    """Something unknown as a tensor of the annotated dtype and shape."""
    if not not_known(value) or hint is None:
        return plain(value)
    wanted = as_annotation(hint)
    if wanted.dtype not in dtypes or wanted.shape is None:
        return UNKNOWN
    shape = []
    for i, size in enumerate(wanted.shape):
        n = size.value
        if type(n) is str:
            n = named[n][0] if n in named else sizes.fresh((n, size.span.start))
        elif n is None:
            n = sizes.fresh((*site, i, "_"))
        if n is None:
            return UNKNOWN
        shape.append(n)
    return registry["zeros"](shape, dtype=dtypes[wanted.dtype])


# ------------------------------------------------------------------ indices


def indexed(t: Tensor, index: Any) -> Any:
    """A tensor's part, where its sizes or those of the index are not known: what is not known either is a new one."""
    given = index if type(index) is tuple else (index,)
    if not all(each is None or each is ... or issubclass(type(each), int | slice | Count) for each in given):
        return t[plain(index)]
    takes_up = sum(each is not None and each is not ... for each in given)
    made: list[Any] = []
    cut: list[tuple[int, Any]] = []  # dimensions of the result whose length is new, and what brings it up
    dim = at = 0
    for each in given:
        if each is ...:
            made.append(each)
            dim, at = dim + t.ndim - takes_up, at + t.ndim - takes_up
            continue
        if issubclass(type(each), Count):
            each = 0
        elif isinstance(each, slice) and dim < t.ndim:
            length = t.spec.shape[dim]
            if not kept(each, length):
                cut.append((at, ("slice", length, str(plain(each).__reduce__()))))
                each = slice(None)
            each = plain(each)
        made.append(each)
        dim += each is not None
        at += type(each) is not int
    result: Any = t[tuple(made)]
    for position, key in cut:
        result = resized(result, position, key)
        if result is None:
            return UNKNOWN
    return result


def kept(part: slice, length: int) -> bool:
    """Whether stand-ins tell the length of a slice."""
    given = plain(part)
    unknown = [n for n in (given.start, given.stop, given.step) if type(n) is int and sizes.stands(n)]
    if not unknown and not sizes.stands(length):
        return True
    left = len(range(*given.indices(length)))
    if not unknown:
        return left >= LEAST or left == 0
    return sizes.stands(length) and all(sizes.related(n, length) for n in unknown)
