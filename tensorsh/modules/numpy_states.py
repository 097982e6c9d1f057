"""States of NumPy's arrays and dtypes that a program gives them, by hand or in a pickle: only what NumPy makes.

`ndarray.__setstate__` frees the memory that views still see, and takes a list for as long as the shape says;
`dtype.__setstate__` believes sizes, offsets and flags. So arrays take a state while they are empty, as those that a
pickle begins with are, and dtypes one that fits what they are. Generators of random bits that read their next number
at a place in a buffer look at that place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import BuiltinMethodType, MethodDescriptorType
from typing import Any

import numpy as np

from ..engine.core import sealed
from ..errors import DataError
from ..kinds.ownership import dict_of, own_class
from .numpy_memory import replace

SHAPED = (np.ndarray, np.dtype)

#: generators of random bits
BITS = (np.random.MT19937, np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64)

#: the flags of a dtype that say whose memory elements are: references, and how they are stored in a pickle
OF_REFERENCES = 0x07
ALIGNMENTS = (-1, 1, 2, 4, 8, 16)


def taking(found: Any) -> Any:
    """`__setstate__` as a program has it: NumPy's own, of an object or of its class, looks at the state first."""
    if type(found) is MethodDescriptorType and issubclass(found.__objclass__, SHAPED):
        return lambda value, state, /: give(value, state, found)
    owner = found.__self__ if type(found) is BuiltinMethodType else None
    if not issubclass(type(owner), SHAPED):
        return found
    return lambda state, /: give(owner, state, lambda _, fitting: found(fitting))


def give(value: Any, state: Any, set_state: Callable[[Any, Any], None]) -> None:
    """Give an array or a dtype its state; ValueError for what is none of it."""
    fits = fits_array if isinstance(value, np.ndarray) else fits_dtype
    if type(state) is not tuple or not fits(value, state):
        raise DataError(f"not the state of this {type(value).__name__}")
    set_state(value, state)


def reconstructing(found: Callable[..., Any]) -> Callable[..., Any]:
    """`copy._reconstruct`, which gives states: to arrays and dtypes only what they say of themselves."""

    def _reconstruct(
        x: Any, memo: Any, func: Any, args: Any, state: Any = None, *more: Any, **options: Any
    ) -> Any:
        def new(*args: Any) -> Any:
            made = func(*args)
            if issubclass(type(made), SHAPED) and (type(made) is not type(x) or own_class(type(x))):
                raise DataError(
                    f"a {type(x).__name__} cannot be copied as a {type(made).__name__} with a state"
                )
            return made

        return found(x, memo, func if state is None else new, args, state, *more, **options)

    return _reconstruct


def fits_array(array: np.ndarray[Any, Any], state: tuple[Any, ...]) -> bool:
    """(1, shape, dtype, in Fortran's order, the bytes or a list of the elements), for an array without elements."""
    if array.size or len(state) != 5:
        return False
    version, shape, dtype, _, content = state
    if not (version == 1 and type(shape) is tuple and all(type(n) is int and n >= 0 for n in shape)):
        return False
    if not isinstance(dtype, np.dtype):
        return False
    if dtype.hasobject:
        return type(content) is list and len(content) == math.prod(shape)
    return type(content) is bytes and len(content) == math.prod(shape) * dtype.itemsize


def fits_dtype(dtype: np.dtype[Any], state: tuple[Any, ...]) -> bool:
    """(3 or 4, order, (base, shape), names, fields, item size, alignment, flags[, metadata]), for one as large."""
    if len(state) not in (8, 9) or type(state[7]) is not int:
        return False
    _, _, inner, names, fields, size, alignment, flags = state[:8]
    if size not in (-1, dtype.itemsize) or alignment not in ALIGNMENTS:
        return False
    if (flags ^ dtype.flags) & OF_REFERENCES:
        return False
    if inner is not None:
        return _is_inside(inner, dtype.itemsize)
    if names is None or fields is None:
        return names is fields
    return (
        type(names) is tuple
        and type(fields) is dict
        and all(type(name) is str and name in fields for name in names)
        and all(_is_field(each, dtype.itemsize) for each in fields.values())
    )


def _is_inside(inner: Any, size: int) -> bool:
    """(base, shape) of elements that are arrays."""
    match inner:
        case (np.dtype() as base, tuple() as shape):
            return not base.hasobject and base.itemsize * math.prod(shape) == size
    return False


def _is_field(field: Any, size: int) -> bool:
    """(dtype, offset[, title]) of a field without references."""
    match field:
        case (np.dtype() as kind, int() as offset, *_):
            return not kind.hasobject and 0 <= offset <= size - kind.itemsize
    return False


def guard_generators() -> None:
    """Let generators begin as such, and refuse a state whose place is outside of their buffer; once in a process."""
    _begin_begun(np.random.Generator, lambda: (np.random.PCG64(),))
    for kind in (np.random.SeedSequence, np.random.RandomState, *BITS):
        _begin_begun(kind)
    for kind, where, last in (
        (np.random.MT19937, ("state", "pos"), 624),
        (np.random.Philox, ("buffer_pos",), 4),
    ):
        if type(dict_of(kind)["state"]) is not property:
            with sealed.changing(kind):
                type.__setattr__(kind, "state", _state_of(dict_of(kind)["state"], where, last))


def _begin_begun(kind: Any, first: Callable[[], tuple[Any, ...]] = tuple) -> None:
    """Let objects be whole from `__new__` on: methods of one whose `__init__` never ran read memory that is not there.

    `kind(…)` itself is made in C as before.
    """
    made = kind.__new__
    if isinstance(dict_of(kind)["__new__"], staticmethod):
        return

    def __new__(cls: Any, *args: Any, **options: Any) -> Any:
        new = made(cls)
        kind.__init__(new, *first())
        return new

    replace(kind, __new__, __init__=dict_of(kind)["__init__"])


def _state_of(found: Any, where: tuple[str, ...], last: int) -> property:
    """The property `state` of a generator whose place, found there in a state, is at most the last."""

    def set_state(self: Any, state: Any) -> None:
        before = found.__get__(self)
        found.__set__(self, state)
        place = found.__get__(self)
        for name in where:
            place = place[name]
        if sealed.in_force() and not 0 <= place <= last:
            found.__set__(self, before)
            raise DataError(f"not the state of this {type(self).__name__}")

    return property(found.__get__, set_state, doc=found.__doc__)
