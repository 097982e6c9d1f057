"""Kernels are read: given tracers in place of arrays, a kernel writes its steps.

What has no step of its own ends the reading: the program then calls the kernel as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.parallel import LARGE
from .array_functions import CREATORS, FUNCTIONS
from .machine.operands import MOST as SMALL
from .steps import Step
from .tape import Tape, is_constant, source_of
from .tracer import Tracer, Unread
from .values import Number, TraceStopped, Value, present

Array = np.ndarray[Any, Any]

#: a kernel that amounts to more steps is called: they would take longer to write than they save
MOST = 64
#: the same of small arrays, whose steps become machine code
MOST_SMALL = 400
#: the ufuncs along which arrays are reduced
FOLDS = (np.add, np.multiply, np.maximum, np.minimum, np.logical_and, np.logical_or)


def read(
    tape: Tape, kernel: Callable[..., Any], arrays: list[Any], shapes: list[tuple[int, ...]], several: bool
) -> Value | tuple[Value, ...] | str:
    """What a kernel makes of Values and constants, its steps noted; or why it cannot be read, and nothing noted.

    `shapes` are those of its results, of which there may be `several`.
    """
    steps, guards, demands = len(tape.steps), len(tape.guards), len(tape.demands)
    reading = Reading(tape)
    try:
        if any(type(a) is Value and not a.size for a in arrays):
            raise Unread("is given no elements")
        small = all(a.size <= SMALL for a in arrays if type(a) is Value)
        reading.most = steps + (MOST_SMALL if small else MOST)
        made = kernel(*map(reading.given, arrays))
        reading.check_length()
        if not several:
            return reading.result(made, shapes[0])
        if not isinstance(made, tuple | list) or len(made) != len(shapes):
            raise Unread("returns other results than it says")
        return tuple([reading.result(each, shape) for each, shape in zip(made, shapes, strict=True)])
    except (Unread, TraceStopped, Exception) as error:  # a mistake of the call, the call itself will tell
        tape.given_up += tape.steps[steps:]
        del tape.steps[steps:], tape.guards[guards:], tape.demands[demands:]
        return str(error) or type(error).__name__


def seen(tape: Tape, kernel: Callable[..., Any], x: Value, rest: list[Any]) -> Value | tuple[Value, ...]:
    """What a kernel sees of a Value, which may be several parts, at places that may change."""
    found = kernel(Reading(tape).given(x), *rest)
    return tuple([each.value for each in found]) if type(found) is tuple else found.value


class Reading:
    """One kernel as it is read.

    inputs  the ids of the Values that it was given
    most    steps of the tape from which on it is too long
    """

    def __init__(self, tape: Tape):
        self.tape = tape
        self.inputs: set[int] = set()
        self.most = sys.maxsize

    def check_length(self) -> None:
        if len(self.tape.steps) > self.most:
            raise Unread("is longer than the way to it")

    def given(self, a: Any) -> Any:
        """An argument of the kernel, as it sees it."""
        if type(a) is tuple:
            return tuple([self.given(each) for each in a])
        if type(a) is not Value:
            return a
        self.inputs.add(id(a))
        return Tracer(self, a.layout, a, given=True)

    def result(self, found: Any, shape: tuple[int, ...]) -> Value:
        """The Value that a kernel has returned."""
        if type(found) is not Tracer:
            if not isinstance(found, np.ndarray | np.generic):
                raise Unread("returns several arrays")
            return self.tape.constant(np.asarray(found))
        value = found.value
        if value.shape != shape:
            raise Unread("returns another shape")
        if id(value) in self.inputs:  # of a copy, `copy` has made a step
            self.tape.aliased.add(id(value))
        elif found.root.held is not None and id(found.root.held) in self.inputs:
            raise Unread("returns a view")
        return value

    # ---------------------------------------------------------------- steps

    def made(self, value: Value, args: tuple[Any, ...], scalar: bool = False) -> Tracer:
        """The tracer of what a step has made of `args`."""
        owned = value.source is None and not any(a is value for a in args)
        return Tracer(self, value.layout, value, owned=owned, scalar=scalar)

    def values(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Arguments of a step: Values and what is constant."""
        found = []
        for a in args:
            if type(a) is Tracer:
                a = a.value
            elif isinstance(a, list | tuple):
                raise Unread("makes an array of a list")
            found.append(a)
        return tuple(found)

    def call(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: Any,
        alike: bool = False,
        out: Any = None,
        by_place: bool = False,
        like: Array | None = None,
    ) -> Any:
        """A function that a program calls whole, its result last; `alike`, `by_place` and `like`: see `tape`."""
        constant = self.tape.constant
        values = tuple([constant(a) if isinstance(a, np.ndarray) else a for a in self.values(args)])
        if all(map(is_constant, values)):
            found = np.empty(shape, dtype) if like is None else np.empty_like(like)
            function(*map(source_of, values), found)
            made = self.tape.constant(found)
        else:
            made = self.tape.call(function, values, shape, dtype, alike, by_place, like)
        return self.into(out, self.made(made, values, not shape))

    def whole(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: Any,
        alike: bool,
        out: Any,
    ) -> Any:
        """A function that is declared so. Of arrays in another order its result lies as it is seen to put it."""
        like = None
        if out is None and any(isinstance(a, np.ndarray) and not a.flags.c_contiguous for a in args):
            with np.errstate(all="ignore"):  # it is given whatever numbers there are
                like = function(*[a.layout if type(a) is Tracer else present(a) for a in args])
        return self.call(function, args, shape, dtype, alike, out, like=like)

    def asks(self, question: Callable[..., Any], x: Any, *about: Any) -> Any:
        """What a question about the elements of an input has found, where it holds: it guards the program."""
        tape, key = self.tape, (question, id(x.value), about)
        known = tape.marks.get(key)
        if known is None:
            holds = question(*about)
            if tape.demand(x.value, holds):
                known = Value(holds.answer, f"{tape.named(holds)}.answer")
            elif tape.demand_of_all(x.value, holds.of_all):
                known = holds.answered(x).value
            else:
                raise Unread("asks about an input that the program changes, or that has another answer")
            tape.marks[key] = known
        return Tracer(self, known.layout, known, given=True)

    def all_true(self, truths: Tracer) -> bool:
        """True: the program asks whether all of them are when it comes there."""
        all_of_them = np.logical_and.reduce(truths, axis=None)
        number = self.tape.element_of(all_of_them.value)
        self.tape.note(Step("check", None, (), (), f"{number.text} == 1"))
        return True

    def into(self, out: Any, made: Tracer) -> Tracer:
        """What was made, where `out` says."""
        if out is None:
            return made
        if type(out) is not Tracer:
            raise Unread("fills an array that is not like its input")
        return out.put(made)

    def ufunc(self, function: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        self.check_length()
        out = options.pop("out", None)
        work = {"__call__": self._call, "reduce": self._reduce, "accumulate": self._accumulate}.get(method)
        if function is np.vecdot and method == "__call__" and out is None:
            return self._dots(*inputs, **options)
        if work is None or function.nout > 1 or (function.signature and function is not np.matmul):
            raise Unread(f"calls np.{function.__name__}{'' if method == '__call__' else '.' + method}")
        return self.into(out[0] if type(out) is tuple else out, work(function, inputs, options))

    def function(self, x: Tracer, function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Another function of NumPy, of `x` or `like=x`."""
        if function in CREATORS:
            return CREATORS[function](x, *args, **options)
        work = FUNCTIONS.get(function)
        if work is None:
            raise Unread(f"calls np.{function.__name__}")
        return work(*args, **options)

    def _call(self, function: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Tracer:
        dtype, order = options.pop("dtype", None), options.pop("order", None)
        options.pop("casting", None)
        if options:
            raise Unread(f"calls np.{function.__name__} with {next(iter(options))}")
        values = self.values(inputs)
        if dtype is not None:
            values = tuple([self.cast(a, np.dtype(dtype)) for a in values])
        else:
            values = self._numbers(function, values)
        made = self.made(
            self.tape.ufunc(function, *values),
            values,
            not any(getattr(a, "shape", None) for a in values if type(a) is not Number),
        )
        if order is not None and not (order == "C" and made.layout.flags.c_contiguous):
            raise Unread("makes an array in another order")
        return made

    def _numbers(self, function: Any, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Python's numbers as NumPy would take them, once."""
        if not any(type(a) in (int, float, complex, bool) for a in values):
            return values
        kinds = [type(a.value) if type(a) is Number else getattr(a, "dtype", type(a)) for a in values]
        resolved = function.resolve_dtypes((*kinds, None))
        return tuple(
            [
                kind.type(a) if type(a) in (int, float, complex, bool) else a
                for a, kind in zip(values, resolved, strict=False)
            ]
        )

    def cast(self, a: Any, dtype: Any) -> Any:
        """A Value or constant in another dtype."""
        if type(a) is not Value:
            if type(a) is Number:
                raise Unread("casts a number that changes")
            return np.asarray(a).astype(dtype)[()]
        if a.dtype == dtype:
            return a
        if isinstance(a.source, np.ndarray):
            return self.tape.constant(a.source.astype(dtype))
        return self.tape.ufunc_cast(a, dtype)

    def _dots(self, x: Any, y: Any, axis: int = -1) -> Any:
        """Sums of products: of so many that nobody reads the last digits, as a product and its sums."""
        if x.size < LARGE:
            raise Unread("calls np.vecdot")
        return np.add.reduce(x * y, axis=axis)

    def _reduce(self, function: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Tracer:
        (x,) = inputs
        axis, keepdims = options.pop("axis", 0), bool(options.pop("keepdims", False))
        self._plain(function, x, options)
        axes = range(x.ndim) if axis is None else axis if type(axis) is tuple else (axis,)
        axes = tuple(sorted([int(a) % x.ndim for a in axes])) if x.ndim else ()
        if not axes or not x.size or function not in FOLDS:
            raise Unread("reduces what has no elements or no dimensions")
        if x.ndim - len(axes) > 1 and not in_order(x.layout):
            raise Unread("reduces an array in another order")
        made = self.tape.reduce(function, x.value, axes, keepdims)
        return self.made(made, (x.value,), not made.ndim)

    def _accumulate(self, function: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> Tracer:
        (x,) = inputs
        axis = options.pop("axis", 0)
        self._plain(function, x, options)
        if not in_order(x.layout):
            raise Unread("accumulates an array in another order")
        return self.made(self.tape.scan(function, x.value, axis % x.ndim), (x.value,))

    def _plain(self, function: Any, x: Any, options: dict[str, Any]) -> None:
        """Whether a reduction stays with the dtype that it begins with."""
        dtype = options.pop("dtype", None)
        wide = x.dtype.kind in "fc" or x.dtype.str[1:] in ("i8", "u8")
        if options or (dtype is not None and dtype != x.dtype):
            raise Unread(f"calls np.{function.__name__}.reduce with another dtype or start")
        if function in (np.add, np.multiply) and not wide:
            raise Unread("sums narrow integers")


def in_order(x: Array) -> bool:
    """Whether the elements lie in memory in their order, perhaps with gaps."""
    strides = [stride for stride, n in zip(x.strides, x.shape, strict=True) if n > 1]
    return strides == sorted(strides, reverse=True) and not (strides and strides[-1] < x.itemsize)
