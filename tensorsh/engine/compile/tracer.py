"""Kernels are read: given tracers in place of arrays, a kernel writes its steps.

A `Tracer` speaks NumPy's protocols. Shape, dtype and strides are known; each call of NumPy becomes a step of the
trace. What cannot be known beforehand (an element, a branch on one), and what has no step of its own, ends the
reading: the program then calls the kernel as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..parallel import LARGE
from .one_hot import spread
from .steps import Step
from .tape import Tape, cast_into, is_constant, source_of
from .values import Number, TraceStopped, Value, reshape, turn

Array = np.ndarray[Any, Any]

#: a kernel that amounts to more steps is called: they would take longer to write than they save
MOST = 64


class Unread(BaseException):
    """A kernel does what has no step; no `except Exception` of a kernel may swallow it."""


def read(tape: Tape, kernel: Callable[..., Any], arrays: list[Any], shape: tuple[int, ...]) -> Value | str:
    """What a kernel makes of Values and constants, its steps noted; or why it cannot be read, and nothing noted."""
    steps, guards, demands = len(tape.steps), len(tape.guards), len(tape.demands)
    reading = Reading(tape)
    try:
        if any(type(a) is Value and not a.size for a in arrays):
            raise Unread("is given no elements")
        found = reading.result(kernel(*map(reading.given, arrays)), shape)
        if len(tape.steps) - steps > MOST:
            raise Unread("is longer than the way to it")
        return found
    except (
        Unread,
        TraceStopped,
        Exception,
    ) as error:  # what is wrong with the call, the call itself will say
        tape.given_up += tape.steps[steps:]
        del tape.steps[steps:], tape.guards[guards:], tape.demands[demands:]
        return str(error) or type(error).__name__


class Reading:
    """One kernel as it is read.

    inputs  the ids of the Values that it was given
    """

    def __init__(self, tape: Tape):
        self.tape = tape
        self.inputs: set[int] = set()

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
    ) -> Any:
        """A function that a program calls whole, its result last; `alike`: that may be the first argument."""
        constant = self.tape.constant
        values = tuple([constant(a) if isinstance(a, np.ndarray) else a for a in self.values(args)])
        if all(map(is_constant, values)):
            found = np.empty(shape, dtype)
            function(*map(source_of, values), found)
            made = self.tape.constant(found)
        else:
            made = self.tape.call(function, values, shape, dtype, alike)
        return self.into(out, self.made(made, values, not shape))

    def asks(self, question: Callable[..., Any], x: Any, *about: Any) -> Any:
        """What a question about the elements of an input has found, where it holds: it guards the program."""
        tape, key = self.tape, (question, id(x.value), about)
        known = tape.marks.get(key)
        if known is None:
            holds = question(*about)
            if not tape.demand(x.value, holds):
                raise Unread("asks about an input that the program changes, or that has another answer")
            known = tape.marks[key] = Value(holds.answer, f"{tape.named(holds)}.answer")
        return Tracer(self, known.layout, known, given=True)

    def into(self, out: Any, made: Tracer) -> Tracer:
        """What was made, where `out` says."""
        if out is None:
            return made
        if type(out) is not Tracer:
            raise Unread("fills an array that is not like its input")
        return out.put(made)

    def ufunc(self, function: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        out = options.pop("out", None)
        work = {"__call__": self._call, "reduce": self._reduce, "accumulate": self._accumulate}.get(method)
        if function is np.vecdot and method == "__call__" and out is None:
            return self._dots(*inputs, **options)
        if work is None or function.nout > 1 or (function.signature and function is not np.matmul):
            raise Unread(f"calls np.{function.__name__}{'' if method == '__call__' else '.' + method}")
        return self.into(out[0] if type(out) is tuple else out, work(function, inputs, options))

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


FOLDS = (np.add, np.multiply, np.maximum, np.minimum, np.logical_and, np.logical_or)


def unknown(what: str) -> Callable[..., Any]:
    def ask(*_: Any, **__: Any) -> Any:
        raise Unread(what)

    return ask


class Tracer:
    """An array of a kernel that is read.

    layout  an array of the same shape, dtype and strides
    held    its Value, None as long as it is not filled
    root    what it is a view of, or itself
    at      the index that it was taken by
    given   the kernel was given it, and may not change it
    owned   its memory is nobody else's
    scalar  of NumPy it would be a number, which nothing changes in place
    shared  there are views of it, so it is changed where it lies
    picked  there are numbers out of it, which stay what they are
    """

    __slots__ = ("at", "given", "held", "layout", "owned", "picked", "reader", "root", "scalar", "shared")

    def __init__(
        self,
        reader: Reading,
        layout: Array,
        value: Value | None,
        root: Tracer | None = None,
        *,
        given: bool = False,
        owned: bool = False,
        scalar: bool = False,
    ):
        self.reader = reader
        self.layout = layout
        self.held = value
        self.root = self if root is None else root
        self.at: Any = None
        self.given = given
        self.owned = owned
        self.scalar = scalar
        self.shared = root is not None
        self.picked = False

    @property
    def value(self) -> Value:
        if self.held is None:
            raise Unread("reads what it has not filled")
        return self.held

    shape = property(lambda self: self.layout.shape)
    dtype = property(lambda self: self.layout.dtype)
    ndim = property(lambda self: self.layout.ndim)
    size = property(lambda self: self.layout.size)
    strides = property(lambda self: self.layout.strides)
    flags = property(lambda self: self.layout.flags)
    itemsize = property(lambda self: self.layout.itemsize)
    nbytes = property(lambda self: self.layout.nbytes)
    __class__ = property(lambda self: np.ndarray)  # for `isinstance`

    __array__ = unknown("makes another array of its input")
    __bool__ = __float__ = __int__ = __index__ = __complex__ = item = unknown("asks for a value")
    __pow__ = __rpow__ = unknown("takes powers by an operator")
    tolist = any = all = argmax = argmin = unknown("asks for values")
    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Unread(f"asks for .{name}")

    def __len__(self) -> int:
        return len(self.layout)

    def __iter__(self) -> Iterator[Tracer]:
        return (self[i] for i in range(len(self)))

    # ---------------------------------------------------------------- protocols

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return self.reader.ufunc(function, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function in CREATORS:
            return CREATORS[function](self, *args, **options)
        work = FUNCTIONS.get(function)
        if work is None:
            raise Unread(f"calls np.{function.__name__}")
        return work(*args, **options)

    # ---------------------------------------------------------------- views

    def view_by(self, function: Callable[..., Any], *options: Any, label: str) -> Tracer:
        """What a function sees of it, which must be the same memory."""
        layout = np.asarray(function(self.layout, *options))
        if layout.size and not np.may_share_memory(layout, self.layout):
            raise Unread("copies an array in another order")
        tape = self.reader.tape
        known = tape.one_hot.last(self.value, options[0]) if function is part else None
        value = tape.view(function, self.value, *options, label=label) if known is None else known
        self.root.shared = True
        return Tracer(self.reader, value.layout, value, self.root, owned=self.owned)

    def reshape(self, *shape: Any, order: str = "C") -> Tracer:
        if order != "C" and not self.flags.c_contiguous:
            raise Unread("reads an array in another order")
        wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        new = self.layout.reshape(wanted)
        if new.size and not np.may_share_memory(new, self.layout):
            return self.copy().reshape(new.shape)
        return self if new.shape == self.shape else self.view_by(reshape, new.shape, label="reshape")

    def transpose(self, *axes: Any) -> Tracer:
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        order = tuple(order or range(self.ndim)[::-1])
        if self.ndim == 2 and order == (1, 0):
            return self.view_by(turn, label="turn")
        return self.view_by(turned, order, label="transpose")

    def swapaxes(self, a: int, b: int) -> Tracer:
        order = list(range(self.ndim))
        order[a], order[b] = order[b], order[a]
        return self.transpose(order)

    def squeeze(self, axis: Any = None) -> Tracer:
        return self.reshape(self.layout.squeeze(axis).shape)

    def ravel(self, order: str = "C") -> Tracer:
        return self.reshape(-1, order=order)

    T = property(lambda self: self.transpose())
    real = property(lambda self: self if self.dtype.kind != "c" else unknown("takes complex numbers apart")())

    def __getitem__(self, at: Any) -> Tracer:
        found = self.part(at)
        if not found.ndim and self.ndim and at is not Ellipsis:
            found.scalar = self.root.picked = True
        return found

    def part(self, at: Any) -> Tracer:
        """A view of what is at an index."""
        parts = at if type(at) is tuple else (at,)
        if not all(p is None or p is Ellipsis or isinstance(p, int | np.integer | slice) for p in parts):
            raise Unread("picks elements by an array")
        parts = parts if Ellipsis in parts else (*parts, ...)
        layout = self.layout[parts]
        if (layout.shape, layout.strides) == (self.shape, self.strides):
            return self
        found = self.view_by(part, parts, label="part")
        found.at = at
        return found

    # ---------------------------------------------------------------- writing

    def put(self, made: Tracer) -> Tracer:
        """Change it to what was made."""
        if self.scalar:
            return made
        tape = self.reader.tape
        value = self.reader.cast(made.value, self.dtype)
        if self.given or (self.shared and not self.owned):
            raise Unread("changes its input")
        if self.shared or value.shape != self.shape:
            self.stays()
            tape.write(self.value, value)
        else:
            self.held, self.layout, self.owned = value, value.layout, made.owned
        return self

    def stays(self) -> None:
        """It is changed where it lies: nobody may have a number out of it."""
        if self.root.picked:
            raise Unread("changes what numbers were taken from")

    def __setitem__(self, at: Any, x: Any) -> None:
        if type(x) is Tracer and x.root is self.root and x.at == at and x.shared:
            return  # `self[at] += y`: done there
        if self.given or isinstance(x, list | tuple | Number):
            raise Unread("changes its input")
        tape = self.reader.tape
        value = x.value if type(x) is Tracer else tape.constant(np.asarray(x))
        value = self.reader.cast(value, self.dtype)
        if at is Ellipsis and not self.shared and value.shape == self.shape:
            self.held, self.layout, self.owned = value, value.layout, False
            return
        place = self.part(at)
        if not place.owned:
            raise Unread("changes its input")
        self.stays()
        tape.note(Step("write", np.copyto, (place.value, value), (), "np.copyto"))

    # ---------------------------------------------------------------- other methods

    def astype(self, dtype: Any, order: str = "K", copy: bool = True, **_: Any) -> Tracer:
        if order not in ("K", "A") and not self.flags.c_contiguous:
            raise Unread("copies an array in another order")
        value = self.reader.cast(self.value, np.dtype(dtype))
        if value is not self.held:
            return self.reader.made(value, (self.value,))
        return self if not copy else self.copy()

    def copy(self, order: str = "C") -> Tracer:
        value = self.value
        if order == "C" and not self.flags.c_contiguous:
            return self.reader.call(cast_into, (self,), self.shape, self.dtype)
        return self.reader.made(self.reader.tape.ufunc_cast(value, self.dtype), (value,))

    def sum(self, *args: Any, **options: Any) -> Any:
        return reduced(np.add, self, *args, **options)

    def max(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        return reduced(np.maximum, self, axis, None, out, keepdims, **options)

    def min(self, axis: Any = None, out: Any = None, keepdims: bool = False, **options: Any) -> Any:
        return reduced(np.minimum, self, axis, None, out, keepdims, **options)

    def mean(self, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        if self.dtype.kind != "f" or self.itemsize < 4:
            raise Unread("asks for the mean of other numbers than floats")
        total = reduced(np.add, self, axis, dtype, None, keepdims)
        return np.divide(total, self.dtype.type(self.size // max(total.size, 1)), out=out)

    def conj(self) -> Any:
        return np.conjugate(self)

    def fill(self, number: Any) -> None:
        self[...] = number


def reduced(
    function: Any,
    x: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    **options: Any,
) -> Any:
    """What a method of arrays does."""
    return function.reduce(x, axis, dtype, out, keepdims, **options)


def _operators(name: str, function: Any) -> None:
    setattr(Tracer, f"__{name}__", lambda x, y: function(x, y))
    setattr(Tracer, f"__r{name}__", lambda x, y: function(y, x))
    setattr(Tracer, f"__i{name}__", lambda x, y: function(x, y, out=x) if not x.scalar else function(x, y))


for _name, _function in {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "matmul": np.matmul,
}.items():  # fmt: skip
    _operators(_name, _function)
for _name, _function in {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal,
}.items():  # fmt: skip
    setattr(Tracer, f"__{_name}__", lambda x, y, function=_function: function(x, y))
for _name, _function in {"neg": np.negative, "abs": np.absolute, "invert": np.invert}.items():
    setattr(Tracer, f"__{_name}__", lambda x, function=_function: function(x))


# ------------------------------------------------------------------ views, and calls of a program's own


def part(x: Any, at: Any) -> Any:
    return x[at]


def turned(x: Any, order: tuple[int, ...]) -> Any:
    return x.transpose(order)


def masked(below: Any, above: Any, mask: Any, out: Any) -> Any:
    """`above` where the mask holds, else `below`."""
    if out is not below:
        np.copyto(out, below)
    np.copyto(out, above, where=mask)
    return out


def joined(*arrays: Any) -> Any:
    """One array after the other, into the last."""
    *parts, out = arrays
    return np.concatenate(parts, out=out)


# ------------------------------------------------------------------ functions of NumPy


def _where(mask: Any, x: Any, y: Any) -> Any:
    reader = next(a.reader for a in (mask, x, y) if type(a) is Tracer)
    if mask.dtype != np.bool_:
        raise Unread("chooses by numbers")
    dtype = np.result_type(*[a.layout if type(a) is Tracer else a for a in (x, y)])
    shape = np.broadcast_shapes(*map(np.shape, (mask, x, y)))
    x, y = (a if type(a) is Tracer or not isinstance(a, int | float) else dtype.type(a) for a in (x, y))
    if any(not a.flags.c_contiguous for a in (mask, x, y) if type(a) is Tracer):
        raise Unread("chooses from arrays in another order")
    alike = type(y) is Tracer and y.shape == shape
    return reader.call(masked, (y, x, mask), shape, dtype, alike)


def _concatenate(arrays: Any, axis: int = 0) -> Any:
    reader = next(a.reader for a in arrays if type(a) is Tracer)
    arrays = [a for a in arrays if a.size]
    first, axis = arrays[0], axis % arrays[0].ndim
    if any(n != 1 for n in first.shape[:axis]) or len({a.dtype for a in arrays}) > 1:
        raise Unread("joins rows")
    length = sum(a.shape[axis] for a in arrays)
    flat = tuple([a.reshape(a.shape[axis:]) for a in arrays])
    found = reader.call(joined, flat, (length, *first.shape[axis + 1 :]), first.dtype)
    return found.reshape((*first.shape[:axis], length, *first.shape[axis + 1 :]))


def _broadcast(x: Any, shape: Any) -> Any:
    return x.view_by(spread, tuple(shape), label="spread")


def _expand(x: Any, axis: Any) -> Any:
    return x.reshape(np.expand_dims(x.layout, axis).shape)


def _moved(x: Any, source: Any, target: Any) -> Any:
    kept = [d for d in range(x.ndim) if d != source % x.ndim]
    kept.insert(target % x.ndim, source % x.ndim)
    return x.transpose(kept)


def _like(x: Any, dtype: Any = None, shape: Any = None, **options: Any) -> Any:
    """An array that is not filled yet."""
    return Tracer(x.reader, np.empty_like(x.layout, dtype, shape=shape, **options), None)


def _filled(x: Any, number: Any, shape: Any, dtype: Any = float) -> Any:
    """An array with one number everywhere."""
    kind, shape = np.dtype(dtype), (shape,) if isinstance(shape, int) else tuple(shape)
    return x.reader.made(x.reader.tape.call(cast_into, (kind.type(number),), shape, kind), ())


def _filled_like(x: Any, number: Any, dtype: Any = None) -> Any:
    if not x.flags.c_contiguous:
        raise Unread("makes an array in another order")
    return _filled(x, number, x.shape, x.dtype if dtype is None else dtype)


def _broadcast_all(*arrays: Any) -> tuple[Any, ...]:
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    return tuple([np.broadcast_to(a, shape) for a in arrays])


def _flipped(x: Any, axis: Any = None) -> Any:
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    turned = {a % x.ndim for a in axes}
    return x[tuple([slice(None, None, -1 if d in turned else 1) for d in range(x.ndim)])]


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.concatenate: _concatenate,
    np.broadcast_to: _broadcast,
    np.expand_dims: _expand,
    np.moveaxis: _moved,
    np.empty_like: _like,
    np.zeros_like: lambda x, dtype=None: _filled_like(x, 0, dtype),
    np.ones_like: lambda x, dtype=None: _filled_like(x, 1, dtype),
    np.full_like: _filled_like,
    np.broadcast_arrays: _broadcast_all,
    np.flip: _flipped,
    np.atleast_1d: lambda x: x if x.ndim else x.reshape(1),
    np.reshape: lambda x, shape, **options: x.reshape(shape, **options),
    np.transpose: lambda x, axes=None: x.transpose(*([] if axes is None else [axes])),
    np.swapaxes: lambda x, a, b: x.swapaxes(a, b),
    np.split: lambda x, n, axis=0: [
        x[(slice(None),) * (axis % x.ndim) + (slice(p[0], p[-1] + 1),)]
        for p in np.split(np.arange(x.shape[axis]), n)
    ],
    np.squeeze: lambda x, axis=None: x.squeeze(axis),
    np.ravel: lambda x, order="C": x.ravel(order),
    np.ndim: lambda x: x.ndim,
    np.shape: lambda x: x.shape,
    np.size: lambda x: x.size,
    np.sum: lambda x, *args, **options: x.sum(*args, **options),
    np.max: lambda x, *args, **options: x.max(*args, **options),
    np.min: lambda x, *args, **options: x.min(*args, **options),
    np.copy: lambda x: x.copy(),
}
#: those that make an array `like=` a tracer, which they are given first
CREATORS: dict[Any, Callable[..., Any]] = {
    np.zeros: lambda x, *args, **options: _filled(x, 0, *args, **options),
    np.ones: lambda x, *args, **options: _filled(x, 1, *args, **options),
    np.full: lambda x, shape, number, *args, **options: _filled(x, number, shape, *args, **options),
    np.empty: lambda x, shape, dtype: Tracer(x.reader, np.empty(shape, dtype), None),
}
