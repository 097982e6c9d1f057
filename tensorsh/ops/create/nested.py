"""Nested lists of numbers, tensors and arrays, as arrays: their shape, their dtype, their elements."""

from __future__ import annotations

import operator
from itertools import chain
from typing import Any

import numpy as np

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.dtype import DType
from ...engine.core.warn import warn
from ...engine.values.arrays import check
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import NUMBERS, Tensor
from ...errors import ArgumentError, BadValue
from ..rules.numbers import SCALAR_NAMES, cast_array, check_number, int_range

#: numbers that are stored at once
PIECE = 1 << 20
SEQUENCES = {list, tuple, range}
#: what is a sequence to Python, but not one of numbers to be read
WHOLE = (Tensor, np.ndarray, np.generic, str, bytes, dict)
#: what says of itself of which dtype it is
ARRAYS = (Tensor, np.ndarray, np.generic)


def flatten(data: Any, dtype: DType | None) -> tuple[list[Any], tuple[int, ...], set[type], Any]:
    """The numbers of nested lists in order, their shape, their types; PyTorch's errors for anything else.

    With them the lists themselves, as `plain` writes them if they had to be read so. What is no number becomes one
    as elements of `dtype` do; without one it has to say of which dtype it is.
    """
    shape = sizes_of_first(data)
    if 0 in shape:  # there is nothing to be stored, whatever the other lists hold
        for item in flat([data]) if dtype is None else ():
            check_numeric(item)
        return [], tuple(shape), {float, *map(type, flat([data]))}, data
    shape = []
    level = [data]
    kinds = {type(data)}
    while kinds and kinds <= SEQUENCES:
        size = len(level[0])
        if any(len(item) != size for item in level):
            bad = next(len(item) for item in level if len(item) != size)
            raise BadValue(
                f"expected sequence of length {size} at dim {len(shape)} (got {bad})",
                raises=ValueError,
                code="ragged",
                help="every row needs the same number of elements",
            )
        shape.append(size)
        level = list(chain.from_iterable(level))
        kinds = set(map(type, level))
    if not kinds <= NUMBERS:
        written = plain(data)
        if written is not data:
            return flatten(written, dtype)
        level = numbers(level, shape, dtype or typed(data, level, shape))
        kinds = set(map(type, level))
    return level, tuple(shape), kinds, data


def sizes_of_first(data: Any) -> list[int]:
    """The lengths of nested lists, each the first of the one around it."""
    sizes: list[int] = []
    while type(data) in SEQUENCES:
        sizes.append(len(data))
        if not data:
            break
        data = data[0]
    return sizes


def plain(data: Any) -> Any:
    """Nested sequences of any classes, and numbers of classes of their own, as lists and plain numbers."""
    kind = type(data)
    if kind in NUMBERS or isinstance(data, WHOLE):
        return data
    if isinstance(data, int | float | complex):
        plain_kind: Any = next(base for base in (int, float, complex) if isinstance(data, base))
        return plain_kind(data)
    if kind in SEQUENCES:
        items = [plain(item) for item in data]
        return data if all(map(operator.is_, items, data)) else items
    if isinstance(data, list | tuple):
        return [plain(item) for item in data]
    if hasattr(kind, "__getitem__"):
        return [plain(item) for item in items_of(data)]
    return data


def items_of(sequence: Any) -> list[Any]:
    """The items by their places; what has another for its first, or none, is no sequence to PyTorch."""
    try:
        size = len(sequence)
    except (TypeError, ValueError) as error:
        raise ArgumentError(str(error), raises=type(error), code="tensor-data") from None
    try:
        first = [sequence[0]] if size else []
    except Exception:
        raise BadValue(
            f"could not determine the shape of object type '{type(sequence).__name__}'",
            raises=ValueError,
            code="tensor-data",
            help="a tensor is made of numbers and lists of numbers",
        ) from None
    return first + [sequence[place] for place in range(1, size)]


def typed(data: Any, level: list[Any], shape: list[int]) -> DType:
    """The dtype of nested lists whose innermost items are not all plain numbers, or PyTorch's error for one."""
    refuse_text(level, shape)
    for item in flat(level):
        check_numeric(item)
    found = infer_dtype(data, set(map(type, flat(level))))
    # a list of nothing is one of floats
    return dt.promote_types(found, context.current().dtype) if holds_empty(level) else found


