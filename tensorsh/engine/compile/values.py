"""Stand-ins for what a traced run computes with: a `Value` for an array, a `Number` for a Python number.

They answer what is known beforehand (shape, dtype, strides) and stop the trace when asked for anything
else, so that nothing which may differ the next time can slip into a program as if it were constant.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from types import BuiltinFunctionType, NoneType
from typing import Any

import numpy as np

from ...kinds import Kind, describe
from ..core import context
from ..core import dtype as dt


class TraceStopped(BaseException):
    """The run does something that is not traced; no `except Exception` on the way may swallow it."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class TooLittle(TraceStopped):
    """The run computes next to nothing, and so does each part of it."""


class TraceAgain(TraceStopped):
    """The next trace will know more."""


class OwnLoop(TraceStopped):
    """The run has a loop that is better a program of its own."""


def stops(what: str) -> Callable[..., Any]:
    def stop(*_: Any, **__: Any) -> Any:
        raise TraceStopped(what)

    return stop


class OtherLayout(Exception):
    """A kernel's result does not lie in memory as a program thought; the next trace knows how."""


class LaidOut:
    """What has the shape, dtype and strides of an array, its `layout`."""

    __slots__ = ()

    layout: np.ndarray[Any, Any]

    shape = property(lambda self: self.layout.shape)
    dtype = property(lambda self: self.layout.dtype)
    ndim = property(lambda self: self.layout.ndim)
    size = property(lambda self: self.layout.size)
    strides = property(lambda self: self.layout.strides)
    flags = property(lambda self: self.layout.flags)
    itemsize = property(lambda self: self.layout.itemsize)
    nbytes = property(lambda self: self.layout.nbytes)


class Value(LaidOut):
    """An array that a program will have: where it comes from, and the layout it has.

    layout   an array of the same shape, dtype and strides, whose elements mean nothing
    source   where it comes from: None (a step), an array (a constant), an External, the text that fetches it
    again    a step writes it a second time
    """

    __slots__ = ("again", "layout", "source")

    def __init__(self, layout: np.ndarray[Any, Any], source: Any = None):
        self.layout = layout
        self.source = source
        self.again = False

    base = property(lambda self: self.layout.base)

    def __getattr__(self, name: str) -> Any:
        raise TraceStopped(f"the array's {name} is asked for")

    __array__ = __bool__ = __len__ = __iter__ = __getitem__ = __setitem__ = stops("an array's elements")
    __float__ = __int__ = __index__ = __complex__ = stops("an array's elements")
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = stops("bare arithmetic")
    __rtruediv__ = __neg__ = __matmul__ = __pow__ = __mod__ = __floordiv__ = stops("bare arithmetic")
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = stops("an array's elements")
    __hash__ = object.__hash__


class Checks:
    """Conditions on what a program finds out while it runs: `check` takes the text of each."""

    def __init__(self, check: Callable[[str], None]):
        self.append = check


class Number:
    """A Python int or float that may differ the next time, and the text that computes it.

    Arithmetic gives another Number; a comparison becomes a guard of the program. One that only the program finds,
    in a tensor that it makes, is taken for something likely, and what depends on that is checked there and then.

    guards   takes the text of each condition: those of the program, or `checks`
    """

    __slots__ = ("guards", "text", "value")

    dtype = dt.float32  # what formulas ask of a factor (is_complex), which no real number is

    def __init__(self, value: Any, text: str, guards: list[str] | Checks):
        self.value = value
        self.text = text
        self.guards = guards

    late = property(lambda self: type(self.guards) is Checks)

    def become(self, value: Any, text: str, guards: list[str] | Checks) -> None:
        """Stand for the number in another program."""
        self.value, self.text, self.guards = value, text, guards

    def made(self, value: Any, text: str) -> Number:
        return Number(value, text, self.guards)

    __float__ = __int__ = __index__ = __complex__ = __hash__ = stops("a changing number")
    __format__ = __str__ = __repr__ = stops("a changing number")

    def __getattr__(self, name: str) -> Any:
        raise TraceStopped("a changing number")

    __class__ = property(lambda self: type(self.value))  # for `isinstance`

    def __bool__(self) -> bool:
        return self.decide(bool(self.value), f"bool({self.text})")

    def decide(self, outcome: bool, text: str) -> bool:
        """The outcome of a question about the number: the program holds for the same answer only."""
        self.guards.append(f"({text}) is {outcome}")
        return outcome

    def __neg__(self) -> Number:
        return self.made(-self.value, f"(-{self.text})")

    def __abs__(self) -> Number:
        return self.made(abs(self.value), f"abs({self.text})")

    def __round__(self, digits: Any = None) -> Number:
        if type(digits) not in (int, NoneType):
            raise TraceStopped("a changing number")
        return self.made(round(self.value, digits), f"round({self.text}, {digits})")


def present(a: Any) -> Any:
    """What an index or a tuple with Numbers in it is now; itself where there are none."""
    if type(a) is Number:
        return a.value
    if type(a) is slice:
        parts = a.start, a.stop, a.step
        now = present(parts)
        return a if now is parts else slice(*now)
    if type(a) is tuple:
        found = tuple([present(each) for each in a])
        return a if all(x is y for x, y in zip(a, found, strict=True)) else found
    return a


