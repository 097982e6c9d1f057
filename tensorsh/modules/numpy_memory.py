"""Arrays over memory that is not theirs: inside it, while it lies there, and references only over references.

`np.ndarray(shape, dtype, buffer, offset, strides)` believes an offset before the buffer, sums that overflow, bytes that
are said to be references, and a bytearray that stays where it is. Whoever makes an array in this way comes by here:
`ndarray.__new__` is replaced in the dictionary of the class, where every subclass, `super()` and Python's own modules
find it, and `ndarray.__init__` looks at what NumPy has made of `np.ndarray(…)` itself, for which C calls C. Arrays that
functions make are not looked at.

References are not handed out as bytes either: a program could write others in their place.
"""

from __future__ import annotations

import gc
import operator
import pickle
import weakref
from collections.abc import Callable
from types import BuiltinMethodType, FunctionType, MethodDescriptorType, MethodType
from typing import Any

import numpy as np
from numpy import ndarray
from numpy._core import numeric

from ..engine.core import sealed
from ..kinds.ownership import dict_of, own_function

Array = ndarray[Any, Any]

_new = ndarray.__new__
_data = ndarray.__dict__["data"]
#: arguments of `ndarray` that say nothing of memory
HARMLESS = frozenset(("shape", "dtype", "order"))
#: and of where in a buffer
BESIDE = HARMLESS | {"buffer"}
CHOSEN = "strides of an array of references are NumPy's to choose"

#: an exported buffer for each array over memory that could move: with a reference to the array, by its identity
_held: dict[int, tuple[weakref.ref[Array], Any]] = {}


# ------------------------------------------------------------------------------------------------------- making


def __new__(
    cls: Any,
    shape: Any,
    dtype: Any = None,
    buffer: Any = None,
    offset: Any = 0,
    strides: Any = None,
    order: Any = None,
) -> Any:
    """An array of this class; over a buffer, one that lies inside it and holds it."""
    if not sealed.in_force() or (buffer is None and strides is None):
        return _new(cls, shape, dtype, buffer, offset, strides, order)
    kind, begin = np.dtype(dtype), operator.index(offset)
    if buffer is not None:
        buffer = _kept(buffer)
    placed = begin != 0 or strides is not None
    found = _new(ndarray, shape, kind, buffer, begin, strides, order)
    _check(found, placed)
    return found if cls is ndarray else _new(cls, found.shape, kind, buffer, begin, found.strides)


def __init__(self: Any, /, *args: Any, **named: Any) -> None:
    """What `object.__init__` does; an array just made over a buffer has to lie inside it."""
    if type(self) is ndarray:
        if sealed.in_force() and (len(args) > 2 or not HARMLESS.issuperset(named)):
            _check(self, len(args) > 3 or not BESIDE.issuperset(named))
        return
    following = super(ndarray, self).__init__
    if getattr(following, "__objclass__", None) is not object:
        following(*args, **named)
    elif (args or named) and type(self).__init__ is not __init__:
        raise TypeError("object.__init__() takes exactly one argument (the instance to initialize)")


def _kept(buffer: Any) -> Any:
    """A buffer whose memory stays: an array that holds what can move."""
    if type(buffer) in (bytes, ndarray):
        return buffer
    if issubclass(type(buffer), ndarray):
        return ndarray.view(buffer, ndarray)
    return np.frombuffer(buffer, np.uint8)


def _check(array: Array, placed: bool) -> None:
    """Raise unless an array lies inside its memory, and its references are what it is over; hold what can move.

    One that begins where its buffer does, with NumPy's own strides, is no longer: so much NumPy sees to.
    """
    base, kind = array.base, array.dtype
    memory: Any = array if base is None else base
    if not issubclass(type(memory), ndarray):
        memory = np.frombuffer(memory, np.uint8)
        if type(base) is not bytes:
            _hold(array, memory)
            placed = True  # it may have moved
    elif type(memory) is not ndarray:
        memory = ndarray.view(memory, ndarray)
    if kind.hasobject or memory.dtype.hasobject:
        _check_references(array, memory)
    if placed:
        low, high = _extent(array)
        at = _address(memory)
        begin, end = (at, at + array.size * kind.itemsize) if base is None else _extent(memory)
        if low < high and not begin <= low <= high <= end:
            raise ValueError("an array must lie inside of its buffer: offset and strides lead out")


def _check_references(array: Array, memory: Array) -> None:
    if memory is array:
        if not array.flags.forc:
            _keep_for_ever(array)
            raise TypeError(CHOSEN)
        return
    kind = array.dtype
    steps = (_address(array) - _address(memory), *array.strides)
    if memory.dtype != kind or kind.char == "T" or any(step % kind.itemsize for step in steps):
        raise TypeError("an array of references can only be over the memory of such an array")


def _extent(array: Array, strides: tuple[int, ...] | None = None) -> tuple[int, int]:
    """The addresses of its first byte and after its last, counted in Python's integers."""
    low = high = _address(array)
    if array.size and array.itemsize:
        steps = array.strides if strides is None else strides
        reach = [step * (size - 1) for step, size in zip(steps, array.shape, strict=False)]
        low += sum(each for each in reach if each < 0)
        high += sum(each for each in reach if each > 0) + array.itemsize
    return low, high


def _address(array: Array) -> int:
    at: int = array.__array_interface__["data"][0]
    return at