def numbers(level: list[Any], shape: list[int], dtype: DType) -> list[Any]:
    """Innermost items that are not all plain numbers, as what elements of the dtype are made of."""
    refuse_text(level, shape)
    if not shape and isinstance(level[0], str | bytes):
        check_numeric(level[0])
    if isinstance(level[0], list | tuple | range):
        raise ArgumentError("not a sequence", code="ragged", help="every row needs the same depth")
    return [number(item, dtype) for item in level]


def refuse_text(level: list[Any], shape: list[int]) -> None:
    """ValueError for a list of strings, each of which is a sequence."""
    if isinstance(level[0], str) and shape:
        raise BadValue("too many dimensions 'str'", raises=ValueError, code="tensor-data")


def number(item: Any, dtype: DType) -> Any:
    """What an element of the dtype is made of: a real number for floats, for others what can be an index."""
    if type(item) in NUMBERS:
        return item
    if isinstance(item, Tensor):
        return element(item, dtype)
    if isinstance(item, np.generic) and (
        (dtype.is_complex and np.iscomplexobj(item)) or (dtype is dt.bool_ and isinstance(item, np.bool_))
    ):
        return item.item()
    real = dtype.category >= dt.FLOAT
    kind = type(item)
    if hasattr(kind, "__index__") or (real and hasattr(kind, "__float__")):
        try:
            return float(item) if real else operator.index(item)
        except TypeError as error:
            raise ArgumentError(str(error), code="tensor-data") from None
    name = type_name(item)
    raise ArgumentError(
        f"must be real number, not {name}"
        if real
        else f"'{name}' object cannot be interpreted as an integer",
        code="ragged" if kind in SEQUENCES else "tensor-data",
        help="every row needs the same depth"
        if kind in SEQUENCES
        else "a tensor is made of numbers and lists of numbers",
    )


def check_numeric(item: Any) -> None:
    """PyTorch's error for what is no number."""
    text = isinstance(item, str | bytes)
    if type(item) not in NUMBERS and (text or not isinstance(item, ARRAYS)):
        raise ArgumentError(
            f"new(): invalid data type '{type_name(item)}'"
            if text
            else f"Could not infer dtype of {type_name(item)}",
            raises=TypeError if text else RuntimeError,
            code="tensor-data",
            help="a tensor is made of numbers and lists of numbers",
        )


def holds_empty(items: Any) -> bool:
    """Whether one of nested lists is empty."""
    return any(not item or holds_empty(item) for item in items if type(item) in SEQUENCES)


def flat(items: Any) -> Any:
    """All innermost items."""
    for item in items:
        if type(item) in SEQUENCES:
            yield from flat(item)
        else:
            yield item


def element(t: Tensor, dtype: DType) -> Any:
    """The number of a tensor that stands among numbers."""
    real = dtype.category >= dt.FLOAT
    if not real and (t.spec.numel != 1 or t.dtype.category > dt.INT):
        raise ArgumentError(
            "only integer tensors of a single element can be converted to an index",
            help="stack joins tensors; a list where a tensor is needed does too",
        )
    if t.spec.numel != 1:
        raise BadValue(
            "only one element tensors can be converted to Python scalars",
            raises=ValueError,
            help="stack joins tensors; a list where a tensor is needed does too",
        )
    t.warn_leaves_graph()
    return t.item()


def infer_dtype(data: Any, kinds: set[type]) -> DType:
    """What torch.tensor makes of numbers: the highest category among them; tensors bring their own dtype."""
    default = context.current().dtype
    if not kinds:
        return default
    if nested(data):
        found = None
        for item in flat(data):
            own = own_dtype(item, default)
            found = own if found is None else dt.promote_types(found, own)
        assert found is not None
        return found
    if complex in kinds:
        return default.to_complex()
    if float in kinds:
        return default
    return dt.int64 if int in kinds else dt.bool_


def own_dtype(item: Any, default: DType) -> DType:
    """The dtype that a tensor or number of NumPy brings, or a Python number stands for."""
    if isinstance(item, Tensor):
        return item.dtype
    if isinstance(item, np.ndarray | np.generic):
        check(np.asarray(item))
        return dt.of(item)
    return dt.of_number(type(item), default)