def last_known(one: Number, other: Any) -> Number:
    """Of two the one that is known later."""
    return other if type(other) is Number and other.late else one


def leave(n: Number, leaving: Any) -> str:
    """The text that computes it, where a program leaves it behind."""
    return str(leaving.number(n))


describe(Number, Kind(leave=leave))


def _arithmetic(name: str, sign: str) -> None:
    work = getattr(operator, name)

    def shown_as(value: Any) -> str | None:
        if type(value) is Number:
            return value.text
        return repr(value) if type(value) in (int, float) else None

    def apply(left: Any, right: Any, this: Number, other: Any) -> Any:
        shown = shown_as(other)
        if shown is None:
            return (
                context.current().mode.mix(work, left, right)
                if hasattr(type(other), "grad_slot")
                else NotImplemented
            )
        a, b = (value.value if type(value) is Number else value for value in (left, right))
        first, second = (this.text, shown) if left is this else (shown, this.text)
        this, text = last_known(this, other), f"({first} {sign} {second})"
        try:
            found = work(a, b)
        except ArithmeticError:
            raise TraceStopped("arithmetic fails") from None
        if name == "pow":  # of whole numbers it may be a float, of floats a complex number
            this.decide(True, f"type({text}) is {type(found).__name__}")
        return this.made(found, text)

    setattr(Number, f"__{name}__", lambda self, other: apply(self, other, self, other))
    setattr(Number, f"__r{name}__", lambda self, other: apply(other, self, self, other))


for _name, _sign in {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
}.items():  # fmt: skip
    _arithmetic(_name, _sign)


def _comparison(name: str, sign: str) -> None:
    work = getattr(operator, name)

    def compare(self: Number, other: Any) -> Any:
        if type(other) is Number:
            decider = last_known(self, other)
            return decider.decide(work(self.value, other.value), f"{self.text} {sign} {other.text}")
        if type(other) in (int, float, bool):
            return self.decide(work(self.value, other), f"{self.text} {sign} {other!r}")
        if hasattr(type(other), "grad_slot"):
            return context.current().mode.mix(work, self, other)
        return NotImplemented

    setattr(Number, f"__{name}__", compare)


for _name, _sign in {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    _comparison(_name, _sign)


class Followed:
    """A function of a module's in a trace: equal to it, and called with what stands for numbers."""

    __slots__ = ("call", "function")

    def __init__(self, function: Any, call: Callable[..., Any]) -> None:
        self.function, self.call = function, call

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.call(*args, **options)

    def __eq__(self, other: Any) -> bool:
        return bool(self.function == (other.function if type(other) is Followed else other))

    def __hash__(self) -> int:
        return hash(self.function)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, self.function)

    def __getattr__(self, name: str) -> Any:
        raise TraceStopped("an attribute of a function")


def of_numbers(function: Any) -> Any:
    """A function of `math` that makes a Number of Numbers; any other as it is."""
    if type(function) is not BuiltinFunctionType or function.__module__ != "math":
        return function

    def call(*args: Any) -> Any:
        numbers = [a for a in args if type(a) is Number]
        if not numbers or not all(type(a) in (Number, int, float) for a in args):
            return function(*args)
        try:
            found = function(*[a.value if type(a) is Number else a for a in args])
        except (ArithmeticError, ValueError):
            raise TraceStopped("arithmetic fails") from None
        if type(found) not in (int, float):
            raise TraceStopped("a changing number")
        texts = ", ".join(a.text if type(a) is Number else repr(a) for a in args)
        return reduce(last_known, numbers).made(found, f"math.{function.__name__}({texts})")

    return Followed(function, call)


#: functions of NumPy's that give a number of numbers, beside its ufuncs and the types of its numbers
OF_NUMBERS = (np.prod, np.sum, np.clip, np.mean, np.max, np.min, np.isscalar, np.round)


def of_plain_numbers(function: Any) -> Any:
    """A number, or a function of NumPy's as one of plain numbers: its result is a constant. Any other stops a trace."""
    kind = type(function)
    if kind in (float, int, bool):
        return function
    scalar = kind is type and issubclass(function, np.number)
    if kind is not np.ufunc and function not in OF_NUMBERS and not scalar:
        raise TraceStopped("a module")

    def call(*args: Any, **options: Any) -> Any:
        if options or not all(map(is_plain, args)):
            raise TraceStopped("a function of NumPy's of more than numbers")
        with np.errstate(all="ignore"):
            found = function(*args)
        if not is_plain(found) or not np.isfinite(found):  # which tells the user, when it is evaluated
            raise TraceStopped("a function of NumPy's that gives no number")
        return found

    return Followed(function, call)


def is_plain(value: Any) -> bool:
    """Whether a value is a number that stays what it is, or several."""
    if isinstance(value, tuple):
        return all(map(is_plain, value))
    return type(value) in (int, float, bool) or isinstance(value, np.number | np.bool_)


def reshape(x: Any, shape: tuple[int, ...]) -> Any:
    return x.reshape(shape)


def turn(x: Any) -> Any:
    return x.T