def _keep_for_ever(array: Array) -> None:
    """Never free an array whose references NumPy would look for where there are none."""
    circle = np.empty(2, object)
    circle[0], circle[1] = circle, array  # arrays in a circle are not found by Python's garbage collector


def _hold(array: Array, memory: Any) -> None:
    """Let memory stay where it is as long as there is an array over it."""
    key = id(array)
    _held[key] = (weakref.ref(array, lambda _: _held.pop(key, None)), memory)


def check_strides(array: Any, strides: Any) -> None:
    """Raise unless an array with other strides would lie inside the memory of the one that has it."""
    owner, plain = array, ndarray.view(array, ndarray)
    while issubclass(type(base := ndarray.base.__get__(owner)), ndarray):
        owner = base
    owner = ndarray.view(owner, ndarray)
    if type(strides) is not tuple or not all(type(step) is int for step in strides):
        raise TypeError("strides are a tuple of integers")
    if owner.dtype.hasobject:
        raise TypeError(CHOSEN)
    low, high = _extent(plain, strides)
    begin, end = _extent(owner)
    if low < high and not begin <= low <= high <= end:
        raise ValueError("strides is not compatible with available memory")


# ------------------------------------------------------------------------------------------------------- bytes


def refuse_references(memory: Any) -> None:
    """Raise if this is memory that holds references, which nobody may write as bytes."""
    if issubclass(type(memory), ndarray) and ndarray.dtype.__get__(memory).hasobject:
        raise ValueError("cannot include dtype 'O' in a buffer")


def looking(found: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes memory, less that which holds references."""

    def looked(*args: Any, **named: Any) -> Any:
        if sealed.in_force():
            for each in (*args, *named.values()):
                refuse_references(each)
        return found(*args, **named)

    for name in ("__name__", "__qualname__", "__doc__", "__module__"):
        setattr(looked, name, getattr(found, name, None))
    return looked


def gate(host: Any, value: Any, name: str, found: Any) -> Any:
    """What a program gets for a method that writes into memory it is given (`readinto`, `pack_into`)."""
    if type(found) in (BuiltinMethodType, MethodDescriptorType, FunctionType, MethodType):
        if not own_function(getattr(found, "__func__", found)):
            return looking(found)
    return found


frombuffer = looking(np.frombuffer)


def _data_of(array: Any) -> Any:
    refuse_references(array)
    return _data.__get__(array)


def _set_data(array: Any, memory: Any) -> None:
    if sealed.in_force():
        raise AttributeError("attribute 'data' of 'numpy.ndarray' objects is not writable")
    _data.__set__(array, memory)


# ------------------------------------------------------------------------------------------------------- copies

_deepcopy = ndarray.__deepcopy__
#: `copy.deepcopy` of the sessions that run, the innermost last
copying: list[Callable[[], Callable[..., Any]]] = []


def __deepcopy__(self: Any, memo: Any, /) -> Any:
    """A copy with copies of the objects in it, which the session's own `copy` makes."""
    if not copying or not ndarray.dtype.__get__(self).hasobject:
        return _deepcopy(self, memo)
    made = ndarray.copy(self, "K")
    _copy_elements(ndarray.view(made, ndarray), copying[-1](), memo)
    return made


def _copy_elements(array: Array, deepcopy: Callable[..., Any], memo: Any) -> None:
    if array.dtype.names is not None:
        for name in array.dtype.names:
            if array.dtype[name].hasobject:
                _copy_elements(array[name], deepcopy, memo)
    elif array.dtype == object:
        cells = array[..., None]
        for place in np.ndindex(cells.shape):
            cells[place] = deepcopy(cells[place], memo)


# ------------------------------------------------------------------------------------------------------- in force


def install() -> None:
    """Put these in the place of NumPy's and Python's own, once in a process."""
    if dict_of(ndarray).get("__init__") is __init__:
        return
    __new__.__qualname__, __init__.__qualname__ = "ndarray.__new__", "ndarray.__init__"
    __new__.__annotations__.clear()  # which `inspect.signature(np.ndarray)` would show
    __deepcopy__.__doc__ = _deepcopy.__doc__
    data = property(_data_of, _set_data, doc=_data.__doc__)
    replace(ndarray, __new__, __init__=__init__, data=data, __deepcopy__=__deepcopy__)
    numeric.frombuffer = frombuffer  # for `_frombuffer` there, which pickles name
    for kind in (memoryview, pickle.PickleBuffer):
        _refuse(kind)


def _refuse(kind: Any) -> None:
    """Let a class of Python's that hands out memory look at what it is given."""
    made = kind.__new__

    def __new__(cls: Any, object: Any) -> Any:
        if sealed.in_force():
            refuse_references(object)
        return made(cls, object)

    def __init__(self: Any, object: Any) -> None:
        if sealed.in_force():
            refuse_references(object)

    with_flags = getattr(kind, "_from_flags", None)
    __new__.__annotations__.clear()
    others = {} if with_flags is None else {"_from_flags": staticmethod(looking(with_flags))}
    replace(kind, __new__, __init__=__init__, **others)


def replace(kind: type, new: Callable[..., Any], **others: Any) -> None:
    """Replace attributes of a class in C.

    `__new__` straight in its dictionary: the class goes on to make its objects in C, and so can what is put there.
    """
    (names,) = gc.get_referents(dict_of(kind))
    names["__new__"] = staticmethod(new)
    with sealed.changing(kind):
        for name, value in others.items():
            type.__setattr__(kind, name, value)  # after which Python looks `__new__` up again as well