def nested(data: Any) -> bool:
    """Whether nested lists hold a tensor or a number of NumPy; whole levels at once, of maybe millions."""
    level = data if type(data) in SEQUENCES else ()
    while level:
        kinds = set(map(type, level))
        if any(issubclass(kind, ARRAYS) for kind in kinds):
            return True
        if not kinds & SEQUENCES:
            return False
        rows = level if kinds <= SEQUENCES else [item for item in level if type(item) in SEQUENCES]
        level = list(chain.from_iterable(rows))
    return False


def array_of(data: Any, dtype: DType | None) -> tuple[np.ndarray[Any, Any], DType]:
    """A new array of nested lists, numbers, tensors or arrays, and its dtype."""
    if isinstance(data, Tensor):
        return data.array.copy(), data.dtype
    of_numpy = isinstance(data, np.generic) and not isinstance(data, str | bytes)
    if isinstance(data, np.ndarray) or (dtype is None and of_numpy):
        found = np.asarray(data)
        check(found)
        return found.copy("K"), dt.of(found)
    if type(data) in SEQUENCES and holds_array(data):
        data = spread_arrays(data)
    values, shape, kinds, data = flatten(data, dtype)
    found_dtype = dtype or infer_dtype(data, kinds)
    return stored(values, found_dtype, kinds).reshape(shape), found_dtype


def holds_array(items: Any) -> bool:
    """Whether nested lists hold an array; only the first of each list's numbers are looked at."""
    return any(
        isinstance(item, np.ndarray) or (type(item) in SEQUENCES and holds_array(item))
        for item in (items if not items or type(items[0]) not in NUMBERS else items[:1])
    )


def spread_arrays(items: Any) -> list[Any]:
    """Nested lists whose arrays are lists of NumPy's numbers; where the first item is a number, none is a list."""
    found: list[Any] = []
    if type(items[0]) in NUMBERS:
        return list(items)
    for item in items:
        if isinstance(item, Tensor) and item.ndim:
            item = list(item)
        if isinstance(item, np.ndarray):
            warn(
                "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the "
                "list to a single numpy.ndarray with numpy.array() before converting to a tensor.",
                once=True,
                internal="torch/csrc/utils/tensor_new.cpp:252",
                help="torch.from_numpy(numpy.array(list))",
            )
            if not item.ndim:
                raise ArgumentError("len() of unsized object", code="tensor-data")
            item = list(item)
        found.append(spread_arrays(item) if type(item) in SEQUENCES else item)
    return found


def stored(values: list[Any], dtype: DType, kinds: set[type]) -> np.ndarray[Any, Any]:
    """Python numbers as elements of a dtype; an error where it cannot hold them."""
    if complex in kinds and dtype.category < dt.COMPLEX and dtype is not dt.bool_:
        raise ArgumentError(
            "must be real number, not complex"
            if dtype.is_floating_point
            else "'complex' object cannot be interpreted as an integer",
            help="take .real, or give a complex dtype",
        )
    if dtype.category == dt.INT:
        return stored_integers(values, dtype, kinds)
    if dtype.is_half:
        return cast_array(in_pieces(values, np.float64), dtype)
    return in_pieces(values, dtype.np)


def in_pieces(values: list[Any], dtype: Any) -> np.ndarray[Any, Any]:
    """`np.array(values, dtype)` of numbers; many are taken in pieces, between which an interrupt is heard."""
    if len(values) <= PIECE:
        return np.array(values, dtype)
    made = np.empty(len(values), dtype)
    for begin in range(0, len(values), PIECE):
        made[begin : begin + PIECE] = np.array(values[begin : begin + PIECE], dtype)
    return made


def stored_integers(values: list[Any], dtype: DType, kinds: set[type]) -> np.ndarray[Any, Any]:
    low, high = int_range(dtype)
    if float in kinds:
        stored_integers([value for value in values if type(value) is int], dt.int64, {int})
        array = in_pieces(values, np.float64)
        if not ((array >= low) & (array <= high)).all():
            for value in values:
                check_number(
                    value, dtype, SCALAR_NAMES[dtype].removesuffix("_t") if dtype is not dt.int32 else "int32"
                )
        return array.astype(np.int64).astype(dtype.np)
    try:
        array = in_pieces(values, np.int64)
    except OverflowError:
        raise BadValue(
            "Overflow when unpacking long long",
            raises=ValueError,
            help="integers have 64 bits; write it as a float",
        ) from None
    if dtype is not dt.int64 and array.size and (array.min() < low or array.max() > high):
        for value in values:
            check_number(value, dtype, dtype.name)
    return array.astype(dtype.np)
