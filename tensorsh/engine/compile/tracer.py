"""What a kernel is given in place of arrays when it is read: it speaks NumPy's protocols.

Shape, dtype and strides are known; each call of NumPy becomes a step (`reading`), each part a view. What cannot be
known beforehand, an element or a branch on one, ends the reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .steps import Step
from .tape import cast_into
from .values import LaidOut, Number, Value, present, reshape, turn

if TYPE_CHECKING:
    from .reading import Reading

Array = np.ndarray[Any, Any]


class Unread(BaseException):
    """A kernel does what has no step; no `except Exception` of a kernel may swallow it."""


def unknown(what: str) -> Callable[..., Any]:
    def ask(*_: Any, **__: Any) -> Any:
        raise Unread(what)

    return ask


class Tracer(LaidOut):
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
        return self.reader.function(self, function, args, options)

    # ---------------------------------------------------------------- views

    def view_by(self, function: Callable[..., Any], *options: Any, label: str) -> Tracer:
        """What a function sees of it, which must be the same memory."""
        layout = np.asarray(function(self.layout, *present(options)))
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
        now = present(parts)
        layout = self.layout[now]
        if (layout.shape, layout.strides) == (self.shape, self.strides) and now is parts:
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


# ------------------------------------------------------------------ views


def part(x: Any, at: Any) -> Any:
    return x[at]


def turned(x: Any, order: tuple[int, ...]) -> Any:
    return x.transpose(order)
