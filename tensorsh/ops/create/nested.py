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
from ...engine.values.tensor import NUMBERS, Tensor, type_name
from ...errors import ArgumentError, BadValue
from ..rules.numbers import SCALAR_NAMES, cast_array, check_number, int_range

SEQUENCES = {list, tuple, range}
#: what is a sequence to Python, but not one of numbers to be read
WHOLE = (Tensor, np.ndarray, np.generic, str, bytes, dict)


def flatten(data: Any) -> tuple[list[Any], tuple[int, ...], set[type], Any]:
    """The numbers of nested lists in order, their shape, their types; PyTorch's errors for anything else.

    With them the lists themselves, as `plain` writes them if they had to be read so.
    """
    shape = sizes_of_first(data)
    if 0 in shape:  # there is nothing to be stored, whatever the other lists hold
        for item in flat([data]):
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
            return flatten(written)
        level, kinds = numbers(level, shape, kinds)
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


def numbers(level: list[Any], shape: list[int], kinds: set[type]) -> tuple[list[Any], set[type]]:
    """Innermost items that are not all plain numbers: 0-d tensors and NumPy's numbers, or an error."""
    if isinstance(level[0], str) and shape:
        raise BadValue("too many dimensions 'str'", raises=ValueError, code="tensor-data")
    found = []
    for item in flat(level):
        check_numeric(item)
    for item in level:
        if isinstance(item, list | tuple | range):
            if isinstance(level[0], list | tuple | range):
                break
            integral = all(not isinstance(i, float | complex) for i in flat(level)) and [] not in level
            raise ArgumentError(
                "'list' object cannot be interpreted as an integer"
                if integral
                else "must be real number, not list",
                code="ragged",
                help="every row needs the same depth",
            )
        if not isinstance(level[0], Tensor) and isinstance(item, Tensor) and item.ndim > 0:
            found.append(element(item))
        elif isinstance(item, Tensor | np.generic):
            found.append(element(item) if isinstance(item, Tensor) else item.item())
        else:
            found.append(item)
    else:
        return found, {type(item) for item in found}
    raise ArgumentError("not a sequence", code="ragged", help="every row needs the same depth")


def check_numeric(item: Any) -> None:
    """PyTorch's error for what is no number."""
    text = isinstance(item, str | bytes)
    if type(item) not in NUMBERS and (text or not isinstance(item, Tensor | np.generic)):
        raise ArgumentError(
            f"new(): invalid data type '{type_name(item)}'"
            if text
            else f"Could not infer dtype of {type_name(item)}",
            raises=TypeError if text else RuntimeError,
            code="tensor-data",
            help="a tensor is made of numbers and lists of numbers",
        )


def flat(items: Any) -> Any:
    """All innermost items."""
    for item in items:
        if type(item) in SEQUENCES:
            yield from flat(item)
        else:
            yield item


def element(t: Tensor) -> Any:
    """The number of a tensor that stands among numbers."""
    if t.spec.numel != 1:
        if t.dtype.category <= dt.INT:
            raise ArgumentError(
                "only integer tensors of a single element can be converted to an index",
                help="stack joins tensors; a list where a tensor is needed does too",
            )
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
    if isinstance(item, np.generic):
        check(np.asarray(item))
        return dt.of(item)
    return dt.of_number(type(item), default)


def nested(data: Any) -> bool:
    """Whether nested lists hold a tensor or a number of NumPy; whole levels at once, of maybe millions."""
    level = data if type(data) in SEQUENCES else ()
    while level:
        kinds = set(map(type, level))
        if any(issubclass(kind, Tensor | np.generic) for kind in kinds):
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
    if isinstance(data, np.ndarray | np.generic) and not isinstance(data, str):
        found = np.asarray(data)
        check(found)
        return found.copy("K"), dt.of(found)
    if type(data) in SEQUENCES and holds_array(data):
        data = spread_arrays(data)
    values, shape, kinds, data = flatten(data)
    found_dtype = dtype or infer_dtype(data, kinds)
    return stored(values, found_dtype, kinds).reshape(shape), found_dtype


def holds_array(items: Any) -> bool:
    """Whether nested lists hold an array; only the first of each list's numbers are looked at."""
    return any(
        isinstance(item, np.ndarray) or (type(item) in SEQUENCES and holds_array(item))
        for item in (items if not items or type(items[0]) not in NUMBERS else items[:1])
    )


def spread_arrays(items: Any) -> list[Any]:
    """Nested lists whose arrays are lists of NumPy's numbers."""
    found = []
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
        return cast_array(np.array(values, np.float64), dtype)
    return np.array(values, dtype.np)


def stored_integers(values: list[Any], dtype: DType, kinds: set[type]) -> np.ndarray[Any, Any]:
    low, high = int_range(dtype)
    if float in kinds:
        array = np.array(values, np.float64)
        if not ((array >= low) & (array <= high)).all():
            for value in values:
                check_number(
                    value, dtype, SCALAR_NAMES[dtype].removesuffix("_t") if dtype is not dt.int32 else "int32"
                )
        return array.astype(np.int64).astype(dtype.np)
    try:
        array = np.array(values, np.int64)
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
